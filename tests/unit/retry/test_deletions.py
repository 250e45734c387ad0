"""Only those keys are deleted again that failed for something that passes."""

from collections.abc import Sequence
from typing import cast

import pytest

from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.transfers.retry.deletions import Deletions

SLOW = Problem(kind=ProblemKind.THROTTLED, title="slow down", code="SlowDown")
DENIED = Problem(kind=ProblemKind.DENIED, title="access denied", code="AccessDenied")


class Deleting:
    """The one operation that is asked for, with errors for some keys in each of its answers."""

    def __init__(self, *answers: dict[str, Problem] | Problem) -> None:
        self._answers = list(answers)
        self.asked: list[list[str]] = []

    async def delete_many(self, _bucket: str, keys: Sequence[str], _markers: object) -> dict[str, Problem]:
        self.asked.append(list(keys))
        answer = self._answers.pop(0)
        if isinstance(answer, Problem):
            raise ProblemError(answer)
        return answer


async def test_keys_are_tried_again_for_what_passes() -> None:
    store = Deleting({"a": SLOW, "b": DENIED, "c": SLOW}, SLOW, {"c": SLOW}, {})
    deletions = Deletions(cast(Store, store), "bucket", ["a", "b", "c", "d"])
    for answered in (True, False, True):
        with pytest.raises(ProblemError) as caught:
            await deletions.run()
        assert caught.value.problem == SLOW
        assert deletions.answered is answered
    assert deletions.failed == {"b": DENIED, "c": SLOW}
    assert await deletions.run() == {"b": DENIED}
    assert store.asked == [["a", "b", "c", "d"], ["a", "c"], ["a", "c"], ["c"]]
