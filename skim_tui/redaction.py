"""Keeps secrets out of everything that is written, shown or sent: by their value and by the key they stand behind (S10)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

MASK = "[redacted]"

_SECRET_KEY = re.compile(
    r"pass(word|phrase|wd)?$|secret|token|api_?key|credential|webhook|private_?key|authorization|cookie|session_?id"
    r"|consumer_?key|dh_?prime|journal_?key",
    re.IGNORECASE,
)
_PAIRS = re.compile(
    r"""(?P<key>["']?[\w.-]*(?:password|passphrase|passwd|secret|token|api[_-]?key|authorization|cookie|private[_-]?key)[\w.-]*["']?)"""
    r"""(?P<mark>\s*[=:]\s*)(?P<value>"[^"]*"|'[^']*'|(?:Bearer|Basic|OAuth)\s+\S+|[^\s,;&}\])]+)""",
    re.IGNORECASE,
)
_WEBHOOK = re.compile(r"(https?://[^\s/]*discord(?:app)?\.com/api/webhooks/)\S+", re.IGNORECASE)
_USER_INFO = re.compile(r"(\w+://[^\s/:@]+:)[^\s/@]+(@)")
SHORTEST = 6
"""Values shorter than this are not masked by value: they would blot out ordinary words."""


class Redactor:
    """Knows the secrets of this process by value, and the names behind which secrets stand."""

    def __init__(self) -> None:
        self._values: set[str] = set()

    def learn(self, *secrets: str) -> None:
        """Mask these values from now on, wherever they occur."""
        self._values.update(secret for secret in secrets if len(secret) >= SHORTEST)

    def learn_environment(self, environment: Mapping[str, str] | None = None) -> None:
        """Mask the values of environment variables whose names say that they are secrets."""
        named = os.environ if environment is None else environment
        self.learn(*(value for name, value in named.items() if _SECRET_KEY.search(name)))

    def text(self, text: str) -> str:
        """``text`` without secrets."""
        for value in sorted(self._values, key=len, reverse=True):
            if value in text:
                text = text.replace(value, MASK)
        text = _WEBHOOK.sub(rf"\1{MASK}", text)
        text = _USER_INFO.sub(rf"\1{MASK}\2", text)
        return _PAIRS.sub(lambda match: f"{match['key']}{match['mark']}{MASK}", text)

    def value(self, value: Any, key: str = "") -> Any:
        """A value of a log or journal entry, nested ones included, without secrets."""
        if key and _SECRET_KEY.search(key) and value:
            return MASK
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(name)): self.value(inner, str(name)) for name, inner in value.items()}
        if isinstance(value, Iterable) and not isinstance(value, (bytes, bytearray)):
            return [self.value(inner) for inner in value]
        return value


redactor = Redactor()
"""The process's own: what any part learns, every part masks."""
