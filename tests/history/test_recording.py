from __future__ import annotations

import errno
import io
from datetime import datetime, timezone
from pathlib import Path
from typing import NoReturn

import pytest

from ovexplorer.errors import RecordingError
from ovexplorer.history import recording as module
from ovexplorer.history.recording import MAGIC, Recorder, read_recording
from ovexplorer.schema.codec import encode_frame
from ovexplorer.schema.histogram import histogram_of
from ovexplorer.schema.protocol import Noticed, StopRun, WindowMeasured
from ovexplorer.schema.recorded import Noted, Recorded
from ovexplorer.schema.results import Window
from ovexplorer.text import clean

STARTED = datetime(2026, 2, 3, 4, 5, 6, tzinfo=timezone.utc)


def window(at_ns: int) -> Recorded:
    made = Window(
        segment=1,
        start_ns=at_ns,
        end_ns=at_ns + 1,
        count=2,
        sum_ns=5,
        min_ns=2,
        max_ns=3,
        median_ns=2,
        histogram=histogram_of([2, 3]),
    )
    return Recorded(at_ns=at_ns, message=WindowMeasured(window=made))


ENTRIES = (
    Recorded(at_ns=5, message=Noticed(code="a", text=clean("b"))),
    Recorded(at_ns=6, message=StopRun()),
    Recorded(at_ns=7, message=Noted(text=clean("note"), at_ns=3)),
    window(8),
)


def written(path: Path) -> Path:
    with Recorder(path, "1.2", STARTED) as recorder:
        for entry in ENTRIES:
            assert recorder.write(entry) is None
        assert recorder.recording
    assert recorder.size_bytes == path.stat().st_size
    return path


def test_what_was_written_is_read(tmp_path: Path) -> None:
    found = read_recording(written(tmp_path / "a.ovx"))
    assert found.entries == ENTRIES
    assert (found.header.started, found.header.version) == (STARTED, "1.2")
    assert not found.cut_off
    assert found.length_ns == 3


def test_a_cut_at_every_byte_of_the_last_frame_costs_only_that_frame(tmp_path: Path) -> None:
    data = written(tmp_path / "a.ovx").read_bytes()
    last = len(encode_frame(ENTRIES[-1]))
    cut = tmp_path / "cut.ovx"
    for end in range(len(data) - last, len(data)):
        cut.write_bytes(data[:end])
        found = read_recording(cut)
        assert found.entries == ENTRIES[:-1], end
        assert found.cut_off == (end > len(data) - last)


def test_an_entry_is_on_disk_at_once_and_windows_within_a_second(tmp_path: Path) -> None:
    path = tmp_path / "a.ovx"
    with Recorder(path, "1", STARTED) as recorder:
        recorder.write(ENTRIES[0])
        assert len(read_recording(path).entries) == 1
        recorder.write(window(500_000_000))
        assert len(read_recording(path).entries) == 1
        recorder.write(window(1_100_000_000))
        assert len(read_recording(path).entries) == 3


def test_another_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "thesis.txt"
    path.write_text("years of work")
    with pytest.raises(RecordingError) as caught:
        Recorder(path, "1")
    assert caught.value.hint
    assert path.read_text() == "years of work"
    with pytest.raises(RecordingError):
        Recorder(tmp_path, "1")


def test_an_older_recording_is_replaced(tmp_path: Path) -> None:
    path = written(tmp_path / "a.ovx")
    with Recorder(path, "2", STARTED):
        pass
    assert read_recording(path).entries == ()


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="cannot write"):
        Recorder(tmp_path / "no" / "such" / "folder.ovx", "1")


class FullDisk(io.BytesIO):
    """Takes nothing any more."""

    def write(self, _data: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_ends_the_recording_with_one_notice(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.ovx", "1", STARTED)
    recorder.write(ENTRIES[0])
    assert recorder._file is not None
    recorder._file.close()
    recorder._file = FullDisk()
    trouble = recorder.write(ENTRIES[1])
    assert trouble is not None
    assert "No space left" in trouble
    assert recorder.write(ENTRIES[2]) is None
    assert not recorder.recording
    recorder.close()
    assert read_recording(tmp_path / "a.ovx").entries == ENTRIES[:1]


def test_a_recording_does_not_grow_over_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.ovx"
    recorder = Recorder(path, "1", STARTED)
    monkeypatch.setattr(module, "MAX_BYTES", recorder.size_bytes + 10)
    assert recorder.write(ENTRIES[0]) is not None
    assert read_recording(path).entries == ()
    monkeypatch.setattr(module, "MAX_BYTES", 10)
    with pytest.raises(RecordingError, match="larger"):
        read_recording(path)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a recording"),
        (b"\x7fELF" * 100, "not a recording"),
        (b"ovexplorer recording 2\n", "another version"),
        (b"ovexplorer recording " + b"9" * 1000, "not a recording"),
        (MAGIC, "before its header"),
        (MAGIC + b"\xff\xff\xff\xff", "damaged"),
        (MAGIC + b"\x00\x00\x00\x02ab", "damaged"),
        (MAGIC + encode_frame(ENTRIES[0]), "damaged"),
    ],
)
def test_what_is_no_recording_is_refused_with_a_hint(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "x.ovx"
    path.write_bytes(data)
    with pytest.raises(RecordingError, match=said) as caught:
        read_recording(path)
    assert caught.value.hint


def test_a_damaged_entry_in_the_middle_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.ovx")
    data = bytearray(path.read_bytes())
    position = data.index(b"Noticed")
    data[position : position + 7] = b"Notizen"
    path.write_bytes(data)
    with pytest.raises(RecordingError, match="damaged"):
        read_recording(path)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="cannot read"):
        read_recording(tmp_path / "none.ovx")


def test_names_in_a_recording_are_cleaned_when_read(tmp_path: Path) -> None:
    path = written(tmp_path / "a.ovx")
    path.write_bytes(path.read_bytes().replace(b"note", b"\x1b[1m"))
    noted = read_recording(path).entries[2].message
    assert isinstance(noted, Noted)
    assert noted.text == "␛[1m"
