"""Recordings of sessions: `.ovx` files that can be looked at again and computed from.

A file is the magic bytes with the format's version, a length-framed header, then length-framed `Recorded` entries in
MessagePack. It is appended to and flushed, so whatever ends the process, all but the last second is readable; a frame
that was cut off at the end is left out. Everything else that is wrong is refused.

Version history:
    1 (2026-11): first.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, TypeVar

import msgspec

from ovexplorer.errors import ProtocolError, RecordingError
from ovexplorer.schema.base import Data
from ovexplorer.schema.codec import MAX_FRAME_BYTES, decode_hook, decode_payload, encode_frame
from ovexplorer.schema.protocol import LoadMeasured, SamplesTaken, WindowMeasured
from ovexplorer.schema.recorded import Recorded
from ovexplorer.text import CleanText

MAGIC = b"ovexplorer recording 1\n"
_MAGIC_STEM = b"ovexplorer recording "
MAX_BYTES = 2_000_000_000

_FLUSH_NS = 1_000_000_000
_LENGTH_BYTES = 4
_T = TypeVar("_T")
_FREQUENT = (WindowMeasured, SamplesTaken, LoadMeasured)


class RecordingHeader(Data, frozen=True):
    """The first frame."""

    started: datetime
    """Wall-clock time, UTC."""
    version: CleanText
    """Of ovexplorer."""


@dataclass(frozen=True)
class Recording:
    """A recording, read whole."""

    path: Path
    header: RecordingHeader
    entries: tuple[Recorded, ...]
    """Oldest first."""
    cut_off: bool
    """Whether the last frame was incomplete, as after a crash."""

    @property
    def length_ns(self) -> int:
        """From the first to the last entry."""
        return self.entries[-1].at_ns - self.entries[0].at_ns if self.entries else 0


class Recorder:
    """Writes one recording. A full disk ends it, never the run.

    Args:
        path: A new file, or an older recording to be replaced.
        version: Of ovexplorer.
        started: Wall-clock time; now when not given.

    Raises:
        RecordingError: The file cannot be written, or is something else than a recording.
    """

    def __init__(self, path: Path, version: str, started: datetime | None = None) -> None:
        self.path = path
        self._bytes = 0
        self._flushed_ns = 0
        self._file: BinaryIO | None = _create(path)
        header = RecordingHeader(started=started or datetime.now(timezone.utc), version=CleanText(version))
        try:
            self._put(MAGIC)
            self._put(encode_frame(header))
            self._file.flush()
        except OSError as error:
            self.close()
            raise RecordingError(
                f"cannot write {path}: {error.strerror or error}", "choose another place for --record"
            ) from error

    @property
    def size_bytes(self) -> int:
        """Written so far."""
        return self._bytes

    @property
    def recording(self) -> bool:
        """Whether more is taken."""
        return self._file is not None

    def write(self, entry: Recorded) -> str | None:
        """Append an entry.

        Returns:
            Why the recording ends with what was written before, once; None while it goes on or after that.
        """
        if self._file is None:
            return None
        try:
            frame = encode_frame(entry)
            if self._bytes + len(frame) > MAX_BYTES:
                self.close()
                return f"the recording {self.path} is full: {MAX_BYTES / 1e9:.0f} GB"
            self._put(frame)
            if not isinstance(entry.message, _FREQUENT) or entry.at_ns - self._flushed_ns >= _FLUSH_NS:
                self._file.flush()
                self._flushed_ns = entry.at_ns
        except OSError as error:
            self._abandon()
            return f"recording stopped: {error.strerror or error}; {self.path} is readable up to here"
        except ProtocolError as error:
            self.close()
            return f"recording stopped: {error.what}"
        return None

    def close(self) -> None:
        """Write out what is left; may be called twice."""
        if self._file is not None:
            try:
                self._file.close()
            except OSError:
                self._abandon()
            self._file = None

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _put(self, data: bytes) -> None:
        if self._file is not None:
            self._file.write(data)
            self._bytes += len(data)

    def _abandon(self) -> None:
        """Close without writing what is still buffered: it did not fit."""
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError:
                return


def _create(path: Path) -> BinaryIO:
    try:
        if path.exists() and not _is_recording(path):
            raise RecordingError(
                f"{path} exists and is not a recording", "choose another file for --record; nothing was overwritten"
            )
        return path.open("wb")
    except OSError as error:
        raise RecordingError(
            f"cannot write {path}: {error.strerror or error}", "choose another place for --record"
        ) from error


def _is_recording(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        start = file.read(len(_MAGIC_STEM))
    # An empty file holds nothing that could be lost.
    return start in (b"", _MAGIC_STEM)


_header_decoder = msgspec.msgpack.Decoder(RecordingHeader, dec_hook=decode_hook)
_entry_decoder = msgspec.msgpack.Decoder(Recorded, dec_hook=decode_hook)


def read_recording(path: Path) -> Recording:
    """Read a recording whole.

    Raises:
        RecordingError: There is none, it is damaged, too large, or of another version.
    """
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size > MAX_BYTES:
                raise RecordingError(f"{path} is larger than {MAX_BYTES / 1e9:.0f} GB", "no recording grows so large")
            _check_magic(path, file.readline(len(MAGIC) + 8))
            frames = _Frames(path, file)
            header = next(iter(frames), None)
            if header is None:
                raise RecordingError(f"{path} ends before its header", "the session was ended while it began")
            return Recording(
                path=path,
                header=_decode(path, _header_decoder, header),
                entries=tuple(_decode(path, _entry_decoder, frame) for frame in frames),
                cut_off=frames.cut_off,
            )
    except OSError as error:
        raise RecordingError(
            f"cannot read {path}: {error.strerror or error}", "check the path and its permissions"
        ) from error


def _check_magic(path: Path, line: bytes) -> None:
    if line == MAGIC:
        return
    if line.startswith(_MAGIC_STEM) and line.endswith(b"\n"):
        raise RecordingError(f"{path} is a recording of another version", "read it with the ovexplorer that wrote it")
    raise RecordingError(f"{path} is not a recording", "recordings are written with --record FILE.ovx")


def _decode(path: Path, decoder: msgspec.msgpack.Decoder[_T], frame: bytes) -> _T:
    try:
        return decode_payload(decoder, frame)
    except ProtocolError as error:
        raise RecordingError(
            f"{path} is damaged: {error.what}", "nothing of it can be trusted; use another copy"
        ) from error


class _Frames:
    """Payloads of the frames in a file.

    Attributes:
        cut_off: Whether the file ended inside a frame; known once all were read.
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.cut_off = False
        self._path = path
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        while head := self._file.read(_LENGTH_BYTES):
            length = int.from_bytes(head, "big") if len(head) == _LENGTH_BYTES else 0
            if length > MAX_FRAME_BYTES:
                raise RecordingError(
                    f"{self._path} is damaged: a frame of {length:,} bytes", "nothing of it can be trusted"
                )
            payload = self._file.read(length)
            if len(head) < _LENGTH_BYTES or len(payload) < length:
                self.cut_off = True
                return
            yield payload
