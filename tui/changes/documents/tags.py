"""Tags of objects and buckets: a JSON object of names and values."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from tui.changes.documents.base import Document, Services
from tui.changes.json_objects import Members, read_members, texts, written
from tui.core.changes import DocumentRef
from tui.core.identity import AddressBook
from tui.core.naming import counted

LONGEST_NAME, LONGEST_VALUE = 128, 256
"""Characters of a tag (Amazon S3 User Guide, "Categorizing your objects using tags")."""

RESERVED = "aws:"
"""Begins the names of tags that only AWS sets."""

_MARKS = frozenset("+-=._:/@")


class Tags(Document):
    """What the tags of objects and of buckets have in common; no tags are ``{}``."""

    removable = False
    most = 0
    """How many tags there may be."""

    def settled(self, text: str, before: str | None, book: AddressBook) -> str:  # noqa: ARG002  # tags name no account
        """In the order of their names, which is none of S3's."""
        try:
            return written(dict(sorted(read_members(text).items())))
        except ValueError:
            return text

    def mistakes(self, before: str | None, after: str) -> Iterator[str]:
        """Too many, too long, or of characters that S3 does not take; tags that stay as they are may be so."""
        try:
            tags = read_members(after)
        except ValueError as error:
            yield str(error)
            return
        had = read_members(before) if before else {}
        if len(tags) > max(self.most, len(had)):
            yield f"there would be {counted(len(tags), 'tag')}, and S3 takes {self.most}"
        yield from texts(tags, "tag")
        for name in sorted(tags.keys() | had.keys()):
            if tags.get(name) != had.get(name):
                yield from _mistaken(name, tags.get(name, ""))


class ObjectTags(Tags):
    """Amazon S3 User Guide, "Categorizing your objects using tags": at most 10."""

    most = 10

    async def read(self, services: Services, ref: DocumentRef) -> str:
        """GetObjectTagging."""
        store = await services.store(ref.connection)
        return written(dict(sorted(await store.tags(ref.location.bucket, ref.location.key))))

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        """PutObjectTagging."""
        store = await services.store(ref.connection)
        await store.put_tags(ref.location.bucket, ref.location.key, _pairs(read_members(text)))


class BucketTags(Tags):
    """Amazon S3 User Guide, "Using cost allocation S3 bucket tags": at most 50."""

    most = 50

    async def read(self, services: Services, ref: DocumentRef) -> str:
        """GetBucketTagging."""
        settings = (await services.store(ref.connection)).settings
        return written(dict(sorted(await settings.bucket_tags(ref.location.bucket) or [])))

    async def write(self, services: Services, ref: DocumentRef, text: str) -> None:
        """PutBucketTagging, DeleteBucketTagging."""
        settings = (await services.store(ref.connection)).settings
        await settings.put_bucket_tags(ref.location.bucket, _pairs(read_members(text)))


def _pairs(tags: Members) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in tags.items()]


def _mistaken(name: str, value: object) -> Iterator[str]:
    """What is wrong with one tag."""
    if name.lower().startswith(RESERVED):
        yield f"tag {name} is AWS's own: names that begin with {RESERVED} cannot be set or removed"
    if not 0 < len(name) <= LONGEST_NAME:
        yield f"the name of tag {name[:40]} has {counted(len(name), 'character')}, S3 takes 1 to {LONGEST_NAME}"
    if isinstance(value, str) and len(value) > LONGEST_VALUE:
        yield f"the value of tag {name[:40]} has {counted(len(value), 'character')}, S3 takes {LONGEST_VALUE}"
    if odd := _odd(f"{name}{value}"):
        yield f"tag {name[:40]} has {odd!r}: S3 takes letters, numbers, blanks and {' '.join(sorted(_MARKS))}"


def _odd(text: str) -> str:
    """The first character that S3 does not take."""
    fits = (each in _MARKS or unicodedata.category(each)[0] in "LNZ" for each in text)
    return next((each for each, fit in zip(text, fits, strict=True) if not fit), "")
