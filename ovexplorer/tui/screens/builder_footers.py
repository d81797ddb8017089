"""Footers of the device builder: among the devices, the rules, and what comes of them."""

from __future__ import annotations

from typing import Final

from ovexplorer.tui.footers import hint

DEVICES: Final = (
    hint("builder.move_down", "order", "J K"),
    hint("list.activate", "in, out"),
    hint("focus.next", "next part"),
    hint("graph.assign", "stand-in"),
    hint("form.apply"),
    hint("app.back", "cancel"),
    hint("list.left", "value", "h l", wide=True),
    hint("list.delete", wide=True),
    hint("run.undo", wide=True),
    hint("item.export", "export affinity", wide=True),
)

RULES: Final = (
    hint("graph.assign", "rule"),
    hint("list.left", "device", "h l"),
    hint("list.delete"),
    hint("focus.next", "next part"),
    hint("form.apply"),
    hint("item.export", "write"),
    hint("builder.move_down", "order", "J K", wide=True),
    hint("run.undo", wide=True),
    hint("app.back", "cancel", wide=True),
)

FILE: Final = (hint("graph.assign", "read a file"), *RULES[3:])

BEFORE: Final = (
    hint("list.left", "rule of thumb", "h l"),
    hint("list.activate", "why"),
    hint("focus.next", "next part"),
    hint("form.apply"),
    hint("item.export", "write"),
    hint("run.undo"),
    hint("app.back", "cancel", wide=True),
)
