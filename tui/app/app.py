"""The screen's composition root: settings, theme, the browser, and what applies to every screen."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.color import Color, ColorParseError

from tui.browser.first_frame import FirstFrame, first_stylesheets, stylesheet_paths
from tui.browser.input_order import OrderedInput
from tui.browser.keys import use_chosen
from tui.core.key_names import print_arrows
from tui.core.problem import ProblemError
from tui.kit.command_base import CommandScope
from tui.kit.commands import bindings, key_of
from tui.kit.footer import KeyFooter
from tui.kit.pane_commands import QUIT
from tui.panes.news import AccentChosen, PaneSide
from tui.settings import AppStart, Settings, settings_file
from tui.terminal.driver import ChangesApp
from tui.text.format import visible
from tui.text.terminal import ascii_only

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.command import Provider
    from textual.notifications import Notify

    from tui.app.browser_screen import BrowserScreen
    from tui.core.transfer import Transfer
    from tui.features.transfer_list.engines_session import EveryEngine
    from tui.features.transfer_list.quit_screen import Leave
    from tui.link.process import EngineProcess
    from tui.link.session import EngineAccess, EngineSession
    from tui.saved.last_session import Keeping


def _commands() -> type[Provider]:
    from tui.browser.palette import CommandProvider

    return CommandProvider


class XS3App(OrderedInput, ChangesApp):
    """The app: one browser, and the dialogs above it."""

    TITLE = "xs3-tui"
    COMMANDS = {_commands}  # noqa: RUF012  # Textual declares it as a plain set
    COMMAND_PALETTE_BINDING = "ctrl+p"
    ENABLE_COMMAND_PALETTE = True
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(CommandScope.APP)]

    def __init__(
        self,
        start: AppStart,
        settings: Settings,
        engine: Callable[[], EngineAccess],
        clock: Callable[[], float] = time.time,
        *,
        outlives: bool = True,
        keeping: Keeping | None = None,
    ) -> None:
        """`engine` is called once, after the first paint, so that its imports are not waited for.

        `outlives`: the engine continues its transfers without the screen. `keeping` says where bookmarks and the last
        session are saved; without it they are not. Raises `ProblemError` if the keys of the settings cannot be used.
        """
        self._keeping = keeping
        self._outlives = outlives
        self._start, self._settings, self._engine, self._clock = start, settings, engine, clock
        self._accents: dict[PaneSide, str] = {}
        super().__init__(css_path=[str(path) for path in first_stylesheets()])
        self.set_keymap(use_chosen(settings))
        self.ascii_only = ascii_only(settings.ascii, os.environ)
        print_arrows(in_words=self.ascii_only)
        self.set_reactive(ChangesApp.mouse_reported, settings.mouse)

    @cached_property
    def browser(self) -> BrowserScreen:
        """The two panes, imported after the first paint."""
        from tui.app.browser_screen import BrowserScreen
        from tui.saved.last_session import Keeping, restored

        keeping = self._keeping or Keeping()
        start = restored(self._start, self._settings, keeping.last_session())
        pairs = ((PaneSide.LEFT, self._start.left, start.left), (PaneSide.RIGHT, self._start.right, start.right))
        goes_on = {side: begins for side, asked, begins in pairs if begins != asked}
        engine, clock = self._engine(), self._clock
        browser = BrowserScreen(start, self._settings, engine, clock, keeping=keeping, restored=goes_on)
        browser.css_path = [*stylesheet_paths()]
        return browser

    def compose(self) -> ComposeResult:
        yield FirstFrame(self._start)
        yield KeyFooter()

    def get_css_variables(self) -> dict[str, str]:
        """The theme's variables and ours: the accents of both accounts, the drop target."""
        variables = super().get_css_variables()
        ours = {
            "left-accent": self._accents.get(PaneSide.LEFT) or self._settings.left_accent or variables["primary"],
            "right-accent": self._accents.get(PaneSide.RIGHT) or self._settings.right_accent or variables["accent"],
            "drop-target": variables["success"],
        }
        few = self.console.color_system == "standard" or self.current_theme.ansi  # 16 colours, and no quiet line's
        lines = {"border-blurred": "ansi_bright_black"} if few else {}
        return {**variables, **lines, **{name: _colour(text, variables["primary"]) for name, text in ours.items()}}

    @on(AccentChosen)
    def _accent_chosen(self, event: AccentChosen) -> None:
        self._accents[event.side] = event.colour
        self.refresh_css(animate=False)

    def on_mount(self) -> None:
        self.theme = self._settings.theme
        self.watch_mouse_reported(self.mouse_reported)
        self.call_after_refresh(self._open_browser)

    def _open_browser(self) -> None:
        self.push_screen(self.browser)
        gc.freeze()  # what was imported stays: no collection need look at it again
        gc.enable()

    def action_help(self) -> None:
        from tui.browser.help import HelpScreen

        if isinstance(self.screen, HelpScreen):
            self.screen.action_cancel()
        else:
            self.push_screen(HelpScreen(self.screen))

    def action_theme(self) -> None:
        from tui.browser.themes import ThemeScreen

        if not isinstance(self.screen, ThemeScreen):
            self.push_screen(ThemeScreen(self.theme), self._save_theme)

    def _save_theme(self, theme: str | None) -> None:
        from tui.settings.on_disk import set_theme

        if theme is None or self._start.demo:  # which leaves nothing behind
            return
        try:
            set_theme(settings_file(), theme)
        except ProblemError as error:
            self.notify(visible(error.problem.sentence()), severity="error", markup=False)
        else:
            self.notify(f"{theme} is saved in the settings", title="Theme", markup=False)

    def action_more(self) -> None:
        from tui.kit.more import open_more

        open_more(self.screen)

    def action_help_quit(self) -> None:
        """Ctrl-C without selected text: leave what is in front; in the panes stop a listing, or say how to quit."""
        if self.screen is not self.browser or self.browser.in_list:
            self.simulate_key("escape")
        elif not self.browser.panes.active.branches.stop():
            self.notify(f"{key_of(QUIT.id)} quits", title="Nothing to stop", markup=False)

    def on_paste(self) -> None:
        """No line of the dialog took the paste, and it must not run as keys."""
        self.notify("this dialog has no field for text", title="Pasted text", markup=False)

    def on_notify(self, event: Notify) -> None:
        """Show equal toasts once: a lost engine ends several requests, and each says so."""
        new = event.notification
        if any((each.title, each.message) == (new.title, new.message) for each in self._notifications):
            event.prevent_default()

    async def action_quit(self) -> None:
        from tui.features.transfer_list.quit_screen import QuitScreen, under_way

        left = under_way(self.browser.transfers.latest, outlives=self._outlives)
        if not left:
            self.exit()
        elif not isinstance(self.screen, QuitScreen):

            def answered(how: Leave | None) -> None:
                if how:
                    self.run_worker(self._leave(how, left))

            self.push_screen(QuitScreen(left, outlives=self._outlives), answered)

    async def _leave(self, how: Leave, transfers: Sequence[Transfer]) -> None:
        """Pause or cancel the transfers, then quit; if that fails, say so and stay."""
        from tui.features.transfer_list.quit_screen import request_of

        if request := request_of(how, transfers):
            self.notify(f"still stopping requests: {how}", title="One moment", markup=False)
            try:
                await self.browser.context.engine.ask(request)
            except ProblemError as error:
                self.notify(visible(error.problem.sentence()), severity="error", markup=False)
                return
        self.exit()

    def exit(self, result: None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """Cancel the screens' requests, then quit: messages could arrive after the screens have closed."""
        for worker in [worker for worker in self.workers if worker.node is not self]:
            worker.cancel()
        super().exit(result, return_code, message)

    def _fatal_error(self) -> None:
        """Write the traceback of a bug to the log, and say where that is."""
        from tui.link.engine_paths import log_file
        from tui.link.private_files import open_private

        with open_private(log_file()) as log:
            log.write(traceback.format_exc().encode(errors="backslashreplace"))
        self.panic(Text(f"xs3-tui stopped because of a bug in xs3-tui. Details: {log_file()}"))


def _colour(text: str, fallback: str) -> str:
    try:
        Color.parse(text)
    except ColorParseError:
        return fallback
    return text


def run_app(start: AppStart, settings: Settings, process: EngineProcess, painted: Callable[[], None]) -> int:
    """Run the app on a started engine; the exit code. `painted` is called after the first paint.

    The engine outlives the screen as long as it has work.
    """
    sessions: list[EveryEngine | EngineSession] = []

    def engine() -> EngineAccess:
        painted()

        from tui.features.transfer_list.engines_session import EveryEngine
        from tui.link.session import EngineSession

        session = EngineSession(process)
        every = EveryEngine(session, process)
        sessions.extend((every, session))
        return every

    from tui.saved.last_session import Keeping, users_keeping

    demo = process.journal  # the directory goes with the demo
    demos_own = Keeping(demo.with_name("bookmarks.json"), history=demo.with_name("history.json"))
    keeping = demos_own if start.demo else users_keeping()
    app = XS3App(start, settings, engine, outlives=not start.demo, keeping=keeping)

    async def run() -> None:
        for number in (signal.SIGTERM, signal.SIGHUP):  # asked to go: the terminal is given back; the terminal is gone
            asyncio.get_running_loop().add_signal_handler(number, app.exit)
        try:
            await app.run_async(mouse=settings.mouse)
        finally:
            for session in sessions:
                await session.close()

    asyncio.run(run())
    return app.return_code or 0
