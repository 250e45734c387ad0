"""What a route card says in lines."""

from tests.unit.transfers.journal.samples import ORDER
from tui.model.identity import AddressBook
from tui.model.plan import RouteCard, Tally
from tui.model.problem import Problem, ProblemKind
from tui.ui.screens.route_lines import card_lines


def test_what_can_be_no_object_stands_beside_what_could_not_be_listed() -> None:
    denied = Problem(kind=ProblemKind.DENIED, title="/t/secret may not be used")
    card = RouteCard(Tally(3, 30, unfit=2), unlisted=denied)
    lines = [line.plain for line in card_lines(card, ORDER, [], AddressBook(), 120)]
    at = next(number for number, line in enumerate(lines) if line.startswith("without"))
    assert "/t/secret may not be used" in lines[at]
    assert "2 that can be no object" in lines[at + 1]
