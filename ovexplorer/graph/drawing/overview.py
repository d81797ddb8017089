"""A whole drawing in a few cells: which nodes lie where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ovexplorer.graph.drawing.layout import Layout


def overview(layout: Layout, signs: Sequence[str], width: int, height: int) -> tuple[str, ...]:
    """The drawing squeezed into cells, each with the sign of most nodes there.

    Args:
        layout: The drawing.
        signs: One character for each node.
        width: Cells at most.
        height: Rows at most.
    """
    if not layout.boxes or width < 1 or height < 1:
        return ()
    columns = min(width, max(1, layout.width // 4))
    rows = min(height, max(1, layout.height // 2))
    found: dict[tuple[int, int], Counter[str]] = {}
    for box, sign in zip(layout.boxes, signs):
        x = min(columns - 1, (box.x + box.width // 2) * columns // max(1, layout.width))
        y = min(rows - 1, (box.y + box.height // 2) * rows // max(1, layout.height))
        found.setdefault((x, y), Counter())[sign] += 1
    return tuple(
        "".join(found[x, y].most_common(1)[0][0] if (x, y) in found else " " for x in range(columns))
        for y in range(rows)
    )
