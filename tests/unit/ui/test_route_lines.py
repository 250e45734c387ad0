"""What a route card says in lines."""

import pytest

from tests.unit.transfers.journal.samples import ORDER
from tui.model.identity import AddressBook
from tui.model.location import Location
from tui.model.orders import CopyOrder, Destination, Route, Selection
from tui.model.plan import RouteCard, RouteVerdict, Tally
from tui.model.problem import Problem, ProblemKind
from tui.model.versions.forecast import BucketVersioning, UndoForecast
from tui.ui.orders.route_lines import card_lines


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
