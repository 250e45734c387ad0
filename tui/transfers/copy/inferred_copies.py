"""Copies of which it is inferred, from others, that they have all that their sources have.

AWS, Ceph and MinIO are known to count the tags of an object in its head, and to keep all it has in CopyObject. What
another server does is learned (`LearnedTraits`), and nothing is inferred before objects have proven it: until then all
are looked at, and the `FIRST` and every `SOME`th are copied as they are to see what becomes of them. Then every
`EVERY`th is. A sample that disagrees refutes it for this server, and the last `LOOKED_AGAIN` copies, more than there
were since a good sample, are looked at and put right. What an odd server can do:

- It drops tags, metadata or its content type in CopyObject: no copy that is not looked at was made before one has shown
  it. A copy that was looked at is made again with what it should have; later ones are made so from the start.
- It does not count tags, or counts them wrong: the first object with tags that is asked for shows it. It is asked for
  whenever there is a number, right or wrong.
- It changes its behaviour after a thousand objects: the next sample, or the last copy, shows it.
- It ignores If-Match: what is read is compared with the listed ETag all the same, and no write relies on a condition.
- A transfer is killed before the next sample: the one that goes on looks at the last copies first.

A server that keeps content type, metadata and tags, but drops another header that few objects have, may lose it where
no sample meets it. Nothing is inferred for a move, whose source is gone afterwards, nor in a worker, whose results are
elsewhere.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from dataclasses import dataclass

from msgspec.structs import replace

from tui.aws.server_traits import COUNTS_TAGS, KEEPS
from tui.core.problem import ProblemError
from tui.core.transfer import ObjectResult, Outcome
from tui.stores.base import Store
from tui.stores.store_values import ANYTHING, ObjectAttributes, ObjectHead, WriteCondition, WriteResult
from tui.transfers.attributes import NO_TAGS
from tui.transfers.copy.annotations import EVERY, TagList
from tui.transfers.copy.delivery import Copied, Delivery, SourceSnapshot
from tui.transfers.copy.routes import TAGS_UNREAD, Copier
from tui.transfers.copy.upload_records import TransferUploads
from tui.transfers.journal import Journal
from tui.transfers.sides import ResolvedRoute, Sides
from tui.transfers.tasks import in_batches, together

LOOKED_AGAIN = 2 * EVERY
REMEMBERED = 4 * LOOKED_AGAIN
"""Results of an earlier run among which these are: those of three workers may stand between them."""
FIRST, SOME = 8, 50
"""So many, and one of so many, are copied as they are before it is proven that they are right."""
NOT_ALL = "without all of its headers and metadata: {}"
TAGS = "tags"
WEBSITE = "WebsiteRedirectLocation"
"""CopyObject never takes it along; see `Websites`."""
_DEFAULTS = ("binary/octet-stream", "application/octet-stream")
"""Content types that objects get by themselves: that a copy has one shows nothing."""


class AsIsCopies:
    """Whether CopyObject copies the objects of one transfer as they are, and which of the copies is looked at."""

    def __init__(self, *, infers: bool) -> None:
        self._infers = infers
        self._begun = 0
        self.refuted = False

    def turn(self, writer: Store) -> bool | None:
        """Whether the next copy is a sample, to be looked at; None: it is not to be copied as it is."""
        learned = writer.capabilities.learned
        kept = learned.keeps_all
        if not self._infers or self.refuted or kept is False or "object" not in learned.servers:
            return None  # also of a server whose objects have not said yet which one it is
        self._begun += 1
        sample = self._begun <= (1 if kept else FIRST) or self._begun % (EVERY if kept else SOME) == 0
        return sample if kept else sample or None

    def looked(self, *, right: bool) -> None:
        """A sample was looked at. One that could not be seen is not right."""
        self.refuted = self.refuted or not right

    def failed(self) -> None:
        """A sample was not copied."""
        self._begun -= 1


@dataclass(frozen=True, slots=True)
class InferredCopy:
    """A copy and its result; `section` None, `etag` (of the source) empty: not known.

    `as_is`: by CopyObject alone; else only its tags are inferred.
    """

    section: int | None
    key: str
    way: ResolvedRoute
    etag: str
    result: ObjectResult
    as_is: bool


class InferredCopies:
    """The copies of one transfer that were not looked at."""

    def __init__(self, sides: Sides, copier: Copier, journal: Journal, uploads: TransferUploads, transfer: str) -> None:
        self._sides, self._copier = sides, copier
        self.as_is = AsIsCopies(infers=copier.infers)
        self._journal, self._uploads, self._transfer = journal, uploads, transfer
        self._since = deque[InferredCopy](maxlen=LOOKED_AGAIN)
        self._earlier: list[ObjectResult] | None = None

    async def recorded(self, section: int, key: str, copied: Copied, result: ObjectResult, *, surely: bool) -> None:
        """A copy was recorded; `surely`: it is looked at whatever others have shown."""
        as_is = copied.way.server_side and copied.seen.head.listed
        copy = InferredCopy(section, key, copied.way, copied.seen.head.etag, result, as_is)
        if surely:
            await self.look_again(copy)
        else:
            self._since.append(copy)
        await self._if_refuted()

    async def finish(self) -> None:
        """Look at the last copy of each kind, and at all if one is not right.

        To be called when all results were recorded.
        """
        await self.go_on()
        for last in {each.as_is: each for each in self._since}.values():
            if not await self.look_again(last):
                self.as_is.refuted = True
        await self._if_refuted()

    def is_known(self, way: ResolvedRoute) -> bool:
        """Whether nothing is inferred of copies by this way."""
        reader, writer = way.reader.capabilities, way.writer.capabilities
        known = writer.copies_as_is if way.server_side else reader.counts_tags or not (reader.tags and writer.tags)
        return known or not self._copier.infers

    async def remember(self) -> None:
        """The last copies of an earlier run, which nobody has looked at since: once, before any is recorded."""
        if self._earlier is None and self._copier.infers:
            self._earlier = []
            latest = self._journal.results.of(self._transfer, latest=REMEMBERED)
            self._earlier = [each async for each in latest]

    async def go_on(self) -> None:
        """Look at what was remembered, now that an answer has shown which server it is."""
        if not self._earlier:
            return
        earlier, self._earlier = self._earlier, []
        ways = {way.route: way for way in self._sides.ways() if not self.is_known(way)}
        start, copies, options = self._sides.source_uri(""), list[InferredCopy](), self._sides.order.options
        for each in earlier:
            if each.route and (way := ways.get(each.route)):
                as_is = way.server_side and not (options.headers or options.metadata)
                copies.append(InferredCopy(None, each.source.removeprefix(start), way, "", each, as_is))
        await in_batches(self.look_again, copies)

    async def _if_refuted(self) -> None:
        if self._since and (self.as_is.refuted or self._copier.tags.refuted):
            since = list(self._since)
            self._since.clear()
            await in_batches(self.look_again, since)

    async def sampled(self, copied: Copied, delivery: Delivery) -> Copied | None:
        """Look at a sample that was copied as it is; None: it is to be copied again, with all it should have."""
        way, seen, etag, right = copied.way, copied.seen, copied.stored.etag, False
        with suppress(ProblemError):
            tags = await self._copier.tags.read(seen.key) if way.writer.capabilities.tags else []
            both = await self._look(way, seen.key, delivery.key, seen.head.etag, etag)
            right = (
                both is not None
                and tags is not None
                and not await self._lost(way, delivery.key, both, tags, as_is=True)
            )
        self.as_is.looked(right=right)
        if not right and delivery.when != ANYTHING:
            delivery.when = WriteCondition(replaces=etag)
        return copied if right else None

    async def look_again(self, copy: InferredCopy) -> bool:
        """Whether a copy has all that its source has; if not, it is given that. Nothing is raised."""
        result, note, lost = copy.result, "", True
        if result.outcome is not Outcome.COPIED or not result.etag:
            return True
        try:
            known = await self._put_right(copy)
            result, lost, note = known or result, known is not copy.result, "" if known else TAGS_UNREAD
        except ProblemError as error:
            only_tags = error.problem.permission == "s3:PutObjectTagging" or not copy.as_is
            note = NO_TAGS if only_tags else NOT_ALL.format(error.problem.title)
        result = replace(result, notes=[*result.notes, note]) if note else result
        if result != copy.result:
            self._journal.results.correct(self._transfer, await self._section(copy), copy.key, result)
        return not lost

    async def _put_right(self, copy: InferredCopy) -> ObjectResult | None:
        """The result of a copy that has all now: the same one, if it had; None: nobody may read the source's tags."""
        way, result = copy.way, copy.result
        tags = await self._copier.tags.read(copy.key) if way.writer.capabilities.tags else []
        if not tags and not copy.as_is:
            return None if tags is None else result
        key = result.target.removeprefix(self._sides.target_uri(""))
        both = await self._look(way, copy.key, key, copy.etag, result.etag)
        if both is None or tags is None:
            return None if tags is None else result
        lost = await self._lost(way, key, both, tags, as_is=copy.as_is)
        if lost and not copy.as_is:
            for operation in ("GetObject", "HeadObject"):
                way.reader.capabilities.learned.show(COUNTS_TAGS.format(operation), holds=False)
        if lost == {TAGS}:
            await way.writer.put_tags(self._sides.target_bucket, key, tags)
            return replace(result)
        return await self._made_again(copy, key, SourceSnapshot(copy.key, both[0], tags, ())) if lost else result

    async def _look(
        self, way: ResolvedRoute, source_key: str, key: str, source_etag: str, etag: str
    ) -> tuple[ObjectHead, ObjectHead] | None:
        """A source and its copy; None: one of them is another object by now (`source_etag` empty: any)."""
        sides = self._sides
        source, there = await together(
            way.reader.head(sides.source_bucket, source_key, sides.order.selection.version),
            way.writer.head(sides.target_bucket, key),
        )
        return (source, there) if there.etag == etag and source_etag in ("", source.etag) else None

    async def _lost(
        self, way: ResolvedRoute, key: str, both: tuple[ObjectHead, ObjectHead], tags: TagList, *, as_is: bool
    ) -> set[str]:
        """What of its source a copy does not have; of one made `as_is` is learned what CopyObject keeps."""
        source, there = both
        has = await way.writer.tags(self._sides.target_bucket, key) if way.writer.capabilities.tags else []
        if not as_is:
            return {TAGS} if sorted(tags) != sorted(has) else set()
        shown = {name: there.headers.get(name) == value for name, value in source.headers.items() if name != WEBSITE}
        if source.metadata or there.metadata:
            shown["metadata"] = source.metadata == there.metadata
        if tags or has:
            shown[TAGS] = sorted(tags) == sorted(has)
        for name, kept in shown.items():
            if not (kept and source.headers.get(name) in _DEFAULTS):
                way.writer.capabilities.learned.show(KEEPS.format(name), holds=kept)
        return {name for name, kept in shown.items() if not kept}

    async def _made_again(self, copy: InferredCopy, key: str, seen: SourceSnapshot) -> ObjectResult:
        """Copy an object once more, with all that it is to have, over its copy."""
        way, bucket, when = copy.way, self._sides.target_bucket, WriteCondition(replaces=copy.result.etag)
        uploads = self._uploads.of(copy.section or 0, copy.key)
        delivery = Delivery(self._transfer, bucket, key, lambda _, __: None, uploads, _not_moved)

        async def again(wanted: ObjectAttributes) -> WriteResult:
            return await way.writer.copy(self._copier.source(seen), bucket, key, wanted, when=when)

        stored, _ = await self._copier.put_at_once(way, seen, delivery, again)
        notes = [*copy.result.notes, *delivery.notes]
        return replace(copy.result, etag=stored.etag, made=stored.version, notes=notes)

    async def _section(self, copy: InferredCopy) -> int:
        if copy.section is not None:
            return copy.section
        for section in range(len(self._sides.order.selection.prefixes) + 3):
            if await self._journal.results.finished(self._transfer, section, [copy.key]):
                return section
        return 0


async def _not_moved(*_: object) -> None:
    raise AssertionError("nothing is inferred for a move")
