"""Every state of a fact has its words, and no line is wider than its place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.content import Content

from tui.model.facts import (
    Absent,
    Applies,
    Denied,
    Effect,
    Fact,
    FactName,
    FactValue,
    Finding,
    Grant,
    Grants,
    Instant,
    Known,
    Lifecycle,
    ObjectOwnership,
    OwnedBy,
    Ownership,
    Pairs,
    PolicyReading,
    RuleReading,
    Severity,
    Size,
    StatementReading,
    Text,
    Unknown,
)
from tui.model.identity import Address, AddressBook, EndpointSource, Owner
from tui.model.inspection.lifecycle import LifecycleRule, LifecycleRules
from tui.model.inspection.sections import Section
from tui.model.network.endpoint import Addressing, EffectiveEndpoint, Reach
from tui.model.network.path import Certainty, NetworkPath, PathKind
from tui.text.fact_values import shown_in, value_lines
from tui.text.spans import plain
from tui.ui.inspector.facts import finding_lines, section_lines
from tui.ui.kit.lines import wrapped

BOOK = AddressBook({"aaa": Address("aaa", "111111111111", "media-prod"), "bbb": Address("bbb", "222222222222")})
NOW = 1_764_025_200.0

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
    (FactName.OWNERSHIP, Ownership(ObjectOwnership.OBJECT_WRITER), ["ObjectWriter"]),
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
        EffectiveEndpoint("https://x", "ap-northeast-1", EndpointSource.RULES, "10.0.0.7:443", Reach.PRIVATE),
        ["https://x → 10.0.0.7:443", f"{Reach.PRIVATE.value} · signed for ap-northeast-1 · from default rules"],
    ),
    (
        FactName.ENDPOINT,
        EffectiveEndpoint(
            "https://s3-fips.dualstack.us-east-1.amazonaws.com/x",
            "us-east-1",
            EndpointSource.ENV,
            "192.0.2.1:3128",
            Reach.PRIVATE,
            signing_name="s3-outposts",
            addressing=Addressing.PATH,
            options=["FIPS", "dual-stack"],
            proxy="http://proxy:3128",
            tls="TLSv1.3",
            certificate="*.s3.amazonaws.com",
        ),
        [
            "https://s3-fips.dualstack.us-east-1.amazonaws.com/x → 192.0.2.1:3128",
            f"{Reach.PRIVATE.value} · signed for us-east-1 as s3-outposts · from AWS_ENDPOINT_URL · path style · "
            "FIPS · dual-stack · by the proxy http://proxy:3128 · TLSv1.3, certificate *.s3.amazonaws.com",
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


@pytest.mark.parametrize(("name", "value", "lines"), VALUES)
def test_what_is_known_is_shown(name: FactName, value: FactValue, lines: list[str]) -> None:
    fact = Fact(name, Known(value), "Operation", "media-prod")
    assert [plain(line) for line in value_lines(fact, BOOK, NOW)] == lines


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (Denied("s3:GetObjectAcl"), "denied: s3:GetObjectAcl"),
        (Absent(), "none"),
        (Unknown("this server\x07 does not say"), "unknown: this server␇ does not say"),
    ],
)
def test_what_is_not_known_says_why(state: Denied | Absent | Unknown, words: str) -> None:
    assert [plain(line) for line in value_lines(Fact(FactName.TAGS, state, "x", "y"), BOOK, NOW)] == [words]


FACTS = {name: Fact(name, Known(value), "GetBucketOwnershipControls", "media-prod") for name, value, _ in VALUES}


@pytest.mark.parametrize("width", [24, 38, 71, 72, 78, 149, 150, 158, 250])
def test_no_line_is_wider_than_its_place(width: int) -> None:
    lines = section_lines(FACTS, FactName, BOOK, width, NOW).lines
    assert max(line.cell_length for line in lines) <= width


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=120), st.integers(24, 200))
def test_no_value_bursts_its_place(text: str, width: int) -> None:
    facts = {FactName.METADATA: Fact(FactName.METADATA, Known(Pairs([(text, text)])), text, text)}
    finding = Finding("rule", Severity.WARNING, text, [], text)
    for line in section_lines(facts, (), BOOK, width, NOW).lines[1:] + finding_lines([finding], width):
        assert line.cell_length <= width


def test_a_source_stands_beside_its_fact_or_above_the_facts_that_share_it() -> None:
    facts = {name: Fact(name, Known(Size(1)), "HeadObject", "bob") for name in (FactName.SIZE, FactName.ETAG)}
    wide = [line.plain for line in section_lines(facts, (), BOOK, 80, NOW).lines[1:]]
    assert all(line.endswith("HeadObject as bob") for line in wide)
    narrow = [line.plain.rstrip() for line in section_lines(facts, (), BOOK, 38, NOW).lines[1:]]
    assert narrow == ["╶ HeadObject as bob", "size          1 B", "etag          1 B"]


def test_the_gravest_finding_comes_first() -> None:
    findings = [Finding("x", severity, severity.value, []) for severity in reversed(Severity)]
    shown = [line.plain.rstrip() for line in finding_lines(findings, 40)]
    assert shown == ["✗ error", "⚠ warning", "· note", "✓ good"]


def test_the_steps_of_a_remedy_stand_on_lines_of_their_own() -> None:
    finding = Finding("x", Severity.ERROR, "B owns it.", [], "1. As B: hand it over to A\n2. As A: copy it onto itself")
    shown = [line.plain.rstrip() for line in finding_lines([finding], 25)]
    assert shown == [
        "✗ B owns it.",
        "  ▸ 1. As B: hand it over",
        "       to A",
        "    2. As A: copy it onto",
        "       itself",
    ]


@pytest.mark.parametrize("width", [61, 66, 72, 80])
def test_no_word_is_broken_while_a_line_could_hold_it(width: int) -> None:
    pairs = Pairs([("BlockPublicAcls", "true"), ("RestrictPublicBuckets", "true")])
    values: dict[FactName, FactValue] = {
        FactName.BUCKET_OWNER: OwnedBy(Owner("aaa")),
        FactName.OWNERSHIP: Ownership(ObjectOwnership.OBJECT_WRITER),
        FactName.PUBLIC_ACCESS: pairs,
        FactName.SIZE: Size(12_928_590),
    }
    facts = {
        name: Fact(name, Known(value), "GetBucketOwnershipControls", "media-prod") for name, value in values.items()
    }
    shown = [line.plain for line in section_lines(facts, (), BOOK, width, NOW).lines[1:]]
    for words in ("media-prod (111111111111)", "ObjectWriter", "BlockPublicAcls  true", "(12,928,590 bytes)"):
        assert any(words in line for line in shown), words


def test_a_word_that_no_line_holds_is_broken_at_a_joint() -> None:
    finding = Finding("x", Severity.NOTE, "Requests go to http://127.0.0.1:34805/media-prod-assets now.", [])
    shown = [line.plain.rstrip() for line in finding_lines([finding], 26)]
    assert shown == ["· Requests go to", "  http://127.0.0.1:34805/", "  media-prod-assets now."]


def test_what_a_key_does_is_said_only_where_there_is_one() -> None:
    fact = Fact(FactName.POLICY, Known(POLICY), "GetBucketPolicy", "media-prod")
    assert plain(value_lines(fact, BOOK, NOW, with_keys=False)[0]) == "2 statements, 1 applies"


@pytest.mark.timeout(20)
def test_very_long_values_are_counted_and_not_laid_out() -> None:
    tags = Fact(
        FactName.TAGS, Known(Pairs([(f"k{number}", "v") for number in range(100_000)])), "GetObjectTagging", "a"
    )
    lines = [line.plain.strip() for line in section_lines({FactName.TAGS: tags}, (), BOOK, 60).lines[1:]]
    assert lines[-1] == "… and 99,900 more"
    assert len(lines) < 200


@pytest.mark.timeout(20)
def test_a_word_without_an_end_is_cut_and_wrapped_in_the_time_of_its_length() -> None:
    endless = "x" * 200_000
    assert len(wrapped(Content(endless), 50)) == 4_000
    (finding,) = finding_lines([Finding("rule", Severity.ERROR, endless, [])], 10_000)
    assert finding.plain.endswith("x… and 192,000 more characters")


def test_the_age_of_a_section_is_that_of_its_oldest_fact() -> None:
    def heading(**asked: float) -> str:
        facts = {
            FactName[name]: Fact(FactName[name], Known(Text("x")), "HeadObject", "bob", asked=when)
            for name, when in asked.items()
        }
        return section_lines(facts, (), BOOK, 40, NOW).lines[0].plain

    assert heading(SIZE=NOW - 12, ETAG=NOW - 61) == heading(ETAG=NOW - 61)
    assert heading(SIZE=NOW - 12, ETAG=NOW - 1).endswith("─ 12 s ago ─")
    assert heading(ETAG=NOW - 61).endswith("─ 1 min ago ─")
    assert heading(SIZE=NOW - 4).endswith("───")
    assert len(heading(SIZE=NOW - 12)) == 40


@pytest.mark.parametrize(
    ("lock", "retention", "shown"),
    [
        (Known(Pairs([("legal hold", "on")])), Absent(), False),
        (Known(Pairs([("legal hold", "on")])), Denied("s3:GetObjectRetention"), True),
        (Known(Pairs([("event hold", "on")])), Absent(), True),
    ],
    ids=["said by others", "others are denied", "an event hold"],
)
def test_a_lock_is_shown_once(lock: Known, retention: Absent | Denied, shown: bool) -> None:
    states = {FactName.LOCK: lock, FactName.RETENTION: retention, FactName.LEGAL_HOLD: Known(Text("on"))}
    facts = {name: Fact(name, state, "x", "bob") for name, state in states.items()}
    assert (FactName.LOCK in shown_in(Section.PROTECTION, facts)) is shown
