"""Plans renames: the new name of each object, and which of them would replace one another."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from pathlib import Path

from msgspec.structs import replace

from tui.core.location import DELIMITER, Location
from tui.core.naming import counted
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.searching import RegexError, RegexMissingError, compiled_regex
from tui.core.wildcards import last_segment
from tui.features.copy.values import PlanRename, RenamePlan, RenameRow
from tui.stores.base import Store
from tui.transfers.selection import ObjectFilter, SelectedObject, listed_pages
from tui.transfers.shown_list import NewNames, ShownObject
from tui.transfers.target_keys import look_for
from tui.transfers.tasks import in_batches

MOST_REFUSED = 20
"""Refused renames that are named."""
MOST_LOOKS = 64
"""Rows of a preview whose new key is looked at."""

TWICE = "another object gets this name, too"
RENAMED_ITSELF = "an object with this name is renamed, too: rename that one first"

NewName = Callable[[str], str]
"""The new key of a key; the same: it stays. Raises `ValueError` with the reason why it can have none, as a clause."""


async def plan_rename(order: PlanRename, store: Store, lists: Path) -> AsyncGenerator[RenamePlan]:
    """The plan, growing; `lists` is where lists of new names are kept.

    Raises `ProblemError` for a pattern or template that is none, and as listings do.
    """
    selection = order.selection
    if selection.base.kind.has_directories:
        title, remedy = "only objects of a bucket are renamed by pattern", "rename files with the tools of this machine"
        raise ProblemError(Problem(ProblemKind.INVALID, title, remedy=remedy, resource=selection.base.uri))
    names = dict(order.names)
    by_pattern = None if names else _by_pattern(order.match, order.to, len(selection.base.key))
    wanted, names_list = ObjectFilter(selection), await NewNames.new(lists)
    planner = _Planner(selection.base, by_pattern or (lambda key: names.get(key, key)), rows=order.most)
    try:
        async with aclosing(listed_pages(store, selection)) as pages:
            async for page in pages:
                taken = [each for each in page.picked if wanted.takes(each.key, each.size, each.modified)]
                left = order.most - planner.plan.looked_at if order.most else len(taken)
                await names_list.add(planner.take(taken[:left]))
                yield planner.plan
                if left < len(taken):
                    break
            else:
                planner.plan = replace(planner.plan, complete=True)
        planner.clash(await names_list.clashes())
        await planner.look(store)
        plan = planner.result()
        keeps = plan.complete and not order.most and plan.renamed and not plan.refused
        yield replace(plan, listed=str(names_list.path)) if keeps else plan
    except BaseException:  # a cancellation, too, must not leave the list on disk
        keeps = False
        raise
    finally:
        if not keeps:
            await names_list.remove()


class _Planner:
    """Collects the plan; `rows`: of so many objects all rows, for a preview."""

    def __init__(self, base: Location, new_name: NewName, rows: int) -> None:
        self._base, self._new_name, self._most = base, new_name, rows
        self._rows: dict[str, RenameRow] = {}
        self.plan = RenamePlan()

    def take(self, picked: list[SelectedObject]) -> list[ShownObject]:
        """The objects that get another key, for the list."""
        found, refused = [], 0
        for each in picked:
            row = self._row(each.key)
            refused += bool(row.why)
            if self._most or (row.why and len(self._rows) < MOST_REFUSED):
                self._rows[row.old] = row
            if row.new and not row.why:
                size = -1 if each.size is None else each.size
                found.append(ShownObject(row.old, size, int(each.modified), "", row.new))
        self.plan = replace(
            self.plan,
            looked_at=self.plan.looked_at + len(picked),
            renamed=self.plan.renamed + len(found) + refused,
            refused=self.plan.refused + refused,
        )
        return found

    def _row(self, key: str) -> RenameRow:
        try:
            new = self._new_name(key)
            return RenameRow(key, new, self._why_not(key, new)) if new != key else RenameRow(key)
        except ValueError as error:
            return RenameRow(key, why=str(error))

    def _why_not(self, old: str, new: str) -> str:
        """Why an object must not get this key."""
        size, most = len(new.encode(errors="surrogatepass")), self._base.kind.longest_key
        if not last_segment(new) or new == self._base.key:
            return "its new name would be empty"
        if new.endswith(DELIMITER) and not old.endswith(DELIMITER):
            return "its new name would end in /, as that of a prefix"
        return f"its new key would have {counted(size, 'byte')}, the limit is {most:,}" if size > most else ""

    def clash(self, clashes: list[tuple[str, str, bool]]) -> None:
        """Refuse these, old and new keys: they would replace one another, or an object that is still to be renamed."""
        for old, new, renamed in clashes:
            if self._most or len(self._rows) < MOST_REFUSED:
                self._rows[old] = RenameRow(old, new, RENAMED_ITSELF if renamed else TWICE)
        self.plan = replace(self.plan, refused=self.plan.refused + len(clashes))

    async def look(self, store: Store) -> None:
        """Look at the first new keys of a preview."""

        async def exists(row: RenameRow) -> RenameRow:
            try:
                return replace(row, exists=(await look_for([store], self._base.bucket, row.new)).head is not None)
            except ProblemError:
                return row

        free = [row for row in self._rows.values() if row.new and not row.why][:MOST_LOOKS] if self._most else []
        self._rows |= {row.old: row for row in await in_batches(exists, free)}

    def result(self) -> RenamePlan:
        return replace(self.plan, rows=list(self._rows.values()))


_FIELD = re.compile(r"\{\{|\}\}|\{(?P<group>\w+)(?::0(?P<width>[1-9][0-9]?))?\}|[{}]")
"""A part of a template that does not stand for itself."""


def _by_pattern(match: str, to: str, base: int) -> NewName:
    """New names by a pattern; `base` is the length of the prefix that names are relative to.

    A pattern with ``/`` is looked for in the whole name below the prefix, any other in its last part, and not in the
    name of a marker, which would leave the objects of its prefix behind.
    """
    try:
        pattern = compiled_regex(match)
    except RegexError as error:
        texts = "not a valid regular expression", str(error), "docs/rename.md describes the syntax"
        if isinstance(error, RegexMissingError):
            texts = "regular expressions are not available", str(error), "install it in the environment of xs3-tui"
        raise ProblemError(Problem(ProblemKind.INVALID, *texts)) from None
    template = _Template(to, pattern.groupindex, pattern.groups)
    whole = DELIMITER in match

    def new_name(key: str) -> str:
        start = base if whole else max(base, key.rfind(DELIMITER) + 1)
        name = key[start:]
        found = pattern.search(name.encode(errors="replace").decode()) if name else None
        if found is None:
            return key
        first, last = found.span()
        new = name[:first] + template.filled([name[slice(*found.span(group))] for group in range(pattern.groups + 1)])
        return key[:start] + new + name[last:]

    return new_name


class _Template:
    """The text that replaces a match: ``photo-{n:04}``."""

    def __init__(self, text: str, names: Mapping[str, int], groups: int) -> None:
        """Raises `ProblemError` that names the field which is none."""
        self._parts: list[str | tuple[int, int]] = []
        end = 0
        for found in _FIELD.finditer(text):
            self._parts.append(text[end : found.start()])
            end = found.end()
            self._parts.append(_field(text, found, names, groups))
        self._parts.append(text[end:])

    def filled(self, groups: list[str]) -> str:
        """The text for a match with these groups; raises `ValueError` for a number that is none."""
        return "".join(each if isinstance(each, str) else _padded(groups[each[0]], each[1]) for each in self._parts)


def _field(text: str, found: re.Match[str], names: Mapping[str, int], groups: int) -> str | tuple[int, int]:
    if found[0] in ("{{", "}}"):
        return found[0][0]
    name = found["group"] or ""
    number = names.get(name, int(name) if name.isdecimal() and len(name) < 4 else -1)
    if 0 <= number <= groups:
        return number, int(found["width"] or 0)
    if name:
        cause = f"the pattern has no group {name}: it has {', '.join(names) or 'none with a name'}; {{0}} is the match"
    else:
        cause = f"{found[0]} is no field at character {found.start() + 1}"
    remedy = "write {n}, {1} or {n:04} for a group of the pattern, {{ for a brace"
    raise ProblemError(Problem(ProblemKind.INVALID, f"{text!r} is not a template for names", cause, remedy))


def _padded(text: str, width: int) -> str:
    if not width:
        return text
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(f"{text!r} is not a number, which {{…:0{width}}} needs")
    return (text.lstrip("0") or "0").rjust(width, "0")
