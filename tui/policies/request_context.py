"""The condition keys of a request; its caller; texts with wildcards and variables.

Rules: IAM user guide, "AWS global condition context keys"; service authorization reference, "Condition keys for Amazon
S3".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from urllib.parse import urlsplit

from tui.core.identity import AuthMethod, Identity
from tui.core.network import AddressScope, Certainty, EffectiveEndpoint, NetworkPath

_VPCE_HOST = re.compile(r"(?:^|\.)(vpce-[0-9a-z]+)[0-9a-z-]*\.s3[.-]")

_OF_ACCESS_POINTS = ("s3:dataaccesspoint", "s3:accesspoint")
"""Prefixes of keys that only requests through an access point have."""

_OF_VERSIONS = "s3:versionid"

_NEVER_IN_A_READ = (
    *("s3:x-amz-acl", "s3:x-amz-grant-", "s3:x-amz-server-side-encryption", "s3:x-amz-copy-source"),
    *("s3:x-amz-metadata-directive", "s3:x-amz-storage-class", "s3:x-amz-object-ownership"),
    *("s3:x-amz-website-redirect-location", "s3:requestobjecttag", *_OF_ACCESS_POINTS, _OF_VERSIONS),
    *("aws:calledvia", "aws:sourcearn", "aws:sourceaccount", "aws:referer", "aws:tagkeys", "aws:requesttag/"),
)
"""Prefixes of keys that no read or listing by xs3-tui has."""

_OF_A_LISTING = ("s3:prefix", "s3:delimiter", "s3:max-keys")


_OF_VPC_ENDPOINTS = ("aws:sourcevpcarn", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths")
"""More keys that only requests through a VPC endpoint have."""


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Condition keys in lower case with their values. ``()``: surely absent; a missing key: unknown.

    A missing key with a prefix in `closed` is surely absent, too. `notes` say why a key is unknown. `shapes` are the
    possible values of an unknown key, with ``*`` for the unknown part.
    """

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    closed: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    shapes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def value(self, key: str) -> tuple[str, ...] | None:
        """``()``: the request surely has no value; None: unknown."""
        name = key.lower()
        found = self.values.get(name)
        return () if found is None and name.startswith(self.closed) else found

    def note(self, key: str) -> str:
        return self.notes.get(key.lower(), "")


@dataclass(frozen=True, slots=True)
class KnownRequest:
    """The known parts of a request; each default means unknown.

    `tags` are the object's; `resource_account` is the bucket owner's; `now` in seconds since the epoch. `writes`: it
    may have an ACL or encryption headers. `lists`: it may have a prefix and a delimiter.
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
    """An ARN or an alias."""


def request_context_of(caller: Caller, known: KnownRequest) -> RequestContext:
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
    """Amazon S3 user guide, "Configuring IAM policies for using access points"; an alias does not contain the ARN."""
    fields = name.split(":", 5)
    if len(fields) < 6 or fields[2] != "s3":
        return {}
    return {"s3:dataaccesspointarn": (name,), "s3:dataaccesspointaccount": (fields[4],)}


def vpc_endpoint_id(endpoint: EffectiveEndpoint) -> str:
    found = _VPCE_HOST.search(urlsplit(endpoint.url).hostname or "")
    return found[1] if found else ""


def _add_endpoint(endpoint: EffectiveEndpoint, values: dict[str, tuple[str, ...]], notes: dict[str, str]) -> None:
    values["aws:securetransport"] = ("true" if urlsplit(endpoint.url).scheme == "https" else "false",)
    if endpoint.signing_region:
        values["aws:requestedregion"] = (endpoint.signing_region,)
    vpce = vpc_endpoint_id(endpoint)
    if vpce:
        # S3 sees the endpoint and the address inside the VPC, but no public source address.
        values["aws:sourcevpce"], values["aws:sourceip"] = (vpce,), ()
    elif endpoint.reach is AddressScope.LOOPBACK:
        values |= {"aws:sourceip": ("127.0.0.1",), "aws:sourcevpce": (), "aws:sourcevpc": (), "aws:vpcsourceip": ()}
    elif endpoint.reach is AddressScope.PRIVATE:
        notes["aws:sourceip"] = "the address is private: through a VPC endpoint S3 sees no source IP"
    else:
        notes["aws:sourceip"] = "this machine's public IP is not known here"
        notes["aws:sourcevpce"] = notes["aws:sourcevpc"] = "a gateway endpoint cannot be detected from here"


def _add_path(path: NetworkPath, values: dict[str, tuple[str, ...]], notes: dict[str, str]) -> None:
    """Overwrite the keys that the endpoint alone gives; only certain keys get values."""
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


# The caller of a request, in the forms that policies use.
#
# Rules: IAM user guide, "AWS JSON policy elements: Principal" and "aws:PrincipalArn".

_SSO_PATH = "aws-reserved/sso.amazonaws.com/"

_SESSION = re.compile(r"arn:([^:]+):sts::([^:]*):assumed-role/([^/]+)/(.+)", re.DOTALL)
_ROLE = re.compile(r"arn:([^:]+):iam::([^:]*):role/(?:.*/)?([^/]+)", re.DOTALL)
_SSO_ROLE = "AWSReservedSSO_"
_BY_ROLE = (AuthMethod.ROLE, AuthMethod.WEB_IDENTITY)


@dataclass(frozen=True, slots=True)
class Caller:
    """One identity as S3 sees it; empty: unknown. `arn` is from GetCallerIdentity.

    `role` is the ARN with which a session assumed its role: no other ARN contains the role's path.
    """

    account: str = ""
    arn: str = ""
    canonical_id: str = ""
    anonymous: bool = False
    role: str = ""
    service: str = ""
    """The service principal, if a service sends the request to assume a role."""
    bounded: bool = False
    """Whether it surely has a permissions boundary."""
    by_gateway: bool = False
    """Whether a gateway endpoint's policy evaluates it."""

    @property
    def partition(self) -> str:
        fields = self.arn.split(":")
        return fields[1] if len(fields) > 1 and fields[1] else "aws"

    @property
    def principal_arn(self) -> str:
        """``aws:PrincipalArn``: for a session, the ARN of its role; empty: the role's path is unknown."""
        if not _SESSION.fullmatch(self.arn):
            return self.arn
        return self.role if self._is_session_of(self.role) else ""

    @property
    def principal_shapes(self) -> tuple[str, ...]:
        """The possible values of ``aws:PrincipalArn``, with ``*`` for a path; empty: the path is known.

        Roles of IAM Identity Center have their own paths (IAM Identity Center user guide, "Referencing permission sets
        in resource policies").
        """
        found = _SESSION.fullmatch(self.arn)
        if not found or self.principal_arn:
            return ()
        path = _SSO_PATH if found[3].startswith(_SSO_ROLE) else ""
        head = f"arn:{found[1]}:iam::{found[2]}:role/{path}"
        return f"{head}{found[3]}", f"{head}*/{found[3]}"

    @property
    def principal_type(self) -> str:
        if _SESSION.fullmatch(self.arn):
            return "AssumedRole"
        tail = self.arn.split(":")[-1]
        return "FederatedUser" if tail.startswith("federated-user/") else "Account" if tail == "root" else "User"

    @property
    def user_name(self) -> str:
        tail = self.arn.split(":", 5)[-1]
        return tail.rsplit("/", 1)[1] if tail.startswith("user/") else ""

    def is_role(self, arn: str) -> bool:
        """Whether this is a session of that role. Role names are unique in an account; a known path must match, too."""
        return arn == self.principal_arn if self.principal_arn else self._is_session_of(arn)

    def _is_session_of(self, arn: str) -> bool:
        session, role = _SESSION.fullmatch(self.arn), _ROLE.fullmatch(arn)
        return session is not None and role is not None and session.groups()[:3] == role.groups()


def caller_of(identity: Identity) -> Caller:
    return Caller(
        account=identity.account,
        arn=identity.arn,
        canonical_id=identity.canonical_id,
        anonymous=identity.method is AuthMethod.ANONYMOUS,
        role=assumed_role(identity),
    )


def assumed_role(identity: Identity) -> str:
    """The ARN of the role that an identity assumes, from the user or the profile, else empty."""
    if identity.spec.roles:
        return identity.spec.roles[-1].arn
    first = identity.detail.partition(" ")[0]
    return first if identity.method in _BY_ROLE and _ROLE.fullmatch(first) else ""


# Policy texts with wildcards and variables.
#
# Rules: IAM user guide, "IAM JSON policy elements: Resource" (wildcards) and "IAM policy elements: Variables and tags".

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_SPECIAL = re.compile(r"[*?$]")
_ESCAPES = {"*": "*", "?": "?", "$": "$"}
_ARN_FIELDS = 6


class Wild(Enum):
    """The wildcards of a policy."""

    MANY = "*"
    ONE = "?"


PatternToken = str | Wild
"""An ordinary character, or a wildcard."""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A policy variable without a value: surely `absent`, or unknown."""

    variable: str
    absent: bool


def literal(text: str) -> str:
    """Escape wildcards and variables, as policies do."""
    return _SPECIAL.sub(r"${\g<0>}", text)


def plain(text: str) -> tuple[PatternToken, ...]:
    return tuple(text)


@lru_cache(maxsize=1024)
def wild(text: str) -> tuple[PatternToken, ...]:
    return tuple(Wild(letter) if letter in "*?" else letter for letter in text)


def expand(text: str, request_context: RequestContext, *, wildcards: bool) -> tuple[PatternToken, ...] | Unresolved:
    """Replace variables (``${aws:username}``) by their values; a wildcard in a value is an ordinary character."""
    read = wild if wildcards else plain
    tokens: list[PatternToken] = []
    end = 0
    for found in _VARIABLE.finditer(text):
        value = _value(found[1], request_context)
        if isinstance(value, Unresolved):
            return value
        tokens += read(text[end : found.start()])
        tokens += plain(value)
        end = found.end()
    return (*tokens, *read(text[end:]))


def _value(inside: str, request_context: RequestContext) -> str | Unresolved:
    name, comma, default = inside.partition(",")
    if inside in _ESCAPES:
        return _ESCAPES[inside]
    values = request_context.value(name.strip())
    if values is None:
        return Unresolved(name.strip(), absent=False)
    if len(values) == 1:
        return values[0]
    return default.strip().strip("'") if comma else Unresolved(name.strip(), absent=True)


def fits(pattern: Sequence[PatternToken], text: str) -> bool:
    """Whether the whole text matches. Takes at most ``len(pattern) * len(text)`` steps."""
    return _expression(tuple(pattern)).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _expression(pattern: tuple[PatternToken, ...]) -> re.Pattern[str]:
    """The regular expression. Text after a star is matched at its first position, without backtracking (``(?>…)``).

    Only the last part must be at the end.
    """
    first, *parts = _between_stars(pattern)
    if not parts:
        return re.compile(first, re.DOTALL)
    *middle, last = parts
    found = "".join(f"(?>.*?{part})" for part in middle if part)
    return re.compile(f"{first}{found}.*{last}", re.DOTALL)


def _between_stars(pattern: Sequence[PatternToken]) -> list[str]:
    parts = [""]
    for token in pattern:
        if token is Wild.MANY:
            parts.append("")
        else:
            parts[-1] += "." if token is Wild.ONE else re.escape(str(token))
    return parts


def may_fit(pattern: Sequence[PatternToken], other: Sequence[PatternToken]) -> bool:
    """Whether some text matches both patterns. Takes at most ``len(pattern) * len(other)`` steps."""
    reached = _skip(pattern, {0})
    for token in other:
        if token is Wild.MANY:
            reached = set(range(min(reached), len(pattern) + 1)) if reached else reached
            continue
        stay = {at for at in reached if at < len(pattern) and pattern[at] is Wild.MANY}
        open_ = [at for at in reached - stay if at < len(pattern)]
        pass_ = {at + 1 for at in open_ if pattern[at] == token or Wild.ONE in (pattern[at], token)}
        reached = _skip(pattern, stay | pass_)
    return len(pattern) in reached


def _skip(pattern: Sequence[PatternToken], places: set[int]) -> set[int]:
    """Add the positions after stars, because a star may match nothing."""
    reached = set(places)
    for at in sorted(places):
        while at < len(pattern) and pattern[at] is Wild.MANY:
            at += 1  # the loop goes on from the added position
            reached.add(at)
    return reached


def fits_arn(pattern: Sequence[PatternToken], arn: str) -> bool:
    """Match an ARN field by field: no wildcard matches one of the first five colons."""
    fields = _split_fields(pattern)
    values = arn.split(":", _ARN_FIELDS - 1)
    return len(fields) == len(values) and all(map(fits, fields, values))


def _split_fields(pattern: Sequence[PatternToken]) -> list[list[PatternToken]]:
    fields: list[list[PatternToken]] = [[]]
    for one in pattern:
        if one == ":" and len(fields) < _ARN_FIELDS:
            fields.append([])
        else:
            fields[-1].append(one)
    return fields
