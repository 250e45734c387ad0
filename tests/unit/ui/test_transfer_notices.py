"""What the user is told of transfers without having asked."""

from __future__ import annotations

import msgspec
import pytest

from tests.ui.dialogs.transfers.world import ASKING, DONE, FAILED, MOVING, PAUSED, QUEUED, RUNNING, WAITING
from tui.model.transfer import Transfer, TransferList, TransferState
from tui.ui.transfers.notices import Gravity, Notice, NoticeQueue, found, notices


@pytest.mark.parametrize(
    ("transfers", "words"),
    [
        ([], ""),
        ([DONE, FAILED], ""),
        ([RUNNING], "1 transfer is under way: t"),
        ([RUNNING, QUEUED, ASKING, PAUSED, DONE], "3 transfers are under way, 1 is paused: t"),
        ([WAITING, PAUSED], "1 transfer is waiting, 1 is paused: t"),
        ([PAUSED, PAUSED], "2 transfers are paused: t"),
    ],
)
def test_what_was_found_is_shown_once(transfers: list[Transfer], words: str) -> None:
    assert found(TransferList(transfers)) == words


def test_one_that_comes_to_a_standstill_says_why() -> None:
    running = msgspec.structs.replace(WAITING, state=TransferState.RUNNING, waits_for=None)
    (piece,) = notices(TransferList([running, DONE]), TransferList([WAITING, DONE]))
    assert piece.title == "s3://media-prod-assets/masters/ → s3://analytics-landing/masters/ waits"
    assert piece.text.startswith("the sign-in has expired · log in again: aws sso login --profile media-prod")
    assert piece.gravity is Gravity.WARNING
    assert notices(TransferList([WAITING]), TransferList([WAITING])) == []


def test_many_that_wait_for_the_same_are_one_piece_of_news() -> None:
    waiting = [msgspec.structs.replace(WAITING, id=str(number)) for number in range(50)]
    (piece,) = notices(TransferList([RUNNING]), TransferList([RUNNING, *waiting]))
    assert piece.title == "50 transfers wait"


def test_what_the_user_paused_himself_is_no_news_and_what_was_paused_for_him_is() -> None:
    running = msgspec.structs.replace(PAUSED, state=TransferState.RUNNING)
    assert notices(TransferList([running]), TransferList([PAUSED])) == []
    held = msgspec.structs.replace(PAUSED, waits_for=WAITING.waits_for)
    (piece,) = notices(TransferList([running]), TransferList([held]))
    assert piece.title.endswith("is paused")
    assert piece.text.endswith("p: resume")


def test_a_failure_is_shown_with_its_cause() -> None:
    failed = msgspec.structs.replace(MOVING, state=TransferState.FAILED, objects_failed=3, problem=FAILED.problem)
    (piece,) = notices(TransferList([MOVING]), TransferList([failed]))
    assert piece.text == "3 objects not moved · access denied · t, then enter: details"
    assert piece.gravity is Gravity.ERROR
    assert notices(TransferList([MOVING]), TransferList([DONE])) == []
    unlisted = msgspec.structs.replace(failed, objects_failed=0)
    (piece,) = notices(TransferList([MOVING]), TransferList([unlisted]))
    assert piece.text == "access denied · t, then enter: details"


def pieces(*gravities: Gravity) -> list[Notice]:
    return [Notice(f"transfer {number}", "why", gravity) for number, gravity in enumerate(gravities)]


def test_two_notices_are_shown_in_full() -> None:
    two = pieces(Gravity.ERROR, Gravity.WARNING)
    telling = NoticeQueue(5)
    assert telling.show(two, 100.0) == two
    assert telling.wait(100.0) is None


def test_of_many_notices_the_rest_is_summed_up() -> None:
    many = pieces(Gravity.WARNING, Gravity.ERROR, Gravity.WARNING, Gravity.ERROR)
    first, rest = NoticeQueue(5).show(many, 100.0)
    assert first == many[0]
    assert (rest.title, rest.gravity) == ("3 more notices of transfers", Gravity.ERROR)
    assert rest.text == "2 failed · others are not running · t: show all"
    _, rest = NoticeQueue(5).show(pieces(*[Gravity.WARNING] * 3), 100.0)
    assert (rest.text, rest.gravity) == ("others are not running · t: show all", Gravity.WARNING)


def test_what_comes_while_two_stand_is_held_back_and_then_summed_up() -> None:
    telling = NoticeQueue(5)
    telling.show(pieces(Gravity.ERROR), 100.0)
    telling.show(pieces(Gravity.ERROR), 102.0)
    assert telling.show(pieces(*[Gravity.ERROR] * 3), 103.0) == []
    assert telling.wait(103.0) == 2.0
    (rest,) = telling.show([], 105.0)
    assert rest.title == "3 more notices of transfers"
    assert telling.wait(105.0) is None
    assert telling.show([], 106.0) == []
