"""Frames on the link: four bytes of length, then msgpack."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import msgspec

from skim_tui.link.messages import AnyDown, Attach, Up
from skim_tui.link.port import LinkError

LARGEST = 8 * 1024 * 1024
HEAD = struct.Struct(">I")

_encoder = msgspec.msgpack.Encoder()
decode_down = msgspec.msgpack.Decoder(AnyDown).decode
decode_up = msgspec.msgpack.Decoder(Up).decode
decode_attach = msgspec.msgpack.Decoder(Attach).decode


def frame(value: Any) -> bytes:
    """One value as a frame."""
    body = _encoder.encode(value)
    return HEAD.pack(len(body)) + body


async def read_frame(reader: asyncio.StreamReader) -> bytes | None:
    """The next frame's body; None at the end. Raises :class:`LinkError` for an impossible length."""
    try:
        (length,) = HEAD.unpack(await reader.readexactly(HEAD.size))
        if length > LARGEST:
            raise LinkError(f"frame of {length} bytes: not a desk's link")
        return await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
