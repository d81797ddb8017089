"""What the terminal shows while the TUI is imported: its first two rows, at once.

Importing and starting Textual takes a quarter of a second, more from a slow disk, and until then a terminal would stay
as it was. The TUI paints over it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ovexplorer.text import clean

_ENTER = "\x1b[?1049h\x1b[2J\x1b[H\x1b[?25l"
"""Alternate screen, cleared, cursor hidden; Textual enters it again, which changes nothing."""
_LEAVE = "\x1b[?25h\x1b[?1049l"


@contextmanager
def raised(words: str) -> Iterator[None]:
    """Show the first rows; take them away when the TUI could not be started.

    Args:
        words: Row 2.
    """
    if sys.platform == "win32":
        # Escape sequences work only once Textual has switched the console over.
        yield
        return
    sys.stdout.write(f"{_ENTER} ovexplorer\r\n {clean(words, 58).encode('ascii', 'replace').decode()}")
    sys.stdout.flush()
    ran = False
    try:
        yield
        ran = True
    finally:
        if not ran:
            sys.stdout.write(_LEAVE)
            sys.stdout.flush()
