import pytest

from tests.waiting import until, until_true


async def test_a_condition_that_never_holds_is_named() -> None:
    with pytest.raises(AssertionError, match=r"in vain until pigs fly"):
        await until(lambda: False, "pigs fly", timeout=0)
    with pytest.raises(AssertionError, match=r"in vain until pigs fly"):
        until_true(lambda: False, "pigs fly", timeout=0)
