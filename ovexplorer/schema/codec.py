"""Frames: a 4-byte big-endian length, then one message in MessagePack.

Both ends refuse a frame over `MAX_FRAME_BYTES`, a message outside the unions of `protocol`, a field that is not
declared, and a value of the wrong type. Every field declared as `CleanText` is cleaned here, when it is decoded, so
that no reader can forget to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

import msgspec

from ovexplorer.errors import ProtocolError, UsageError
from ovexplorer.schema.base import Data
from ovexplorer.schema.protocol import AnyCommand, AnyEvent
from ovexplorer.text import CleanText, clean

MAX_FRAME_BYTES = 16 * 1024 * 1024
"""A profile of 10,000 layers is about 5 MB."""

_LENGTH_BYTES = 4

Message = TypeVar("Message")


def decode_hook(wanted: type, value: object) -> object:
    """Clean the text fields declared as CleanText."""
    if wanted is CleanText and isinstance(value, str):
        return clean(value)
    raise TypeError(f"cannot decode {wanted}")


def encode_hook(value: object) -> object:
    """Write CleanText as plain text; msgspec knows only str itself."""
    if isinstance(value, CleanText):
        return str(value)
    raise TypeError(f"cannot encode {type(value)}")


_encoder = msgspec.msgpack.Encoder(enc_hook=encode_hook)
_event_decoder: msgspec.msgpack.Decoder[AnyEvent] = msgspec.msgpack.Decoder(AnyEvent, dec_hook=decode_hook)
_command_decoder: msgspec.msgpack.Decoder[AnyCommand] = msgspec.msgpack.Decoder(AnyCommand, dec_hook=decode_hook)


def encode_frame(message: Data) -> bytes:
    """One message as a frame.

    Raises:
        ProtocolError: It is larger than a frame may be.
        UsageError: It holds a file name that is not UTF-8.
    """
    try:
        payload = _encoder.encode(message)
    except UnicodeEncodeError as error:
        raise _not_utf8(error) from error
    if len(payload) > MAX_FRAME_BYTES:
        raise ProtocolError(
            f"a {type(message).__name__} of {len(payload):,} bytes is over the limit of {MAX_FRAME_BYTES:,}",
            "this is a defect worth reporting; a smaller model avoids it",
        )
    return len(payload).to_bytes(_LENGTH_BYTES, "big") + payload


def _not_utf8(error: UnicodeEncodeError) -> UsageError:
    return UsageError(
        f"{clean(error.object)}: the name is not UTF-8, which messages to the engine are", "rename the file or folder"
    )


class FrameReader(Generic[Message]):
    """Takes bytes as they come, gives whole messages."""

    def __init__(self, decoder: msgspec.msgpack.Decoder[Message]) -> None:
        self._decoder = decoder
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Add bytes and yield the messages that are complete now.

        Raises:
            ProtocolError: A frame is too long or is not a message; nothing after it can be read.
        """
        self._buffer += data
        while len(self._buffer) >= _LENGTH_BYTES:
            length = int.from_bytes(self._buffer[:_LENGTH_BYTES], "big")
            if length > MAX_FRAME_BYTES:
                raise ProtocolError(
                    f"a frame of {length:,} bytes is over the limit of {MAX_FRAME_BYTES:,}",
                    "something else wrote to the engine's event channel; start again",
                )
            end = _LENGTH_BYTES + length
            if len(self._buffer) < end:
                return
            payload = bytes(self._buffer[_LENGTH_BYTES:end])
            del self._buffer[:end]
            yield decode_payload(self._decoder, payload)

    @property
    def pending(self) -> int:
        """Bytes of a frame that is not complete; not 0 at the end of a stream means it was cut off."""
        return len(self._buffer)


def decode_payload(decoder: msgspec.msgpack.Decoder[Message], payload: bytes) -> Message:
    """Decode one message strictly.

    Raises:
        ProtocolError: It is not one of the messages of the protocol.
    """
    try:
        return decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(
            f"a message cannot be understood: {clean(str(error), 160)}",
            "the two ends are of different versions, or the data is damaged",
        ) from error


def event_reader() -> FrameReader[AnyEvent]:
    """Reads what an engine sends."""
    return FrameReader(_event_decoder)


def command_reader() -> FrameReader[AnyCommand]:
    """Reads what an engine is told."""
    return FrameReader(_command_decoder)


def spec_key(spec: Data) -> bytes:
    """A key that is equal for equal data, whatever the order of its mappings.

    Raises:
        UsageError: It holds a file name that is not UTF-8.
    """
    try:
        return msgspec.msgpack.encode(spec, order="sorted", enc_hook=encode_hook)
    except UnicodeEncodeError as error:
        raise _not_utf8(error) from error
