"""A program in a pseudo-terminal, read as fast as it writes."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


class Terminal:
    """Starts a program on a terminal of its own; counts what it writes."""

    def __init__(self, argv, columns, rows, environment):
        self.received = 0
        self.tail = b""
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", LANG="C.UTF-8", **environment)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execvp(argv[0], argv)
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read_for(self, seconds, until=None):
        """Read for a time, or until some bytes were seen; returns whether they were."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            ready, _, _ = select.select([self.descriptor], [], [], left)
            if not ready:
                break
            try:
                data = os.read(self.descriptor, 1 << 16)
            except OSError:
                return False
            if not data:
                return False
            self.received += len(data)
            self.tail = (self.tail + data)[-(1 << 16) :]
            if until is not None and until in self.tail:
                return True
        return False

    def press(self, keys):
        os.write(self.descriptor, keys)

    def signal(self, number):
        os.kill(self.pid, number)

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * TICK_S

    def close(self):
        try:
            os.kill(self.pid, signal.SIGCONT)
            os.kill(self.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        self.read_for(3)
        os.close(self.descriptor)
        os.waitpid(self.pid, 0)
