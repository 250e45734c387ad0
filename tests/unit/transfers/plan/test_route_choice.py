"""Which routes are open, for every combination of what the two identities may."""

from itertools import product

import pytest

from tui.model.orders import Route
from tui.model.plan import Access, Check
from tui.transfers.plan.probes import Probe
from tui.transfers.plan.route_choice import best, choose

ALLOWED, DENIED, UNKNOWN = Access.ALLOWED, Access.DENIED, Access.UNKNOWN
QUESTIONS = (Probe.SOURCE_READS, Probe.TARGET_READS, Probe.SOURCE_WRITES, Probe.TARGET_WRITES)


def checks(*answers: Access) -> dict[Probe, Check]:
    return {
        probe: Check("who", "HeadObject", "s3://b/k", answer) for probe, answer in zip(QUESTIONS, answers, strict=True)
    }


def chosen(*answers: Access, same_service: bool = True) -> Route | None:
    return best(choose(checks(*answers), "A", "B", same_service=same_service))


@pytest.mark.parametrize(
    ("answers", "route"),
    [
        ((ALLOWED, ALLOWED, ALLOWED, ALLOWED), Route.PULL),
        ((ALLOWED, DENIED, ALLOWED, ALLOWED), Route.PUSH),
        ((ALLOWED, DENIED, DENIED, ALLOWED), Route.RELAY),
        ((ALLOWED, ALLOWED, ALLOWED, DENIED), Route.PUSH),
        ((DENIED, ALLOWED, DENIED, ALLOWED), Route.PULL),
        ((ALLOWED, ALLOWED, DENIED, DENIED), None),
        ((ALLOWED, UNKNOWN, DENIED, ALLOWED), Route.RELAY),
        ((DENIED, UNKNOWN, DENIED, ALLOWED), Route.PULL),
    ],
)
def test_the_best_open_route_is_chosen(answers: tuple[Access, ...], route: Route | None) -> None:
    assert chosen(*answers) is route


def test_a_route_is_open_exactly_when_both_its_halves_are() -> None:
    for answers in product((ALLOWED, DENIED, UNKNOWN), repeat=4):
        by_question = dict(zip(QUESTIONS, answers, strict=True))
        for verdict in choose(checks(*answers), "A", "B", same_service=True):
            reads = Probe.TARGET_READS if verdict.route is Route.PULL else Probe.SOURCE_READS
            writes = Probe.SOURCE_WRITES if verdict.route is Route.PUSH else Probe.TARGET_WRITES
            halves = {by_question[reads], by_question[writes]}
            expected = False if DENIED in halves else None if UNKNOWN in halves else True
            assert verdict.possible is expected
            assert verdict.why


def test_between_services_only_a_relay_passes() -> None:
    assert chosen(ALLOWED, ALLOWED, ALLOWED, ALLOWED, same_service=False) is Route.RELAY
    verdicts = choose(checks(*[ALLOWED] * 4), "A", "B", same_service=False)
    assert [verdict.possible for verdict in verdicts] == [False, False, True]


def test_the_identity_and_its_missing_permission_are_named() -> None:
    pull, push, relay = choose(checks(ALLOWED, DENIED, DENIED, ALLOWED), "A", "B", same_service=True)
    assert pull.why == "B cannot read the source"
    assert push.why == "A cannot write the target"
    assert relay.why == "A reads, B writes, streamed through this machine"


def test_the_users_route_closes_the_others() -> None:
    verdicts = choose(checks(*[ALLOWED] * 4), "A", "B", same_service=True, only=Route.RELAY)
    assert [verdict.possible for verdict in verdicts] == [False, False, True]


def test_nothing_is_decided_before_it_is_answered() -> None:
    assert [verdict.possible for verdict in choose({}, "A", "B", same_service=True)] == [None, None, None]
