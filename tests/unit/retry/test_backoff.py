"""How many retries an object has, and how long is waited between them."""

from hypothesis import given
from hypothesis import strategies as st

from tui.transfers.retry.backoff import Allowance, Backoff, Budget


def test_one_call_takes_only_so_many() -> None:
    budget = Budget(Allowance(each=3, whole=10))
    assert [budget.spend(tried) for tried in range(4)] == [True, True, True, False]
    assert budget.used == 3


@given(st.lists(st.booleans()))
def test_an_object_takes_only_so_many_more_than_it_had_successes(successes: list[bool]) -> None:
    budget = Budget(Allowance(each=3, whole=10))
    for success in successes:
        if success:
            budget.earn()
        else:
            budget.spend(0)
    assert budget.used <= 10 + successes.count(True)
    assert sum(budget.spend(0) for _ in range(20)) <= 10


@given(st.integers(0, 10_000))
def test_waits_double_up_to_the_longest(tries: int) -> None:
    backoff = Backoff(first=0.25, longest=20)
    assert backoff.full(0) == 0.25
    assert 0 <= backoff.jittered(tries) <= backoff.full(tries) <= 20
    assert backoff.full(tries + 1) in (20, 2 * backoff.full(tries))
