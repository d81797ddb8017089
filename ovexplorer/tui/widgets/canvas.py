"""A widget that draws rows of cells and repaints only the cells that changed. It never causes a layout."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.widgets.cells import Row, blank, changed_spans, runs
from ovexplorer.tui.widgets.roles import role_style

_ROLES = {
    " ": ("text", False),
    "B": ("text", True),
    "m": ("muted", False),
    "M": ("muted", True),
    "n": ("line", False),
    "l": ("live", False),
    "L": ("live", True),
    "g": ("good", False),
    "G": ("good", True),
    "b": ("bad", False),
    "D": ("bad", True),
    "w": ("warn", False),
    "W": ("warn", True),
    "s": ("line", False),
    **{str(number): (f"chip-{number}", True) for number in range(1, 7)},
    **{letter: (f"device-{number}", False) for number, letter in enumerate("pqrtuv", 1)},
    **{letter: (f"heat-{number}", False) for number, letter in enumerate("efhij", 1)},
}
"""Letter of `cells` to role and whether it is bold."""


class Canvas(Widget):
    """Base of the live widgets: subclasses say in `build` what the rows are and call `redraw` when that changed."""

    DEFAULT_CSS = """
    Canvas { background: $background; }
    """

    def __init__(self, glyphs: Glyphs, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 Textual's name
        super().__init__(id=id, classes=classes)
        self.glyphs = glyphs
        self._rows: tuple[Row, ...] = ()
        self._styles: dict[tuple[str, bool], Style] = {}
        self._title = ""
        self._subtitle = ""

    def build(self, width: int, height: int) -> Sequence[Row]:
        """Rows of exactly `width` cells, at most `height` of them."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """One row as a strip."""
        width = self.content_size.width
        row = self._rows[y] if y < len(self._rows) else blank(width)
        segments = [Segment(text, self._style(role, row.selected)) for text, role in runs(row)]
        return Strip(segments, len(row.text))

    def redraw(self) -> None:
        """Build the rows again and repaint the cells that differ."""
        width, height = self.content_size
        if not width or not height:
            return
        rows = tuple(self.build(width, height)[:height])
        if self.glyphs.twins:
            rows = tuple(row._replace(text=self.glyphs.show(row.text)) for row in rows)
        old, self._rows = self._rows, rows
        dirty = []
        for y in range(max(len(old), len(self._rows))):
            before = old[y] if y < len(old) else blank(width)
            after = self._rows[y] if y < len(self._rows) else blank(width)
            if before != after:
                dirty += [Region(start, y, end - start, 1) for start, end in changed_spans(before, after)]
        if dirty:
            self.refresh(*dirty)

    def retitle(self, title: str, subtitle: str = "") -> None:
        """Set the titles of the border as literal text; repaints only when they changed."""
        if title != self._title:
            self._title = title
            self.border_title = Content(self.glyphs.show(title))
        if subtitle != self._subtitle:
            self._subtitle = subtitle
            self.border_subtitle = Content(self.glyphs.show(subtitle))

    def notify_style_update(self) -> None:
        """Forget the styles of the old theme."""
        self._styles.clear()
        super().notify_style_update()

    def on_resize(self) -> None:
        """Build for the new size."""
        self._rows = ()
        self.redraw()
        # Rows that stay blank are not repainted by that, but the terminal may show something old there.
        self.refresh()

    def _style(self, role: str, selected: bool) -> Style:
        style = self._styles.get((role, selected))
        if style is None:
            # What `render_line` gives is painted as it is: the background of the widget must be in it.
            background = Style(bgcolor=self.rich_style.bgcolor)
            name, bold = _ROLES[role]
            style = background + role_style(self.app, name)
            if bold:
                style += Style(bold=True)
            if selected:
                # The cursor row keeps the weight of its texts.
                style += role_style(self.app, "cursor") + Style(bold=bold)
            self._styles[role, selected] = style
        return style
