"""Patterns for names: the globs of filters, and wildcards in URIs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from tui.core.location import DELIMITER
from tui.core.problem import Problem, ProblemError, ProblemKind

# Globs of filters. A glob is matched with the name below the selection's base, character by character and with regard
# to case:
#
# * ``*`` is any run of characters, ``/`` and line breaks included: ``*.csv`` means every CSV at any depth, as with the
#   AWS CLI; ``logs/*`` means all below ``logs/``;
# * ``?`` is one character, ``[abc]`` and ``[a-z]`` one of several, ``[!abc]`` one that is none of them; ``[*]``,
#   ``[?]`` and ``[[]`` are these characters themselves; a backslash is a backslash;
# * a pattern without ``/`` is matched with the last segment, too, as with rsync: ``README`` means ``docs/README``.

Pattern = re.Pattern[str]


def last_segment(name: str) -> str:
    """What is after the last ``/``; the name of a prefix keeps the ``/`` at its end."""
    return name[name.rfind(DELIMITER, 0, len(name) - 1) + 1 :]


def compile_glob(pattern: str) -> Pattern:
    """The regular expression of a glob, to be matched in full; raise `ProblemError` (INVALID) if it is no glob.

    What is between two stars is found as far left as possible and never reconsidered (atomic groups): the time
    grows with the name's length, whatever the pattern.
    """
    _refuse_unreadable(pattern, CROSSES)
    pieces = [""]
    for token in _tokens(pattern, CROSSES):
        if token.startswith("*"):
            pieces.append(token.strip("*"))
        else:
            pieces[-1] += token
    first, *others = pieces
    if not others:
        return re.compile(first, re.DOTALL)
    *middle, last = others
    return re.compile(first + "".join(f"(?>.*?{piece})" for piece in middle) + f".*{last}", re.DOTALL)


def _refuse_unreadable(pattern: str, remedy: str) -> None:
    if not pattern:
        raise _bad(pattern, "it is empty", remedy)
    try:
        pattern.encode()
    except UnicodeEncodeError as error:  # bytes of a command line that are no UTF-8 arrive as lone surrogates
        raise _bad(pattern, "it is not UTF-8", remedy) from error


def _tokens(pattern: str, remedy: str) -> Iterator[str]:
    """Each run of stars (a whole segment ``**`` with its ``/``), and the regular expression of each other character."""
    at = 0
    while at < len(pattern):
        begin, character = at, pattern[at]
        at += 1
        if character == "*":
            while pattern[at : at + 1] == "*":
                at += 1
            alone = not begin or pattern[begin - 1] == DELIMITER
            at += at - begin > 1 and alone and pattern[at : at + 1] == DELIMITER
            yield pattern[begin:at]
        elif character == "?":
            yield "."
        elif character == "[":
            end = pattern.find("]", at + 2 if pattern[at : at + 1] == "!" else at + 1)  # a first ] is one of the set
            if end < 0:
                raise _bad(pattern, "[ without ]: write [[] for a literal [", remedy)
            yield _one_of(pattern, pattern[at:end], remedy)
            at = end + 1
        else:
            yield re.escape(character)


def _one_of(pattern: str, inside: str, remedy: str) -> str:
    negated = inside.startswith("!")
    members = inside[negated:]
    ranges = []
    while members:
        low = high = members[0]
        if len(members) > 2 and members[1] == "-":
            high = members[2]
        members = members[3:] if high is not low else members[1:]
        if low > high:
            raise _bad(pattern, f"the range {low}-{high} is empty", remedy)
        ranges.append(f"{re.escape(low)}-{re.escape(high)}")
    return f"[{'^' * negated}{''.join(ranges)}]"


def _bad(pattern: str, why: str, remedy: str) -> ProblemError:
    return ProblemError(Problem(ProblemKind.INVALID, f"{pattern!r} is not a pattern", why, remedy))


# Wildcards in URIs. A pattern is matched with the whole key:
#
# * ``*`` is any run of characters but ``/``, ``?`` one of these, ``[abc]`` one of several, as in a glob;
# * ``**`` is any run of characters, and a segment ``**`` also none: ``a/**/b`` means ``a/b``, too.

ANYTHING = "**"
_MARK = re.compile(r"\[([*?\[])\]|[*?\[]")


def has_wildcards(key: str) -> bool:
    return any(found[1] is None for found in _MARK.finditer(key))


def literal_part(pattern: str) -> str:
    """What every name begins with that matches; without wildcards the one name. ``[*]`` in it is a star."""
    text, at = "", 0
    for found in _MARK.finditer(pattern):
        text += pattern[at : found.start()]
        at = found.end()
        if found[1] is None:
            return text
        text += found[1]
    return text + pattern[at:]


def literally(name: str) -> str:
    """The pattern that only this name matches."""
    return re.sub(r"[*?\[]", r"[\g<0>]", name)


def compile_wildcards(pattern: str) -> Pattern:
    """The regular expression of a key with wildcards, to be matched in full; raise `ProblemError` as `compile_glob`.

    What is between two runs of stars is found as far left as possible, as there: no later place leaves more room.
    """
    _refuse_unreadable(pattern, STAYS)
    pieces, leads = [""], [""]
    for token in _tokens(pattern, STAYS):
        if token.startswith("*"):
            leads.append(token)
            pieces.append("")
        else:
            pieces[-1] += {".": "[^/]"}.get(token, f"(?!/){token}" if token.startswith("[") else token)
    whole, group = "", pieces[0]
    for number, (lead, piece) in enumerate(zip(leads[1:], pieces[1:], strict=True), 1):
        if len(lead) > 1:
            whole += f"(?>{group})"
            group = ("(?:.*?/)??" if lead.endswith(DELIMITER) else ".*?") + piece
        elif number == len(pieces) - 1:
            group += f"[^/]*{piece}"
        else:
            group += f"(?>[^/]*?{piece})"
    return re.compile(whole + group, re.DOTALL)


def matching(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Whether a key matches one of the patterns; without patterns every key does."""
    tests = [compile_wildcards(pattern).fullmatch for pattern in patterns]
    return (lambda key: any(test(key) for test in tests)) if tests else (lambda _: True)


CROSSES = "write * ? and [abc]; * crosses /"
STAYS = "write * ? and [abc], ** for what crosses /, or --literal to take them as they are"
