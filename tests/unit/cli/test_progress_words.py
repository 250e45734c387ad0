"""The line of progress, where it is more than numbers."""

from __future__ import annotations

from tui.cli.commands.copy_run import progress_words
from tui.model.transfer import Transfer, TransferKind, TransferState


def test_a_restore_that_is_waited_for_is_not_100_percent_done() -> None:
    restore = Transfer(
        "t",
        "s3://b/",
        "",
        TransferState.WAITING,
        None,
        objects_total=2,
        objects_done=2,
        bytes_total=9,
        bytes_done=9,
        kind=TransferKind.RESTORE,
    )
    assert progress_words(restore) == "2 of 2 restores requested"
