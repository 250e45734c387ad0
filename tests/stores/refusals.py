"""What a test expects of a request that fails."""

from collections.abc import Awaitable

import pytest

from tui.model.problem import Problem, ProblemError


async def problem_of(request: Awaitable[object]) -> Problem:
    with pytest.raises(ProblemError) as caught:
        await request
    return caught.value.problem
