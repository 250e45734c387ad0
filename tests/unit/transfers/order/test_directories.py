"""Which directories a deletion or a move on a disk may have left empty."""

import pytest

from tui.transfers.order.local_disk import directories_of


@pytest.mark.parametrize(
    ("prefixes", "keys", "directories"),
    [
        (["a/"], ["a/b"], {"a/"}),
        (["a/"], ["a/b/c", "a/b/d/e"], {"a/", "a/b/", "a/b/d/"}),
        (["a/b/"], ["a/b/c/d"], {"a/b/", "a/b/c/"}),
        (["a/"], ["a/b/"], {"a/"}),
        (["a/"], ["b/c", "ab/c"], set()),
        ([], ["a/b"], set()),
    ],
)
def test_each_up_to_the_selected_prefix(prefixes: list[str], keys: list[str], directories: set[str]) -> None:
    assert directories_of(prefixes, keys) == directories
