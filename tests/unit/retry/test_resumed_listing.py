"""A listing that broke off goes on behind what was had, and has each entry once."""

from collections.abc import AsyncGenerator, Sequence

from hypothesis import given
from hypothesis import strategies as st

from tui.model.listing import ObjectSummary, Page, make_page
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.transfers.retry.resumed_listing import ResumedListing

CUT = ProblemError(Problem(kind=ProblemKind.UNREACHABLE, title="cut"))


class Breaking:
    """Lists keys below `prefix` as S3 does, at the delimiter or not, and breaks off where it is told."""

    def __init__(self, keys: Sequence[str], prefix: str, size: int, breaks: list[int], *, recursive: bool) -> None:
        self._keys = sorted(key for key in keys if key.startswith(prefix))
        self._prefix, self._size, self._breaks, self._recursive = prefix, size, breaks, recursive

    async def __call__(self, *, start_after: str) -> AsyncGenerator[Page, None]:
        entries = sorted({self._entry(key) for key in self._keys if key > start_after})
        for number, start in enumerate(range(0, max(len(entries), 1), self._size)):
            if self._breaks and self._breaks[0] <= number:
                self._breaks.pop(0)
                raise CUT
            some = entries[start : start + self._size]
            objects = [ObjectSummary(key, 1, 1, "STANDARD", None) for key, prefix in some if not prefix]
            yield make_page(self._prefix, [key for key, prefix in some if prefix], objects)

    def _entry(self, key: str) -> tuple[str, bool]:
        head, slash, _ = key.removeprefix(self._prefix).partition("/")
        rolled_up = bool(slash) and not self._recursive
        return (f"{self._prefix}{head}/", True) if rolled_up else (key, False)


@given(
    st.lists(st.text("ab/ü", min_size=1, max_size=5), unique=True, max_size=30),
    st.sampled_from(["", "a", "a/"]),
    st.integers(1, 4),
    st.lists(st.integers(0, 3), max_size=5),
    st.booleans(),
)
async def test_each_entry_comes_once(
    keys: list[str], prefix: str, size: int, breaks: list[int], recursive: bool
) -> None:
    whole = Breaking(keys, prefix, size, [], recursive=recursive)
    expected = [page async for page in whole(start_after="")]
    reading = ResumedListing(Breaking(keys, prefix, size, breaks, recursive=recursive), prefix, "")
    got: list[Page] = []
    while True:
        try:
            page = await reading.next()
        except ProblemError:
            continue
        if page is None:
            break
        got.append(page)
    for column in ("names", "prefixes"):
        assert [each for page in got for each in getattr(page, column)] == [
            each for page in expected for each in getattr(page, column)
        ]
