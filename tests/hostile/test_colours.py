"""The colours of a text that was made so that they take long: each screen is there soon, if need be without them."""

import os
import random
import time
from collections.abc import Iterator

import pytest
from pygments.lexer import RegexLexer
from pygments.token import Name

from tui.features.content import text_view
from tui.features.content.readers_view import MemoryReader
from tui.features.content.text_view import LANGUAGES, MOST_COLOURED, Room, TextView, highlighted, language_of
from tui.features.content.words import UTF_8

LONG = os.environ.get("XS3_FUZZ") == "long"

COLUMNS, ROWS = 200, 50

LONGEST = 0.5
"""Seconds of processor time: ten times the deadline; what had none took a minute."""

PIECES = """
    a 0 _ ( ) [ ] { } < > " ' ` \\ / * # - = : ; , . | & % $ @ ! ? ~ ^ + é 名 /* */ // <!-- --> <![CDATA[ &a ${ {{ %{
    \"\"\" ''' \\" \\u a= a: a. 1. 1e 0x <a </ a< <a=b $( `a ** __ [a]( ![ ~~ -- <<E @a a:: -> => def class import from
    select case func fn let var
"""


def texts(count: int) -> Iterator[list[str]]:
    """Screens of what lexers look for, over and over, begun and not ended, or at random."""
    chance = random.Random(7)
    pieces = [" ", "a ", *PIECES.split()]
    for number in range(count):
        one, two, end = (chance.choice(pieces) for _ in range(3))
        match number % 4:
            case 0:
                rows = [two * COLUMNS] * ROWS
            case 1:
                rows = [(one + two) * COLUMNS] * ROWS
            case 2:
                rows = [one, *[two * COLUMNS] * (ROWS - 1)]
            case _:
                rows = ["".join(chance.choices(pieces, k=COLUMNS)) for _ in range(ROWS)]
        yield [row[: COLUMNS - len(end)] + end for row in rows]


def test_the_colours_of_any_text_take_no_time_that_a_user_notices() -> None:
    wrong = []
    for language in LANGUAGES:
        highlighted(["a"], language)  # its expressions are compiled
        for number, lines in enumerate(texts(200 if LONG else 3)):
            begun = time.thread_time()
            shown = highlighted(lines, language)
            used = time.thread_time() - begun
            if used > LONGEST or (shown and sum(len(line.spans) for line in shown) > MOST_COLOURED + 3 * ROWS):
                wrong.append((language, number, used))
            assert shown is None or [line.plain for line in shown] == lines
    assert wrong == []


class Endless(RegexLexer):  # type: ignore[misc]  # it has no types
    """Takes longer than the universe is old for 60 letters that do not end as it wants."""

    tokens = {"root": [(r"(a+)+$", Name)]}  # noqa: RUF012  # Pygments declares it so


async def test_a_text_whose_colours_take_too_long_is_plain_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_view, "_lexer", lambda _: Endless())
    content = b"a" * 60 + b"!\n"
    view = TextView(MemoryReader(content), UTF_8, "python", Room(COLUMNS, ROWS))
    begun = time.thread_time()
    assert [row.plain for row in (await view.show()).rows] == [content.decode().rstrip()]
    assert time.thread_time() - begun < LONGEST
    assert view.language == ""


async def test_only_what_is_shown_is_coloured(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr("tui.features.content.text_view.highlighted", lambda lines, _: asked.append(lines))
    for left in (0, 100, 900):
        view = TextView(MemoryReader(b"x" * 1000 + b"\n" + b"y" * 1000), UTF_8, "python", Room(40, 1, left=left))
        await view.show()
    assert asked == [["x" * 40], ["x" * 140]]


def test_a_name_chooses_among_few_languages() -> None:
    wanted = {"a/b.JSON": "json", "Dockerfile": "docker", ".env": "properties", "x.tar.yml": "yaml"}
    assert {name: language_of(name) for name in wanted} == wanted
    assert [name for name in ("x.au3", "x", "", "x.", "x.txt", "json ", "x.php") if language_of(name)] == []
