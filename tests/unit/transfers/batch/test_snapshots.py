"""Jobs as S3 Control describes them."""

from __future__ import annotations

import pytest

from tui.model.batch.jobs import JobState
from tui.model.problem import ProblemError
from tui.transfers.batch.control import snapshot_of


@pytest.mark.parametrize("state", JobState)
def test_every_state(state: JobState) -> None:
    assert snapshot_of({"JobId": "1", "Status": state.value}).state is state


@pytest.mark.parametrize("job", [{"JobId": "4711", "Status": "Hibernating"}, {"JobId": "4711"}], ids=["new", "none"])
def test_a_state_that_is_not_known_is_said(job: dict[str, str]) -> None:
    with pytest.raises(ProblemError, match=r"state of job 4711 is not known: (Hibernating|none)"):
        snapshot_of(job)
