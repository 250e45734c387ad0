"""What a deletion deletes, the identity, and what must be typed before it begins. Pure."""

from __future__ import annotations

from textual.content import Content

from tui.browser.card_lines import amount
from tui.core.identity import Identity
from tui.core.key_names import key_name
from tui.core.orders import DeleteOrder, Selection
from tui.core.transfer import Tally
from tui.kit.lines import BAD, MUTED, STRONG, WARNING, hanging, outside
from tui.panes.rows import below_base
from tui.text.format import cut_middle, number, visible

HANDFUL = 5
"""Up to so many objects a button is enough."""

NAMES_SHOWN = 5
INDENT = 9

UNCOUNTED = "everything"
"""What is typed where the number is not known."""

PERMANENTLY = "permanently"
"""What is typed before a version is deleted."""

FOREVER = "This cannot be undone, unless the bucket has versioning."
ON_DISK = "This cannot be undone: the files are deleted from this disk."
LINKS = "Symbolic links: {}. Only the link is removed, not what it leads to."
VERSIONED = (
    "This bucket has versioning: a delete marker hides each object, its versions are kept and billed. "
    "Undo brings it back."
)
FOR_GOOD = "This version is deleted permanently, no delete marker is made: it cannot be undone."
UNVERSIONED = "This cannot be undone: this bucket has no versioning."


def title(tally: Tally, order: DeleteOrder, width: int, *, counting: bool) -> Content:
    """``Delete 80,000 objects, 1.20 TiB… from s3://media-prod-assets/video/``."""
    what = f"Delete {amount(tally, counting=counting)} from "
    return outside(what + cut_middle(visible(order.selection.base.uri), max(8, width - len(what))))


def way_back(selection: Selection, versioned: bool | None) -> Content:
    """Whether what is deleted can be had back; `versioned` None: not known."""
    if selection.base.is_local:
        return Content.styled(ON_DISK, WARNING)
    if selection.version:
        return Content.styled(FOR_GOOD, WARNING)
    if versioned is None:
        return Content.styled(FOREVER, WARNING)
    return Content.styled(VERSIONED if versioned else UNVERSIONED, "" if versioned else WARNING)


def locked(selection: Selection, lock: str) -> list[Content]:
    """What a lock means for the deletion, if there is one."""
    what = "the version cannot be deleted before the lock ends" if selection.version else "its version is kept"
    return [outside(f"Locked ({lock}): {what}.", WARNING)] if lock else []


def linked(links: int) -> list[Content]:
    """What becomes of the links among what is deleted."""
    return [Content(LINKS.format(number(links)))] if links else []


def delete_lines(
    order: DeleteOrder, identity: Identity, versioned: bool | None, width: int, *, lock: str = "", links: int = 0
) -> list[Content]:
    """Names, identity, what cannot be undone, in lines of at most `width` cells.

    `links` is how many symbolic links are among what is deleted, `lock` what Object Lock keeps the first of the objects
    by, empty where nothing does.
    """
    who = (identity.account, identity.principal, f"via {identity.method.value}")
    by = Content.assemble(outside(identity.label, STRONG), outside("  " + " · ".join(filter(None, who)), MUTED))
    version = order.selection.version
    sections = [
        ("what", _names(order.selection)),
        *([("version", [outside(version)])] if version else []),
        ("as", [by]),
        ("note", [way_back(order.selection, versioned), *locked(order.selection, lock), *linked(links)]),
    ]
    return [line for label, texts in sections for line in hanging(Content.styled(label, MUTED), texts, INDENT, width)]


def _names(selection: Selection) -> list[Content]:
    names = below_base(selection)
    lines = [outside(name) for name in names[:NAMES_SHOWN]]
    rest = len(names) - NAMES_SHOWN
    return [*lines, Content.styled(f"and {number(rest)} more", MUTED)] if rest > 0 else lines


def demand(tally: Tally, *, permanent: bool = False) -> str:
    """What must be typed before so much is deleted, or a version (`permanent`); empty where a button is enough."""
    if permanent:
        return PERMANENTLY
    if not tally.complete:
        return UNCOUNTED
    return "" if tally.objects <= HANDFUL else number(tally.objects)


def granted(typed: str, tally: Tally, *, permanent: bool = False) -> bool:
    """Whether what was typed is what was asked for; a number may be written with or without its separators."""
    return typed.strip().replace(",", "") == demand(tally, permanent=permanent).replace(",", "")


def demand_line(tally: Tally, *, counting: bool, permanent: bool = False) -> Content:
    """The next step."""
    if counting:
        return Content.styled("counting… confirm when the count is complete or stopped", MUTED)
    if tally.complete and not tally.objects:
        return Content.styled("nothing to delete", MUTED)
    if permanent:
        return Content.assemble("type '", (PERMANENTLY, f"bold {BAD}"), "' to confirm")
    if not demand(tally):
        return Content.styled(f"Press {key_name('right')}, Enter to delete. Enter alone cancels.", MUTED)
    what = "the number of objects" if tally.complete else "the word"
    unknown = "" if tally.complete else f"; the count was stopped at {number(tally.objects)}"
    return Content.assemble(f"type {what} to confirm: ", (demand(tally), f"bold {BAD}"), (unknown, WARNING))
