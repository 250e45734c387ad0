"""What S3 has and a local disk has not: kind UNSUPPORTED."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import NoReturn

from tui.core.location import LOCAL_BUCKET
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.core.versions import VersionMarker, VersionPage
from tui.stores.bucket_settings import BucketSettings
from tui.stores.local.errors import disk_problem
from tui.stores.values import Acl, Annotation, ObjectAttributes, Source, Stored
from tui.stores.versions import FROM_THE_START


class WithoutS3:
    """Operations that only S3 has; they are documented in `Store`."""

    async def tags(self, bucket: str, key: str, version: str = "") -> list[tuple[str, str]]:
        """Files have no tags."""
        unsupported("tags", f"{bucket}{key}", version)

    async def put_tags(self, bucket: str, key: str, tags: Sequence[tuple[str, str]], version: str = "") -> None:
        """Files have no tags."""
        unsupported("tags", f"{bucket}{key}", version, tags)

    async def annotations(
        self,
        bucket: str,  # noqa: ARG002  # no file has any
        key: str,  # noqa: ARG002  # no file has any
        version: str = "",  # noqa: ARG002  # no file has any
    ) -> list[Annotation] | None:
        """Files have no annotations."""
        return None

    async def annotation(self, bucket: str, key: str, name: str, version: str = "") -> bytes:
        """Files have no annotations."""
        unsupported("annotations", f"{bucket}{key}", name, version)

    async def annotate(self, bucket: str, key: str, name: str, payload: bytes, *, etag: str) -> None:
        """Files have no annotations."""
        unsupported("annotations", f"{bucket}{key}", name, payload, etag)

    async def versions_page(
        self, bucket: str, prefix: str, *, recursive: bool = False, after: VersionMarker = FROM_THE_START
    ) -> VersionPage:
        """Files have no versions."""
        unsupported("versions", f"{bucket}{prefix}", after, recursive)

    async def delete_versions(self, bucket: str, versions: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Problem]:
        """Files have no versions."""
        unsupported("versions", bucket, versions)

    async def object_acl(self, bucket: str, key: str, version: str = "") -> Acl:
        """Files have no ACL of S3."""
        unsupported("ACLs", f"{bucket}{key}", version)

    async def put_object_acl(
        self, bucket: str, key: str, version: str = "", *, canned: str = "", acl: Acl | None = None
    ) -> None:
        """Files have no ACL of S3."""
        unsupported("ACLs", f"{bucket}{key}", version, canned, acl)

    async def copy(
        self,
        source: Source,
        bucket: str,
        key: str,
        attributes: ObjectAttributes,
        *,
        only_new: bool = False,
        replaces: str = "",  # noqa: ARG002  # files are only ever replaced as a whole: the last one stays
    ) -> Stored:
        """A disk copies nothing by itself: the bytes are relayed."""
        unsupported("server-side copies", f"{bucket}{key}", source, attributes, only_new)

    async def restore(self, bucket: str, key: str, version: str = "", *, tier: str, days: int | None) -> None:
        """No file is archived."""
        unsupported("archives", f"{bucket}{key}", version, tier, days)

    async def create_bucket(self, bucket: str, region: str = "") -> None:
        """File systems are not made here."""
        unsupported("creating buckets", bucket, region)

    async def delete_bucket(self, bucket: str) -> None:
        """File systems are not deleted here."""
        unsupported("deleting buckets", bucket)


class NoSettings:
    """Refuses every operation of `BucketSettings` (UNSUPPORTED)."""

    def __getattr__(self, name: str) -> Callable[..., Awaitable[NoReturn]]:
        if not hasattr(BucketSettings, name):
            raise AttributeError(name)

        async def refuse(bucket: str, *_: object, **__: object) -> NoReturn:
            unsupported("bucket settings", bucket)

        return refuse


def unsupported(what: str, path: str, *_: object) -> NoReturn:
    """Raise what a local disk does not have (kind UNSUPPORTED)."""
    key = path.removeprefix(LOCAL_BUCKET)
    title = f"a local disk does not support {what}"
    raise ProblemError(disk_problem(ProblemKind.UNSUPPORTED, title, "", "choose an S3 bucket", "", key))
