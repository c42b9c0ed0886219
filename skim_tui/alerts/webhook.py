"""The address of a Discord webhook: whoever has it may write to the channel, so it is never shown."""

from __future__ import annotations

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
