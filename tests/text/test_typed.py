"""What a user types and is offered: values, places, locations byte for byte, and who can be chosen."""

import itertools
import json
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tables import not_said, refusal
from tui.browser.open_screen import OfferSources, completed, offer_line, offers, pasted_locations
from tui.core.identity import AuthMethod, IdentitySpec, ProfileSummary, RoleSpec
from tui.core.location import (
    LOCAL_BUCKET,
    MAX_KEY_BYTES,
    Location,
    LocationError,
    location_of_path,
    names_a_path,
    parse_location,
    typed_location,
)
from tui.features.accounts.choices_screen import (
    AccountOption,
    AccountSection,
    New,
    ShownRow,
    account_choices,
    detail_lines,
    matching,
    overridden,
    row_line,
    row_of,
    title_width,
)
from tui.features.transfer_list.control_screen import rate_text
from tui.messages.identity_requests import Profiles
from tui.panes.news import PaneSide
from tui.saved.bookmarks import Bookmark
from tui.saved.last_session import IdentityPair
from tui.saved.own_files import MOST_KEPT, add_to_history, read_history
from tui.settings import PaneStart, Settings
from tui.text import typed_account as typed
from tui.text.listing_lines import in_words, label_of
from tui.text.typed import (
    LEAST,
    MOST,
    TypedError,
    bucket_name,
    instant,
    object_below,
    objects,
    patterns,
    prefix_below,
    rate,
    receipt_path,
    size,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp()
LEVEL = Location("media", "video/")


def test_sizes_are_binary() -> None:
    sizes = {"": None, " ": None, "4096": 4096, "10M": 10 * 2**20, "1.5 GiB": 3 * 2**29, "2kb": 2048, "0": 0}
    assert {text: size(text) for text in sizes} == sizes
    assert not_said(TypedError, size, dict.fromkeys(["ten", "-1", "1X", "M", "1 2"], "write 4096")) == {}


def test_times_are_dates_or_ages() -> None:
    times = {
        "": None,
        "7d": NOW - 7 * 86_400,
        "30min": NOW - 1800,
        "2 w": NOW - 14 * 86_400,
        "2026-11-01": datetime(2026, 11, 1, tzinfo=UTC).timestamp(),
        "2026-11-01 14:30": datetime(2026, 11, 1, 14, 30, tzinfo=UTC).timestamp(),
    }
    assert {text: instant(text, NOW, UTC) for text in times} == times
    wrong = dict.fromkeys(["yesterday", "7", "2026-13-01", "d"], "write 2026-11-01")
    assert not_said(TypedError, lambda text: instant(text, NOW, UTC), wrong) == {}


def test_a_receipt_is_a_file_in_a_directory_that_is_there(tmp_path: Path) -> None:
    assert receipt_path("") == ""
    assert receipt_path(f" {tmp_path}/r.jsonl ") == f"{tmp_path}/r.jsonl"
    wrong = {str(tmp_path): "is a directory", f"{tmp_path}/none/r.jsonl": "no directory"}
    others = ["~nobody-has-this-name", "~nobody-has-this-name/r.jsonl", f"{tmp_path}/{'r' * 300}", "~\0"]
    assert not_said(TypedError, receipt_path, wrong | dict.fromkeys(others, "")) == {}


def test_names_that_no_bucket_may_have_are_refused() -> None:
    names = ["ab", "a" * 64, "Media", "a_b", "-ab", "ab-", "a..b", "10.0.0.1", "xn--a", "ab-s3alias", "ab/"]
    assert not_said(TypedError, bucket_name, dict.fromkeys(names, "no bucket can have this name: ")) == {}
    assert bucket_name(" media-prod.2026 ") == "media-prod.2026"


def test_names_that_would_lead_elsewhere_or_nowhere_are_refused() -> None:
    names = ["", "/", "/a", "a//b", ".", "a/../b", "é" * 510, "\udcff"]
    assert not_said(TypedError, lambda name: prefix_below(LEVEL, name), dict.fromkeys(names, "")) == {}
    assert "is a prefix" in refusal(TypedError, lambda name: object_below(LEVEL, name), "raw/")
    assert "NUL" in refusal(TypedError, lambda name: object_below(Location("/", "home/"), name), "a\0b")
    assert prefix_below(LEVEL, "a/[b] ") == Location("media", "video/a/[b] /"), "levels and odd characters"
    assert object_below(LEVEL, "x\x1b.mp4") == Location("media", "video/x\x1b.mp4")
    assert {prefix_below(LEVEL, typed) for typed in ("raw", "raw/", "raw//")} == {Location("media", "video/raw/")}


def test_a_rate_is_read() -> None:
    limits = {
        "10M": 10 * 2**20,
        "1.5 MiB": 3 * 2**19,
        "1.5MiB/s": 3 * 2**19,
        "10MB/s": 10 * 2**20,
        "500k": 500 * 2**10,
        "2 GiB": 2 * 2**30,
        "1048576": 2**20,
        **dict.fromkeys(["", "  ", "0", "0 MiB"], None),
    }
    assert {text: rate(text) for text in limits} == limits
    says = dict.fromkeys(["fast", "-1", "10 apples", "1,5M", "1e9", "/s/s", "٣M"], "not a size")
    assert not_said(TypedError, rate, says | {"5": "too low", "999999999T": "too high"}) == {}


@given(st.integers(LEAST, MOST))
def test_a_limit_is_shown_as_it_can_be_typed_again(limit: int) -> None:
    assert rate(rate_text(limit)) == limit
    assert (rate_text(None), rate_text(10 * 2**20)) == ("", "10 MiB")


def test_objects_at_once_are_read() -> None:
    limits = {"8": 8, " 12 ": 12, "": None, "0": None}
    assert {text: objects(text) for text in limits} == limits
    wrong = ["many", "-1", "1.5", "8 8", "²", "9999999999999"]
    assert not_said(TypedError, objects, dict.fromkeys(wrong, "not a number of objects")) == {}


POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}


def test_durations_and_the_account_of_a_role() -> None:
    seconds = {"": None, "1h": 3600, " 15 m": 900, "90min": 5400, "12H": 43200, "3600": 3600, "0.5h": 1800}
    assert {text: typed.duration(text) for text in seconds} == seconds
    accounts = {"arn:aws:iam::111111111111:role/a/b": "111111111111", "arn:aws-cn:iam:::role/x": "", "x": ""}
    assert {arn: typed.role_account(arn) for arn in accounts} == accounts


WRONG: dict[Callable[[str], object], dict[str, str]] = {
    typed.duration: {"soon": "write 1h", "14m": "15m to 12h", "13h": "15m to 12h"},
    typed.access_key: {"": "access key ID", "AKIA X": "no spaces"},
    typed.secret: {" ": "", "hush hush": ""},
    typed.role_arn: {"": "role ARN", "arn:aws:iam::111111111111:user/bob": "is not a role"},
    typed.external_id: {"a b": "external ID"},
    typed.session_name: {"x": "session name"},
    typed.mfa_serial: {"a b": "no spaces"},
    typed.region: {"eu central": "is not a region", "https://s3.example.com": "is not a region"},
    typed.endpoint: {
        "s3.example.com": "https://host",
        "http://host:99999": "https://host",
        "https://ann:word@host": "password",
        "https://host/?x=1": "no ? or # part",
    },
    typed.needed_endpoint: {" ": "enter the server's URL"},
    typed.name: {"": "letters", "-x": "letters", "two words": "letters"},
    typed.policy: {
        "{": "not JSON",
        "[" * 100_000: "nested deeper",
        "{}": "Statement",
        '["Statement"]': "Statement",
        json.dumps({**POLICY, "Id": "x" * 2048}): "AssumeRole allows 2,048",
        **dict.fromkeys(["@/no/such/file", "@/", "@/dev/tty", "@/a\0b"], "no file"),
    },
}


def test_what_is_wrong_is_said() -> None:
    assert {read.__name__: not_said(TypedError, read, says) for read, says in WRONG.items()} == {
        read.__name__: {} for read in WRONG
    }


def test_an_unusual_access_key_is_remarked_upon_only() -> None:
    says = {"AKIAIOSFODNN7EXAMPLE": "", "ASIAIOSFODNN7EXAMPLE": "session token", "minio": "other servers"}
    assert [typed.access_key(f" {key} ") for key in says] == list(says)
    remarks = {key: typed.access_key_remark(key) for key in says}
    assert [key for key, remark in remarks.items() if says[key] not in remark or bool(remark) != bool(says[key])] == []
    warned = {"http://s3.example.com": True, "https://s3.example.com": False, "http://127.0.0.1:9000": False}
    assert [typed.endpoint(url) for url in warned] == list(warned)
    assert {url: bool(typed.endpoint_remark(url)) for url in warned} == warned


def test_nothing_typed_is_nothing_asked_for() -> None:
    assert (typed.endpoint(" "), typed.region(""), typed.policy(""), typed.external_id(" ")) == (None, None, "", "")
    assert patterns(" *.mp4, raw/* ,,") == ["*.mp4", "raw/*"]
    assert "hush" not in refusal(TypedError, typed.secret, "hush hush")
    assert typed.secret(" hush/+= ") == "hush/+="


def test_a_policy_is_compact_and_may_lie_in_a_file(tmp_path: Path) -> None:
    compact = json.dumps(POLICY, separators=(",", ":"))
    assert typed.policy(json.dumps(POLICY, indent=4)) == compact
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(POLICY, indent=4))
    assert typed.policy(f"@{file}") == compact
    file.write_bytes(b"\xff")
    wrong = {f"@{file}": "is not a text file", "@~nobody-has-this-name": "", f"@{tmp_path}/{'p' * 300}": ""}
    assert not_said(TypedError, typed.policy, wrong) == {}


# What `o` offers, what Tab makes of it, what a pasted text names, and what is kept of it.
VIDEO = parse_location("s3://media/video/")
BOOK = Bookmark("daily", PaneStart(IdentitySpec("a"), VIDEO), PaneStart())
KNOWN = OfferSources(
    ["media", "my-media", "logs"], [VIDEO, parse_location("s3://logs/")], [BOOK], [IdentitySpec("media-prod")]
)
SIGNED = "https://media.s3.amazonaws.com/a%20b?X-Amz-Signature=abc&X-Amz-Credential=AKIA"


def texts(typed: str, *level: str) -> list[str]:
    return [f"{offer.text} {offer.kind}" for offer in offers(typed, [parse_location(uri) for uri in level], KNOWN)]


def test_what_starts_with_it_comes_before_what_contains_it() -> None:
    assert texts("")[:3] == ["s3://media/video/ history", "s3://logs/ history", "s3://media/ bucket"]
    assert texts("media") == [
        "s3://media/ bucket",
        "s3://my-media/ bucket",
        "s3://media/video/ history",
        "s3://media/video/ bookmark daily · a",
        "media-prod identity",
    ]
    below = texts("s3://media/vid", "s3://media/video/", "s3://media/video.mp4")
    assert below[:2] == ["s3://media/video/ prefix", "s3://media/video.mp4 object"]


def test_tab_goes_as_far_as_all_entries_agree() -> None:
    below_media = ("s3://media/video/", "s3://media/video.mp4")
    expected = {
        ("lo", ()): "s3://logs/",
        ("s3://media/v", below_media): "s3://media/video",
        ("S3://lo", ()): "s3://logs/",
        ("S3://media/v", below_media): "s3://media/video",
        ("s3://media/video", below_media): "s3://media/video/",
        ("nowhere", ()): "nowhere",
        ("media-p", ()): "media-prod",
    }
    assert {
        (typed, level): completed(typed, offers(typed, [parse_location(uri) for uri in level], KNOWN))
        for typed, level in expected
    } == expected


def test_a_row_shows_what_a_terminal_would_act_on() -> None:
    [offer, *_] = offers("", [], OfferSources(history=[Location("b", "\x1b[2J" + "x" * 99 + "-end")]))
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


# Who can be chosen, as rows and lines.
ROLE = RoleSpec("arn:aws:iam::111111111111:role/path/deploy", mfa_serial="arn:aws:iam::222222222222:mfa/ann")
ADMIN = ProfileSummary("admin", AuthMethod.SSO, "eu-central-1", detail="session corp")
PAIR = IdentityPair(IdentitySpec("admin", region="eu-west-1"), IdentitySpec("other", region="us-east-1"))


def rows(
    *acting: IdentitySpec, pairs: tuple[IdentityPair, ...] = (), side: PaneSide = PaneSide.LEFT
) -> list[AccountOption]:
    return account_choices(Profiles([ADMIN], []), Settings(), pairs, acting, side)


def test_an_identity_in_words() -> None:
    names = {
        IdentitySpec(): ("default chain", "default chain · default credential chain"),
        IdentitySpec("admin"): ("admin", "admin · profile"),
        IdentitySpec(local=True): ("local disk", "local disk · this machine"),
        IdentitySpec(anonymous=True, endpoint="https://x"): ("anonymous", "anonymous · https://x"),
        IdentitySpec(access_key="AKIA"): ("AKIA", "AKIA · typed keys"),
        IdentitySpec(access_key="AKIA", name="lab"): ("lab", "lab · typed keys · AKIA"),
        IdentitySpec("admin", roles=(ROLE,), region="eu-west-1"): (
            "deploy of admin",
            f"deploy of admin · assume role · {ROLE.arn} with MFA from admin · eu-west-1",
        ),
        IdentitySpec(roles=(RoleSpec("arn:aws:iam::1:role/first"), ROLE), name="ours"): (
            "ours",
            f"ours · assume role · {ROLE.arn} with MFA from arn:aws:iam::1:role/first from default chain",
        ),
    }
    assert {spec: (label_of(spec), in_words(spec)) for spec in names} == names


def test_a_pair_keeps_its_order_whichever_pane_asks() -> None:
    for side, region in ((PaneSide.LEFT, "eu-west-1"), (PaneSide.RIGHT, "us-east-1")):
        (first, *_) = rows(pairs=(PAIR,), side=side)
        assert (first.section, first.title, first.region) == (AccountSection.RECENT, "admin │ other", region)
        assert detail_lines(first).plain.splitlines() == [
            "left: admin · profile · eu-west-1",
            "right: other · profile · us-east-1",
        ]


def test_a_current_identity_has_its_own_row_only_if_no_other_row_is_equal() -> None:
    typed = IdentitySpec(access_key="AKIA")
    offered = rows(IdentitySpec("admin", "https://x"), typed, typed, IdentitySpec(local=True))
    assert [row.takes for row in offered if row.section is AccountSection.ACTING] == [typed]


def test_somebody_is_found_exactly_or_whatever_overrides_it() -> None:
    offered = rows(IdentitySpec(access_key="AKIA", endpoint="https://x"))
    found = row_of(offered, IdentitySpec("admin", "https://y", "eu-west-1"))
    assert found
    assert found.takes == IdentitySpec("admin")
    assert row_of(offered, New.ROLE)
    assert row_of(offered, IdentitySpec("nobody")) is None
    assert row_of(offered, None) is None
    expected = IdentitySpec("admin", "https://x", "eu-west-1")
    assert overridden(IdentitySpec("admin", "https://x"), None, "eu-west-1") == expected
    assert overridden(IdentitySpec(local=True), "https://x", "eu-west-1") == IdentitySpec(local=True)


def test_letters_that_fit_stand_out_and_columns_stay_in_line() -> None:
    """A row without a region uses its columns for words."""
    offered = [AccountOption(AccountSection.AWS, IdentitySpec("日本"), "日本", "keys", "eu-west-1"), *rows()]
    width = title_width(offered)
    lines = [row_line(ShownRow(row), width).plain for row in offered if row.section is not AccountSection.NEW]
    assert lines[0].index("keys") + 2 == lines[1].index("sso")  # each of its two letters has two cells
    (shown,) = matching(offered, "adm sso")
    assert shown.letters[:2] == (frozenset({0, 1, 2}), frozenset({0, 1, 2}))
    lit = [span for span in row_line(shown, width).spans if "underline" in str(span.style)]
    assert sorted(span.start for span in lit) == [1, 2, 3, *(1 + width + 2 + at for at in range(3))]
    [chain] = [row for row in rows() if row.title == "default chain"]
    assert row_line(ShownRow(chain), 14).plain.startswith(" default chain   default credential chain: environment")


# Locations: URIs, typed paths, parents and names, byte for byte.


POINT = "arn:aws:s3:eu-west-1:111111111111:accesspoint/readers"
MULTI_REGION = "arn:aws:s3::111111111111:accesspoint/mfzwi23gnjvgw.mrap"
OUTPOST = "arn:aws:s3-outposts:eu-west-1:111111111111:outpost/op-01/accesspoint/readers"

CONSOLE = "https://s3.console.aws"

KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200).filter(lambda key: len(key.encode()) <= 1024)


def test_reads_every_form() -> None:
    forms = {
        "s3://": Location(),
        "s3://assets": Location("assets"),
        "s3://assets/": Location("assets"),
        "assets/video/": Location("assets", "video/"),
        "S3://assets/S3://x": Location("assets", "S3://x"),
        "HTTPS://assets.s3.amazonaws.com/X": Location("assets", "X"),
        "s3://assets//lead": Location("assets", "/lead"),
        "s3://assets/a//b/../c": Location("assets", "a//b/../c"),
        "s3://assets/[markup]/%2F+ ": Location("assets", "[markup]/%2F+ "),
        "arn:aws:s3:::assets/video/x": Location("assets", "video/x"),
        "arn:aws-cn:s3:::assets": Location("assets"),
        POINT: Location(POINT),
        f"{POINT}/object/video/x": Location(POINT, "video/x"),
        POINT.replace("accesspoint/", "accesspoint:"): Location(POINT),
        f"s3://{POINT}": Location(POINT),
        f"s3://{POINT}/object/x": Location(POINT, "object/x"),
        MULTI_REGION: Location(MULTI_REGION),
        f"{MULTI_REGION}/object/x": Location(MULTI_REGION, "x"),
        "s3://media-metadata-s3alias/x": Location("media-metadata-s3alias", "x"),
        f"{CONSOLE}.amazon.com/s3/buckets/assets?tab=objects&prefix=a/b%20c/": Location("assets", "a/b c/"),
        "https://eu-west-1.console.aws.amazon.com/s3/object/assets?prefix=x.mov": Location("assets", "x.mov"),
        "https://eu-west-1.console.aws.amazon.com/s3/buckets/assets": Location("assets"),
        "https://assets.s3.eu-west-1.amazonaws.com/a/b%20c+d": Location("assets", "a/b c+d"),
        "https://as.sets.s3.dualstack.eu-west-1.amazonaws.com/x": Location("as.sets", "x"),
        "https://assets.s3.amazonaws.com/": Location("assets"),
        "https://s3.eu-west-1.amazonaws.com/assets//x?X-Amz-Signature=0": Location("assets", "/x"),
        "https://s3-eu-west-1.amazonaws.com/assets/x": Location("assets", "x"),
        "https://assets.s3.cn-north-1.amazonaws.com.cn/x": Location("assets", "x"),
    }
    assert {text: parse_location(text) for text in forms} == forms


def test_refuses_with_what_is_wrong() -> None:
    wrong = {
        "": "has no bucket",
        "/key": "has no bucket",
        "s3:///key": "has no bucket",
        "https://assets/video": "not an S3 URI",
        "arn:aws:iam::111111111111:role/x": "is not the ARN of a bucket or access point",
        f"{POINT}/x": "has no object key",
        OUTPOST: "is an S3 on Outposts ARN",
        f"s3://{OUTPOST}/x": "is an S3 on Outposts ARN",
        "https://s3.eu-west-1.amazonaws.com/": "not an S3 URI",
        "https://console.aws.amazon.com/ec2/home": "not an S3 URI",
        "https://assets.s3.amazonaws.com.evil.example/x": "not an S3 URI",
        "https://assets.s3.amazonaws.com/%FF": "not UTF-8",
        "https://assets.s3.amazonaws.com/a\nb": "control character",
        "s3://assets/" + "é" * MAX_KEY_BYTES: "longer than",
        "s3://assets/\udcff": "not UTF-8",
        "s3://ass\udcffets/": "not UTF-8",
        "file://server/share": "",
        "file://": "",
        "file:///%FF": "",
    }
    assert not_said(LocationError, parse_location, wrong) == {}


def test_reads_links_to_the_endpoint() -> None:
    """Those to other servers are none, and what one carries beside its place is not repeated."""
    here = "http://127.0.0.1:9000"
    links = {
        (f"{here}/assets/a/b%20c?X-Amz-Signature=0", here): Location("assets", "a/b c"),
        ("http://assets.localhost:9000//x?X-Amz-Signature=0", "http://localhost:9000/"): Location("assets", "/x"),
        ("HTTPS://as.sets.S3.example:443/x", "https://s3.example"): Location("as.sets", "x"),
        ("https://s3.example/gate/assets/x", "https://s3.example/gate/"): Location("assets", "x"),
        ("https://assets.s3.amazonaws.com/x", "https://s3.example"): Location("assets", "x"),
    }
    assert {each: parse_location(*each) for each in links} == links
    others = ["http://127.0.0.1:9001/assets/x", "http://127.0.0.2:9000/assets/x", "http://127.0.0.1:9000/"]
    says = dict.fromkeys([*others, "http://evil127.0.0.1:9000/assets/x"], "not an S3 URI")
    assert not_said(LocationError, lambda link: parse_location(link, "http://127.0.0.1:9000"), says) == {}
    said = refusal(LocationError, parse_location, "https://elsewhere.example/x?X-Amz-Signature=5ecret")
    assert said
    assert "5ecret" not in said


NAMES = st.from_regex(r"[^/]*[^/:]", fullmatch=True, alphabet=st.characters(codec="utf-8"))
BUCKETS = st.sampled_from(["assets", "media-metadata-s3alias", POINT, MULTI_REGION]) | NAMES.filter(
    lambda name: not name.startswith("arn:")
)


@given(BUCKETS, KEYS)
def test_a_uri_reads_back_exactly(bucket: str, key: str) -> None:
    location = Location(bucket, key)
    assert parse_location(location.uri) == location
    assert location.parent.child(location.name) == location
    chain = location.ancestors()
    assert chain[0] == Location()
    assert chain[-1] == location
    assert all(below.parent == above for above, below in itertools.pairwise(chain))


def test_what_no_library_can_read_is_an_error_with_words() -> None:
    urls = ["https://[x", "http://[::1", "https://s3.amazonaws.com]/x", "https://[v1.x]/"]
    says = dict.fromkeys(urls, "write") | dict.fromkeys(["~\0", "/../\0"], "cannot contain NUL")
    assert not_said(LocationError, typed_location, says) == {}


PATHS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300)


@given(PATHS)
def test_a_file_uri_reads_back_exactly(key: str) -> None:
    location = Location(LOCAL_BUCKET, key)
    assert parse_location(location.uri) == location
    assert location.uri.startswith("file:///")
    assert not any(mark in location.uri for mark in "\n?#\x1b")


def test_file_uris_are_read_as_others_write_them() -> None:
    keys = {
        "file:///home/x/": "home/x/",
        "file:///a%20b": "a b",
        "file://localhost/a": "a",
        "file:///100%25": "100%",
        "file:///%C3%BC": "ü",
        "file:///": "",
        "File:///A": "A",
        "file:///" + "a/" * 2000: "a/" * 2000,
    }
    assert {text: parse_location(text) for text in keys} == {text: Location(LOCAL_BUCKET, keys[text]) for text in keys}
    assert all(names_a_path(text) for text in keys)
    assert Location(LOCAL_BUCKET, "home/x/").uri == "file:///home/x/"
    assert Location(LOCAL_BUCKET, "a b/ü 50%").uri == "file:///a b/ü 50%25"
    assert Location(LOCAL_BUCKET, "home/x/").path == "/home/x/"


def test_what_is_taken_for_a_path(tmp_path: Path) -> None:
    paths, others = [".", "..", "./a", "../a", "/a", "~", "~/a", "file:///a"], [".hidden", "b/k", "s3://b/./k"]
    assert [text for text in paths + others if names_a_path(text)] == paths
    too_long = f"{tmp_path}/{'a' * 300}"
    assert typed_location(too_long).path == too_long, "too long for the disk: no directory"
    assert "not UTF-8" in refusal(LocationError, location_of_path, os.fsdecode(b"/caf\xe9"))


def test_paths_are_taken_as_a_shell_takes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = f"{tmp_path}/".removeprefix("/")
    (tmp_path / "dir/deep").mkdir(parents=True)
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("dir/deep")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "dir"))
    keys = {
        ".": here,
        "./": here,
        "./dir": here + "dir/",
        "./dir/../file": here + "file",
        "./link/../deep": here + "dir/deep/",  # ".." leads to where the link leads
        "./link": here + "link/",
        "./new": here + "new",
        "./new/": here + "new/",
        "././/file": here + "file",
        "~": here + "dir/",
        "~/x": here + "dir/x",
        "/": "",
        "//": "",
        f"//{here}file": here + "file",
        (tmp_path / "file").as_uri(): here + "file",
        (tmp_path / "dir").as_uri(): here + "dir/",
    }
    assert {text: typed_location(text).key for text in keys} == keys
    assert typed_location("bucket/key") == Location("bucket", "key")


def test_a_directory_that_is_gone_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(LocationError, match="current directory"):
        location_of_path("./a")
    assert location_of_path("/a") == Location(LOCAL_BUCKET, "a")
