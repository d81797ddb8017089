"""The command palette: every action of the registry by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.widget import Widget

from ovexplorer.tui.actions import TABS, Action, ScreenName, actions_on


async def carry_out(action: Action, screen: Widget) -> None:
    """Do what the action's key would do on this screen."""
    app = screen.app
    if action.at == "app":
        await app.run_action(action.method)
    elif action.at == "screen":
        await app.run_action(action.method, default_namespace=screen)
    elif app.focused is not None:
        await app.run_action(action.method, default_namespace=app.focused)


class ActionProvider(Provider):
    """Offers the actions that work on the screen under the palette, and the screens."""

    def _entries(self) -> Iterator[tuple[str, str, Callable[[], Awaitable[object]]]]:
        name: ScreenName = getattr(self.screen, "NAME", "open")
        for key, target, title in TABS:
            run = partial(self.app.run_action, f"app_screen('{target}')")
            yield f"Go to {title}", f"key {key}", run
        for action in actions_on(name, replay=bool(getattr(self.app, "replay", False))):
            if action.palette:
                yield (
                    action.title[:1].upper() + action.title[1:],
                    f"{action.help} · key {action.keys_shown}",
                    partial(carry_out, action, self.screen),
                )

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for title, text, run in self._entries():
            yield DiscoveryHit(title, run, title, text)

    async def search(self, query: str) -> Hits:
        """Those whose name or help matches."""
        matcher = self.matcher(query)
        for title, text, run in self._entries():
            score = max(matcher.match(title), matcher.match(text) * 0.6)
            if score > 0:
                yield Hit(score, Content(title), run, title, text)
