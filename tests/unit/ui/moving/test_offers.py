"""What `o` offers, what Tab makes of it, what a pasted text names, and what is kept of it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tui.keeping.bookmarks import Bookmark
from tui.keeping.history import MOST_KEPT, add_to_history, read_history
from tui.model.identity import IdentitySpec
from tui.model.location import Location, parse_location
from tui.settings import PaneStart
from tui.ui.moving.offers import Known, completed, offer_line, offers
from tui.ui.moving.pasted import pasted_locations

VIDEO = parse_location("s3://media/video/")
BOOK = Bookmark("daily", PaneStart(IdentitySpec("a"), VIDEO), PaneStart())
KNOWN = Known(
    ["media", "my-media", "logs"], [VIDEO, parse_location("s3://logs/")], [BOOK], [IdentitySpec("media-prod")]
)
SIGNED = "https://media.s3.amazonaws.com/a%20b?X-Amz-Signature=abc&X-Amz-Credential=AKIA"


def texts(typed: str, *level: str) -> list[str]:
    return [f"{offer.text} {offer.kind}" for offer in offers(typed, [parse_location(uri) for uri in level], KNOWN)]


def test_nothing_typed_shows_where_one_was_first() -> None:
    assert texts("")[:3] == ["s3://media/video/ history", "s3://logs/ history", "s3://media/ bucket"]


def test_what_starts_with_it_comes_before_what_contains_it() -> None:
    assert texts("media") == [
        "s3://media/ bucket",
        "s3://my-media/ bucket",
        "s3://media/video/ history",
        "s3://media/video/ bookmark daily · a",
        "media-prod identity",
    ]
    assert texts("s3://media/vid", "s3://media/video/", "s3://media/video.mp4")[:2] == [
        "s3://media/video/ prefix",
        "s3://media/video.mp4 object",
    ]


@pytest.mark.parametrize(
    ("typed", "level", "expected"),
    [
        ("lo", (), "s3://logs/"),
        ("s3://media/v", ("s3://media/video/", "s3://media/video.mp4"), "s3://media/video"),
        ("S3://lo", (), "s3://logs/"),
        ("S3://media/v", ("s3://media/video/", "s3://media/video.mp4"), "s3://media/video"),
        ("s3://media/video", ("s3://media/video/", "s3://media/video.mp4"), "s3://media/video/"),
        ("nowhere", (), "nowhere"),
        ("media-p", (), "media-prod"),
    ],
)
def test_tab_goes_as_far_as_all_entries_agree(typed: str, level: tuple[str, ...], expected: str) -> None:
    assert completed(typed, offers(typed, [parse_location(uri) for uri in level], KNOWN)) == expected


def test_a_row_shows_what_a_terminal_would_act_on() -> None:
    [offer, *_] = offers("", [], Known(history=[Location("b", "\x1b[2J" + "x" * 99 + "-end")]))
    line = offer_line(offer, 40)
    assert line.cell_length == 40
    assert "-end" in line.plain
    assert "\x1b" not in line.plain


def test_a_pasted_text_is_read_line_by_line() -> None:
    pasted = pasted_locations(f' s3://a/b \n\n"arn:aws:s3:::c/d"\n{SIGNED}\nS3://a/b\nhello\nhttps://example.com/\n')
    assert [place.uri for place in pasted.locations] == ["s3://a/b", "s3://c/d", "s3://media/a b"]
    assert pasted.others == 2
    assert "s3://" in pasted.wrong


def test_history_keeps_the_newest_and_nothing_of_a_signature(tmp_path: Path) -> None:
    file = tmp_path / "history.json"
    for number in range(MOST_KEPT + 3):
        add_to_history(file, Location("b", f"{number}/"))
    add_to_history(file, parse_location(SIGNED))
    add_to_history(file, Location("b", "5/"))
    kept = read_history(file)
    assert kept[:2] == [Location("b", "5/"), Location("media", "a b")]
    assert len(kept) == MOST_KEPT == len(set(kept))
    assert "Amz" not in file.read_text(encoding="utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
