"""What is brought back and what is taken back, by pages of versions: what stands on top of a key, and why it stays."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from tests.stores.refusals import problem_of
from tests.tables import problem_in
from tests.transfers.journal.samples import PROBLEM
from tui.aws.connection import ServiceTraits
from tui.core.location import DISK, Location, parse_location
from tui.core.naming import MAX_SINGLE_COPY
from tui.core.orders import Filters, RevertOrder, Selection, UndeleteOrder
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.transfer import ObjectResult, Outcome, PlannedAction
from tui.core.versions import DELETED, NULL_VERSION, ObjectVersion, VersionMarker, VersionPage, VersionTally
from tui.features.versions import revert
from tui.features.versions.history import count_versions, pages_with_deleted
from tui.features.versions.revert import Reverter, why_not
from tui.features.versions.undelete import NO_VERSION, NOT_DELETED, Undeleter
from tui.stores.base import Store
from tui.stores.s3.calls import Calls
from tui.stores.s3.objects import with_version
from tui.stores.store_values import Capabilities, ObjectHead, WriteResult
from tui.transfers.copy.object_copy import BEFORE
from tui.transfers.journal import Journal


class Versioned:
    """A bucket of which only its pages of versions are told; `deleted` is what was deleted."""

    capabilities = Capabilities()
    forbidden: Problem | None = None
    kept: Problem | None = None

    def __init__(self, *pages: Sequence[ObjectVersion]) -> None:
        self._pages = pages
        self.deleted: list[tuple[str, str]] = []

    async def versions_page(self, *_: object, after: VersionMarker, **__: object) -> VersionPage:
        place = int(after.version or 0)
        more = place + 1 < len(self._pages)
        return VersionPage([], list(self._pages[place]), VersionMarker("k", str(place + 1)) if more else None)

    async def delete(self, _bucket: str, key: str, version: str) -> None:
        if self.kept:
            raise ProblemError(self.kept)
        self.deleted.append((key, version))

    async def head(self, *_: object) -> ObjectHead:
        return ObjectHead(MAX_SINGLE_COPY + 1, "e", 0.0, {}, {}, version="7")

    async def write_refusal(self, _bucket: str) -> Problem | None:
        return self.forbidden


def one(key: str, version: str, size: int = 5, *, latest: bool = False) -> ObjectVersion:
    return ObjectVersion(key, version, latest, size=size, modified=1.0)


def marker(key: str, version: str, *, latest: bool = True) -> ObjectVersion:
    return ObjectVersion(key, version, latest, marker=True, modified=9.0)


def undeleter(store: Versioned, **selected: Any) -> Undeleter:
    return Undeleter(UndeleteOrder(Selection("c", Location("b"), **selected)), cast(Store, store))


async def test_what_stands_on_top_of_a_key() -> None:
    lasting = Versioned([marker("k", "3"), marker("k", "2", latest=False)], [one("k", "1")])
    history = await undeleter(lasting).look("k")
    assert ([each.version for each in history.markers], history.below) == (["3", "2"], one("k", "1"))
    assert history.left_out == ""
    await undeleter(lasting).bring_back("k", history)
    assert lasting.deleted == [("k", "3"), ("k", "2")]
    lasting.kept = PROBLEM
    assert await problem_of(undeleter(lasting).bring_back("k", replace(history, below=None))) == PROBLEM
    large = await problem_of(undeleter(lasting).bring_back("k", history))
    assert (large.kind, "--version-id 1" in large.remedy) == (ProblemKind.UNSUPPORTED, True)
    assert (await undeleter(Versioned([one("k", "1", latest=True)])).look("k")).left_out == NOT_DELETED
    assert (await undeleter(Versioned([marker("k", "1")])).look("k")).left_out == NO_VERSION
    assert (await problem_of(undeleter(Versioned([one("key", "1")])).look("k"))).kind is ProblemKind.NO_SUCH_KEY


async def test_deleted_keys_are_gathered_over_the_ends_of_pages() -> None:
    store = Versioned(
        [marker("a", "2")],
        [one("a", "1", 7), marker("b", "2"), one("b", "1", 8)],
        [one("c", "1", latest=True), marker("d", "1"), marker("e", "2")],
        [one("e", "1", 9), one("e", "0", 1)],
    )
    pages = [page async for page in undeleter(store, prefixes=[""]).pages(1)]
    assert [[(each.key, each.size) for each in page.picked] for page in pages] == [[("a", 7)], [("b", 8)], [("e", 9)]]
    after = [page async for page in undeleter(store, prefixes=[""]).pages(1, after="a")]
    assert [each.key for page in after for each in page.picked] == ["b", "e"]
    small = Filters(max_size=8)
    counted = [tally async for tally in undeleter(store, prefixes=[""], filters=small).count()][-1]
    assert (counted.objects, counted.bytes, counted.complete) == (2, 15, True)


async def test_the_plan_of_marked_keys_says_which_are_left_and_why() -> None:
    """The filters look at the size of what comes back, and at the time of the deletion."""
    store = Versioned([one("a", "1", latest=True), marker("b", "2"), one("b", "1"), marker("c", "2"), one("c", "1", 9)])
    filters = Filters(max_size=8, newer_than=8.0)
    planned = [each async for each in undeleter(store, keys=["a", "b", "c", "never"], filters=filters).dry_run()]
    left, again, filtered, never = planned
    assert [each.action for each in (left, filtered)] == [PlannedAction.SKIP] * 2
    assert (again.action, never.action) == (PlannedAction.UNDELETE, PlannedAction.REFUSE)
    assert (left.why, filtered.why[:23]) == (NOT_DELETED, "skipped by the filters:")
    assert (await problem_of(anext(undeleter(store, keys=["never"]).dry_run()))).kind is ProblemKind.NO_SUCH_KEY
    store.forbidden = PROBLEM
    assert await problem_of(anext(undeleter(store, keys=["b"]).dry_run())) == PROBLEM
    local = problem_in(Undeleter, UndeleteOrder(Selection("c", parse_location(FILE))), store)
    assert (local.kind, local.title) == (ProblemKind.UNSUPPORTED, "a local disk keeps no versions")


async def test_the_version_of_a_copy_is_that_of_its_content_in_a_bucket_that_keeps_versions() -> None:
    support, traits = SimpleNamespace(versioning={"b": True, "no": False}), ServiceTraits(conceals_versions=True)
    calls = cast(Calls, SimpleNamespace(connection=SimpleNamespace(support=support, traits=traits)))
    there, gone = Versioned(), cast(Any, undeleter(Versioned([])))
    for where, etag, told, now in (("b", "e", "", "7"), ("no", "e", "", ""), ("b", "e", "1", "1"), ("b", "f", "", "")):
        stored = WriteResult(etag, version=told)
        assert await with_version(calls, where, stored, there.head) == WriteResult(etag, version=now)
    assert await with_version(calls, "b", stored, lambda: gone.look("k")) == stored


async def test_a_deleted_key_is_listed_as_such_and_a_class_that_is_not_told_is_the_usual_one() -> None:
    store = Versioned([marker("a", "2"), one("a", "1"), one("b", "1", latest=True)])
    [page] = [page async for page in pages_with_deleted(cast(Store, store), Location("b"))]
    assert [(each.key, each.storage_class) for each in page.objects()] == [("a", DELETED), ("b", "STANDARD")]
    *_, tally = [each async for each in count_versions(cast(Store, store), Location("b"))]
    assert tally == VersionTally(1, 5, 1, 5, markers=1, deleted=1, complete=True)


S3, FILE = "s3://b/k", "file:///k"


def result(outcome: Outcome, source: str = S3, target: str = S3, **more: Any) -> ObjectResult:
    return ObjectResult("t", source, target, outcome, **more)


STAYS: dict[str, tuple[ObjectResult, str]] = {
    "a copy": (result(Outcome.COPIED, made="1"), ""),
    "a copy of a file": (result(Outcome.COPIED, FILE, made="1"), ""),
    "written": (result(Outcome.WRITTEN, "", made="1"), ""),
    "a move": (result(Outcome.MOVED, made="1", marker="2"), ""),
    "a deletion": (result(Outcome.DELETED, target="", marker="2"), ""),
    "no versions": (result(Outcome.COPIED), revert.KEPT_NONE),
    "suspended": (result(Outcome.COPIED, made=NULL_VERSION), revert.SUSPENDED),
    "interrupted": (result(Outcome.COPIED, notes=[BEFORE]), revert.INTERRUPTED),
    "a move, interrupted": (result(Outcome.MOVED, notes=[BEFORE]), revert.INTERRUPTED),
    "a move, interrupted, that comes back": (result(Outcome.MOVED, notes=[BEFORE], marker="2"), ""),
    "onto a disk": (result(Outcome.COPIED, target=FILE), DISK.keeps_none),
    "a move of a file": (result(Outcome.MOVED, FILE, made="1"), DISK.keeps_none),
    "a move, and no marker": (result(Outcome.MOVED, made="1"), revert.SOURCE_GONE),
    "a marker that is null": (result(Outcome.MOVED, made="1", marker=NULL_VERSION), revert.SUSPENDED),
    "a version deleted": (result(Outcome.DELETED, target="", version="1"), revert.FOR_GOOD),
    "deleted without versions": (result(Outcome.DELETED, target=""), revert.KEPT_NONE),
}


def test_why_an_end_cannot_be_taken_back() -> None:
    assert {name: why_not(each) for name, (each, _) in STAYS.items()} == {name: why for name, (_, why) in STAYS.items()}


class Ended:
    """The results of a transfer of one object."""

    def __init__(self, result: ObjectResult) -> None:
        self._result = result

    async def by_key(self, _transfer: str) -> AsyncGenerator[list[tuple[str, ObjectResult]]]:
        yield [("k", self._result)]

    async def one(self, *_: str) -> None:
        """The journal has it no more."""


async def test_what_came_later_is_never_touched() -> None:
    copied, order = result(Outcome.COPIED, made="1"), RevertOrder(Selection("c", Location("b")), "t")
    for pages, left, deleted in (
        ([[one("k", "1", latest=True)]], "", [("k", "1")]),
        ([[one("k", "2", latest=True), one("k", "1")]], revert.NEWER, []),
        ([[one("k", "2", latest=True)], [one("k", "1")]], revert.NEWER, []),
        ([[marker("k", "2"), one("k", "1")]], revert.NEWER, []),
        ([[one("k", "0", latest=True)]], revert.GONE_ALREADY, []),
    ):
        store = Versioned(*pages)
        taking_back = Reverter(order, cast(Store, store), None, cast(Journal, SimpleNamespace(results=Ended(copied))))
        *_, counted = [each async for each in taking_back.count()]
        assert (counted.objects, counted.bytes) == (1, 0), "its size is not known"
        [planned] = [each async for each in taking_back.dry_run()]
        assert (planned.action, planned.why) == (
            (PlannedAction.SKIP, left) if left else (PlannedAction.UNDO, revert.REMOVES_VERSION)
        )
        assert (await taking_back.carry_out(await taking_back.steps(copied)), store.deleted) == (left, deleted), pages
        lost = await problem_of(taking_back.result("k"))
        assert (lost.kind, lost.title) == (ProblemKind.INVALID, "the journal no longer has the results of transfer t")
        store.forbidden = PROBLEM
        assert await problem_of(anext(taking_back.dry_run())) == PROBLEM, "the plan says what may not be done"
