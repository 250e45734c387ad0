"""The screen's composition root: settings, theme, the browser, and what holds for every screen."""

from __future__ import annotations

import asyncio
import gc
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.color import Color, ColorParseError
from textual.events import Key
from textual.widgets import Input

from tui.model.problem import ProblemError
from tui.settings import Settings, Start
from tui.ui.commands import Scope, bindings
from tui.ui.format import visible
from tui.ui.messages import AccentChosen, Side
from tui.ui.styles import first_stylesheets, stylesheet_paths
from tui.ui.widgets.first_frame import FirstFrame
from tui.ui.widgets.key_footer import KeyFooter

if TYPE_CHECKING:
    from textual.command import Provider

    from tui.keeping.keeping import Keeping
    from tui.model.transfer import Transfer
    from tui.protocol.process import EngineProcess
    from tui.protocol.session import EngineAccess, EngineSession
    from tui.ui.screens.browser import BrowserScreen
    from tui.ui.screens.quit import Leave


def _commands() -> type[Provider]:
    from tui.ui.palette import CommandProvider

    return CommandProvider


class XS3App(App[None]):
    """The app: one browser, and the dialogs above it."""

    TITLE = "xs3-tui"
    COMMANDS = {_commands}  # noqa: RUF012  # Textual declares it as a plain set
    COMMAND_PALETTE_BINDING = "ctrl+p"
    ENABLE_COMMAND_PALETTE = True
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(Scope.APP),
        Binding("ctrl+q", "quit", show=False),
    ]

    def __init__(
        self,
        start: Start,
        settings: Settings,
        engine: Callable[[], EngineAccess],
        clock: Callable[[], float] = time.time,
        *,
        outlives: bool = True,
        keeping: Keeping | None = None,
    ) -> None:
        """`engine` is called once, after the first paint, so that what it imports is not waited for.

        `clock` tells the present in seconds since the epoch: every age on screen is counted from it. `outlives` says
        whether the engine goes on with its transfers when the screen is gone. `keeping` says where bookmarks and the
        last session are kept; without it nothing is remembered.
        """
        self._keeping = keeping
        self._outlives = outlives
        self._start, self._settings, self._engine, self._clock = start, settings, engine, clock
        self._accents: dict[Side, str] = {}
        super().__init__(css_path=[str(path) for path in first_stylesheets()])

    @cached_property
    def browser(self) -> BrowserScreen:
        """The two panes. Imported when first wanted, which is after the first paint."""
        from tui.keeping.keeping import Keeping, restored
        from tui.ui.screens.browser import BrowserScreen

        keeping = self._keeping or Keeping()
        start = restored(self._start, self._settings, keeping.last_session())
        browser = BrowserScreen(start, self._settings, self._engine(), self._clock)
        browser.css_path = [*stylesheet_paths()]
        browser.keeping = keeping
        pairs = ((Side.LEFT, self._start.left, start.left), (Side.RIGHT, self._start.right, start.right))
        browser.restored = {side: begins for side, asked, begins in pairs if begins != asked}
        return browser

    def compose(self) -> ComposeResult:
        """The first frame, in the few milliseconds until the browser covers it."""
        yield FirstFrame(self._start)
        yield KeyFooter()

    def get_css_variables(self) -> dict[str, str]:
        """The theme's variables and our own: the accents of both accounts, the drop target."""
        variables = super().get_css_variables()
        ours = {
            "left-accent": self._accents.get(Side.LEFT) or self._settings.left_accent or variables["primary"],
            "right-accent": self._accents.get(Side.RIGHT) or self._settings.right_accent or variables["accent"],
            "drop-target": variables["success"],
        }
        return {**variables, **{name: _colour(text, variables["primary"]) for name, text in ours.items()}}

    @on(AccentChosen)
    def _accent_chosen(self, event: AccentChosen) -> None:
        """Show the account of a pane in its own colour, wherever it appears."""
        self._accents[event.side] = event.colour
        self.refresh_css(animate=False)

    def on_mount(self) -> None:
        """Show the browser as soon as the first frame is painted."""
        self.theme = self._settings.theme
        self.call_after_refresh(self._open_browser)

    def _open_browser(self) -> None:
        self.push_screen(self.browser)
        gc.freeze()  # what was imported stays: no collection need look at it again
        gc.enable()

    def on_key(self, event: Key) -> None:
        """A letter that comes up here while a line of input has the focus was typed before it had it: it is its."""
        if event.is_printable and isinstance(self.focused, Input):
            event.prevent_default()
            self.focused.post_message(Key(event.key, event.character))

    def action_help(self) -> None:
        """All keys, and what makes other accounts' buckets hard."""
        from tui.ui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())

    async def action_quit(self) -> None:
        """Leave; with transfers under way, ask first what becomes of them."""
        from tui.ui.screens.quit import QuitScreen, under_way

        left = under_way(self.browser.transfers, outlives=self._outlives)
        if not left:
            self.exit()
        elif not isinstance(self.screen, QuitScreen):

            def answered(how: Leave | None) -> None:
                if how:
                    self.run_worker(self._leave(how, left))

            self.push_screen(QuitScreen(left, outlives=self._outlives), answered)

    async def _leave(self, how: Leave, transfers: Sequence[Transfer]) -> None:
        """Have the transfers paused or cancelled, then leave; when that fails, say so and stay."""
        from tui.ui.screens.quit import request_of

        if request := request_of(how, transfers):
            self.notify(f"until nothing of them is left running: {how}", title="One moment", markup=False)
            try:
                await self.browser.engine.ask(request)
            except ProblemError as error:
                self.notify(visible(error.problem.sentence()), severity="error", markup=False)
                return
        self.exit()

    def _fatal_error(self) -> None:
        """A defect ends the app: its traceback goes to the log, and the user is told where that is."""
        from tui.protocol.places import log_file, open_private

        with open_private(log_file()) as log:
            log.write(traceback.format_exc().encode(errors="backslashreplace"))
        self.panic(Text(f"xs3-tui had to stop: this is a defect of its own. The details are in {log_file()}"))


def _colour(text: str, fallback: str) -> str:
    try:
        Color.parse(text)
    except ColorParseError:
        return fallback
    return text


def run_app(start: Start, settings: Settings, process: EngineProcess, painted: Callable[[], None]) -> int:
    """Run the app on an engine that was started already; the exit code.

    The engine goes on after the user has left, as long as it has something to do. `painted` is called after the first
    paint.
    """
    sessions: list[EngineSession] = []

    def engine() -> EngineSession:
        painted()

        from tui.protocol.session import EngineSession

        sessions.append(EngineSession(process))
        return sessions[0]

    from tui.keeping.keeping import Keeping, users_keeping

    demos_own = Keeping(process.journal.with_name("bookmarks.json"))  # the directory goes with the demo
    keeping = demos_own if start.demo else users_keeping()
    app = XS3App(start, settings, engine, outlives=not start.demo, keeping=keeping)

    async def run() -> None:
        for number in (signal.SIGTERM, signal.SIGHUP):  # asked to go: the terminal is given back; the terminal is gone
            asyncio.get_running_loop().add_signal_handler(number, app.exit)
        try:
            await app.run_async()
        finally:
            for session in sessions:
                await session.close()

    asyncio.run(run())
    return app.return_code or 0
