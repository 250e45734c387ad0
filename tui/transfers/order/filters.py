"""Which objects of a selection are meant: globs on their names, bounds on their size and age.

A glob is matched with the name below the selection's base, character by character and with regard to case:

* ``*`` is any run of characters, ``/`` and line breaks included: ``*.csv`` means every CSV at any depth, as with the
  AWS CLI; ``logs/*`` means all below ``logs/``;
* ``?`` is one character, ``[abc]`` and ``[a-z]`` one of several, ``[!abc]`` one that is none of them; ``[*]``, ``[?]``
  and ``[[]`` are these characters themselves; a backslash is a backslash;
* a pattern without ``/`` is matched with the last segment, too, as with rsync: ``README`` means ``docs/README``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tui.core.location import DELIMITER
from tui.core.naming import counted
from tui.core.orders import Filters, Selection
from tui.core.problem import Problem, ProblemError, ProblemKind

Pattern = re.Pattern[str]


class ObjectFilter:
    """The filters of one selection, ready for many objects."""

    def __init__(self, selection: Selection) -> None:
        """Raises `ProblemError` (INVALID) that names the pattern which is none, or the bounds that exclude all."""
        self._filters = selection.filters
        self._base = len(selection.base.key)
        self._include = [_Glob(pattern) for pattern in self._filters.include]
        self._exclude = [_Glob(pattern) for pattern in self._filters.exclude]
        _refuse_impossible(self._filters)

    @property
    def asks_more(self) -> bool:
        """Whether an object's name is not enough: there are bounds on size or time."""
        filters = self._filters
        return not (
            filters.newer_than is None
            and filters.older_than is None
            and filters.min_size is None
            and filters.max_size is None
        )

    def takes_name(self, key: str) -> bool:
        """Whether an object of this name may be meant."""
        name = key[self._base :]
        if self._include and not any(glob.matches(name) for glob in self._include):
            return False
        return not any(glob.matches(name) for glob in self._exclude)

    def rule(self, key: str) -> str:
        """Which pattern includes an object of this name, and by what, as a clause; empty where none has to."""
        name = key[self._base :]
        found = ((glob, glob.matched(name)) for glob in self._include)
        return next((f"{what} matches {glob.pattern}" for glob, what in found if what), "")

    def takes(self, key: str, size: int | None, modified: float) -> bool:
        """Whether an object is meant, as far as it is known: without a `size` (bytes) only its name is judged."""
        return self.takes_name(key) and (size is None or not self.why_not(size, modified))

    def why_not(self, size: int, modified: float) -> str:
        """Why an object of this size (bytes) and time (since the epoch) is left out, as a clause; empty if it is not.

        Times are compared as S3 keeps them, in whole seconds.
        """
        filters = self._filters
        if filters.min_size is not None and size < filters.min_size:
            return f"it is smaller than {counted(filters.min_size, 'byte')}"
        if filters.max_size is not None and size > filters.max_size:
            return f"it is larger than {counted(filters.max_size, 'byte')}"
        if filters.newer_than is not None and modified < int(filters.newer_than):
            return "it is too old"
        if filters.older_than is not None and int(modified) > filters.older_than:
            return "it is too new"
        return ""


class _Glob:
    """One pattern."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._regex = compile_glob(pattern)
        self._anywhere = DELIMITER not in pattern

    def matches(self, name: str) -> bool:
        return bool(self.matched(name))

    def matched(self, name: str) -> str:
        """What of the name matches: all of it, or its last part; empty: nothing."""
        if self._regex.fullmatch(name):
            return "its name"
        return "the last part of its name" if self._anywhere and self._regex.fullmatch(last_segment(name)) else ""


def last_segment(name: str) -> str:
    """What is after the last ``/``; the name of a prefix keeps the ``/`` at its end."""
    return name[name.rfind(DELIMITER, 0, len(name) - 1) + 1 :]


def compile_glob(pattern: str) -> Pattern:
    """The regular expression of a glob, to be matched in full; raise `ProblemError` (INVALID) if it is no glob.

    What is between two stars is found as far left as possible and never reconsidered (atomic groups): the time
    grows with the name's length, whatever the pattern.
    """
    if not pattern:
        raise _bad(pattern, "it is empty")
    try:
        pattern.encode()
    except UnicodeEncodeError as error:  # bytes of a command line that are no UTF-8 arrive as lone surrogates
        raise _bad(pattern, "it is not UTF-8") from error
    first, *others = _pieces(pattern)
    if not others:
        return re.compile(first, re.DOTALL)
    *middle, last = others
    return re.compile(first + "".join(f"(?>.*?{piece})" for piece in middle) + f".*{last}", re.DOTALL)


def _pieces(pattern: str) -> list[str]:
    """The regular expressions of what is between the stars, each of a fixed length."""
    pieces, at = [""], 0
    while at < len(pattern):
        character = pattern[at]
        at += 1
        if character == "*":
            pieces.append("")
        elif character == "?":
            pieces[-1] += "."
        elif character == "[":
            end = pattern.find("]", at + 2 if pattern[at : at + 1] == "!" else at + 1)  # a first ] is one of the set
            if end < 0:
                raise _bad(pattern, "[ without ]: write [[] for a literal [")
            pieces[-1] += _one_of(pattern, pattern[at:end])
            at = end + 1
        else:
            pieces[-1] += re.escape(character)
    return pieces


def _one_of(pattern: str, inside: str) -> str:
    negated = inside.startswith("!")
    members = inside[negated:]
    ranges = []
    while members:
        low = high = members[0]
        if len(members) > 2 and members[1] == "-":
            high = members[2]
        members = members[3:] if high is not low else members[1:]
        if low > high:
            raise _bad(pattern, f"the range {low}-{high} is empty")
        ranges.append(f"{re.escape(low)}-{re.escape(high)}")
    return f"[{'^' * negated}{''.join(ranges)}]"


def _refuse_impossible(filters: Filters) -> None:
    for low, high, what in (
        (filters.min_size, filters.max_size, "size"),
        (filters.newer_than, filters.older_than, "time"),
    ):
        if low is not None and high is not None and low > high:
            raise _invalid("the filters match nothing", f"no {what} can match", "widen them")
    if min(_given(filters.min_size, filters.max_size), default=0) < 0:
        raise _invalid("the filters match nothing", "a size cannot be negative", "write sizes in bytes")


def _given(*bounds: int | None) -> Sequence[int]:
    return [bound for bound in bounds if bound is not None]


def _bad(pattern: str, why: str) -> ProblemError:
    return _invalid(f"{pattern!r} is not a pattern", why, "write * ? and [abc]; * crosses /")


def _invalid(title: str, cause: str, remedy: str) -> ProblemError:
    return ProblemError(Problem(kind=ProblemKind.INVALID, title=title, cause=cause, remedy=remedy))
