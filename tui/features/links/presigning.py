"""Signs links for GetObject and PutObject with a connection's credentials."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

from tui.aws.connection import Connection
from tui.aws.overrides import expiry_of, presigned_url
from tui.aws.resolve import refreshed
from tui.core.identity import IN_CLEAR, Identity, in_clear
from tui.core.location import Location
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.links.values import LONGEST_LIFE, LinkMethod, LinkOptions, PresignedLink
from tui.stores.base import Store
from tui.stores.s3.calls import Calls
from tui.stores.s3.headers import of_version

_OPERATIONS = {LinkMethod.GET: "GetObject", LinkMethod.PUT: "PutObject"}

_PARAMETERS = {
    "content-type": "ResponseContentType",
    "content-disposition": "ResponseContentDisposition",
    "content-encoding": "ResponseContentEncoding",
    "content-language": "ResponseContentLanguage",
    "cache-control": "ResponseCacheControl",
}


async def presign(
    connection: Connection, identity: Identity, place: Location, options: LinkOptions, warnings: tuple[str, ...]
) -> PresignedLink:
    """Raises `ProblemError` if this identity cannot sign. Nothing is sent to S3."""
    if problem := refusal(identity, options):
        raise ProblemError(problem)
    credentials = await refreshed(connection.credentials, connection.settings.attempt)
    now = time.time()
    operation = _OPERATIONS[options.method]
    with Calls(connection).asking(operation, place.bucket, place.key):
        url, headers = await presigned_url(connection.client, operation, _parameters(place, options), options.seconds)
    asked, end = now + options.seconds, expiry_of(credentials)
    return PresignedLink(
        location=place,
        method=options.method,
        url=url,
        identity=identity.label,
        account=identity.account,
        arn=identity.arn,
        asked=asked,
        until=asked if end is None else min(asked, end),
        headers=headers,
        warnings=warnings,
    )


def refusal(identity: Identity, options: LinkOptions) -> Problem | None:
    """Why no link can be signed, whatever the object; None: it may be tried."""
    if not identity.spec.kind.has_accounts:
        title, remedy = "files have no links", "choose an object in S3"
    elif identity.spec.anonymous:
        title, remedy = "an anonymous identity cannot sign a link", "choose an identity with credentials"
    elif not 1 <= options.seconds <= LONGEST_LIFE:
        title, remedy = "a link lasts at most 7 days", "choose a shorter time: S3 refuses longer ones"
    else:
        return None
    return Problem(kind=ProblemKind.INVALID, title=title, remedy=remedy, identity=identity.label)


def _parameters(place: Location, options: LinkOptions) -> dict[str, Any]:
    parameters: dict[str, Any] = {"Bucket": place.bucket, "Key": place.key, **of_version(options.version)}
    if options.method is LinkMethod.PUT:
        return parameters | ({"ContentType": options.content_type} if options.content_type else {})
    return parameters | {_PARAMETERS[name]: value for name, value in options.response.items()}


async def find_region(connection: Connection, bucket: str) -> None:
    """Let botocore find a bucket's region with a HeadBucket: the signature contains the region.

    Raises `ProblemError` if the bucket does not exist.
    """
    calls = Calls(connection)
    try:
        with calls.asking("HeadBucket", bucket):
            await calls.client.head_bucket(Bucket=bucket)
    except ProblemError as error:
        if error.problem.kind is ProblemKind.NO_SUCH_BUCKET:
            raise  # the object's own request reports all other errors


_LOOPBACK = ("localhost", "127.0.0.1", "::1")


async def prospects(store: Store, place: Location, options: LinkOptions, endpoint: str) -> tuple[str, ...]:
    """Warnings before the link is shared, from a HeadObject by its signer and from its host. Raises nothing."""
    return (*await _of_object(store, place, options), *of_endpoint(endpoint))


async def _of_object(store: Store, place: Location, options: LinkOptions) -> tuple[str, ...]:
    puts = options.method is LinkMethod.PUT
    try:
        head = await store.head(place.bucket, place.key, options.version)
    except ProblemError as error:
        return _unseen(error, puts=puts)
    if puts:
        return ("an upload with this link replaces the existing object",)
    if head.archived:
        return (f"the object is archived ({head.archived}): the link fails until it is restored",)
    return ()


def _unseen(error: ProblemError, *, puts: bool) -> tuple[str, ...]:
    problem = error.problem
    match problem.kind:
        case ProblemKind.NO_SUCH_KEY:
            return () if puts else ("the object does not exist: the link fails until it does",)
        case ProblemKind.DENIED:
            cannot_say = "HeadObject was denied: it is unknown whether an object exists"
            return (cannot_say if puts else "this identity may not read the object: the link will fail",)
        case _:
            return (problem.sentence(),)


def of_endpoint(url: str) -> tuple[str, ...]:
    """Who can reach the link's host, and who can read the traffic."""
    host = urlsplit(url).hostname or ""
    if host in _LOOPBACK:
        return (f"the link leads to {host}: only programs on this machine can open it",)
    found = [f"the link is {IN_CLEAR}"] if in_clear(url) else []
    if ".vpce." in host:
        found.append("the link leads through a VPC endpoint: only its network can open it")
    return tuple(found)
