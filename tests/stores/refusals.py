from collections.abc import Awaitable

import pytest

from tui.core.problem import Problem, ProblemError
from tui.stores.base import Store


async def problem_of(request: Awaitable[object]) -> Problem:
    with pytest.raises(ProblemError) as caught:
        await request
    return caught.value.problem


async def whole_list(store: Store, bucket: str) -> None:
    async for _ in store.pages(bucket, ""):
        pass
