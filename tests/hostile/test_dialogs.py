"""Every dialog with hostile texts wherever it takes a text: nothing of them acts on the terminal."""

import importlib
import os
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.drivers.headless_driver import HeadlessDriver
from textual.screen import ModalScreen

import tui
from tests.browser.host import LARGE, SMALL, Host
from tests.hostile.acting import FORMATS, MARK, SEQUENCES, smuggled
from tests.hostile.making import Maker
from tests.waiting import until
from tui.kit.dialog import Dialog
from tui.kit.inputs import LineInput

ACTING = "".join(f"{hostile}{MARK} " for hostile in [*SEQUENCES, *FORMATS])

TEXT = f"={MARK}|'/C calc'!A0 [red]{ACTING}"
TEXT += "x" * (1021 - len(TEXT.encode())) + MARK  # of a long one a line shows the end

BELL = "\a"
"""The app's own."""

SEEDS = range(40 if os.environ.get("XS3_FUZZ") == "long" else 1)
"""Which members of unions and enums are drawn, and what is true."""

BASES = ("Dialog", "DecisionDialog", "PlanDialog", "AccountForm", "NameScreen")
"""What others are built on; none is opened by itself."""

NAMELESS = ("HelpScreen", "QrScreen", "ThemeScreen", "ChooseColumns", "ChooseDocument", "QuitScreen")
"""They show no text of others, or (`ChooseDocument` of many objects) their number instead."""


def _below(base: type[Any]) -> Iterator[type[Any]]:
    for each in base.__subclasses__():
        yield each
        yield from _below(each)


SCREENS = re.compile(r"tui\.(?:kit|panes|browser|terminal)\.\w+|tui\.features\.\w+\.(?:\w+_)?(?:screen|view|actions)")

for found in pkgutil.walk_packages(tui.__path__, "tui."):
    if SCREENS.fullmatch(found.name):
        importlib.import_module(found.name)

DIALOGS = {
    each.__name__: each
    for each in sorted({*_below(ModalScreen)}, key=lambda each: each.__name__)
    if each.__module__.startswith("tui.") and each.__name__ not in BASES
}


class Recording(HeadlessDriver):
    """A terminal of a fixed size that keeps what is written to it."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.written: list[str] = []

    @property
    def is_headless(self) -> bool:
        return False

    def write(self, data: str) -> None:
        if data != BELL:
            self.written.append(data)


def written(app: Host) -> bytes:
    driver = app._driver
    assert isinstance(driver, Recording)
    return "".join(driver.written).encode()


async def shown(kind: type[Dialog[Any]], maker: Maker) -> bytes:
    """What goes to the terminal while a dialog is open, at two sizes, and some keys are pressed."""
    app = Host(dialog=kind(**maker.arguments(kind.__init__)))
    app.driver_class = Recording
    async with app.run_test(headless=False, size=SMALL, notifications=True) as pilot:
        await until(lambda: isinstance(app.screen, kind) or bool(app.answers), "the dialog is open")
        await pilot.pause()
        await pilot.press("tab", "down", "i", "end", "shift+tab")
        for size in (LARGE, SMALL):
            await pilot.resize_terminal(*size)
            await pilot.pause()
        return written(app)


def test_every_line_is_one_that_shows_what_was_pasted_harmlessly() -> None:
    """Textual's own writes it to the terminal as it is."""
    kit = ("inputs.py",)
    files = [path for path in Path(tui.__path__[0]).rglob("*.py") if path.name not in kit]
    own = re.compile(r"(?<![\w.])(?:Input|MaskedInput)\((?!\[)")
    assert [str(path) for path in files if own.search(path.read_text())] == []
    assert own.search("yield Input(id='name')")


async def test_a_hidden_line_stays_hidden_and_another_one_is_harmless() -> None:
    app = Host()
    async with app.run_test():
        hidden, shown = LineInput("123456", password=True), LineInput("a\x9b\x1b\u202e")
        await app.mount(hidden, shown)
        assert (hidden._value.plain, shown._value.plain) == ("•" * 6, "a�␛�")


@pytest.mark.thorough
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", DIALOGS)
async def test_nothing_in_a_dialog_acts_on_the_terminal(name: str, seed: int, tmp_path: Path) -> None:
    output = await shown(DIALOGS[name], Maker(TEXT, seed, tmp_path))
    assert smuggled(output) == []
    assert seed or name in NAMELESS or MARK in output.decode()
