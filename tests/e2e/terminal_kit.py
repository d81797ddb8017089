"""The program as a user starts it: on a terminal of its own or on pipes, in a home of its own, watched to its end."""

from __future__ import annotations

import codecs
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pyte

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 30.0
ALTERNATE, NORMAL = b"\x1b[?1049h", b"\x1b[?1049l"
CURSOR_HIDDEN, CURSOR_SHOWN = b"\x1b[?25l", b"\x1b[?25h"
ENTER, ESCAPE, CTRL_C = "\r", "\x1b", "\x03"

# What a program may send to a terminal besides text: CSI, OSC and other strings, character sets, keypad modes.
_SEQUENCES = re.compile(
    rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]P_^X][^\x1b\x07]*(?:\x07|\x1b\\)|\x1b[()*+][0-9A-Za-z]|\x1b[=>78cDEHM]"
)


class Home:
    """Directories and environment that no other test sees; knows what was left behind."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder = folder
        self.temp = folder / "temp"
        self.temp.mkdir()
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH", "")])]
        own = {"CONFIG": folder / "config", "STATE": folder / "state", "CACHE": cache}
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLUMNS", "LINES"}},
            **{f"OVEXPLORER_{name}_DIR": str(path) for name, path in own.items()},
            "PYTHONPATH": os.pathsep.join(paths),
            "TMPDIR": str(self.temp),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
        }

    def settings(self, text: str) -> None:
        """Give the program a settings file."""
        folder = self.folder / "config"
        folder.mkdir(exist_ok=True)
        (folder / "settings.toml").write_text(text, encoding="utf-8")

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """The program on pipes, to its end; nothing may be left behind."""
        done = self.pipe(*words, **environment)
        self.expect_nothing_left()
        return done

    def pipe(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(words),
            cwd=self.folder,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )

    def processes(self) -> dict[int, str]:
        """Living processes with this home, by their command line."""
        mark = b"TMPDIR=" + os.fsencode(self.temp) + b"\0"
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    if mark in (entry / "environ").read_bytes() + b"\0":
                        found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                except OSError:
                    continue
        return found

    def engines(self) -> list[int]:
        """Process ids of the engines."""
        return [pid for pid, line in self.processes().items() if "ovexplorer.engine" in line]

    def temporary(self) -> list[Path]:
        """What lies in its folder for temporary files."""
        return list(self.temp.iterdir())

    def expect_nothing_left(self) -> None:
        # A process that was just killed needs a moment to be gone.
        deadline = time.monotonic() + 5
        while (self.processes() or self.temporary()) and time.monotonic() < deadline:
            os.sched_yield()
        assert self.processes() == {}
        assert self.temporary() == []


def command(words: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "ovexplorer", *words]


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """The program on a terminal; what it writes is kept and drawn."""

    def __init__(self, home: Home, *words: str, columns: int = 80, rows: int = 24, **environment: str) -> None:
        self.home = home
        self.raw = bytearray()
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._master, slave = os.openpty()
        self._open = True
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.modes = termios.tcgetattr(self._master)
        self.process = subprocess.Popen(
            command(words),
            cwd=home.folder,
            env={**home.environment, **environment},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 - only the new session itself can take the terminal
        )
        os.close(slave)

    # What is seen

    def text(self) -> str:
        """The screen, line by line."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    def written(self) -> str:
        """All text so far without escape sequences."""
        return _SEQUENCES.sub(b"", bytes(self.raw)).decode("utf-8", "replace")

    def until(self, seen, patience_s=PATIENCE_S) -> str:
        """Wait until the screen holds a text, matches a pattern or fulfils a function; the screen."""
        if isinstance(seen, str):
            found = lambda text: seen in text  # noqa: E731
        elif isinstance(seen, re.Pattern):
            found = seen.search
        else:
            found = seen
        deadline = time.monotonic() + patience_s
        while not found(self.text()):
            if not self._read(deadline):
                raise AssertionError(f"not seen: {seen}; exit code {self.process.poll()}; the screen:\n{self.text()}")
        return self.text()

    def ended(self, patience_s: float = PATIENCE_S) -> int:
        """Wait for the end of the program; its exit code."""
        deadline = time.monotonic() + patience_s
        while self._open and self._read(deadline):
            pass
        return self.process.wait(max(0.1, deadline - time.monotonic()))

    def stray_controls(self) -> set[bytes]:
        """Control characters, C0 and C1, that belong to no escape sequence; line ends left out."""
        rest = _SEQUENCES.sub(b"", bytes(self.raw))
        return set(re.findall(rb"[\x00-\x08\x0b\x0c\x0e\x10-\x1f\x7f]|\xc2[\x80-\x9f]", rest))

    def expect_restored(self) -> None:
        """The terminal is as it was before the program."""
        assert self.raw.rfind(NORMAL) > self.raw.rfind(ALTERNATE) >= 0
        assert self.raw.rfind(CURSOR_SHOWN) > self.raw.rfind(CURSOR_HIDDEN)
        for mode in (b"1000", b"1002", b"1003", b"1006", b"2004", b"1004"):
            assert self.raw.rfind(b"\x1b[?" + mode + b"h") <= self.raw.rfind(b"\x1b[?" + mode + b"l"), mode
        assert termios.tcgetattr(self._master) == self.modes

    # What is done

    def press(self, *keys: str) -> None:
        for key in keys:
            os.write(self._master, key.encode())

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def hang_up(self) -> None:
        """Close the terminal, as a window that is closed or a connection that is lost."""
        self._open = False
        os.close(self._master)

    def close(self) -> None:
        """End what a failed test left."""
        for pid in self.home.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait(10)
        if self._open:
            self.hang_up()

    def _read(self, deadline: float) -> bool:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([self._master], [], [], left)[0]:
            return False
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:
            # Nobody has the terminal open any more.
            return False
        self.raw += data
        self._stream.feed(self._decoder.decode(data))
        return bool(data)
