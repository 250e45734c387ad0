"""Style sheets are parsed once in a process, not again by each of the hundreds of apps that tests start.

The rules that a text and the values of its variables make are never changed: widgets of one app share them, too.
"""

from typing import Any

from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

_parsed: dict[Any, list[RuleSet]] = {}
_parse = Stylesheet._parse_rules


def _parsed_once(sheet: Stylesheet, *text: Any, **named: Any) -> list[RuleSet]:
    key = frozenset(sheet._variables.items()), text, *sorted(named.items())
    if key not in _parsed:
        _parsed[key] = _parse(sheet, *text, **named)
    return _parsed[key]


def share() -> None:
    """From here on, in this process and its forks."""
    Stylesheet._parse_rules = _parsed_once  # type: ignore[assignment]  # Textual keeps them for one app alone
