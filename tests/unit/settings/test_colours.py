"""The names of colours and themes in the settings are those that the screen knows."""

import pytest
from textual._color_constants import COLOR_NAME_TO_RGB
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from tui.settings.checks import colour
from tui.settings.colours import ANSI, NAMES, THEMES


def test_the_names_are_textuals() -> None:
    assert {*COLOR_NAME_TO_RGB} == NAMES | ANSI
    assert {*BUILTIN_THEMES} == THEMES


@pytest.mark.parametrize("text", ["", "orange", "#5fafff", "#fff", "rgb(1, 2, 3)", "hsl(200, 50%, 50%)"])
def test_a_colour_is_one_for_textual_too(text: str) -> None:
    assert colour(text) == text
    assert not text or Color.parse(text)


@pytest.mark.parametrize("text", ["blurple", "#5", "#12345", "red; rm", "rgb(1"])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a colour"):
        colour(text)
