"""What an order means: which objects, with which attributes, to which keys, by which routes, and who owns copies."""

from collections.abc import Sequence
from contextlib import aclosing
from itertools import product
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.stores.listed_keys import ListedKeys
from tests.stores.refusals import problem_of
from tests.tables import problem_in
from tests.waiting import until
from tui.core.facts import ObjectOwnership
from tui.core.identity import Owner
from tui.core.location import Location
from tui.core.orders import CopyOptions, CopyOrder, CopyRoute, Destination, Filters, Selection
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import AccessCheck, AccessOutcome
from tui.core.wildcards import compile_glob
from tui.features.copy.card import CopyProbeResults
from tui.features.copy.probes import CopyProbeResult, Probe, best, choose
from tui.stores.base import Store
from tui.stores.store_values import ObjectAttributes
from tui.transfers.attributes import TargetRefusals, left_out, weaker, write_degrading
from tui.transfers.bucket_owner import BUCKET_OWNER_FULL_CONTROL, Owners, TargetBucket, acl_to_send, forecast_owner
from tui.transfers.copy.routes import may_hand_over
from tui.transfers.counting import TargetBeside
from tui.transfers.local_disk import directories_of
from tui.transfers.selection import PAGES_AHEAD, ObjectFilter, SelectedObject, lone_keys, outermost, section_pages
from tui.transfers.sides import PATIENCE, ResolvedRoute, RouteOrder, Sides
from tui.transfers.target_keys import refuse_copy_into_itself, renamed, target_key

ALPHABET = "ab/*?[]!-\n.^\\]"
NAMES = st.text(alphabet=ALPHABET, max_size=12)
SETS = st.builds(
    lambda negated, members: (negated, members), st.booleans(), st.text(alphabet="ab/*?.^\\\n", min_size=1, max_size=3)
)
TOKENS = st.lists(st.one_of(st.sampled_from(["*", "?", "a", "b", "/", ".", "^", "\\", "\n"]), SETS), max_size=8)
Token = str | tuple[bool, str]


def naive(tokens: list[Token], name: str) -> bool:
    """Matching by its definition, one token at a time, trying every length of a star."""
    if not tokens:
        return not name
    head, rest = tokens[0], tokens[1:]
    if head == "*":
        return any(naive(rest, name[cut:]) for cut in range(len(name) + 1))
    if not name:
        return False
    if isinstance(head, tuple):
        negated, members = head
        return (name[0] in members) is not negated and naive(rest, name[1:])
    return head in ("?", name[0]) and naive(rest, name[1:])


def written(tokens: list[Token]) -> str:
    return "".join(token if isinstance(token, str) else f"[{'!' * token[0]}{token[1]}]" for token in tokens)


def wanted(base: str = "", **filters: Any) -> ObjectFilter:
    return ObjectFilter(Selection("a", Location("bucket", base), filters=Filters(**filters)))


@given(TOKENS.filter(bool), NAMES)
def test_a_glob_matches_as_it_is_defined(tokens: list[Token], name: str) -> None:
    assert bool(compile_glob(written(tokens)).fullmatch(name)) is naive(tokens, name)


@given(st.text(alphabet=ALPHABET, min_size=1, max_size=12), NAMES)
def test_any_text_is_a_glob_or_a_problem_that_names_it(pattern: str, name: str) -> None:
    problem = None
    try:
        compile_glob(pattern).fullmatch(name)
    except ProblemError as error:
        problem = error.problem
    assert problem is None or ("[" in pattern and repr(pattern) in problem.title)


def test_what_is_promised() -> None:
    expected = {
        ("*.csv", "deep/er/x.csv"): True,
        ("logs/*", "logs/2024/x"): True,
        ("logs/*", "old/logs/x"): False,
        ("README", "docs/README"): True,
        ("README", "docs/readme"): False,
        ("x", "docs/x"): True,
        ("docs/README", "a/docs/README"): False,
        ("a?", "x/ab"): True,
        ("?", "x/"): False,
        ("??", "x/y/"): True,
        ("[a-c]x", "bx"): True,
        ("[!a-c]x", "bx"): False,
        ("[a-]", "-"): True,
        ("[]]", "]"): True,
        ("[!]]", "]"): False,
        ("[[]x]", "[x]"): True,
        ("[*]", "*"): True,
        ("[*]", "x"): False,
        ("a\\b", "a\\b"): True,
        ("x", "x\n"): False,
        ("*x", "\n\x1b[31mx"): True,
        ("é", "e\u0301"): False,
        ("📦?", "📦é"): True,
    }
    assert {(pattern, name): wanted(include=[pattern]).takes_name(name) for pattern, name in expected} == expected
    assert {(pattern, name): not wanted(exclude=[pattern]).takes_name(name) for pattern, name in expected} == expected


def test_a_bad_pattern_is_named() -> None:
    for pattern, name in product(("", "[", "x[ab", "[!", "[]", "[!]", "[z-a]", "a\udcff"), ("include", "exclude")):
        broken: dict[str, Any] = {name: ["*", pattern]}
        problem = problem_in(wanted, **broken)
        assert (problem.kind, repr(pattern) in problem.title) == (ProblemKind.INVALID, True)


def test_names_are_those_below_the_base() -> None:
    assert wanted("logs/", include=["2024/*"]).takes_name("logs/2024/x")
    assert not wanted("logs/", include=["logs/*"]).takes_name("logs/2024/x")
    filters = wanted(include=["*.csv", "*.json"], exclude=["tmp/*"])
    taken = [key for key in ("a.csv", "b/c.json", "tmp/d.csv", "e.txt") if filters.takes_name(key)]
    assert taken == ["a.csv", "b/c.json"]


def test_bounds_include_themselves() -> None:
    bounds: list[tuple[dict[str, Any], int, float, bool]] = [
        ({"min_size": 3}, 3, 0, True),
        ({"min_size": 3}, 2, 0, False),
        ({"max_size": 3}, 3, 0, True),
        ({"max_size": 0}, 1, 0, False),
        ({"newer_than": 100.7}, 1, 100, True),
        ({"newer_than": 100.7}, 1, 99, False),
        ({"older_than": 100.0}, 1, 100.9, True),
        ({"older_than": 100.0}, 1, 101, False),
    ]
    for filters, size, modified, taken in bounds:
        assert wanted(**filters).takes("k", size, modified) is taken, filters
        assert (wanted(**filters).why_not(size, modified) == "") is taken, filters
        assert wanted(**filters).takes("k", None, 0.0), "nothing is known of it yet but its name"


def test_bounds_that_leave_nothing_are_refused() -> None:
    nothing: list[dict[str, Any]] = [
        {"min_size": 2, "max_size": 1},
        {"newer_than": 2, "older_than": 1},
        {"max_size": -1},
    ]
    for filters in nothing:
        with pytest.raises(ProblemError, match="match nothing"):
            wanted(**filters)


def test_a_pattern_of_many_stars_takes_no_time() -> None:
    """Reconsidering the stars would take longer than the universe has."""
    assert not wanted(include=["*a" * 100 + "b"]).takes_name("a" * 1024)


# Which directories a deletion or a move on a disk may have left empty.


def test_each_up_to_the_selected_prefix() -> None:
    expected: list[tuple[list[str], list[str], set[str]]] = [
        (["a/"], ["a/b"], {"a/"}),
        (["a/"], ["a/b/c", "a/b/d/e"], {"a/", "a/b/", "a/b/d/"}),
        (["a/b/"], ["a/b/c/d"], {"a/b/", "a/b/c/"}),
        (["a/"], ["a/b/"], {"a/"}),
        (["a/"], ["b/c", "ab/c"], set()),
        ([], ["a/b"], set()),
    ]
    assert [(prefixes, keys, directories_of(prefixes, keys)) for prefixes, keys, _ in expected] == expected


# Keys at the target: what they become, and what is refused.


def order(
    *keys: str, prefixes: tuple[str, ...] = (), base: str = "", to: str = "", bucket: str = "b", name: str = ""
) -> CopyOrder:
    selection = Selection("one", Location("a", base), list(keys), list(prefixes))
    return CopyOrder(selection, Destination("two", Location(bucket, to), name))


@given(base=st.text(max_size=20), rest=st.text(min_size=1, max_size=20), to=st.text(max_size=20))
def test_what_lies_below_the_base_comes_below_the_target(base: str, rest: str, to: str) -> None:
    asked = order(base + rest, base=base, to=to)
    assert target_key(asked.selection, asked.destination, base + rest) == to + rest


def test_keys_that_cannot_be_are_refused() -> None:
    for key, base, to, cause, remedy in (
        ("z", "x/", "", "'z' is not below 's3://a/x/'", "select it again in its listing"),
        ("x/", "x/", "", "the copy would have an empty name", "choose a target name"),
        ("x/y", "x/", "n" * 1024, "the new key would have 1,025 bytes, the limit is 1,024", "choose a shorter target"),
    ):
        asked = order(key, base=base, to=to)
        problem = problem_in(target_key, asked.selection, asked.destination, key)
        assert (problem.kind, problem.cause, problem.remedy) == (ProblemKind.INVALID, cause, remedy)


def test_the_number_goes_before_the_extension() -> None:
    expected = {
        "name.txt": "name (1).txt",
        "dir.d/name": "dir.d/name (1)",
        "a/.hidden": "a/.hidden (1)",
        "a/x.tar.gz": "a/x (1).tar.gz",
        "events.json.zst": "events (1).json.zst",
        ".tar.gz": ".tar (1).gz",
        "x.gz": "x (1).gz",
        "folder/": "folder (1)/",
        "a/b.c/": "a/b.c (1)/",
        "//": "/ (1)/",
        "name (1).txt": "name (1) (1).txt",
        "📦.bin": "📦 (1).bin",
    }
    assert {key: renamed(key, 1) for key in expected} == expected
    with pytest.raises(ProblemError, match="cannot be copied"):
        renamed("k" * 1022, 1)


@given(st.text(min_size=1, max_size=200), st.integers(1, 999), st.integers(1, 999))
def test_new_names_are_distinct_and_stay_in_their_prefix(key: str, one: int, other: int) -> None:
    assert renamed(key, one) != key
    assert (renamed(key, one) == renamed(key, other)) == (one == other)
    assert Location("b", renamed(key, one)).parent == Location("b", key).parent


def test_a_copy_into_itself_is_refused_where_the_bucket_is_the_same() -> None:
    for nonsense in (
        order("k", bucket="a"),
        order("x/k", base="x/", to="x/", bucket="a"),
        order(prefixes=("p/",), to="p/", base="p/", bucket="a"),
        order(prefixes=("p/",), to="p/q/", bucket="a"),
        order(prefixes=("p/",), bucket="a"),
        order(prefixes=("",), to="sub/", bucket="a"),
        order("a", "p/b", prefixes=("p/",), to="p/", bucket="a"),
    ):
        assert problem_in(refuse_copy_into_itself, nonsense, same_service=True).kind is ProblemKind.INVALID
        refuse_copy_into_itself(nonsense, same_service=False)
    refuse_copy_into_itself(order(prefixes=("p/",), to="pq/", bucket="a"), same_service=True)
    refuse_copy_into_itself(order("k", name="l", bucket="a"), same_service=True)
    refuse_copy_into_itself(order(prefixes=("dir/",), base="dir/", to="", bucket="a"), same_service=True)


def test_a_name_is_for_exactly_one_object() -> None:
    for several in (order("a", "b", name="c"), order(prefixes=("p/",), name="c"), order(name="c")):
        with pytest.raises(ProblemError, match="cannot be copied"):
            refuse_copy_into_itself(several, same_service=False)
    asked = order("x/y", base="x/", to="in/", name="in/other")
    assert target_key(asked.selection, asked.destination, "x/y") == "in/other"
    selection = order("p/a", "q", "q", "r/s", prefixes=("p/", "p/x/", "t/", "p/")).selection
    assert outermost(selection.prefixes) == ["p/", "t/"]
    assert lone_keys(selection) == ["q", "r/s"]
    assert outermost(["", "a/"]) == [""]


# What is at the target's keys is found in its listing, as long as that is worth it.


def beside(target: ListedKeys, to: str = "to/") -> TargetBeside:
    selection = Selection("a", Location("from", "x/"), [], ["x/p/", "x/q/"])
    order = CopyOrder(selection, Destination("b", Location("target", to)), CopyOptions())
    return TargetBeside(Sides(order, ListedKeys([]).as_store, target.as_store, Owners()))


def picked(*keys: str) -> list[SelectedObject]:
    return [SelectedObject(key, 1) for key in keys]


def found(looked: Sequence[SelectedObject]) -> list[int | str | None]:
    return [each.beside.size if each.beside else "unknown" for each in looked]


async def test_each_key_is_found_or_is_not_there() -> None:
    target = ListedKeys(["to/p/a", "to/p/b", "to/p/c/d", "to/p/e"])
    looking = beside(target)
    assert found(await looking.look(1, "x/p/", picked("x/p/a", "x/p/aa", "x/p/c/d"))) == [0, None, 2]
    [last] = await looking.look(1, "x/p/", picked("x/p/z"))
    assert last.beside == SelectedObject("to/p/z")
    await looking.close()
    assert (target.requests, target.open) == (1, 0)


async def test_each_section_has_a_listing_of_its_own_and_marked_keys_have_none() -> None:
    target = ListedKeys(["to/p/a", "to/q/a"])
    looking = beside(target)
    assert found(await looking.look(0, "", picked("x/k"))) == ["unknown"]
    assert target.requests == 0
    assert found(await looking.look(1, "x/p/", picked("x/p/a"))) == [0]
    assert found(await looking.look(2, "x/q/", picked("x/q/a", "x/q/b"))) == [0, None]
    await looking.close()
    assert target.open == 0
    looking = beside(ListedKeys(["to/p/a", "to/p/b"]))
    assert found(await looking.look(1, "x/p/", picked("x/p/b", "x/p/a", "x/p/c"))) == [1, "unknown", None]
    await looking.close()
    unlistable = beside(ListedKeys(["to/p/a"], fails=lambda _number, _under_way: True))
    assert found(await unlistable.look(1, "x/p/", picked("x/p/a", "x/p/b"))) == ["unknown", "unknown"]


async def test_a_target_that_has_much_more_is_not_listed_to_its_end() -> None:
    target = ListedKeys([f"to/p/{number:05d}" for number in range(5000)])
    looking = beside(target)
    looked = await looking.look(1, "x/p/", picked("x/p/00000", "x/p/02500", "x/p/04999"))
    assert found(looked) == [0, "unknown", "unknown"]
    assert target.requests < 3 * PAGES_AHEAD, "of 1,000: what was read ahead by then is in vain"
    await looking.close()
    assert target.open == 0


async def test_few_pages_wait_for_work_that_takes_its_time() -> None:
    source = ListedKeys([f"x/p/{number:05d}" for number in range(5000)])
    selection = Selection("a", Location("from", "x/"), [], ["x/p/"])
    async with aclosing(section_pages(source.as_store, selection, 1)) as pages:
        for _ in range(50):
            await anext(pages)
        await until(lambda: source.under_way == 0, "nothing more is read ahead")
        assert source.requests < 50 + 3 * PAGES_AHEAD, "of 1,000"


# Who will own a copy, over every setting, writer and ACL.
MINE, THEIRS = Owner("bucket's"), Owner("writer's")
ENFORCED, PREFERRED = ObjectOwnership.BUCKET_OWNER_ENFORCED, ObjectOwnership.BUCKET_OWNER_PREFERRED
WRITER = ObjectOwnership.OBJECT_WRITER


def bucket(setting: ObjectOwnership | None, owner: Owner | None = MINE, *, known: bool = True) -> TargetBucket:
    return TargetBucket(setting, known, owner)


def test_the_acl_is_sent_to_a_foreign_bucket_that_takes_acls() -> None:
    for setting in (PREFERRED, WRITER, None):
        assert acl_to_send(bucket(setting), THEIRS) == BUCKET_OWNER_FULL_CONTROL
        assert acl_to_send(bucket(setting), MINE) == ""
    assert acl_to_send(bucket(ENFORCED), THEIRS) == "", "ACLs are off"
    for target, writer in ((bucket(WRITER, None), THEIRS), (bucket(WRITER), None), (bucket(None, known=False), THEIRS)):
        assert acl_to_send(target, writer) == BUCKET_OWNER_FULL_CONTROL, "not known: it is tried"


def test_the_owner_is_forecast() -> None:
    full, unread = BUCKET_OWNER_FULL_CONTROL, bucket(None, known=False)
    expected = [
        (bucket(ENFORCED), THEIRS, "", MINE, ""),
        (bucket(ENFORCED, None), THEIRS, "", None, ""),
        (bucket(PREFERRED), THEIRS, full, MINE, ""),
        (bucket(PREFERRED), THEIRS, "", THEIRS, ""),
        (bucket(WRITER), THEIRS, full, THEIRS, "full control"),
        (bucket(WRITER), THEIRS, "", THEIRS, "policy will not apply to it"),
        (bucket(None), THEIRS, "", THEIRS, ""),
        (bucket(None), MINE, "", MINE, ""),
        (bucket(WRITER, None), THEIRS, full, THEIRS, ""),
        (unread, THEIRS, full, None, ""),
        (unread, MINE, "", MINE, ""),
        (bucket(WRITER), None, "", None, ""),
    ]
    for target, writer, acl, owner, why in expected:
        forecast = forecast_owner(target, writer, acl)
        assert forecast.owner == owner, (target, writer, acl)
        assert forecast.why
        assert why in forecast.why


# What is left out after a refusal: as little as possible, and nothing that has not to do with it.
ALL = ObjectAttributes(tags=[("a", "b")], storage_class="STANDARD_IA", acl=BUCKET_OWNER_FULL_CONTROL)


def refusal(kind: ProblemKind = ProblemKind.DENIED, code: str = "AccessDenied", status: int = 403) -> Problem:
    return Problem(kind=kind, title="refused", code=code, status=status)


class Target:
    """Takes a write only without some attributes."""

    def __init__(self, *, tags: bool = True, acl: bool | None = True, storage_class: bool = True) -> None:
        self._tags, self._acl, self._class = tags, acl, storage_class
        self.asked: list[ObjectAttributes] = []

    async def write(self, wanted: ObjectAttributes) -> str:
        self.asked.append(wanted)
        if wanted.storage_class and not self._class:
            raise ProblemError(refusal(ProblemKind.UNSUPPORTED, "InvalidStorageClass", 400))
        if wanted.acl and self._acl is None:
            raise ProblemError(refusal(ProblemKind.INVALID, "AccessControlListNotSupported", 400))
        if (wanted.tags and not self._tags) or (wanted.acl and not self._acl):
            raise ProblemError(refusal())
        return "etag"


async def test_only_what_is_refused_is_left_out() -> None:
    for target, notes in (
        (Target(), []),
        (Target(tags=False), ["without tags"]),
        (Target(acl=False), ["without ACL"]),
        (Target(acl=None), ["without ACL"]),
        (Target(storage_class=False), ["in the default storage class"]),
        (Target(tags=False, acl=False), ["without tags", "without ACL"]),
        (Target(acl=None, storage_class=False), ["without ACL", "in the default storage class"]),
    ):
        etag, sent = await write_degrading(ALL, target.write, TargetRefusals(), foreign=True)
        assert (etag, [note.split(":")[0] for note in left_out(ALL, sent)]) == ("etag", notes)


async def test_what_was_learned_is_not_tried_again_but_tags_are() -> None:
    learned = TargetRefusals()
    await write_degrading(ALL, Target(acl=None).write, learned, foreign=True)
    again = Target(acl=None)
    _, sent = await write_degrading(ALL, again.write, learned, foreign=True)
    assert len(again.asked) == 1
    assert (sent.acl, sent.tags) == ("", ALL.tags)
    await write_degrading(ALL, Target(tags=False).write, learned, foreign=True)
    _, sent = await write_degrading(ALL, Target().write, learned, foreign=True)
    assert sent.tags == ALL.tags


async def test_the_first_refusal_is_raised_when_nothing_helps() -> None:
    async def never(_: ObjectAttributes) -> str:
        raise ProblemError(refusal())

    assert (await problem_of(write_degrading(ALL, never, TargetRefusals(), foreign=True))).kind is ProblemKind.DENIED


async def test_an_acl_that_is_demanded_is_sent_to_foreign_buckets_only() -> None:
    async def demands(wanted: ObjectAttributes) -> str:
        if wanted.acl != BUCKET_OWNER_FULL_CONTROL:
            raise ProblemError(refusal())
        return "etag"

    plain = ObjectAttributes()
    learned = TargetRefusals()
    _, sent = await write_degrading(plain, demands, learned, foreign=True)
    assert left_out(plain, sent)[0].startswith("with ACL")
    assert learned.accepted(plain).acl == BUCKET_OWNER_FULL_CONTROL
    assert await problem_of(write_degrading(plain, demands, TargetRefusals(), foreign=False)) == refusal()


def test_a_permission_that_is_named_is_left_out_first() -> None:
    named = Problem(kind=ProblemKind.DENIED, title="", permission="s3:PutObjectAcl")
    first, *_ = weaker(ALL, named, foreign=True)
    assert (first.acl, first.tags) == ("", ALL.tags)
    assert weaker(ObjectAttributes(), refusal(), foreign=False) == []
    others = (
        refusal(ProblemKind.SERVER, "InternalError", 500),
        refusal(ProblemKind.EXPIRED, "ExpiredToken", 400),
        refusal(ProblemKind.CHANGED, "PreconditionFailed", 412),
        refusal(ProblemKind.NO_SUCH_BUCKET, "NoSuchBucket", 404),
    )
    assert [weaker(ALL, other, foreign=True) for other in others] == [[]] * len(others)


NAMED = Problem(kind=ProblemKind.DENIED, title="refused", permission="s3:GetObjectAnnotation", status=403)


def test_annotations_are_left_out_first_where_the_denial_names_them_or_may_be_about_them() -> None:
    none = replace(ALL, annotations=False)
    assert weaker(ALL, NAMED, foreign=False)[0] == none
    assert weaker(ALL, refusal(), foreign=False, annotated=True)[0] == none
    assert none not in weaker(ALL, refusal(), foreign=False)
    assert weaker(none, NAMED, foreign=False)[0] != none
    unsupported = refusal(ProblemKind.UNSUPPORTED, "NotImplemented", 501)
    wanted = ObjectAttributes()
    assert weaker(wanted, unsupported, foreign=False, annotated=True) == [replace(wanted, annotations=False)]
    for foreign in (False, True):
        plain = weaker(ALL, refusal(), foreign=foreign)
        assert len(weaker(ALL, refusal(), foreign=foreign, annotated=True)) == len(plain) + 2


# Routes: which are open, for every combination of what the two identities may, and in which order they are tried.
ALLOWED, DENIED, UNKNOWN = AccessOutcome.ALLOWED, AccessOutcome.DENIED, AccessOutcome.UNKNOWN
QUESTIONS = (Probe.SOURCE_READS, Probe.TARGET_READS, Probe.SOURCE_WRITES, Probe.TARGET_WRITES)


def checks(*answers: AccessOutcome) -> dict[Probe, AccessCheck]:
    return {
        probe: AccessCheck("who", "HeadObject", "s3://b/k", answer)
        for probe, answer in zip(QUESTIONS, answers, strict=True)
    }


def chosen(*answers: AccessOutcome, same_service: bool = True) -> CopyRoute | None:
    return best(choose(checks(*answers), "A", "B", same_service=same_service))


def test_the_best_open_route_is_chosen() -> None:
    expected = {
        (ALLOWED, ALLOWED, ALLOWED, ALLOWED): CopyRoute.PULL,
        (ALLOWED, DENIED, ALLOWED, ALLOWED): CopyRoute.PUSH,
        (ALLOWED, DENIED, DENIED, ALLOWED): CopyRoute.RELAY,
        (ALLOWED, ALLOWED, ALLOWED, DENIED): CopyRoute.PUSH,
        (DENIED, ALLOWED, DENIED, ALLOWED): CopyRoute.PULL,
        (ALLOWED, ALLOWED, DENIED, DENIED): None,
        (ALLOWED, UNKNOWN, DENIED, ALLOWED): CopyRoute.RELAY,
        (DENIED, UNKNOWN, DENIED, ALLOWED): CopyRoute.PULL,
    }
    assert {answers: chosen(*answers) for answers in expected} == expected
    assert chosen(ALLOWED, ALLOWED, ALLOWED, ALLOWED, same_service=False) is CopyRoute.RELAY
    between = choose(checks(*[ALLOWED] * 4), "A", "B", same_service=False)
    by_user = choose(checks(*[ALLOWED] * 4), "A", "B", same_service=True, only=CopyRoute.RELAY)
    for verdicts in (between, by_user):
        assert [verdict.possible for verdict in verdicts] == [False, False, True]


def test_a_route_is_open_exactly_when_both_its_halves_are() -> None:
    for answers in product((ALLOWED, DENIED, UNKNOWN), repeat=4):
        by_question = dict(zip(QUESTIONS, answers, strict=True))
        for verdict in choose(checks(*answers), "A", "B", same_service=True):
            reads = Probe.TARGET_READS if verdict.route is CopyRoute.PULL else Probe.SOURCE_READS
            writes = Probe.SOURCE_WRITES if verdict.route is CopyRoute.PUSH else Probe.TARGET_WRITES
            halves = {by_question[reads], by_question[writes]}
            expected = False if DENIED in halves else None if UNKNOWN in halves else True
            assert verdict.possible is expected
            assert verdict.why


def test_the_identity_and_its_missing_permission_are_named() -> None:
    pull, push, relay = choose(checks(ALLOWED, DENIED, DENIED, ALLOWED), "A", "B", same_service=True)
    assert pull.why == "B cannot read the source"
    assert push.why == "A cannot write the target"
    assert relay.why == "A reads, B writes, streamed through this machine"
    assert [verdict.possible for verdict in choose({}, "A", "B", same_service=True)] == [None, None, None]


def test_answers_stand_in_the_order_of_the_probes() -> None:
    answers = CopyProbeResults()
    for probe in reversed(Probe):
        answers.by_probe[probe] = CopyProbeResult(
            AccessCheck(probe.value, "HeadObject", "s3://b/k", AccessOutcome.DENIED)
        )
    assert list(answers.in_order) == list(Probe)
    assert [check.identity for check in answers.checks] == [probe.value for probe in Probe]


# The order of routes, and who hands over to whom.
NOBODY = cast("Store", None)  # the order asks no store for anything
PULL, PUSH, RELAY = (ResolvedRoute(route, NOBODY, NOBODY, None) for route in CopyRoute)


def routes(order: RouteOrder) -> list[CopyRoute]:
    return [way.route for way in order.ordered]


def test_a_route_that_fails_again_and_again_comes_last() -> None:
    order = RouteOrder([PULL, PUSH, RELAY])
    assert routes(order) == [CopyRoute.PULL, CopyRoute.PUSH, CopyRoute.RELAY]
    for _ in range(PATIENCE - 1):
        order.refused(PULL)
    order.worked(PULL)
    for _ in range(PATIENCE - 1):
        order.refused(PULL)
    assert routes(order)[0] is CopyRoute.PULL, "one success forgives"
    order.refused(PULL)
    assert routes(order) == [CopyRoute.PUSH, CopyRoute.RELAY, CopyRoute.PULL]


def test_only_what_another_identity_may_do_better_is_handed_over() -> None:
    expected = {
        ProblemKind.DENIED: True,
        ProblemKind.UNSUPPORTED: True,
        ProblemKind.NO_SUCH_BUCKET: True,
        ProblemKind.CHANGED: False,
        ProblemKind.ARCHIVED: False,
        ProblemKind.EXPIRED: False,
        ProblemKind.SERVER: False,
        ProblemKind.UNREACHABLE: False,
    }
    for way in (PULL, PUSH):
        assert {kind: may_hand_over(way, Problem(kind=kind, title="")) for kind in expected} == expected
    assert not any(may_hand_over(RELAY, Problem(kind=kind, title="")) for kind in expected)
