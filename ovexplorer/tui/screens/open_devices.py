"""The device list of Open. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ovexplorer.session.state import RunState
from ovexplorer.text import clean
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.screens.open_facts import device_state, device_words
from ovexplorer.tui.widgets.frame import Piece
from ovexplorer.tui.widgets.model_list import DeviceRow


def device_rows(state: RunState, chosen: str, command: str, glyphs: Glyphs, wide: bool) -> Iterator[DeviceRow]:
    """Devices found, the one that was built, and in wide terminals what would run.

    Args:
        state: With the devices.
        chosen: Device of the next run.
        command: The same as the next run, headless; empty when nothing is chosen.
        glyphs: Signs to use.
        wide: Whether there is room for states and notes.
    """
    margin = "  " if wide else " "
    if wide:
        yield DeviceRow("", (("    name            what it is", "muted"),), "state  ")
    for device in state.devices:
        here, usable = device.name == chosen, device.state != "unusable"
        sign: Piece = (f"{margin}{glyphs.live if here else glyphs.idle} ", "live*" if here else "muted")
        role = "text*" if here else "text" if usable else "muted"
        words: Piece = (device_words(device, state.environment, wide), "muted")
        right = f"{device_state(device)}  " if wide else ""
        refusal = "" if usable else device.reason or "not usable"
        yield DeviceRow(device.name, (sign, (f"{device.name:<{16 if wide else 8}}", role), words), right, refusal)
    if chosen and state.devices_known and all(device.name != chosen for device in state.devices):
        sign = (f"{margin}{glyphs.live} ", "live*")
        yield DeviceRow(chosen, (sign, (f"{clean(chosen)} ", "text*"), ("as built", "muted")))
    if not state.devices_known:
        doing = "asking OpenVINO" if state.died is None else "no engine to ask"
        yield DeviceRow("", ((f"{margin}{glyphs.working} {doing}", "muted"),))
    if wide:
        yield DeviceRow("", ())
        if command:
            yield DeviceRow("", (("  same as   ", "muted"), (clean(command), "text")))
        yield DeviceRow("", (("  A device counts as usable only after a trial compile of a one-op model.", "muted"),))
