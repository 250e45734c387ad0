"""What a request carries besides caller, action and resource: the condition keys of policies.

Rules: IAM user guide, "AWS global condition context keys"; service authorization reference, "Condition keys for
Amazon S3".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from tui.core.network import Certainty, EffectiveEndpoint, NetworkPath, Reach
from tui.inspection.callers import Caller

_VPCE_HOST = re.compile(r"(?:^|\.)(vpce-[0-9a-z]+)[0-9a-z-]*\.s3[.-]")

_OF_ACCESS_POINTS = ("s3:dataaccesspoint", "s3:accesspoint")
"""Keys (their beginnings) that requests through an access point alone carry."""

_OF_VERSIONS = "s3:versionid"

_NEVER_IN_A_READ = (
    "s3:x-amz-acl",
    "s3:x-amz-grant-",
    "s3:x-amz-server-side-encryption",
    "s3:x-amz-copy-source",
    "s3:x-amz-metadata-directive",
    "s3:x-amz-storage-class",
    "s3:x-amz-object-ownership",
    "s3:x-amz-website-redirect-location",
    "s3:requestobjecttag",
    *_OF_ACCESS_POINTS,
    _OF_VERSIONS,
    "aws:calledvia",
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:referer",
    "aws:tagkeys",
    "aws:requesttag/",
)
"""Keys (their beginnings) that a plain read or listing by this program never carries."""

_OF_A_LISTING = ("s3:prefix", "s3:delimiter", "s3:max-keys")
"""Keys that only a listing carries."""


_OF_VPC_ENDPOINTS = ("aws:sourcevpcarn", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths")
"""Further keys that only requests through a VPC endpoint carry."""


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Condition keys in lower case with their values: ``()`` is surely absent, a missing key is not known from here.

    Keys that begin like one of `closed` and have no value are surely absent, too. `notes` says, for a key that is not
    known, why it is not. `shapes` are what an unknown value may be, with ``*`` for the part that is not known.
    """

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    closed: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    shapes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def value(self, key: str) -> tuple[str, ...] | None:
        """The values of a key, ``()`` when the request surely has none, None when it is not known."""
        name = key.lower()
        found = self.values.get(name)
        return () if found is None and name.startswith(self.closed) else found

    def note(self, key: str) -> str:
        """Why a key is not known, or the empty string."""
        return self.notes.get(key.lower(), "")


@dataclass(frozen=True, slots=True)
class KnownRequest:
    """What is known about the request at the moment; the defaults stand for what is not.

    `tags` are the object's, `listed_prefix` the prefix of a listing, `resource_account` the bucket owner's account
    number, `now` seconds since the epoch. `writes`: the request may carry what no read does (an ACL, encryption).
    `lists`: it may carry what only a listing does (a prefix).
    """

    endpoint: EffectiveEndpoint | None = None
    path: NetworkPath | None = None
    tags: Sequence[tuple[str, str]] | None = None
    resource_account: str = ""
    listed_prefix: str | None = None
    now: float | None = None
    writes: bool = False
    lists: bool = True
    of_version: bool = False
    """Whether it names a version, as ``s3:GetObjectVersion`` does."""
    access_point: str = ""
    """The ARN or alias of the access point that it goes through, or the empty string."""


def request_context_of(caller: Caller, known: KnownRequest) -> RequestContext:
    """Everything a read or a listing by `caller` will carry, as far as it can be known from here."""
    values: dict[str, tuple[str, ...]] = {
        "s3:authtype": () if caller.anonymous else ("REST-HEADER",),
        "s3:signatureversion": () if caller.anonymous else ("AWS4-HMAC-SHA256",),
        "aws:viaawsservice": ("false",),
        "aws:principalisawsservice": ("false",),
        **_of_caller(caller),
    }
    notes: dict[str, str] = {}
    shapes: dict[str, tuple[str, ...]] = {}
    if caller.principal_shapes:
        shapes["aws:principalarn"] = caller.principal_shapes
        notes["aws:principalarn"] = "the role's path is not known: it is not part of the session's ARN"
    if known.endpoint:
        _add_endpoint(known.endpoint, values, notes)
    if known.path:
        _add_path(known.path, values, notes)
    if known.tags is not None:
        values |= {f"s3:existingobjecttag/{name.lower()}": (value,) for name, value in known.tags}
    if known.resource_account:
        values["aws:resourceaccount"] = values["s3:resourceaccount"] = (known.resource_account,)
    if known.lists and known.listed_prefix is not None:
        values["s3:prefix"], values["s3:delimiter"] = (known.listed_prefix,), ("/",)
    if known.now is not None:
        moment = datetime.fromtimestamp(known.now, UTC)
        values["aws:currenttime"], values["aws:epochtime"] = (moment.isoformat(),), (str(int(known.now)),)
    closed: tuple[str, ...] = () if known.writes else _NEVER_IN_A_READ
    if known.of_version:
        closed = tuple(one for one in closed if one != _OF_VERSIONS)
    if known.access_point:
        closed = tuple(one for one in closed if one not in _OF_ACCESS_POINTS)
        values |= _of_access_point(known.access_point)
    closed = closed if known.lists else (*closed, *_OF_A_LISTING)
    closed = closed if known.tags is None else (*closed, "s3:existingobjecttag/")
    return RequestContext(values, closed, notes, shapes)


def _of_caller(caller: Caller) -> dict[str, tuple[str, ...]]:
    if caller.anonymous:
        return {
            "aws:principaltype": ("Anonymous",),
            "aws:principalarn": (),
            "aws:principalaccount": ("anonymous",),  # it is always included
        }
    values: dict[str, tuple[str, ...]] = {}
    if caller.account:
        values["aws:principalaccount"] = (caller.account,)
    if caller.principal_arn:
        values["aws:principalarn"] = (caller.principal_arn,)
    if caller.arn:
        values["aws:principaltype"] = (caller.principal_type,)
        values["aws:username"] = (caller.user_name,) if caller.user_name else ()
        if caller.user_name:
            values["aws:principaltype"] = ("User",)
    return values


def _of_access_point(name: str) -> dict[str, tuple[str, ...]]:
    """Amazon S3 user guide, "Configuring IAM policies for using access points"; an alias tells no ARN."""
    fields = name.split(":", 5)
    if len(fields) < 6 or fields[2] != "s3":
        return {}
    return {"s3:dataaccesspointarn": (name,), "s3:dataaccesspointaccount": (fields[4],)}


def vpc_endpoint_id(endpoint: EffectiveEndpoint) -> str:
    """The id of the interface endpoint that the URL names (``vpce-0a1b…``), or the empty string."""
    found = _VPCE_HOST.search(urlsplit(endpoint.url).hostname or "")
    return found[1] if found else ""


def _add_endpoint(endpoint: EffectiveEndpoint, values: dict[str, tuple[str, ...]], notes: dict[str, str]) -> None:
    values["aws:securetransport"] = ("true" if urlsplit(endpoint.url).scheme == "https" else "false",)
    if endpoint.signing_region:
        values["aws:requestedregion"] = (endpoint.signing_region,)
    vpce = vpc_endpoint_id(endpoint)
    if vpce:
        # S3 sees the endpoint and the address inside the VPC, never a public source address.
        values["aws:sourcevpce"], values["aws:sourceip"] = (vpce,), ()
    elif endpoint.reach is Reach.LOOPBACK:
        values |= {"aws:sourceip": ("127.0.0.1",), "aws:sourcevpce": (), "aws:sourcevpc": (), "aws:vpcsourceip": ()}
    elif endpoint.reach is Reach.PRIVATE:
        notes["aws:sourceip"] = "the address is private: through a VPC endpoint S3 sees no source IP"
    else:
        notes["aws:sourceip"] = "this machine's public IP is not known here"
        notes["aws:sourcevpce"] = notes["aws:sourcevpc"] = "a gateway endpoint cannot be detected from here"


def _add_path(path: NetworkPath, values: dict[str, tuple[str, ...]], notes: dict[str, str]) -> None:
    """The keys that a path decides, in place of what the endpoint alone says: only what is certain has values."""
    for seen in path.keys:
        name = seen.key.lower()
        values.pop(name, None)
        notes.pop(name, None)
        if seen.values is not None and seen.certainty is Certainty.CERTAIN:
            values[name] = tuple(seen.values)
        elif seen.why:
            notes[name] = seen.why
    if values.get("aws:sourcevpce") == ():
        values |= dict.fromkeys(_OF_VPC_ENDPOINTS, ())
