"""The TWS API's frames: four bytes of length, then NUL-terminated text fields."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation

SERVER_VERSION = 178
"""The newest version that every client of today speaks in plain text."""

OLDEST_CLIENT = 157
LARGEST = 0xFFFFFF
MOST_FIELDS = 20_000
"""Fields of one message that are looked at: ten times what the longest honest one has."""

DBL_MAX = "1.7976931348623157E308"
INT_MAX = "2147483647"
LARGEST_NUMBER = 2**63 - 1
LONG_MAX = "9223372036854775807"
HEAD = struct.Struct(">I")

_UNSET = {"", INT_MAX, LONG_MAX}


class WireError(Exception):
    """Bytes that are no message of this protocol."""


async def read_frame(reader: asyncio.StreamReader) -> list[str] | None:
    """The fields of the next message; None at the end. Raises :class:`WireError`."""
    try:
        (length,) = HEAD.unpack(await reader.readexactly(HEAD.size))
        if length > LARGEST:
            raise WireError(f"frame of {length} bytes")
        body = await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return body.decode("utf-8", "backslashreplace").split("\0", MOST_FIELDS)[:-1]


def split_frames(data: bytes) -> Iterator[bytes]:
    """The single frames of several joined ones."""
    start = 0
    while start < len(data):
        end = start + HEAD.size + HEAD.unpack_from(data, start)[0]
        yield data[start:end]
        start = end


def write_frame(fields: Sequence[object]) -> bytes:
    """One message. None is an empty field, booleans are 0 and 1; a backslash never leaves."""
    return frame(body(fields))


def body(fields: Sequence[object]) -> bytes:
    """Fields as they stand in a frame, or in a part of one that several frames share."""
    return "".join(f"{text(field)}\0" for field in fields).encode()


def frame(content: bytes) -> bytes:
    """A whole message around its fields."""
    return HEAD.pack(len(content)) + content


def text(field: object) -> str:
    """A field as it is written. A small number gets no exponent: not every client reads one."""
    if field is None:
        return ""
    if field is True or field is False:
        return "1" if field else "0"
    if isinstance(field, float):
        written = repr(field)
        return written if "e-" not in written else f"{field:.10f}".rstrip("0")
    return str(field).replace("\\", "/").replace("\0", "")


class Reader:
    """Takes the fields of one message in order; every spelling of "unset" reads as the default."""

    def __init__(self, fields: Sequence[str]) -> None:
        self._fields: Iterator[str] = iter(fields)

    def text(self) -> str:
        """The next field; empty past the end, as a client of an earlier version leaves fields out."""
        return next(self._fields, "")

    def skip(self, count: int = 1) -> None:
        for _ in range(count):
            self.text()

    def integer(self, default: int = 0) -> int:
        written = self.text()
        if written in _UNSET:
            return default
        try:
            value = int(float(written))
        except (ValueError, OverflowError):
            raise WireError(f"{written[:40]!r} is not a whole number") from None
        if abs(value) > LARGEST_NUMBER:
            raise WireError(f"{written[:40]!r} is too large")
        return value

    def count(self, most: int) -> int:
        """How many parts follow. Raises :class:`WireError` for a number that no honest message holds."""
        value = self.integer()
        if not 0 <= value <= most:
            raise WireError(f"{value} is not a number of parts")
        return value

    def number(self) -> float | None:
        written = self.text()
        if written in _UNSET:
            return None
        try:
            value = float(written)
        except ValueError:
            raise WireError(f"{written[:40]!r} is not a number") from None
        return None if abs(value) >= 1.7e308 or value != value else value

    def price(self) -> Decimal | None:
        written = self.text()
        if written in _UNSET:
            return None
        try:
            value = Decimal(written)
        except InvalidOperation:
            raise WireError(f"{written[:40]!r} is not a price") from None
        if not value.is_finite() or abs(value) >= Decimal("1e300"):
            return None
        value = value.normalize()
        return value.quantize(Decimal(1)) if value == value.to_integral_value() else value

    def flag(self) -> bool:
        return self.text() in ("1", "true", "True")
