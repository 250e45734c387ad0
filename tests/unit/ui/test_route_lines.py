"""What a route card says in lines."""

import pytest
from msgspec.structs import replace

from tests.unit.transfers.journal.samples import ORDER
from tui.model.identity import AddressBook
from tui.model.location import LOCAL_BUCKET, Location
from tui.model.orders import CopyOrder, Destination, Route, Selection
from tui.model.plan import Access, Check, RouteCard, RouteVerdict, Tally
from tui.model.problem import Problem, ProblemKind
from tui.model.versions.forecast import BucketVersioning, UndoForecast
from tui.ui.orders.route_lines import card_lines, is_missing


def test_what_can_be_no_object_stands_beside_what_could_not_be_listed() -> None:
    denied = Problem(kind=ProblemKind.DENIED, title="permission denied: /t/secret")
    card = RouteCard(Tally(3, 30, unfit=2), unlisted=denied)
    lines = [line.plain for line in card_lines(card, ORDER, [], AddressBook(), 120)]
    at = next(number for number, line in enumerate(lines) if line.startswith("without"))
    assert "permission denied: /t/secret" in lines[at]
    assert "2 that cannot be uploaded" in lines[at + 1]


def test_what_is_still_being_asked_is_not_called_unknown() -> None:
    unsure = RouteVerdict(Route.RELAY, None, "not known until it is tried")
    order = CopyOrder(Selection("a", Location("media"), ["x"]), Destination("b", Location("landing")))
    for complete, words in ((False, "relay … checking…"), (True, "relay ? not known until it is tried")):
        card = RouteCard(Tally(), [unsure], complete=complete)
        assert words in "\n".join(line.plain for line in card_lines(card, order, [unsure], AddressBook(), 80))


def text_of(card: RouteCard, order: CopyOrder) -> str:
    return "\n".join(line.plain for line in card_lines(card, order, [], AddressBook(), 200))


KEPT, NEVER = UndoForecast(BucketVersioning.ENABLED), UndoForecast(BucketVersioning.NEVER)
SUSPENDED = UndoForecast(BucketVersioning.SUSPENDED)
UNREAD = UndoForecast(BucketVersioning.UNKNOWN, "it cannot be read")


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        (KEPT, KEPT, "undo takes it back: both buckets keep versions"),
        (NEVER, KEPT, "this cannot be undone: the source bucket has no versioning"),
        (UNREAD, NEVER, "this cannot be undone: the target bucket has no versioning"),
        (SUSPENDED, KEPT, "this cannot be undone: versioning of the source bucket is suspended"),
        (KEPT, UNREAD, "this cannot be undone, unless the target bucket has versioning: it cannot be read"),
    ],
)
def test_a_move_says_whether_it_can_be_undone(source: UndoForecast, target: UndoForecast, words: str) -> None:
    move = replace(ORDER, options=replace(ORDER.options, move=True))
    card = RouteCard(Tally(3, 30, existing=1, complete=True), undo=target, source_undo=source)
    assert words in text_of(card, move)
    assert "undo takes overwrites back" not in text_of(card, move), "a move is undone as a whole"
    assert words not in text_of(card, ORDER)
    assert "undone" not in text_of(RouteCard(Tally(3, 30), undo=target), move), "it is not known yet"
    disk = replace(move, selection=Selection("a", Location(LOCAL_BUCKET, "/t/x")))
    assert "this cannot be undone: a local disk keeps no versions" in text_of(RouteCard(Tally(3), undo=KEPT), disk)


def test_a_long_name_takes_a_line_and_what_it_misses_two() -> None:
    name = "begin" + "x" * 900 + "end.txt"
    order = replace(ORDER, selection=Selection("a", Location("media"), [name, "second"]))
    card = RouteCard(Tally(2, 2), missing=[f"bob needs s3:GetObject on s3://media/{name}"])
    lines = [line.plain for line in card_lines(card, order, [], AddressBook(), 80)]
    source = [line[9:] for line in lines[: next(at for at, line in enumerate(lines) if line.startswith("conflict"))]]
    assert (source[0].strip(), source[2]) == ("s3://media/", "second")
    assert source[1].startswith("beginxx")
    assert source[1].endswith("xxend.txt,")
    missing = next(at for at, line in enumerate(lines) if "bob needs s3:GetObject on" in line)
    assert sum("xxx" in line for line in lines[missing:]) <= 3, lines


def test_nothing_is_granted_for_a_local_disk() -> None:
    denied = Check("bob", "HeadObject", "s3://media/x", Access.DENIED)
    card = RouteCard(Tally(1, 1), checks=[denied], complete=True)
    order = CopyOrder(Selection("a", Location("media"), ["x"]), Destination("b", Location("landing")))
    disk = Location(LOCAL_BUCKET, "/t/")
    assert is_missing(card, order)
    assert not is_missing(card, replace(order, destination=Destination("b", disk)))
    assert not is_missing(card, replace(order, selection=Selection("a", disk, ["/t/x"])))


def test_a_version_is_named() -> None:
    order = CopyOrder(Selection("a", Location("media"), ["x"], version="3sL4kqtJ.cpK"), Destination("b", Location("l")))
    assert "version  3sL4kqtJ.cpK" in text_of(RouteCard(Tally(1, 1)), order)


def test_an_archived_object_is_said_once_and_how_a_copy_waits_for_it() -> None:
    running = Problem(ProblemKind.ARCHIVED, "archived: its restore is in progress (GLACIER)", remedy="wait")
    text = text_of(RouteCard(Tally(1, 1, archived=1), problem=running), ORDER)
    assert (
        "its restore is in progress (GLACIER) · o, archived: restores it, waits until it can be read, then copies"
        in text
    )
    assert "in an archive class" not in text
    several = text_of(RouteCard(Tally(2, 2, archived=1)), ORDER)
    assert "1 in an archive class: what is not restored cannot be copied" in several
    assert "--restore" not in text + several


@pytest.mark.parametrize(
    ("versioning", "words"),
    [
        (BucketVersioning.ENABLED, "undo takes overwrites back"),
        (BucketVersioning.SUSPENDED, "overwritten objects may be lost: versioning is suspended"),
        (BucketVersioning.NEVER, "overwritten objects are lost: the bucket has no versioning"),
        (BucketVersioning.UNKNOWN, "overwritten objects may be lost: it cannot be read"),
    ],
)
def test_what_overwriting_costs_is_said_where_something_exists(versioning: BucketVersioning, words: str) -> None:
    undo = UndoForecast(versioning, "it cannot be read")
    for existing in (0, 1):
        card = RouteCard(Tally(3, 30, existing=existing, complete=True), undo=undo)
        text = "\n".join(line.plain for line in card_lines(card, ORDER, [], AddressBook(), 120))
        assert (words in text) is bool(existing)
