"""Making new places: a prefix that is there before anything lies in it, and a bucket."""

from __future__ import annotations

import re

from tui.model.identity import Owner
from tui.model.location import DELIMITER, MAX_KEY_BYTES, Location
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import ObjectAttributes, Store
from tui.transfers.attributes import Learned, write_degrading
from tui.transfers.bucket import read_target_bucket
from tui.transfers.existing import look_for
from tui.transfers.ownership import acl_to_send

_ALLOWED = re.compile(r"[a-z0-9.-]*")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_SHORTEST, _LONGEST = 3, 63


async def create_prefix(store: Store, location: Location, account: Owner | None) -> Location:
    """Make the empty object whose key ends in ``/``; returns its location. `account`: the identity's, if known.

    What is there already stays. In another account's bucket it is given the ACL that a copy would get. Raises
    `ProblemError`: of kind INVALID without a request if it can have no such key, of kind EXISTS if it is there.
    """
    key = location.key if location.key.endswith(DELIMITER) else location.key + DELIMITER
    _refuse_prefix(location, key)
    if forbidden := await store.write_refusal(location.bucket):
        raise ProblemError(forbidden)
    if (await look_for([store], location.bucket, key)).head is not None:  # not every server heeds `only_new`
        raise ProblemError(_exists(location, key))
    wanted, foreign = await _attributes(store, location.bucket, account)

    async def put(attributes: ObjectAttributes) -> str:
        return await store.put(location.bucket, key, b"", attributes, only_new=True)

    await write_degrading(wanted, put, Learned(), foreign=foreign)
    return Location(location.bucket, key)


async def _attributes(store: Store, bucket: str, account: Owner | None) -> tuple[ObjectAttributes, bool]:
    """What the marker is to get, and whether the bucket is (or may be) another account's."""
    if not store.capabilities.acls:
        return ObjectAttributes(), False
    target = await read_target_bucket([store], bucket)
    return ObjectAttributes(acl=acl_to_send(target, account)), target.belongs_to(account) is not True


async def create_bucket(store: Store, bucket: str, region: str = "") -> None:
    """CreateBucket; `region` empty: the identity's own. Raises `ProblemError`, for a bad name without a request."""
    refuse_bucket_name(bucket)
    await store.create_bucket(bucket, region)


def refuse_bucket_name(name: str) -> None:
    """Raise `ProblemError` (INVALID) for a name that S3 does not take.

    Amazon S3 User Guide, "General purpose bucket naming rules".
    """
    if why := _wrong_with(name):
        raise _invalid(f"{name!r} cannot be the name of a bucket", why, "use 3 to 63 of a-z, 0-9, hyphen and dot", name)


def _wrong_with(name: str) -> str:
    checks = (
        (not _SHORTEST <= len(name) <= _LONGEST, f"it has {len(name)} characters, not {_SHORTEST} to {_LONGEST}"),
        (not _ALLOWED.fullmatch(name), "it may hold lowercase letters, digits, hyphens and dots only"),
        (name[:1] in ("-", ".") or name[-1:] in ("-", "."), "it must begin and end with a letter or digit"),
        (".." in name, "two dots stand side by side"),
        (bool(_ADDRESS.fullmatch(name)), "it looks like an IP address"),
        (name.startswith(_RESERVED_STARTS), f"names that begin with {', '.join(_RESERVED_STARTS)} are reserved"),
        (name.endswith(_RESERVED_ENDS), f"names that end in {', '.join(_RESERVED_ENDS)} are reserved"),
    )
    return next((why for wrong, why in checks if wrong), "")


def _refuse_prefix(location: Location, key: str) -> None:
    if not location.bucket:
        raise _invalid("a prefix lies in a bucket", "none is given", "open a bucket first", location.uri)
    if not location.key.strip(DELIMITER):
        raise _invalid("the prefix has no name", "a key of slashes alone names nothing", "give it a name", location.uri)
    try:
        size = len(key.encode())
    except UnicodeEncodeError as error:
        raise _invalid("this cannot be the name of a prefix", "it is not UTF-8", "give another name", "") from error
    if size > MAX_KEY_BYTES and not location.is_local:
        cause = f"the key would have {size:,} bytes, S3 takes {MAX_KEY_BYTES:,}"
        raise _invalid("this cannot be the name of a prefix", cause, "choose a shorter name", location.uri)


def _exists(location: Location, key: str) -> Problem:
    return Problem(
        kind=ProblemKind.EXISTS,
        title="the prefix exists",
        cause="an object of this name is there",
        remedy="choose another name",
        resource=Location(location.bucket, key).uri,
    )


def _invalid(title: str, cause: str, remedy: str, resource: str) -> ProblemError:
    return ProblemError(Problem(kind=ProblemKind.INVALID, title=title, cause=cause, remedy=remedy, resource=resource))
