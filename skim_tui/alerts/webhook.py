"""The address of a Discord webhook: whoever has it may write to the channel, so it is never shown."""

from __future__ import annotations

import logging
import re
from urllib.parse import urlsplit

HIDDEN = "[webhook]"
HOSTS = ("discord.com", "discordapp.com")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
PATH = re.compile(r"/api(/v\d+)?/webhooks/\d+/[\w-]+/?")


class WebhookError(Exception):
    """An address that is no Discord webhook; the message does not repeat it."""


class Webhook:
    """A webhook's address. Its text forms hide it; only :meth:`reveal` gives it away."""

    __slots__ = ("_url",)

    def __init__(self, url: str) -> None:
        try:
            parts = urlsplit(url.strip())
            host = parts.hostname or ""
        except ValueError:
            raise WebhookError("alerts.discord_url is not an address") from None
        discords = parts.scheme == "https" and (host in HOSTS or host.endswith(".discord.com"))
        if not (discords or (parts.scheme == "http" and host in LOOPBACK)):
            raise WebhookError("alerts.discord_url must begin with https://discord.com/api/webhooks/")
        if not PATH.fullmatch(parts.path):
            raise WebhookError("alerts.discord_url must end with /api/webhooks/NUMBER/TOKEN, as Discord copies it")
        self._url = url.strip()

    def reveal(self) -> str:
        return self._url

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not appear in any text: the address and its token."""
        return (self._url, urlsplit(self._url).path.rstrip("/").rpartition("/")[2])

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__


class Redactor(logging.Filter):
    """Takes secrets out of log records, whoever wrote them."""

    def __init__(self, *secrets: str) -> None:
        super().__init__()
        self._secrets = tuple(secret for secret in secrets if secret)

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + logging.Formatter().formatException(record.exc_info)
        if any(secret in text for secret in self._secrets):
            for secret in self._secrets:
                text = text.replace(secret, HIDDEN)
            record.msg, record.args = text, ()
            record.exc_info = record.exc_text = None
        return True
