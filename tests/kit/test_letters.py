"""One letter, one meaning: every letter that any node of the screen binds is held against the table."""

import ast
import importlib
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from textual.binding import Binding
from textual.dom import DOMNode

import tui
from tui.kit.command_base import CommandScope
from tui.kit.commands import COMMANDS
from tui.kit.dialog import DecisionDialog
from tui.kit.letters import LETTERS
from tui.kit.more import printed

QUESTIONS = {"ConfirmScreen", "VerificationScreen", "ConflictScreen"}
"""They only ask; their letters are y and n, or the first of their answers."""
ACTING = set("ACDEMNORSUZLPTWJK")
AT_ONCE = set("PJK")
"""They act without a card: the same key, or the other one, takes it back."""
MOST_IN_PANES = 30
PANES = {CommandScope.APP, CommandScope.BROWSER, CommandScope.TABS, CommandScope.PANE}
FILES = sorted(Path(tui.__file__).parent.rglob("*.py"))


def is_letter(key: str) -> bool:
    return len(key) == 1 and key.isascii() and key.isalpha()


def classes() -> Iterator[type[DOMNode]]:
    for file in FILES:
        if "BINDINGS" in (text := file.read_text()):
            name = ".".join(file.relative_to(Path(tui.__file__).parent.parent).with_suffix("").parts)
            module = importlib.import_module(name)
            for one in ast.walk(ast.parse(text)):
                if isinstance(one, ast.ClassDef) and isinstance(kind := getattr(module, one.name, None), type):
                    yield kind


def bound() -> Iterator[tuple[type[DOMNode], str, str]]:
    """Each class, the characters it binds, and the action."""
    for kind in classes():
        for binding in vars(kind).get("BINDINGS", ()):
            assert isinstance(binding, Binding), kind
            for key in binding.key.split(","):
                yield kind, printed(key), binding.action


def bare(action: str) -> str:
    """``control('cancel')`` and ``step('next_view')`` are told by what they call."""
    name, arguments = re.fullmatch(r"(?:\w+\.)?(\w+)(?:\((.*)\))?", action).groups()  # type: ignore[union-attr]  # every action
    called = re.fullmatch(r"'([a-z_]+)'", arguments or "")
    return called[1] if called and name in {"control", "step"} else name


def test_a_letter_has_one_meaning_wherever_it_is_a_key() -> None:
    places = [*bound(), *((None, key, one.id) for one in COMMANDS for key in one.keys)]
    letters = [(kind, key, bare(action)) for kind, key, action in places if is_letter(key)]
    wrong = [
        f"{key} in {kind and kind.__name__}: {action}"
        for kind, key, action in letters
        if not (kind and kind.__name__ in QUESTIONS) and action not in (LETTERS[key].actions if key in LETTERS else ())
    ]
    assert wrong == []
    used = {(key, action) for _, key, action in letters}
    assert sorted({(key, one) for key, letter in LETTERS.items() for one in letter.actions} - used) == []


def test_an_action_stands_under_one_letter() -> None:
    under: dict[tuple[object, str], set[str]] = defaultdict(set)
    for kind, key, action in bound():
        if is_letter(key) and kind.__name__ not in QUESTIONS and key not in "hjklgG":
            under[kind, action].add(key)
    for one in COMMANDS:
        if letters := {key for key in one.keys if is_letter(key) and key not in "hjklgG"}:
            under[None, one.id] = letters
    assert {named: keys for named, keys in under.items() if len(keys) > 1} == {}


def test_the_panes_have_few_letters() -> None:
    letters = {key for one in COMMANDS if one.scope in PANES for key in one.keys if is_letter(key)}
    assert len(letters) <= MOST_IN_PANES
    assert not letters & set("cdmrx"), "what an old reflex or a stray key presses does nothing"
    assert {key for key in LETTERS if key.isupper()} == ACTING | {"G"}
    assert AT_ONCE < ACTING


def test_nothing_is_deleted_by_a_letter_of_a_card() -> None:
    found = [(kind.__name__, key) for kind, key, _ in bound() if issubclass(kind, DecisionDialog) and key == "D"]
    assert found == []


def test_a_command_without_a_key_is_in_a_menu_or_in_the_palette() -> None:
    menus = {CommandScope.APP, CommandScope.TRANSFERS}  # Ctrl-P, and the list's own menu
    kept = {"requester_pays", "name_account", "batch_role", "yank_exact"}
    lost = [one.id for one in COMMANDS if not (one.keys or one.menu or one.scope in menus) and one.id not in kept]
    assert lost == []
    assert [one.id for one in COMMANDS if not one.keys and not one.in_palette] == []


SHOWN = re.compile(r"  (\S|enter|esc|space|ctrl\+\w|F\d+)$")


def shown_keys(tree: ast.AST) -> Iterator[str]:
    """The keys at the ends of buttons' labels, and in the hints below."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.args:
            if call.func.id in {"Button", "Tick"}:
                for text in ast.walk(call.args[0]):
                    if isinstance(text, ast.Constant) and (found := SHOWN.search(str(text.value))):
                        yield found[1]
            elif call.func.id == "hint":
                for pair in ast.walk(call):
                    if isinstance(pair, ast.Tuple) and len(pair.elts) == 2 and isinstance(pair.elts[0], ast.Constant):
                        yield from str(pair.elts[0].value).split()


def test_a_key_that_is_shown_is_bound() -> None:
    stale = []
    for file in FILES:
        if file.name.endswith("screen.py") or file.name.endswith("screens.py") or file.name == "dialog.py":
            text = file.read_text()
            keys = {key for binding in re.findall(r'Binding\(\s*"([^"]+)"', text) for key in binding.split(",")}
            characters = {printed(key) for key in keys}
            wanted = {key for key in shown_keys(ast.parse(text)) if is_letter(key) or key in "./=*"}
            stale += [f"{file.name}: {key}" for key in wanted - characters - {"y", "n", "p"} if "ANSWERS" not in text]
    assert stale == []
