"""Facts in words; names, sizes, times and counts as they are shown. No line is wider than its place."""

import unicodedata
from collections.abc import Iterable
from datetime import UTC

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.content import Content

from tui.core.facts import (
    AbsentFact,
    Applies,
    DeniedFact,
    Effect,
    Fact,
    FactName,
    FactSection,
    FactValue,
    Finding,
    FindingSeverity,
    Grant,
    Grants,
    Instant,
    KnownFact,
    Lifecycle,
    LifecycleRule,
    LifecycleRules,
    ObjectOwnership,
    OwnedBy,
    OwnershipSetting,
    Pairs,
    PolicyReading,
    RuleReading,
    Size,
    StatementReading,
    Text,
    UnknownFact,
)
from tui.core.identity import Address, AddressBook, EndpointSource, Owner
from tui.core.location import LOCAL_BUCKET, Location
from tui.core.network import Addressing, AddressScope, Certainty, EffectiveEndpoint, NetworkPath, PathKind
from tui.features.inspect.screen import finding_lines, section_lines
from tui.features.inspect.words import summary
from tui.kit.lines import wrapped
from tui.text import format as form
from tui.text.fact_lines import shown_in, value_lines
from tui.text.format import Tone, cells, plain
from tui.text.typed import find

UNSEEN = [0x034F, 0x115F, 0x1160, 0x17B4, 0x180B, 0x180C, 0x180D, 0x180F, 0x2800, 0x3164, 0xFE00, 0xFFA0, 0xE01EF]
"""Invisible characters that Python calls printable."""

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


def test_what_is_invisible_is_shown() -> None:
    family, others = "👨\u200d👩\u200d👧", "👩🏽\u200d🚀 🏳\ufe0f\u200d🌈 ❤\ufe0f 1\ufe0f\u20e3"
    shown = {
        "\x1b[2J": "␛[2J",
        "two\nlines\t": "two␊lines␉",
        "\x7f": "␡",
        "\x9b31m": "<U+009B>31m",
        "a\u202egpj.exe": "a<U+202E>gpj.exe",
        "\u2028": "<U+2028>",
        "zero\u200bwidth": "zero<U+200B>width",
        "a\u200db": "a<U+200D>b",
        family: family,
        others: others,
        "می\u200cخواهم क्\u200dष": "می\u200cخواهم क्\u200dष",
        "é\u200dé": "é<U+200D>é",
        "a\ufe0fb ❤\ufe0f\ufe0f": "a<U+FE0F>b ❤\ufe0f<U+FE0F>",
        "葛\U000e0100": "葛<U+E0100>",
        "\U000e0041": "<U+E0041>",
        "\udcff": "<FF>",
        "[markup]/ //  ": "[markup]/ //  ",
        **{f"a{chr(code)}b": f"a<U+{code:04X}>b" for code in UNSEEN},
    }
    assert {text: form.visible(text) for text in shown} == shown


@given(ANY_TEXT.map(form.visible), st.integers(-2, 90))
def test_a_cut_never_exceeds_its_width(text: str, width: int) -> None:
    for cut in (form.cut_middle, form.cut_end, form.cut_start, form.cut_name):
        assert cell_len(cut(text, width)) <= max(0, width)
    assert form.cut_middle(text, cell_len(text)) == text, "what fits is not cut"


def test_a_middle_cut_keeps_start_and_end() -> None:
    name = "events-0001.json.gz"
    cut = {(name, 11): "event…on.gz", (name, 1): "…", ("日本語のファイル名.mp4", 11): "日本語….mp4", ("日本", 3): "日…"}
    assert {each: form.cut_middle(*each) for each in cut} == cut
    assert form.cut_start("media/video/2026/", 7) == "…/2026/"
    assert form.cut_end("media/video/2026/", 7) == "media/…"
    shown = {
        ("events-0001.jsonl.gz", 20): "events-0001.jsonl.gz",
        ("events-0001.jsonl.gz", 17): "events-0001…gz",
        ("events-0001.jsonl.gz", 10): "eve…001…gz",
        ("a film of 2026-11-26.mp4", 16): "a film…11-26.mp4",
        ("no ending at all, only words", 10): "no en…ords",
        (".configuration-of-something", 9): ".con…hing",
    }
    assert {each: form.cut_name(*each) for each in shown} == shown


def test_exact_sizes_counts_rates_and_what_is_left() -> None:
    assert form.size_exact(1_524_713_390) == "1.42 GiB (1,524,713,390 bytes)"
    assert form.size_exact(12) == "12 B"
    assert [form.counted(count, "object") for count in (1, 11_830)] == ["1 object", "11,830 objects"]
    assert form.rate(402 * 1024 * 1024) == "402 MiB/s"
    assert (form.eta(None), form.eta(120)) == ("", "2 min")
    assert (form.storage_class("STANDARD_IA"), form.storage_class("COLD\x1bEST")) == ("IA", "COLD…")
    shown = {0.2: "0 s", 45: "45 s", 125: "2 min", 4320: "1 h 12 min", 7200: "2 h", 273_600: "3 d 4 h"}
    assert {seconds: form.duration(seconds) for seconds in shown} == shown
    sizes = {
        0: "0 B",
        12: "12 B",
        999: "999 B",
        1023: "1.00 KiB",
        10239: "10.0 KiB",
        840 << 10: "840 KiB",
        1023 << 10: "1.00 MiB",
        212 << 20: "212 MiB",
        int(1.42 * (1 << 30)): "1.42 GiB",
        5 << 40: "5.00 TiB",
        1 << 80: "1048576 EiB",
    }
    assert {count: form.size(count) for count in sizes} == sizes


@given(st.integers(1, 1 << 60), st.integers(1, 1 << 60))
def test_a_hundred_percent_means_all(done: int, total: int) -> None:
    assert (form.percent(done, total) == "100 %") == (done >= total)


def test_young_times_are_relative() -> None:
    shown = {
        30: ("30 s", "30 s", "30 s"),
        12 * 60: ("12 min", "12 min", "12 min"),
        3 * 3600: ("2025-11-24 20:00", "2025-11-24", "11-24"),
        400 * 86400: ("2024-10-20 23:00", "2024-10-20", "2024"),
        -3600: ("2025-11-25 00:00", "2025-11-25", "11-25"),
    }
    ways = (form.time_full, form.time_day, form.time_short)
    assert {age: tuple(way(NOW - age, NOW, UTC) for way in ways) for age in shown} == shown


@given(st.floats(allow_nan=True, allow_infinity=True), st.integers(0, 1 << 63))
def test_no_time_breaks_the_screen(moment: float, count: int) -> None:
    assert len(form.size(count)) <= 8
    assert len(form.time_full(moment, NOW, UTC)) <= 16
    assert len(form.time_day(moment, NOW, UTC)) <= 10
    assert len(form.time_short(moment, NOW, UTC)) <= 6


def test_a_path_below_home_is_written_as_its_user_does() -> None:
    assert form.below_home("/home/me/.aws/config", "/home/me") == "~/.aws/config"
    for path in ("/home/me2/.aws/config", "/etc/aws"):
        assert form.below_home(path, "/home/me") == path


def best(typed: str, *names: str) -> str:
    scores = {name: found.score for name in names if (found := find(typed, [name]))}
    return max(scores, key=lambda name: scores[name]) if scores else ""


def test_the_closest_name_comes_first() -> None:
    found = {
        ("analytics", "analytics-as-media-reader", "analytics"): "analytics",
        ("media", "intermediate", "prod-media"): "prod-media",
        ("prod", "p-r-o-d", "prod-1"): "prod-1",
        ("anreader", "analytics", "analytics-as-media-reader"): "analytics-as-media-reader",
        ("PROD", "media-prod"): "media-prod",
        ("xyz", "media-prod"): "",
    }
    assert {each: best(*each) for each in found} == found


def test_every_word_is_somewhere_and_a_name_counts_more() -> None:
    """Letters may lie apart in the name only."""
    assert find("mp", ["media-prod", ""])
    assert find("mp", ["", "media-prod"]) is None
    assert find("prod", ["", "media-prod"])
    texts = ["admin", "sso", "eu-central-1"]
    found = find("sso adm", texts)
    assert found
    assert found.letters == (frozenset({0, 1, 2}), frozenset({0, 1, 2}), frozenset())
    assert find("adm keys", texts) is None
    in_name, elsewhere = find("role", ["role", "x"]), find("role", ["x", "role"])
    assert in_name
    assert elsewhere
    assert in_name.score > elsewhere.score


def test_a_text_of_one_letter_is_searched_in_no_time() -> None:
    """Textual's own search weighs every way to find the letters: of these, more than can be weighed."""
    assert find("a" * 40 + "b", ["a" * 4000]) is None
    assert find("a" * 40, ["a-" * 80]) is not None


# Facts in words, as a list and as a summary of three lines; no line is wider than its place.
BOOK = AddressBook({"aaa": Address("aaa", "111111111111", "media-prod"), "bbb": Address("bbb", "222222222222")})

POLICY = PolicyReading(
    "{}",
    [
        StatementReading("PublicRead", Effect.ALLOW, Applies.YES, "names everyone (*)"),
        StatementReading("", Effect.DENY, Applies.MAYBE, "needs aws:SourceIp"),
    ],
    covers_object=False,
)

VALUES: list[tuple[FactName, FactValue, list[str]]] = [
    (FactName.CONTENT_TYPE, Text("image/\x1bpng"), ["image/␛png"]),
    (FactName.SIZE, Size(1_153_433), ["1.10 MiB (1,153,433 bytes)"]),
    (FactName.MODIFIED, Instant(NOW - 720), ["12 min"]),
    (FactName.OBJECT_OWNER, OwnedBy(Owner("aaa")), ["media-prod (111111111111)"]),
    (FactName.BUCKET_OWNER, OwnedBy(Owner("bbb")), ["222222222222"]),
    (FactName.BUCKET_OWNER, OwnedBy(Owner("0123456789abcdef")), ["01234567…"]),
    (FactName.BUCKET_OWNER, OwnedBy(Owner("0123456789abcdef", "carol\n")), ["carol␊"]),
    (FactName.OWNERSHIP, OwnershipSetting(ObjectOwnership.OBJECT_WRITER), ["ObjectWriter"]),
    (
        FactName.GRANTS,
        Grants([Grant(Owner("aaa"), "FULL_CONTROL"), Grant(Owner("http://x/groups/global/AllUsers"), "READ", True)]),
        ["media-prod  FULL_CONTROL", "AllUsers  READ"],
    ),
    (FactName.BUCKET_GRANTS, Grants([]), ["none"]),
    (
        FactName.DEFAULT_ENCRYPTION,
        Pairs([("key", "alias/[x]"), ("key account", "111111111111")]),
        ["key  alias/[x]", "key account  media-prod (111111111111)"],
    ),
    (
        FactName.LIFECYCLE,
        Lifecycle(
            LifecycleRules([]),
            [
                RuleReading(LifecycleRule("off", enabled=False), Applies.NO, "turned off", []),
                RuleReading(LifecycleRule("[logs]\x1b", enabled=True), Applies.YES, "", ["expires on 2026-02-15"]),
                RuleReading(LifecycleRule("", enabled=True), Applies.MAYBE, "objects tagged a=b", []),
            ],
        ),
        [
            "✓ [logs]␛ applies",
            "  expires on 2026-02-15",
            "? (no ID) may apply: objects tagged a=b",
            "✗ off does not apply: turned off",
        ],
    ),
    (FactName.TAGS, Pairs([("cut", "[b]final"), ("a", "b")]), ["cut  [b]final", "a  b"]),
    (
        FactName.POLICY,
        POLICY,
        [
            "2 statements, 1 applies   p read",
            "does not apply to this object: another account owns it",
            "✓ Allow PublicRead applies: names everyone (*)",
            "? Deny (no Sid) may apply: needs aws:SourceIp",
        ],
    ),
    (
        FactName.ENDPOINT,
        EffectiveEndpoint("https://x", "ap-northeast-1", EndpointSource.RULES, "10.0.0.7:443", AddressScope.PRIVATE),
        ["https://x → 10.0.0.7:443", f"{AddressScope.PRIVATE.value} · signed for ap-northeast-1 · from default rules"],
    ),
    (
        FactName.ENDPOINT,
        EffectiveEndpoint(
            "https://s3-fips.dualstack.us-east-1.amazonaws.com/x",
            "us-east-1",
            EndpointSource.ENV,
            "192.0.2.1:3128",
            AddressScope.PRIVATE,
            signing_name="s3-outposts",
            addressing=Addressing.PATH,
            options=["FIPS", "dual-stack"],
            proxy="http://proxy:3128",
            tls="TLSv1.3",
            certificate="*.s3.amazonaws.com",
        ),
        [
            "https://s3-fips.dualstack.us-east-1.amazonaws.com/x → 192.0.2.1:3128",
            f"{AddressScope.PRIVATE.value} · signed for us-east-1 as s3-outposts · from AWS_ENDPOINT_URL · "
            "path style · FIPS · dual-stack · by the proxy http://proxy:3128 · TLSv1.3, certificate *.s3.amazonaws.com",
        ],
    ),
    (
        FactName.NETWORK_PATH,
        NetworkPath(PathKind.GATEWAY, Certainty.CERTAIN, "rtb-1 sends 52.219.1.2 through vpce-0aaa", "vpce-0aaa"),
        ["gateway endpoint vpce-0aaa · certain", "rtb-1 sends 52.219.1.2 through vpce-0aaa"],
    ),
    (
        FactName.NETWORK_PATH,
        NetworkPath(PathKind.UNKNOWN, Certainty.UNKNOWN, "instance metadata is off"),
        ["unknown", "instance metadata is off"],
    ),
]


def test_what_is_known_is_shown() -> None:
    facts = [Fact(name, KnownFact(value), "Operation", "media-prod") for name, value, _ in VALUES]
    assert [[plain(line) for line in value_lines(fact, BOOK, NOW, read_key="p")] for fact in facts] == [
        lines for *_, lines in VALUES
    ]
    fact = Fact(FactName.POLICY, KnownFact(POLICY), "GetBucketPolicy", "media-prod")
    without_keys = value_lines(fact, BOOK, NOW)
    assert plain(without_keys[0]) == "2 statements, 1 applies", "what a key does is said where there is one"
    for state, words in (
        (DeniedFact("s3:GetObjectAcl"), "denied: s3:GetObjectAcl"),
        (AbsentFact(), "none"),
        (UnknownFact("this server\x07 does not say"), "unknown: this server␇ does not say"),
    ):
        assert [plain(line) for line in value_lines(Fact(FactName.TAGS, state, "x", "y"), BOOK, NOW)] == [words]


def by_media_prod(values: Iterable[tuple[FactName, FactValue]]) -> dict[FactName, Fact]:
    return {name: Fact(name, KnownFact(value), "GetBucketOwnershipControls", "media-prod") for name, value in values}


FACTS = by_media_prod((name, value) for name, value, _ in VALUES)


def test_no_line_is_wider_than_its_place() -> None:
    for width in (24, 38, 71, 72, 78, 149, 150, 158, 250):
        lines = section_lines(FACTS, FactName, BOOK, width, NOW).lines
        assert [line.plain for line in lines if line.cell_length > width] == []


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=120), st.integers(24, 200))
def test_no_value_bursts_its_place(text: str, width: int) -> None:
    facts = {FactName.METADATA: Fact(FactName.METADATA, KnownFact(Pairs([(text, text)])), text, text)}
    finding = Finding("rule", FindingSeverity.WARNING, text, [], text)
    for line in section_lines(facts, (), BOOK, width, NOW).lines[1:] + finding_lines([finding], width):
        assert line.cell_length <= width


def test_a_source_stands_beside_its_fact_or_above_the_facts_that_share_it() -> None:
    facts = {name: Fact(name, KnownFact(Size(1)), "HeadObject", "bob") for name in (FactName.SIZE, FactName.ETAG)}
    wide = [line.plain for line in section_lines(facts, (), BOOK, 80, NOW).lines[1:]]
    assert all(line.endswith("HeadObject as bob") for line in wide)
    narrow = [line.plain.rstrip() for line in section_lines(facts, (), BOOK, 38, NOW).lines[1:]]
    assert narrow == ["╶ HeadObject as bob", "size          1 B", "etag          1 B"]


def shown(findings: list[Finding], width: int) -> list[str]:
    return [line.plain.rstrip() for line in finding_lines(findings, width)]


def test_the_gravest_finding_comes_first() -> None:
    findings = [Finding("x", severity, severity.value, []) for severity in reversed(FindingSeverity)]
    assert shown(findings, 40) == ["✗ error", "⚠ warning", "· note", "✓ good"]
    steps = "1. As B: hand it over to A\n2. As A: copy it onto itself"
    lines = ["  ▸ 1. As B: hand it over", "       to A", "    2. As A: copy it onto", "       itself"]
    assert shown([Finding("x", FindingSeverity.ERROR, "B owns it.", [], steps)], 25) == ["✗ B owns it.", *lines]
    note = Finding("x", FindingSeverity.NOTE, "Requests go to http://127.0.0.1:34805/media-prod-assets now.", [])
    assert shown([note], 26) == ["· Requests go to", "  http://127.0.0.1:34805/", "  media-prod-assets now."]


def test_no_word_is_broken_while_a_line_could_hold_it() -> None:
    values: dict[FactName, FactValue] = {
        FactName.BUCKET_OWNER: OwnedBy(Owner("aaa")),
        FactName.OWNERSHIP: OwnershipSetting(ObjectOwnership.OBJECT_WRITER),
        FactName.PUBLIC_ACCESS: Pairs([("BlockPublicAcls", "true"), ("RestrictPublicBuckets", "true")]),
        FactName.SIZE: Size(12_928_590),
    }
    for width in (61, 66, 72, 80):
        shown = [line.plain for line in section_lines(by_media_prod(values.items()), (), BOOK, width, NOW).lines[1:]]
        for words in ("media-prod (111111111111)", "ObjectWriter", "BlockPublicAcls  true", "(12,928,590 bytes)"):
            assert any(words in line for line in shown), words


def test_very_long_values_are_counted_and_not_laid_out() -> None:
    """A word without an end is cut and wrapped in the time of its length."""
    tags = Pairs([(f"k{number}", "v") for number in range(100_000)])
    facts = {FactName.TAGS: Fact(FactName.TAGS, KnownFact(tags), "GetObjectTagging", "a")}
    lines = [line.plain.strip() for line in section_lines(facts, (), BOOK, 60).lines[1:]]
    assert lines[-1] == "… and 99,900 more"
    assert len(lines) < 200
    endless = "x" * 200_000
    assert len(wrapped(Content(endless), 50)) == 4_000
    (finding,) = finding_lines([Finding("rule", FindingSeverity.ERROR, endless, [])], 10_000)
    assert finding.plain.endswith("x… and 192,000 more characters")


def test_the_age_of_a_section_is_that_of_its_oldest_fact() -> None:
    def heading(**asked: float) -> str:
        facts = {
            FactName[name]: Fact(FactName[name], KnownFact(Text("x")), "HeadObject", "bob", asked=when)
            for name, when in asked.items()
        }
        return section_lines(facts, (), BOOK, 40, NOW).lines[0].plain

    assert heading(SIZE=NOW - 12, ETAG=NOW - 61) == heading(ETAG=NOW - 61)
    assert heading(SIZE=NOW - 12, ETAG=NOW - 1).endswith("─ 12 s ago ─")
    assert heading(ETAG=NOW - 61).endswith("─ 1 min ago ─")
    assert heading(SIZE=NOW - 4).endswith("───")
    assert len(heading(SIZE=NOW - 12)) == 40


def test_a_lock_is_shown_once() -> None:
    legal, denied = KnownFact(Pairs([("legal hold", "on")])), DeniedFact("s3:GetObjectRetention")
    cases: dict[str, tuple[KnownFact, AbsentFact | DeniedFact, bool]] = {
        "said by others": (legal, AbsentFact(), False),
        "others are denied": (legal, denied, True),
        "an event hold": (KnownFact(Pairs([("event hold", "on")])), AbsentFact(), True),
    }
    for name, (lock, retention, shown) in cases.items():
        states = {FactName.LOCK: lock, FactName.RETENTION: retention, FactName.LEGAL_HOLD: KnownFact(Text("on"))}
        facts = {one: Fact(one, state, "x", "bob") for one, state in states.items()}
        assert (FactName.LOCK in shown_in(FactSection.PROTECTION, facts)) is shown, name


NAMED = AddressBook({"aaa": Address("aaa", "111111111111", "media-prod"), "bbb": Address("bbb", "222222222222", "bob")})
A, B, STRANGER = Owner("aaa"), Owner("bbb"), Owner("c" * 64)
OBJECT, BUCKET = Location("assets", "a/key"), Location("assets")
URL = "https://media-prod-assets.s3.ap-northeast-1.amazonaws.com"
WAY = EffectiveEndpoint(URL, "ap-northeast-1", EndpointSource.RULES, "52.219.4.17:443", AddressScope.PUBLIC)


def facts(**values: FactValue | DeniedFact | UnknownFact) -> dict[FactName, Fact]:
    states = {
        FactName[name]: value if isinstance(value, DeniedFact | UnknownFact) else KnownFact(value)
        for name, value in values.items()
    }
    return {name: Fact(name, state, "asked", "me") for name, state in states.items()}


def line(label: str, known: dict[FactName, Fact], location: Location = OBJECT, width: int | None = None) -> str:
    return plain(dict(summary(known, location, NAMED, width))[label])


def grants(*pairs: tuple[Owner, str]) -> Grants:
    return Grants([Grant(owner, permission) for owner, permission in pairs])


def test_owners_that_differ_are_marked() -> None:
    known = facts(OBJECT_OWNER=OwnedBy(B), BUCKET_OWNER=OwnedBy(A))
    found = dict(summary(known, OBJECT, NAMED))["owner"]
    assert plain(found) == "⚠ bob (222222222222) ≠ bucket owner media-prod (111111111111)"
    assert found[0] == ("⚠ ", Tone.WARNING)
    assert line("owner", known, width=34) == "⚠ bob ≠ bucket owner media-prod"
    assert line("owner", known, width=20) == "⚠ bob ≠ media-prod"
    same = facts(OBJECT_OWNER=OwnedBy(A), BUCKET_OWNER=OwnedBy(A))
    assert line("owner", same) == "media-prod (111111111111), also the bucket's owner"
    assert line("owner", same, width=24) == "media-prod, bucket too"


def test_an_owner_that_is_not_known_says_why() -> None:
    neither = facts(OBJECT_OWNER=DeniedFact("s3:GetObjectAcl"), BUCKET_OWNER=UnknownFact("no answer"))
    for known, words in (
        ({}, "… · bucket owner …"),
        (facts(OBJECT_OWNER=OwnedBy(A)), "media-prod (111111111111) · bucket owner …"),
        (neither, "denied: s3:GetObjectAcl · bucket owner unknown: no answer"),
    ):
        assert line("owner", known) == words
    known = facts(BUCKET_OWNER=OwnedBy(A), BUCKET_GRANTS=grants((A, "FULL_CONTROL")), GRANTS=grants((B, "READ")))
    assert line("owner", known, BUCKET) == "media-prod (111111111111), of the bucket"
    assert line("grants", known, BUCKET) == "media-prod  FULL_CONTROL"


def test_as_many_grants_as_fit_are_named_and_the_others_counted() -> None:
    known = facts(GRANTS=grants((A, "FULL_CONTROL"), (B, "READ"), (STRANGER, "READ")))
    assert line("grants", known) == "media-prod  FULL_CONTROL · bob  READ · cccccccc…  READ"
    assert line("grants", known, width=50) == "media-prod  FULL_CONTROL · bob  READ and 1 other"
    assert line("grants", known, width=12) == "3 grants"
    assert line("grants", facts(GRANTS=Grants([]))) == "none"
    off = facts(OWNERSHIP=OwnershipSetting(ObjectOwnership.BUCKET_OWNER_ENFORCED), GRANTS=grants((A, "FULL_CONTROL")))
    assert line("grants", off) == "ACLs off (BucketOwnerEnforced)"
    assert summary({}, Location(LOCAL_BUCKET, "tmp/file"), NAMED, 80) == [], "of a local file there are none"


def test_the_way_is_cut_from_its_end_and_the_address_stays() -> None:
    """What requests pass says more than the address."""
    known = facts(ENDPOINT=WAY)
    assert line("endpoint", known) == f"{URL} → 52.219.4.17:443 · public address · from default rules"
    assert line("endpoint", known, width=95) == f"{URL} → 52.219.4.17:443 · public address"
    assert line("endpoint", known, width=80) == f"{URL} → 52.219.4.17:443"
    assert line("endpoint", known, width=30) == "media-…s.com → 52.219.4.17:443"
    for path, words in (
        (NetworkPath(PathKind.GATEWAY, Certainty.CERTAIN, "", "vpce-0aaa"), "gateway endpoint vpce-0aaa"),
        (NetworkPath(PathKind.INTERFACE, Certainty.INFERRED, ""), "interface endpoint (inferred)"),
        (NetworkPath(PathKind.PROXY, Certainty.CERTAIN, ""), "proxy"),
        (NetworkPath(PathKind.PUBLIC, Certainty.CERTAIN, ""), "public address"),
        (NetworkPath(PathKind.UNKNOWN, Certainty.UNKNOWN, ""), "public address"),
    ):
        shown = line("endpoint", facts(ENDPOINT=WAY, NETWORK_PATH=path))
        assert shown == f"{URL} → 52.219.4.17:443 · {words} · from default rules"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.integers(8, 120))
def test_no_line_of_a_summary_is_wider(text: str, width: int) -> None:
    owner = Owner(text)
    known = facts(
        OBJECT_OWNER=OwnedBy(owner),
        BUCKET_OWNER=OwnedBy(A),
        GRANTS=grants((owner, text), (A, text)),
        ENDPOINT=EffectiveEndpoint(text, "", EndpointSource.RULES, text, AddressScope.UNKNOWN),
    )
    for place in (OBJECT, BUCKET):
        assert all(cells(plain(found)) <= width for _, found in summary(known, place, NAMED, width))
