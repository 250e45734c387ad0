"""Why what became of an object cannot be taken back."""

import pytest

from tui.model.transfer import ObjectResult, Outcome
from tui.transfers.copy.object_copy import BEFORE
from tui.transfers.versions.revert import INTERRUPTED, KEPT_NONE, SOURCE_GONE, why_not

SOURCE, TARGET = "s3://a/key", "s3://b/key"


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (ObjectResult("t", SOURCE, TARGET, Outcome.COPIED, made="v"), ""),
        (ObjectResult("t", SOURCE, TARGET, Outcome.COPIED), KEPT_NONE),
        (ObjectResult("t", SOURCE, TARGET, Outcome.COPIED, notes=[BEFORE]), INTERRUPTED),
        (ObjectResult("t", SOURCE, TARGET, Outcome.MOVED, made="v"), SOURCE_GONE),
        (ObjectResult("t", SOURCE, TARGET, Outcome.MOVED, notes=[BEFORE]), INTERRUPTED),
    ],
)
def test_the_reason_is_the_one_there_is(result: ObjectResult, why: str) -> None:
    assert why_not(result) == why
    assert "interrupted" in SOURCE_GONE
