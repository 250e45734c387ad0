"""Names are safe and fit; sizes, times and counts read as in every other place of the screen."""

import unicodedata
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.text import format as form

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=80)
NOW = 1_764_025_200.0  # 2025-11-24 23:00 UTC


@given(ANY_TEXT)
def test_nothing_that_a_terminal_acts_on_remains(text: str) -> None:
    shown = form.visible(text)
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert not {
        character for character in shown if unicodedata.bidirectional(character) in {"RLO", "LRO", "RLE", "RLI"}
    }
    shown.encode()  # would raise for anything that no terminal can be sent


@given(st.text(alphabet=st.characters(codec="utf-8", categories=("L", "N", "P", "S"))))
def test_printable_names_stay_as_they_are(text: str) -> None:
    assert form.visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "␛[2J"),
        ("two\nlines\t", "two␊lines␉"),
        ("\x7f", "␡"),
        ("\x9b31m", "<U+009B>31m"),
        ("a\u202egpj.exe", "a<U+202E>gpj.exe"),
        ("\u2028", "<U+2028>"),
        ("zero\u200bwidth", "zero<U+200B>width"),
        ("a\u200db", "a<U+200D>b"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("👩🏽\u200d🚀 🏳\ufe0f\u200d🌈 ❤\ufe0f 1\ufe0f\u20e3", "👩🏽\u200d🚀 🏳\ufe0f\u200d🌈 ❤\ufe0f 1\ufe0f\u20e3"),
        ("می\u200cخواهم क्\u200dष", "می\u200cخواهم क्\u200dष"),
        ("é\u200dé", "é<U+200D>é"),
        ("a\ufe0fb ❤\ufe0f\ufe0f", "a<U+FE0F>b ❤\ufe0f<U+FE0F>"),
        ("葛\U000e0100", "葛<U+E0100>"),
        ("\U000e0041", "<U+E0041>"),
        ("\udcff", "<FF>"),
        ("[markup]/ //  ", "[markup]/ //  "),
    ],
)
def test_what_is_invisible_is_shown(text: str, shown: str) -> None:
    assert form.visible(text) == shown


UNSEEN = [0x034F, 0x115F, 0x1160, 0x17B4, 0x180B, 0x180C, 0x180D, 0x180F, 0x2800, 0x3164, 0xFE00, 0xFFA0, 0xE01EF]


@pytest.mark.parametrize("code", UNSEEN, ids=hex)
def test_invisible_characters_that_python_calls_printable_are_shown(code: int) -> None:
    assert form.visible(f"a{chr(code)}b") == f"a<U+{code:04X}>b"


@pytest.mark.parametrize(
    ("name", "width", "shown"),
    [
        ("events-0001.jsonl.gz", 20, "events-0001.jsonl.gz"),
        ("events-0001.jsonl.gz", 17, "events-0001…gz"),
        ("events-0001.jsonl.gz", 10, "eve…001…gz"),
        ("a film of 2026-11-26.mp4", 16, "a film…11-26.mp4"),
        ("no ending at all, only words", 10, "no en…ords"),
        (".configuration-of-something", 9, ".con…hing"),
    ],
)
def test_a_names_ending_is_cut_before_what_tells_it_apart(name: str, width: int, shown: str) -> None:
    assert form.cut_name(name, width) == shown


@given(ANY_TEXT.map(form.visible), st.integers(-2, 90))
def test_a_cut_never_exceeds_its_width(text: str, width: int) -> None:
    for cut in (form.cut_middle, form.cut_end, form.cut_start, form.cut_name):
        assert cell_len(cut(text, width)) <= max(0, width)


@given(ANY_TEXT.map(form.visible))
def test_what_fits_is_not_cut(text: str) -> None:
    assert form.cut_middle(text, cell_len(text)) == text


@pytest.mark.parametrize(
    ("text", "width", "cut"),
    [
        ("events-0001.json.gz", 11, "event…on.gz"),
        ("events-0001.json.gz", 1, "…"),
        ("日本語のファイル名.mp4", 11, "日本語….mp4"),
        ("日本", 3, "日…"),
    ],
)
def test_a_middle_cut_keeps_start_and_end(text: str, width: int, cut: str) -> None:
    assert form.cut_middle(text, width) == cut


def test_other_cuts_keep_one_side() -> None:
    assert form.cut_start("media/video/2026/", 7) == "…/2026/"
    assert form.cut_end("media/video/2026/", 7) == "media/…"


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (12, "12 B"),
        (999, "999 B"),
        (1023, "1.00 KiB"),
        (10239, "10.0 KiB"),
        (840 << 10, "840 KiB"),
        (1023 << 10, "1.00 MiB"),
        (212 << 20, "212 MiB"),
        (int(1.42 * (1 << 30)), "1.42 GiB"),
        (5 << 40, "5.00 TiB"),
        (1 << 80, "1048576 EiB"),
    ],
)
def test_sizes_have_three_digits(count: int, shown: str) -> None:
    assert form.size(count) == shown


@given(st.integers(0, 1 << 63))
def test_sizes_take_at_most_eight_cells(count: int) -> None:
    assert len(form.size(count)) <= 8


def test_exact_sizes_and_counts() -> None:
    assert form.size_exact(1_524_713_390) == "1.42 GiB (1,524,713,390 bytes)"
    assert form.size_exact(12) == "12 B"
    assert form.counted(1, "object") == "1 object"
    assert form.counted(11_830, "object") == "11,830 objects"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.2, "0 s"), (45, "45 s"), (125, "2 min"), (4320, "1 h 12 min"), (7200, "2 h"), (273_600, "3 d 4 h")],
)
def test_durations_have_two_units(seconds: float, shown: str) -> None:
    assert form.duration(seconds) == shown


def test_rates_and_what_is_left() -> None:
    assert form.rate(402 * 1024 * 1024) == "402 MiB/s"
    assert form.eta(None) == ""
    assert form.eta(120) == "2 min"


@given(st.integers(1, 1 << 60), st.integers(1, 1 << 60))
def test_a_hundred_percent_means_all(done: int, total: int) -> None:
    assert (form.percent(done, total) == "100 %") == (done >= total)


@pytest.mark.parametrize(
    ("age", "full", "day", "short"),
    [
        (30, "30 s", "30 s", "30 s"),
        (12 * 60, "12 min", "12 min", "12 min"),
        (3 * 3600, "2025-11-24 20:00", "2025-11-24", "11-24"),
        (400 * 86400, "2024-10-20 23:00", "2024-10-20", "2024"),
        (-3600, "2025-11-25 00:00", "2025-11-25", "11-25"),
    ],
)
def test_young_times_are_relative(age: float, full: str, day: str, short: str) -> None:
    moment = NOW - age
    assert form.time_full(moment, NOW, UTC) == full
    assert form.time_day(moment, NOW, UTC) == day
    assert form.time_short(moment, NOW, UTC) == short


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_no_time_breaks_the_screen(moment: float) -> None:
    assert len(form.time_full(moment, NOW, UTC)) <= 16
    assert len(form.time_day(moment, NOW, UTC)) <= 10
    assert len(form.time_short(moment, NOW, UTC)) <= 6


def test_classes_have_short_names() -> None:
    assert form.storage_class("STANDARD_IA") == "IA"
    assert form.storage_class("COLD\x1bEST") == "COLD…"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/home/me/.aws/config", "~/.aws/config"),
        ("/home/me2/.aws/config", "/home/me2/.aws/config"),
        ("/etc/aws", "/etc/aws"),
    ],
)
def test_a_path_below_home_is_written_as_its_user_does(path: str, shown: str) -> None:
    assert form.below_home(path, "/home/me") == shown
