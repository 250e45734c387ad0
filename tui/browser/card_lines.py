"""A route card as lines of text: of a copy, or of a move. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from tui.core.identity import AddressBook
from tui.core.orders import CopyOrder, CopyRoute, Selection
from tui.core.problem import Problem, ProblemKind
from tui.core.transfer import AccessCheck, AccessOutcome, RouteCard, RouteVerdict, Tally
from tui.core.versions import BucketVersioning
from tui.kit.lines import BAD, GOOD, MUTED, STRONG, WARNING, hanging, outside
from tui.panes.rows import below_base
from tui.text.format import counted, cut_middle, number, size, visible
from tui.text.listing_lines import owner_name
from tui.text.order_lines import can_undo_move, moves, overwrites

INDENT = 9
NAMES_SHOWN = 3

MOVED = "each source object is deleted after its copy is verified; if verification is inconclusive, it is kept"

ARCHIVED = "{} in an archive class must be restored first; o, archived: the copy restores them and waits"
NO_TIER = "{} in DEEP_ARCHIVE, which has no Expedited restore: choose the tier Standard or Bulk"
WAITS = "o, archived: restores it, waits until it can be read, then copies"

UNFIT = "{} that cannot be uploaded: broken links, links to directories, sockets, pipes, devices"

CHECK_MARKS = {
    AccessOutcome.ALLOWED: ("✓", GOOD),
    AccessOutcome.DENIED: ("✗", BAD),
    AccessOutcome.UNKNOWN: ("?", WARNING),
}
PROBED = {"CreateMultipartUpload": "CreateMultipartUpload, aborted"}
"""What a probe did, if its name alone suggests that something is left behind."""
CHECKING = ("…", MUTED)
"""A pending check is not an unknown result."""
VERDICT_MARKS = {True: ("✓", GOOD), False: ("✗", BAD), None: ("?", WARNING)}


def verb(order: CopyOrder) -> str:
    return "Move" if order.options.move else "Copy"


def is_missing(card: RouteCard, order: CopyOrder) -> bool:
    """Whether a grant would allow the copy, or a better route. A disk has no policies."""
    if not card.complete or not order.selection.base.in_s3 or not order.destination.location.in_s3:
        return False
    denied = [check for check in card.checks if check.access is AccessOutcome.DENIED]
    problems = (card.problem, card.unlisted)
    if card.unseen or any(problem and problem.kind is ProblemKind.DENIED for problem in problems):
        return True
    tags = [check.access for check in card.checks if check.operation == "GetObjectTagging"]
    unread = bool(tags) and all(access is AccessOutcome.DENIED for access in tags)
    return unread or (bool(denied) and not (card.chosen and card.chosen.server_side))


def amount(tally: Tally, *, counting: bool) -> str:
    """``2 objects, 213 MiB``, followed by ``…`` or ``or more`` if that is not all."""
    if not tally.objects and not tally.complete:
        return "…" if counting else "an unknown number of objects"
    more = "" if tally.complete else "…" if counting else " or more"
    return f"{counted(tally.objects, 'object')}, {size(tally.bytes)}{more}"


def title(card: RouteCard, order: CopyOrder, width: int, *, counting: bool) -> Content:
    """``Copy 2 objects, 213 MiB → s3://analytics-landing/in/``."""
    what = f"{verb(order)} {amount(card.tally, counting=counting)} → "
    target = order.destination.location
    uri = target.child(order.destination.name[len(target.key) :]).uri if order.destination.name else target.uri
    return outside(what + cut_middle(visible(uri), max(8, width - len(what))))


def selected(selection: Selection, room: int) -> str:
    """The selected names: ``intro.mp4, raw/ and 3 more``; each with its comma in `room` cells."""
    names = below_base(selection)
    shown = ", ".join(cut_middle(visible(name), room - 1) for name in names[:NAMES_SHOWN])
    rest = len(names) - NAMES_SHOWN
    return f"{shown} and {number(rest)} more" if rest > 0 else shown


def card_lines(
    card: RouteCard,
    order: CopyOrder,
    verdicts: list[RouteVerdict],
    book: AddressBook,
    width: int,
    filters: Sequence[str] = (),
    engines: Sequence[Content] = (),
) -> list[Content]:
    """The card in lines of at most `width` cells.

    `verdicts` are those of a free choice of route, `filters` words, `engines` what each engine would take.
    """
    chosen = order.options.route or card.chosen
    room = width - INDENT
    base = cut_middle(visible(order.selection.base.uri), room)
    asking = Content.styled("—" if card.complete else "checking both sides…", MUTED)
    sections: list[tuple[str, list[Content]]] = [
        ("from", [Content.assemble((base, MUTED), "  ", selected(order.selection, room))]),
        ("version", [outside(order.selection.version)] if order.selection.version else []),
        ("filter", [outside(" · ".join(filters), WARNING)] if filters else []),
        ("conflict", [_existing(card), *_undo(card, order)]),
        ("after", [Content.styled(MOVED, WARNING), *_way_back(card, order)] if order.options.move else []),
        ("problem", [_problem(card.problem)] if card.problem else []),
        ("without", _without(card, order)),
        ("route", [_verdict(verdict, chosen, card) for verdict in verdicts] or [asking]),
        ("engine", list(engines)),
        ("risk", [outside(sentence, WARNING) for sentence in card.risks]),
        ("missing", [outside(cut_middle(visible(sentence), 2 * room), WARNING) for sentence in card.missing]),
        ("owner", [_owner(card, book)]),
        ("keeps", [outside(", ".join(card.keeps))] if card.keeps else []),
        ("drops", [outside(", ".join(card.drops))] if card.drops else []),
        ("verify", [outside(card.verify)] if card.verify else []),
        ("checks", _checks(card.checks)),
    ]
    return [
        line
        for label, texts in sections
        if texts
        for line in hanging(Content.styled(label, MUTED), texts, INDENT, width)
    ]


def _verdict(verdict: RouteVerdict, chosen: CopyRoute | None, card: RouteCard) -> Content:
    taken = verdict.route is chosen
    pending = verdict.possible is None and not card.complete
    return Content.assemble(
        (f"{verdict.route.value:<6}", STRONG if taken else MUTED),
        CHECKING if pending else VERDICT_MARKS[verdict.possible],
        " ",
        ("checking…", MUTED) if pending else outside(verdict.why, "" if taken else MUTED),
    )


def _checks(checks: list[AccessCheck]) -> list[Content]:
    """A line per operation: each identity, allowed or denied."""
    by_operation: dict[str, list[AccessCheck]] = {}
    for check in checks:
        by_operation.setdefault(PROBED.get(check.operation, check.operation), []).append(check)
    widest = max(map(len, by_operation), default=0)
    return [
        Content("  ").join(
            [
                outside(f"{operation:<{widest}}"),
                *(Content.assemble(CHECK_MARKS[one.access], " ", outside(one.identity, MUTED)) for one in answered),
            ]
        )
        for operation, answered in by_operation.items()
    ]


def _owner(card: RouteCard, book: AddressBook) -> Content:
    if card.owner is None:
        return outside(card.owner_note or ("not known" if card.complete else "…"), MUTED)
    return Content.assemble(owner_name(card.owner, book), outside(f"  {card.owner_note}", MUTED))


def _problem(problem: Problem) -> Content:
    archived = problem.kind is ProblemKind.ARCHIVED
    return outside(f"✗ {problem.title} · {WAITS}" if archived else f"✗ {problem.sentence()}", BAD)


def _without(card: RouteCard, order: CopyOrder) -> list[Content]:
    unfit = UNFIT.format(number(card.tally.unfit)) if card.tally.unfit else ""
    said = (ProblemKind.ARCHIVED, ProblemKind.INVALID)  # of one object alone: its archive, or the tier
    alone = card.problem and card.problem.kind in said
    words = NO_TIER if order.options.restore else ARCHIVED
    archived = words.format(number(card.tally.archived)) if card.tally.archived and not alone else ""
    unlisted = card.unlisted.sentence() if card.unlisted else ""
    lines = ((archived, BAD), (unlisted, WARNING), (unfit, WARNING))
    return [outside(text, tone) for text, tone in lines if text]


def _way_back(card: RouteCard, order: CopyOrder) -> list[Content]:
    """Whether a move can be undone, once that is known of both ends."""
    ends = ((order.selection.base, card.source_undo), (order.destination.location, card.undo))
    if any(forecast is None and place.kind.has_versions for place, forecast in ends):
        return []
    kept = can_undo_move(card.source_undo, card.undo)
    return [outside(moves(*ends), MUTED if kept else WARNING)]


def _undo(card: RouteCard, order: CopyOrder) -> list[Content]:
    """Whether overwrites can be undone, if there are any; for a move `_way_back` says so."""
    if card.undo is None or not card.tally.existing:
        return []
    kept = card.undo.versioning is BucketVersioning.ENABLED
    if kept and order.options.move:
        return []
    return [outside(overwrites(card.undo), MUTED if kept else WARNING)]


def _existing(card: RouteCard) -> Content:
    tally = card.tally
    if tally.existing:
        of = f"{number(tally.existing)} of {number(tally.objects)} exist at the target"
        return Content.styled(of if tally.complete else of + " so far", WARNING)
    return Content.styled("none at the target" if tally.complete else "none at the target so far", MUTED)
