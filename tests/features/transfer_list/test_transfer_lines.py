"""Transfers, route cards and deletions in lines: in the list, in full, and before they are submitted."""

import dataclasses
from collections.abc import Iterable
from itertools import product
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len
from textual.content import Content

from tests.browser.world import BOOK, NOW, ORDER
from tests.features.transfer_list.world import (
    ALL,
    ASKING,
    CANCELLED,
    COUNTING,
    DELETED,
    DONE,
    DOWNLOAD,
    EVERY_KIND,
    FAILED,
    MOVING,
    PAUSED,
    QUEUED,
    RESULTS,
    RUNNING,
    WAITING,
)
from tests.tables import refusal
from tui.browser.card_lines import amount, card_lines, is_missing
from tui.core.facts import AbsentFact, DeniedFact, Fact, FactName, KnownFact, Pairs, Text
from tui.core.identity import AddressBook
from tui.core.location import LOCAL_BUCKET, Location, readable
from tui.core.orders import (
    AclChoice,
    ConflictPolicy,
    CopyOptions,
    CopyOrder,
    CopyRoute,
    Destination,
    Filters,
    Selection,
)
from tui.core.problem import Problem, ProblemKind
from tui.core.transfer import (
    AccessCheck,
    AccessOutcome,
    Limits,
    ObjectResult,
    Outcome,
    RouteCard,
    RouteVerdict,
    Tally,
    Transfer,
    TransferKind,
    TransferList,
    TransferState,
)
from tui.core.versions import BucketVersioning, UndoForecast
from tui.features.copy.card_choices_screen import KMS, CardChoices, CardMemory
from tui.features.delete.screen import demand, granted, has_version, lock_words, locked
from tui.features.transfer_list.actions import Gravity, Notice, NoticeQueue, found, notices
from tui.features.transfer_list.screen import strip_line
from tui.features.transfer_list.transfer_lines_view import (
    STEP_SECONDS,
    STEPS,
    STEPS_KEPT,
    RateHistory,
    TransferFilter,
    TransferGroup,
    bar,
    grouped,
    heading,
    key_labels,
    kind_and_route,
    limits_word,
    limits_words,
    moved_before,
    pause_word,
    reason,
    sparkline,
    summary,
    total_line,
    transfer_lines,
)
from tui.features.transfer_list.transfer_screen import (
    FAILED_KEPT,
    KEPT,
    ResultLog,
    detail_lines,
    filter_line,
    object_name,
    result_line,
    title,
)
from tui.text.typed import TypedError

ACCENTS = {"media-prod": "$left-accent", "analytics": "$right-accent"}

WIDTHS = (40, 76, 119, 120, 149, 150, 158, 196, 200, 250)
RATES = [float(rate) for rate in range(1, 61)]


@given(st.integers(0, 1 << 50), st.integers(1, 1 << 50), st.integers(1, 60))
def test_a_bar_has_its_width_and_is_full_only_at_the_end(done: int, total: int, width: int) -> None:
    drawn = bar(done, total, width)
    assert cell_len(drawn) == width
    assert (drawn == "█" * width) == (done >= total)


def test_a_bar_moves_by_eighths_of_a_cell() -> None:
    drawn = {0: "░░░░", 1: "▏░░░", 16: "██░░", 31: "███▉", 32: "████", 99: "████"}
    assert {done: bar(done, 32, 4) for done in drawn} == drawn


def test_no_line_is_wider_than_its_place() -> None:
    def wider(lines: Iterable[Content], width: int) -> list[str]:
        return [line.plain for line in lines if line.cell_length > width]

    for width, transfer in product(WIDTHS, [*ALL.transfers, *EVERY_KIND.transfers, QUEUED]):
        assert wider(transfer_lines(transfer, width, ACCENTS), width) == []
        assert wider(detail_lines(transfer, width, {}, NOW), width) == []
    for width, transfers in product(WIDTHS, (ALL, EVERY_KIND, TransferList([RUNNING]), TransferList())):
        headings = [heading(each, width) for each in grouped(transfers.transfers)]
        assert wider([total_line(transfers, width, RATES), strip_line(transfers, width), *headings], width) == []


def test_a_running_one_tells_all_in_one_line() -> None:
    line, note = (content.plain for content in transfer_lines(RUNNING, 200))
    assert line.startswith("▸ copy relay media-prod s3://media-prod")
    assert " → analytics s3://analytics-landing/in/raw/ " in line
    for words in ("70 %", "8,415 of 11,830 obj", "402 MiB/s", "2 min"):
        assert words in line
    assert note.strip() == "pull: analytics cannot read the source"
    begins = {170: "▸ copy relay s3://media-prod-assets/video/2026/raw/ → s3", 150: "▸ copy relay s3://media"}
    assert all(transfer_lines(RUNNING, width)[0].plain.startswith(words) for width, words in begins.items())


def test_a_failed_one_says_how_many_and_why() -> None:
    head, measure, error = (content.plain for content in transfer_lines(FAILED, 78))
    assert head == "✗ copy push  s3://media-prod-assets/old/ → s3://analytics-landing/in/old/"
    assert measure.endswith("2 failed")
    assert error.strip() == "access denied · s3:PutObject for analytics · ask for it"
    head, measure = (content.plain for content in transfer_lines(COUNTING, 100))
    assert "[b]big␛/" in head
    assert "0 of 5,000…" in measure


def test_the_kind_and_where_there_is_one_the_route() -> None:
    for transfer, words in (
        (RUNNING, "copy relay"),
        (COUNTING, "copy …"),
        (MOVING, "move pull"),
        (DELETED, "delete"),
        (PAUSED, "upload"),
        (DOWNLOAD, "download"),
        (replace(DOWNLOAD, source="file:///a"), "copy"),
        (replace(RUNNING, engine="batch"), "copy batch"),
        (replace(RUNNING, engine="tls://scheduler:8786"), "copy dask"),
        (replace(RUNNING, kind=TransferKind.CHECKSUM, engine="batch"), "checksum"),
        (replace(MOVING, source="file:///a"), "move"),
    ):
        assert kind_and_route(transfer) == words
        assert transfer_lines(transfer, 78)[0].plain[2:].startswith(words)
    head, measure = (content.plain for content in transfer_lines(DELETED, 78))
    assert head == "✓ delete     media-prod s3://media-prod-assets/tmp/"
    assert "100 %" in measure
    assert "of     s3://media-prod-assets/tmp/  as media-prod" in told(DELETED)
    assert "to     " not in told(DELETED)
    assert title(DELETED).plain == "delete ─ 1,204 objects"


JOB = replace(RUNNING, engine="batch", elsewhere="job 4711 Active: 1 of 2 objects")
CONFIRM = Problem(kind=ProblemKind.CONFIRMATION, title="the job waits for your confirmation")


def test_the_keys_are_called_what_they_do_to_it() -> None:
    for transfer, pause, limits in (
        (RUNNING, "pause", "limits"),
        (PAUSED, "resume", "limits"),
        (replace(JOB, elsewhere="writing the manifest: 5 objects"), "pause", "priority"),
        (replace(JOB, state=TransferState.WAITING, waits_for=CONFIRM), "confirm", "priority"),
        (JOB, "", "priority"),
        (replace(JOB, state=TransferState.DONE), "", ""),
    ):
        assert (pause_word(transfer), limits_word(transfer)) == (pause, limits)


def test_the_footer_leaves_out_what_does_not_apply() -> None:
    def hidden(transfer: Transfer) -> set[str]:
        return {command for command, label in key_labels(transfer).items() if not label}

    ended = {"pause", "limits", "move_up", "move_down"}
    assert hidden(DONE) == {*ended, "retry", "export_failed"}
    assert hidden(replace(DONE, state=TransferState.FAILED, objects_failed=1)) == ended
    assert hidden(RUNNING) == {"retry", "receipt", "export_failed"}


def told(transfer: Transfer, width: int = 76) -> str:
    return "\n".join(line.plain for line in detail_lines(transfer, width, {}, NOW))


def test_the_measure_says_no_more_than_is_known() -> None:
    """No percentage of nothing, no rate of a job of S3, nothing done of what is queued; and what is undecided."""
    numbers = {name: 0 for name in FAILED.__struct_fields__ if name.startswith(("objects_", "bytes_"))}
    for width in (78, 160):
        lines = [line.plain for line in transfer_lines(replace(FAILED, **numbers), width)]
        assert not any("%" in line for line in lines)
        assert any("0 of 0" in line for line in lines)
        assert not any("/s" in line.plain for line in transfer_lines(replace(JOB, rate=0.0, eta=None), width))
    assert "  0 %" in transfer_lines(QUEUED, 78)[1].plain
    nothing = replace(DONE, objects_total=0, objects_done=0, bytes_total=0, bytes_done=0)
    assert transfer_lines(nothing, 78)[1].plain.split()[-5:] == ["0", "of", "0", "not", "found"]
    assert "not found" not in transfer_lines(replace(nothing, kind=TransferKind.SYNC), 78)[1].plain
    assert "2 undecided" in transfer_lines(replace(DONE, objects_skipped=3, objects_undecided=2), 78)[1].plain


def test_the_reason_of_one_that_waits_is_whole_and_says_what_to_do() -> None:
    for width in (40, 76, 160):
        lines = [line.plain for line in transfer_lines(WAITING, width)]
        below = " ".join(line.strip() for line in lines[1 if width == 160 else 2 :])
        assert below.startswith("the sign-in has expired · log in again: aws sso login --profile media-prod")
        assert below.endswith("resumes automatically")


def test_one_that_was_paused_for_the_user_says_so_and_one_that_he_paused_does_not() -> None:
    held = replace(PAUSED, waits_for=WAITING.waits_for)
    assert reason(held).endswith("aws sso login --profile media-prod · P: resume")
    assert reason(PAUSED) == ""
    assert reason(replace(WAITING, state=TransferState.RUNNING)) == ""


def test_limits_and_retries_are_shown_where_there_are_any() -> None:
    assert transfer_lines(PAUSED, 160)[1].plain.strip() == "at most 10.0 MiB/s, 4 objects at once"
    assert limits_words(Limits(objects=1)) == "at most 1 object at once"
    assert limits_words(Limits()) == ""
    assert "↻ 3" in transfer_lines(MOVING, 78)[1].plain
    assert not any("↻" in line.plain for line in transfer_lines(RUNNING, 78))


def test_the_buckets_have_the_accents_of_their_identities() -> None:
    (line, *_) = transfer_lines(MOVING, 100, ACCENTS)
    toned = {line.plain[span.start : span.end]: span.style for span in line.spans}
    assert toned["s3://media-prod-assets"] == "$left-accent"
    assert toned["s3://analytics-landing"] == "$right-accent"


def test_states_that_want_the_user_are_loud() -> None:
    for transfer in (WAITING, PAUSED, ASKING):
        measure = transfer_lines(transfer, 78)[1]
        word = measure.plain.index(transfer.state.value)
        assert "$text-warning" in [span.style for span in measure.spans if span.start <= word < span.end]
    assert all(one in EVERY_KIND.transfers for one in (DONE, CANCELLED))


# One transfer in full fits its place; its results are kept within bounds and counted without.


def test_both_sides_with_their_identities_and_the_progress() -> None:
    words = told(RUNNING)
    assert "from   s3://media-prod-assets/video/2026/raw/  as media-prod" in words
    assert "to     s3://analytics-landing/in/raw/  as analytics" in words
    assert "70 %  8,412 of 11,830 objects, 3 skipped" in words
    assert "402 MiB/s  2 min left" in told(RUNNING, 120)
    assert "no retries · no limits" in words


def test_times_retries_limits_and_what_it_waits_for() -> None:
    ended = replace(FAILED, submitted=NOW - 900, ended=NOW - 600, retries=1)
    assert "submitted 15 min ago · ended 10 min ago, after 5 min · 1 retry" in told(ended, 100)
    assert "at most 10.0 MiB/s, 4 objects at once" in told(PAUSED, 100)
    assert "3 retries" in told(MOVING)
    words, remedy = told(WAITING, 160), "log in again: aws sso login --profile media-prod"
    assert f"… the sign-in has expired · {remedy} · resumes automatically" in words
    assert "Token has expired and refresh failed" in words, "the cause"


def result(outcome: Outcome, number: int = 0) -> ObjectResult:
    return ObjectResult("2", f"s3://a/{number}", f"s3://b/{number}", outcome)


def test_a_local_path_is_shown_as_it_is() -> None:
    download = replace(RUNNING, target="file:///home/ann/50%25/")
    arrived = ObjectResult("2", "s3://a/9%", "file:///home/ann/50%25/9%25", Outcome.COPIED)
    assert object_name(arrived, download) == "9%"
    assert object_name(replace(arrived, target="file:///9%25"), download) == "/9%"
    assert "to     /home/ann/50%/" in told(download)
    assert readable("file:///%FF") == "file:///%FF", "no path of ours"


def test_a_million_results_are_counted_and_few_are_kept() -> None:
    log = ResultLog()
    for outcome, count in ((Outcome.COPIED, 10 * KEPT), (Outcome.SKIPPED, 7), (Outcome.FAILED, FAILED_KEPT + 3)):
        for number in range(count):
            log.add(result(outcome, number))
    assert len(log.kept) == KEPT + 7 + FAILED_KEPT
    assert log.left_out(Outcome.SKIPPED) == 0
    assert log.left_out(Outcome.FAILED) == 3
    assert log.left_out(None) == 9 * KEPT + 3
    assert filter_line(log, Outcome.FAILED).plain == "/ filter  all 25,010  copied 20,000  skipped 7  failed 5,003"


def test_the_filter_goes_round_what_there_is_the_failed_ones_first() -> None:
    log = ResultLog()
    for outcome in (Outcome.COPIED, Outcome.FAILED, Outcome.SKIPPED):
        log.add(result(outcome))
    seen = [log.after(None)]
    while seen[-1] is not None:
        seen.append(log.after(seen[-1]))
    assert seen == [Outcome.FAILED, Outcome.SKIPPED, Outcome.COPIED, None]
    assert ResultLog().after(None) is None
    assert ResultLog().after(Outcome.FAILED) is None


def test_an_object_is_named_below_the_target_or_what_was_deleted_below_the_source() -> None:
    assert object_name(RESULTS[0], FAILED) == "one.bin"
    gone = ObjectResult("11", "s3://media-prod-assets/tmp/x\x1b", "", Outcome.DELETED, 5)
    assert object_name(gone, DELETED) == "x\x1b"
    assert result_line(gone, DELETED, BOOK).plain == "✓ x␛  deleted"
    again = result_line(replace(RESULTS[2], retries=4), FAILED, BOOK).plain
    assert "↻ 4" in again
    assert again.endswith("[request 4442587FB7D0A2F9]")


def test_an_object_that_failed_before_it_was_looked_at_has_no_size() -> None:
    problem = Problem(ProblemKind.INVALID, "no file can have this name")
    unseen = ObjectResult("1", "s3://a/..", "", Outcome.FAILED, problem=problem)
    assert "0 B" not in result_line(unseen, FAILED, AddressBook()).plain
    assert "6 B" in result_line(replace(unseen, size=6), FAILED, AddressBook()).plain
    assert "0 B" in result_line(replace(unseen, outcome=Outcome.COPIED, problem=None), FAILED, AddressBook()).plain


# The sum of many transfers, the headings of their groups, and the line of their rates.


def test_the_summary_counts_states_and_says_when_all_will_be_done() -> None:
    assert summary(ALL).plain == "2 running · 1 asking · 1 failed · 1 done · 1 cancelled · 402 MiB/s"
    assert summary(TransferList([DONE, RUNNING], 1024.0)).plain == "1 running · 1 done · 1.00 KiB/s · 2 min left"
    assert summary(TransferList([ASKING, RUNNING])).plain == "1 running · 1 asking"
    assert summary(TransferList([RUNNING, PAUSED, WAITING])).plain == "1 running · 1 waiting · 1 paused · 2 min left"


def test_jobs_of_s3_are_measured_by_their_objects() -> None:
    job = replace(RUNNING, engine="batch", bytes_done=0, bytes_total=0, rate=0.0, eta=None)
    job = replace(job, objects_done=15, objects_skipped=0, objects_total=60)
    ended = replace(job, state=TransferState.DONE, objects_done=60)
    both = TransferList([job, ended])
    assert " 25 %  15 of 60 objects" in total_line(both, 78).plain
    heads = [heading(each, 78).plain.rstrip("─ ") for each in grouped(both.transfers)]
    assert heads == ["active 1  15 of 60 objects", "ended 1  60 objects"]
    assert "100 %  60 of 60 objects" in total_line(TransferList([ended]), 78).plain


def test_stopped_transfers_have_the_warning_tone() -> None:
    """Where there is little room, what is settled goes first."""
    line = strip_line(EVERY_KIND, 160)
    toned = {line.plain[span.start : span.end]: span.style for span in line.spans}
    assert toned["1 waiting"] == toned["1 paused"] == "$text-warning"
    assert line.plain.endswith("t opens")
    shown = strip_line(EVERY_KIND, 80).plain
    assert "2 running · 1 waiting · 1 paused · 1 queued · 1 failed" in shown
    assert "done" not in shown
    assert "2 done" in strip_line(EVERY_KIND, 160).plain


def test_the_total_is_full_only_when_nothing_runs() -> None:
    for words, lists in {"70 %": ([RUNNING], [RUNNING, CANCELLED]), "100 %": ([DONE], [DONE, CANCELLED])}.items():
        assert all(words in total_line(TransferList(transfers), 158).plain for transfers in lists)
    together, alone = (
        total_line(TransferList(transfers), 158).plain.split(" · ")[0].split()
        for transfers in ([RUNNING, DONE, FAILED], [RUNNING])
    )
    assert together == alone


def test_the_rates_are_drawn_if_there_is_room_and_a_transfer_is_active() -> None:
    assert "▆▆▇▇▇▇▇▇▇▇████" in total_line(TransferList([RUNNING]), 158, RATES).plain
    assert "█ " not in total_line(TransferList([RUNNING]), 78, RATES).plain.partition("░")[2]
    assert "▁" not in total_line(TransferList([DONE]), 158, RATES).plain


def test_headings_say_count_bytes_and_rate() -> None:
    assert [heading(each, 100).plain.rstrip("─").strip() for each in grouped([*EVERY_KIND.transfers, FAILED])] == [
        "active 3  106 GiB of 154 GiB · 453 MiB/s",
        "waiting 2  466 GiB of 838 GiB",
        "ended 5  1.43 GiB · 2 failed",
    ]
    late = replace(DONE, id="late", ended=99.0)
    groups = grouped([late, PAUSED, RUNNING, replace(DONE, id="early", ended=9.0), ASKING, WAITING])
    assert [(each.group, [one.id for one in each.transfers]) for each in groups] == [
        (TransferGroup.ACTIVE, [RUNNING.id, ASKING.id]),
        (TransferGroup.WAITING, [PAUSED.id, WAITING.id]),
        (TransferGroup.ENDED, ["late", "early"]),
    ]


def test_a_filter_shows_its_states() -> None:
    ids = {
        TransferFilter.ALL: {one.id for one in EVERY_KIND.transfers},
        TransferFilter.ACTIVE: {"3", "10", "12"},
        TransferFilter.WAITING: {"8", "9"},
        TransferFilter.FAILED: {"2", "6"},
        TransferFilter.DONE: {"1", "11"},
    }
    groups = {shown: grouped(EVERY_KIND.transfers, shown) for shown in ids}
    assert {shown: {one.id for each in found for one in each.transfers} for shown, found in groups.items()} == ids
    seen, shown = [TransferFilter.ALL], TransferFilter.ALL.next()
    while shown is not TransferFilter.ALL:
        seen.append(shown)
        shown = shown.next()
    assert seen == list(TransferFilter)


def test_a_place_in_the_queue_is_named_by_the_one_behind_it() -> None:
    before = {("b", -1): "a", ("a", -1): None, ("a", 1): "c", ("b", 1): "", ("c", 1): None, ("c", -1): "b"}
    assert {(one, by): moved_before(["a", "b", "c"], one, by) for one, by in before} == before


def history(*notes: tuple[float, float]) -> list[float]:
    rates = RateHistory()
    for at, rate in notes:
        rates.note(at, rate)
    return rates.steps


def test_a_step_is_the_mean_of_what_was_said_in_it() -> None:
    """What is not said has not changed."""
    assert history((100, 10), (100 + STEP_SECONDS / 2, 30), (100 + STEP_SECONDS, 50)) == [20, 50]
    assert history((100, 10), (100 + 3 * STEP_SECONDS, 0)) == [10, 10, 10, 0]
    assert len(history(*((float(at), 1.0) for at in range(1, 2 * STEPS_KEPT * int(STEP_SECONDS))))) == STEPS_KEPT + 1
    assert history((1000, 10), (1007, 20), (500, 30)) == [30]
    assert history((1000, 10), (9000, 30)) == [30]


@given(st.lists(st.floats(0, 1e12), max_size=80), st.integers(0, 60))
def test_a_sparkline_has_its_width_and_shows_everything_that_moved(rates: list[float], width: int) -> None:
    drawn = sparkline(rates, width)
    assert len(drawn) == width
    shown = rates[-width:] if width else []
    assert [block != " " for block in drawn[width - len(shown) :]] == [rate > 0 for rate in shown]
    if any(shown):
        assert "█" in drawn
    assert set(drawn) <= set(STEPS)


# What the user is told of transfers without having asked.


def test_what_was_found_is_shown_once() -> None:
    words: list[tuple[list[Transfer], str]] = [
        ([], ""),
        ([DONE, FAILED], ""),
        ([RUNNING], "1 transfer is under way: t"),
        ([RUNNING, QUEUED, ASKING, PAUSED, DONE], "3 transfers are under way, 1 is paused: t"),
        ([WAITING, PAUSED], "1 transfer is waiting, 1 is paused: t"),
        ([PAUSED, PAUSED], "2 transfers are paused: t"),
    ]
    assert [found(TransferList(transfers)) for transfers, _ in words] == [said for _, said in words]


def test_one_that_comes_to_a_standstill_says_why() -> None:
    running = replace(WAITING, state=TransferState.RUNNING, waits_for=None)
    (piece,) = notices(TransferList([running, DONE]), TransferList([WAITING, DONE]))
    assert piece.title == "s3://media-prod-assets/masters/ → s3://analytics-landing/masters/ waits"
    assert piece.text.startswith("the sign-in has expired · log in again: aws sso login --profile media-prod")
    assert piece.gravity is Gravity.WARNING
    assert notices(TransferList([WAITING]), TransferList([WAITING])) == []
    waiting = [replace(WAITING, id=str(number)) for number in range(50)]
    (piece,) = notices(TransferList([RUNNING]), TransferList([RUNNING, *waiting]))
    assert piece.title == "50 transfers wait", "for the same: one piece of news"
    running = replace(PAUSED, state=TransferState.RUNNING)
    assert notices(TransferList([running]), TransferList([PAUSED])) == []
    (piece,) = notices(TransferList([running]), TransferList([replace(PAUSED, waits_for=WAITING.waits_for)]))
    assert piece.title.endswith("is paused")
    assert piece.text.endswith("P: resume")


def test_a_failure_is_shown_with_its_cause() -> None:
    failed = replace(MOVING, state=TransferState.FAILED, objects_failed=3, problem=FAILED.problem)
    (piece,) = notices(TransferList([MOVING]), TransferList([failed]))
    assert piece.text == "3 objects not moved · access denied · t, then enter: details"
    assert piece.gravity is Gravity.ERROR
    assert notices(TransferList([MOVING]), TransferList([DONE])) == []
    (piece,) = notices(TransferList([MOVING]), TransferList([replace(failed, objects_failed=0)]))
    assert piece.text == "access denied · t, then enter: details"


def pieces(*gravities: Gravity) -> list[Notice]:
    return [Notice(f"transfer {number}", "why", gravity) for number, gravity in enumerate(gravities)]


def test_of_many_notices_the_rest_is_summed_up() -> None:
    two, telling = pieces(Gravity.ERROR, Gravity.WARNING), NoticeQueue(5)
    assert (telling.show(two, 100.0), telling.wait(100.0)) == (two, None), "two are shown in full"
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


# Route cards and deletions: their lines, their choices, what must be typed.


def test_what_can_be_no_object_stands_beside_what_could_not_be_listed() -> None:
    denied = Problem(kind=ProblemKind.DENIED, title="permission denied: /t/secret")
    card = RouteCard(Tally(3, 30, unfit=2), unlisted=denied)
    lines = [line.plain for line in card_lines(card, ORDER, [], AddressBook(), 120)]
    at = next(number for number, line in enumerate(lines) if line.startswith("without"))
    assert "permission denied: /t/secret" in lines[at]
    assert "2 that cannot be uploaded" in lines[at + 1]


COPY = CopyOrder(Selection("a", Location("media"), ["x"]), Destination("b", Location("landing")))


def test_titles_and_counts_are_whole_sentences_whatever_is_known() -> None:
    of = [amount(Tally(), counting=True), amount(Tally(), counting=False), amount(Tally(1, 9), counting=False)]
    assert of == ["…", "an unknown number of objects", "1 object, 9 B or more"]
    one = Transfer("t", "s3://a/", "s3://b/", TransferState.DONE, None, objects_total=1, objects_done=1)
    assert "1 of 1 object " in "\n".join(line.plain for line in detail_lines(one, 100, {}, NOW)).replace("\n", " ")


def test_what_is_still_being_asked_is_not_called_unknown() -> None:
    unsure = RouteVerdict(CopyRoute.RELAY, None, "unknown until tried")
    for complete, words in ((False, "relay … checking…"), (True, "relay ? unknown until tried")):
        card = RouteCard(Tally(), [unsure], complete=complete)
        assert words in "\n".join(line.plain for line in card_lines(card, COPY, [unsure], AddressBook(), 80))


def text_of(card: RouteCard, order: CopyOrder) -> str:
    return "\n".join(line.plain for line in card_lines(card, order, [], AddressBook(), 200))


KEEPS_VERSIONS, NEVER = UndoForecast(BucketVersioning.ENABLED), UndoForecast(BucketVersioning.NEVER)
SUSPENDED = UndoForecast(BucketVersioning.SUSPENDED)
UNREAD = UndoForecast(BucketVersioning.UNKNOWN, "it cannot be read")


def test_a_move_says_whether_it_can_be_undone() -> None:
    move = replace(ORDER, options=replace(ORDER.options, move=True))
    for source, target, words in (
        (KEEPS_VERSIONS, KEEPS_VERSIONS, "you can undo the move: both buckets keep versions"),
        (NEVER, KEEPS_VERSIONS, "this cannot be undone: the source bucket has no versioning"),
        (UNREAD, NEVER, "this cannot be undone: the target bucket has no versioning"),
        (SUSPENDED, KEEPS_VERSIONS, "this cannot be undone: versioning of the source bucket is suspended"),
        (KEEPS_VERSIONS, UNREAD, "this cannot be undone, unless the target bucket has versioning: it cannot be read"),
    ):
        card = RouteCard(Tally(3, 30, existing=1, complete=True), undo=target, source_undo=source)
        assert words in text_of(card, move)
        assert "you can undo overwrites" not in text_of(card, move), "a move is undone as a whole"
        assert words not in text_of(card, ORDER)
        assert "undone" not in text_of(RouteCard(Tally(3, 30), undo=target), move), "it is not known yet"
    disk = replace(move, selection=Selection("a", Location(LOCAL_BUCKET, "/t/x")))
    assert "this cannot be undone: a local disk keeps no versions" in text_of(
        RouteCard(Tally(3), undo=KEEPS_VERSIONS), disk
    )


def test_a_long_name_takes_a_line_and_what_it_misses_two() -> None:
    name = "begin" + "x" * 900 + "end.txt"
    order = replace(ORDER, selection=Selection("a", Location("media"), [name, "second"]))
    card = RouteCard(Tally(2, 2), missing=[f"bob needs s3:GetObject on s3://media/{name}"])
    lines = [line.plain for line in card_lines(card, order, [], AddressBook(), 80)]
    source = [line[9:] for line in lines[: next(at for at, line in enumerate(lines) if line.startswith("conflict"))]]
    assert (source[0].strip(), source[2]) == ("s3://media/", "second")
    assert source[1].startswith("beginxx")
    assert source[1].endswith("xxend.txt,")
    missing = next(at for at, line in enumerate(lines) if "bob needs s3:GetObject on" in line)
    assert sum("xxx" in line for line in lines[missing:]) <= 3, lines


def test_nothing_is_granted_for_a_local_disk() -> None:
    of_a_version = replace(COPY, selection=replace(COPY.selection, version="3sL4kqtJ.cpK"))
    assert "version  3sL4kqtJ.cpK" in text_of(RouteCard(Tally(1, 1)), of_a_version)
    card = RouteCard(
        Tally(1, 1), checks=[AccessCheck("bob", "HeadObject", "s3://media/x", AccessOutcome.DENIED)], complete=True
    )
    disk = Location(LOCAL_BUCKET, "/t/")
    assert is_missing(card, COPY)
    assert not is_missing(card, replace(COPY, destination=Destination("b", disk)))
    assert not is_missing(card, replace(COPY, selection=Selection("a", disk, ["/t/x"])))


def test_an_archived_object_is_said_once_and_how_a_copy_waits_for_it() -> None:
    running = Problem(ProblemKind.ARCHIVED, "archived: its restore is in progress (GLACIER)", remedy="wait")
    text = text_of(RouteCard(Tally(1, 1, archived=1), problem=running), ORDER)
    assert (
        "its restore is in progress (GLACIER) · o, archived: restores it, waits until it can be read, then copies"
        in text
    )
    assert "in an archive class" not in text
    several = text_of(RouteCard(Tally(2, 2, archived=1)), ORDER)
    assert "1 in an archive class must be restored first" in several
    assert "--restore" not in text + several


def test_what_overwriting_costs_is_said_where_something_exists() -> None:
    for versioning, words in (
        (BucketVersioning.ENABLED, "you can undo overwrites"),
        (BucketVersioning.SUSPENDED, "overwritten objects may be lost: versioning is suspended"),
        (BucketVersioning.NEVER, "overwritten objects are lost: the bucket has no versioning"),
        (BucketVersioning.UNKNOWN, "overwritten objects may be lost: it cannot be read"),
    ):
        undo = UndoForecast(versioning, "it cannot be read")
        for existing in (0, 1):
            card = RouteCard(Tally(3, 30, existing=existing, complete=True), undo=undo)
            assert (words in text_of(card, ORDER)) is bool(existing)


TODAY = 1_764_025_200.0


def test_nothing_chosen_leaves_the_order_as_it_is() -> None:
    assert CardChoices().order(ORDER, TODAY) == ORDER
    assert CardChoices().words == []
    without = CardChoices(encryption="AES256", kms_key="alias/x").order(ORDER, TODAY)
    assert without.options.kms_key == "", "a key without its encryption is not sent"
    for chosen in (
        CardChoices(smallest="2M", largest="1M"),
        CardChoices(newer="1d", older="2d"),
        CardChoices(older="soon"),
    ):
        assert refusal(TypedError, chosen.filters, TODAY), chosen


def test_choices_become_filters_and_options(tmp_path: Path) -> None:
    chosen = CardChoices(
        ConflictPolicy.NEWER, "*.mp4,*.mov", "raw/*", "7d", "", "1k", "2G", AclChoice.PRIVATE, "GLACIER_IR", KMS,
        " alias/x ", str(tmp_path / "r"),
    )  # fmt: skip
    order = chosen.order(ORDER, TODAY)
    assert order.selection.filters == Filters(["*.mp4", "*.mov"], ["raw/*"], TODAY - 7 * 86_400, None, 1024, 2 * 2**30)
    assert order.options == CopyOptions(
        ConflictPolicy.NEWER,
        acl=AclChoice.PRIVATE,
        storage_class="GLACIER_IR",
        encryption=KMS,
        kms_key="alias/x",
        receipt=str(tmp_path / "r"),
    )
    assert chosen.words[:2] == ["include *.mp4,*.mov", "exclude raw/*"]
    assert {"acl private", "class GLACIER_IR", "encryption aws:kms"} < set(chosen.words)


def test_how_objects_are_written_is_remembered_for_the_pair_of_accounts() -> None:
    written = CardChoices(acl=AclChoice.PRIVATE, storage_class="GLACIER_IR", encryption="aws:kms", kms_key="alias/x")
    memory = CardMemory()
    filtered = dataclasses.replace(written, include="*.mp4", exclude="big*", newer="1d", older="1h", smallest="1")
    memory.keep(ORDER, dataclasses.replace(filtered, largest="2", receipt="/tmp/r", restore="Bulk"))
    assert memory.recall(ORDER) == written
    source, target = ORDER.selection, ORDER.destination
    back = replace(
        ORDER,
        selection=replace(source, connection=target.connection),
        destination=replace(target, connection=source.connection),
    )
    assert memory.recall(back) == CardChoices()
    for policy, move in product(ConflictPolicy, (False, True)):
        memory = CardMemory()
        memory.keep(ORDER, CardChoices(policy))
        later = replace(ORDER, options=replace(ORDER.options, move=move))
        assert memory.recall(later) == CardChoices(ConflictPolicy.ASK)
        asked = replace(ORDER, options=replace(ORDER.options, conflict=ConflictPolicy.NEWER))
        assert memory.recall(asked).conflict is ConflictPolicy.NEWER


def test_only_the_number_grants() -> None:
    """Only the word, where they were not counted."""
    demanded = {1: "", 5: "", 6: "6", 80_000: "80,000"}
    assert {objects: demand(Tally(objects, 1, complete=True)) for objects in demanded} == demanded
    assert demand(Tally(3, 1)) == "everything"
    right, wrong = ["80,000", "80000", " 80000 "], ["8000", "", "y", "80.000"]
    assert [typed for typed in right + wrong if granted(typed, Tally(80_000, 1, complete=True))] == right
    assert [typed for typed in ("everything", "80000") if granted(typed, Tally(80_000, 1))] == ["everything"]


def test_a_version_tells_whether_they_are_kept() -> None:
    kept: list[tuple[KnownFact | AbsentFact | DeniedFact, bool | None]] = [
        (KnownFact(Text("3sL4")), True),
        (KnownFact(Text("null")), None),
        (AbsentFact(), False),
        (DeniedFact("s3:GetObject"), None),
    ]
    facts = [Fact(FactName.VERSION, state, "HeadObject", "a") for state, _ in kept]
    assert [has_version(fact) for fact in facts] == [expected for _, expected in kept]


def test_a_lock_is_warned_of() -> None:
    held = Fact(FactName.LOCK, KnownFact(Pairs([("legal hold", "on"), ("retention", "GOVERNANCE")])), "HeadObject", "a")
    says = {"": "its version is kept", "3sL4": "the version cannot be deleted before the lock ends"}
    for version, words in says.items():
        selection = Selection("a", Location("bucket", ""), ["k"], version=version)
        [line] = locked(selection, lock_words(held))
        assert line.plain == f"Locked (legal hold on, retention GOVERNANCE): {words}."
        assert locked(selection, lock_words(Fact(FactName.LOCK, AbsentFact(), "HeadObject", "a"))) == []
