"""Settings of buckets and locks of objects, read for the inspection. Nothing here changes anything."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from datetime import UTC
from itertools import islice
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore import xform_name
from botocore.exceptions import ClientError

from tui.aws.connection import is_aws
from tui.aws.refusals import read_refusal
from tui.aws.transport import Sighting, no_object, watching
from tui.core.facts import LifecycleAction, LifecycleRule, LifecycleRules, LifecycleStep
from tui.core.naming import counted, split_arn
from tui.core.network import Addressing, AddressScope, EffectiveEndpoint
from tui.core.problem import ProblemError, ProblemKind
from tui.stores.operations import (
    NEW_OBJECTS,
    DefaultEncryption,
    InventoryConfiguration,
    NamedValues,
    VersioningConfiguration,
)
from tui.stores.s3.calls import Calls, Operations

_ABSENT = (
    *("OwnershipControlsNotFoundError", "NoSuchBucketPolicy", "NoSuchPublicAccessBlockConfiguration"),
    *("NoSuchWebsiteConfiguration", "NoSuchTagSet", "NoSuchTagSetError", "NoSuchLifecycleConfiguration"),
    *("NoSuchCORSConfiguration", "ReplicationConfigurationNotFoundError"),
    "ServerSideEncryptionConfigurationNotFoundError",
    "ObjectLockConfigurationNotFoundError",
    "NoSuchObjectLockConfiguration",
)
"""Codes that say the bucket (or object) has no such setting."""

_NO_LOCK = ("InvalidRequest", "Object Lock")
"""Code and words of a bucket without Object Lock that is asked for an object's retention (Amazon S3 API Reference,
GetObjectRetention)."""

S3Response = Mapping[str, Any]


class S3BucketFacts(Operations):
    """Settings of buckets, as the identity of a connection may read them; see `BucketFacts`."""

    async def versioning(self, bucket: str) -> VersioningConfiguration | None:
        """GetBucketVersioning; a bucket that never had it has no status."""
        answer = await self._setting("GetBucketVersioning", bucket)
        status = (answer or {}).get("Status")
        return VersioningConfiguration(status, (answer or {}).get("MFADelete") == "Enabled") if status else None

    async def object_lock(self, bucket: str) -> NamedValues | None:
        answer = await self._setting("GetObjectLockConfiguration", bucket)
        lock = (answer or {}).get("ObjectLockConfiguration") or {}
        return _lock(lock) if lock.get("ObjectLockEnabled") == "Enabled" else None

    async def retention(self, bucket: str, key: str) -> str | None:
        answer = await self._setting("GetObjectRetention", bucket, key)
        retention = (answer or {}).get("Retention") or {}
        until = retention.get("RetainUntilDate")
        words = f"{retention.get('Mode', '')} until {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if until else ""
        return words or None

    async def legal_hold(self, bucket: str, key: str) -> bool | None:
        answer = await self._setting("GetObjectLegalHold", bucket, key)
        status = ((answer or {}).get("LegalHold") or {}).get("Status")
        return status == "ON" if status else None

    async def replication(self, bucket: str) -> NamedValues | None:
        answer = await self._setting("GetBucketReplication", bucket)
        rules = ((answer or {}).get("ReplicationConfiguration") or {}).get("Rules") or []
        return [(rule.get("ID") or "(no ID)", _replicates(rule)) for rule in rules] or None

    async def lifecycle(self, bucket: str) -> LifecycleRules | None:
        answer = await self._setting("GetBucketLifecycleConfiguration", bucket)
        return read_lifecycle(answer) if answer else None

    async def default_encryption(self, bucket: str) -> DefaultEncryption | None:
        answer = await self._setting("GetBucketEncryption", bucket)
        rules = ((answer or {}).get("ServerSideEncryptionConfiguration") or {}).get("Rules") or []
        default = (rules[0].get("ApplyServerSideEncryptionByDefault") or {}) if rules else {}
        if not default.get("SSEAlgorithm"):
            return None
        blocked = (rules[0].get("BlockedEncryptionTypes") or {}).get("EncryptionType") or []
        return DefaultEncryption(
            default["SSEAlgorithm"],
            default.get("KMSMasterKeyID") or "",
            bool(rules[0].get("BucketKeyEnabled")),
            [str(kind) for kind in blocked if kind != "NONE"],
        )

    async def policy_is_public(self, bucket: str) -> bool | None:
        operation = "GetBucketPolicyStatus"
        answer = await self._setting(operation, bucket)
        status = None if answer is None else self._named(answer, "PolicyStatus", operation, bucket)
        return None if status is None else bool(status.get("IsPublic"))

    async def logging(self, bucket: str) -> NamedValues | None:
        answer = await self._setting("GetBucketLogging", bucket)
        enabled = (answer or {}).get("LoggingEnabled") or {}
        if not enabled:
            return None
        found = [("bucket", enabled.get("TargetBucket", "")), ("prefix", enabled.get("TargetPrefix") or "")]
        return [(name, value) for name, value in found if value]

    async def website_settings(self, bucket: str) -> NamedValues | None:
        answer = await self._setting("GetBucketWebsite", bucket)
        return None if answer is None else _website(answer)

    async def cors(self, bucket: str) -> NamedValues | None:
        answer = await self._setting("GetBucketCors", bucket)
        rules = (answer or {}).get("CORSRules") or []
        shown = [
            (", ".join(rule.get("AllowedMethods") or []), f"from {', '.join(rule.get('AllowedOrigins') or [])}")
            for rule in rules
        ]
        return shown or None

    async def payer(self, bucket: str) -> str:
        operation = "GetBucketRequestPayment"
        answer = await self._setting(operation, bucket)
        return str(self._named(answer or {}, "Payer", operation, bucket))

    async def bucket_tags(self, bucket: str) -> NamedValues | None:
        answer = await self._setting("GetBucketTagging", bucket)
        return [(tag.get("Key", ""), tag.get("Value", "")) for tag in (answer or {}).get("TagSet") or []] or None

    async def inventories(self, bucket: str) -> list[InventoryConfiguration] | None:
        """ListBucketInventoryConfigurations; AWS sends 100 of at most 1,000, and as many are read."""
        operation = "ListBucketInventoryConfigurations"
        answer = await self._setting(operation, bucket)
        return [_inventory(each) for each in (answer or {}).get("InventoryConfigurationList") or []] or None

    def _named(self, answer: S3Response, name: str, operation: str, bucket: str) -> Any:
        """What every answer has by that name. A server that does not know the request may answer another one.

        Raises `ProblemError` (UNSUPPORTED).
        """
        if found := answer.get(name):
            return found
        attempt = self._calls.attempt(operation, bucket)
        raise ProblemError(attempt.problem(ProblemKind.UNSUPPORTED, f"the server's answer has no {name}"))

    async def _setting(self, operation: str, bucket: str, key: str = "") -> S3Response | None:
        """The answer; None if its code says that there is no such setting."""
        with self._calls.asking(operation, bucket, key), no_object():
            try:
                asking = getattr(self._calls.client, xform_name(operation))
                answer: S3Response = await asking(Bucket=bucket, **({"Key": key} if key else {}))
            except ClientError as error:
                require_absent(error)
                return None
        return answer


def require_absent(error: ClientError) -> None:
    """Return if the answer says that there is no such setting; raise any other answer on."""
    refusal = read_refusal(error)
    unlocked = refusal.code == _NO_LOCK[0] and _NO_LOCK[1].lower() in refusal.message.lower()
    if refusal.code not in _ABSENT and not unlocked:
        raise error


def _lock(lock: S3Response) -> NamedValues:
    """``Object Lock on``, and what new objects get."""
    default = (lock.get("Rule") or {}).get("DefaultRetention") or {}
    found = [("Object Lock", "on")]
    if default.get("Mode"):
        found.append((NEW_OBJECTS, f"{default['Mode']} for {_period(default)}"))
    if hold := default.get("DefaultEventHold"):
        found.append(("event hold", f"and {_period(hold)} after it"))
    return found


def _period(setting: S3Response) -> str:
    years, days = setting.get("Years"), setting.get("Days")
    return counted(years, "year") if years else counted(days or 0, "day")


def _replicates(rule: S3Response) -> str:
    target, filters = rule.get("Destination") or {}, rule.get("Filter") or {}
    several = filters.get("And") or {}
    prefix = several.get("Prefix") or filters.get("Prefix") or rule.get("Prefix") or ""
    tags = [*(several.get("Tags") or []), *([filters["Tag"]] if filters.get("Tag") else [])]
    tagged = [f"{tag.get('Key', '')}={tag.get('Value', '')}" for tag in tags]
    words = [
        "off:" if rule.get("Status") != "Enabled" else "",
        f"keys {prefix}*" if prefix else "all keys",
        f"tagged {', '.join(tagged)}" if tags else "",
        f"to {target.get('Bucket', '').rpartition(':')[2]}",
        f"of account {target['Account']}" if target.get("Account") else "",
        "whose account becomes the owner" if target.get("AccessControlTranslation") else "",
        f"as {target['StorageClass']}" if target.get("StorageClass") else "",
    ]
    return " ".join(filter(None, words))


def _website(answer: S3Response) -> NamedValues:
    redirect = answer.get("RedirectAllRequestsTo") or {}
    found = [
        ("index", (answer.get("IndexDocument") or {}).get("Suffix") or ""),
        ("errors", (answer.get("ErrorDocument") or {}).get("Key") or ""),
        ("redirects all to", redirect.get("HostName") or ""),
        ("routing rules", str(len(answer.get("RoutingRules") or []) or "")),
    ]
    return [(name, value) for name, value in found if value] or [("website", "on")]


def _inventory(configuration: S3Response) -> InventoryConfiguration:
    target = (configuration.get("Destination") or {}).get("S3BucketDestination") or {}
    return InventoryConfiguration(
        configuration.get("Id", ""),
        split_arn(arn)[0] if ":" in (arn := target.get("Bucket") or "") else arn,
        target.get("Prefix") or "",
        (configuration.get("Filter") or {}).get("Prefix") or "",
        target.get("Format") or "",
        bool(configuration.get("IsEnabled")),
    )


MOST_RULES, MOST_STEPS = 1_000, 50
"""Rules of a bucket, which AWS allows no more of, and steps of one rule that are read."""


def read_lifecycle(answer: Mapping[str, Any]) -> LifecycleRules | None:
    rules = [_rule(one) for one in islice(answer.get("Rules") or [], MOST_RULES)]
    return LifecycleRules(rules, answer.get("TransitionDefaultMinimumObjectSize") or "") if rules else None


def _rule(rule: Mapping[str, Any]) -> LifecycleRule:
    """A rule with its filter, which S3 has in three forms: a prefix alone, one condition, several in ``And``."""
    filters = rule.get("Filter") or {}
    several = filters.get("And") or {}
    tags = [*(several.get("Tags") or []), *([filters["Tag"]] if filters.get("Tag") else [])]
    return LifecycleRule(
        id=rule.get("ID") or "",
        enabled=rule.get("Status") == "Enabled",
        prefix=several.get("Prefix") or filters.get("Prefix") or rule.get("Prefix") or "",
        tags=[(tag.get("Key", ""), tag.get("Value", "")) for tag in tags],
        larger_than=several.get("ObjectSizeGreaterThan", filters.get("ObjectSizeGreaterThan")),
        smaller_than=several.get("ObjectSizeLessThan", filters.get("ObjectSizeLessThan")),
        steps=list(islice(_steps(rule), MOST_STEPS)),
    )


def _steps(rule: Mapping[str, Any]) -> Iterator[LifecycleStep]:
    for move in rule.get("Transitions") or []:
        yield LifecycleStep(LifecycleAction.TRANSITION, move.get("Days"), _date(move), move.get("StorageClass", ""))
    expiration = rule.get("Expiration") or {}
    if expiration.get("Days") is not None or expiration.get("Date"):
        yield LifecycleStep(LifecycleAction.EXPIRE, expiration.get("Days"), _date(expiration))
    if expiration.get("ExpiredObjectDeleteMarker"):
        yield LifecycleStep(LifecycleAction.REMOVE_MARKERS)
    for move in rule.get("NoncurrentVersionTransitions") or []:
        spared = move.get("NewerNoncurrentVersions") or 0
        yield LifecycleStep(
            LifecycleAction.TRANSITION_OLD, move.get("NoncurrentDays"), None, move.get("StorageClass", ""), spared
        )
    if old := rule.get("NoncurrentVersionExpiration"):
        yield LifecycleStep(
            LifecycleAction.EXPIRE_OLD, old.get("NoncurrentDays"), spared=old.get("NewerNoncurrentVersions") or 0
        )
    if abort := rule.get("AbortIncompleteMultipartUpload"):
        yield LifecycleStep(LifecycleAction.ABORT_UPLOADS, abort.get("DaysAfterInitiation"))


def _date(action: Mapping[str, Any]) -> float | None:
    date = action.get("Date")
    return date.timestamp() if date else None


async def seen_endpoint(calls: Calls, bucket: str) -> EffectiveEndpoint:
    """How a HeadBucket went out; raises `ProblemError` if it did not arrive. A refusal arrives, too."""
    listed: bool | None = None
    missing = False
    with watching() as sighting:
        try:
            with calls.asking("HeadBucket", bucket):
                answer: Any = await calls.client.head_bucket(Bucket=bucket)
            listed = True
        except ProblemError as error:
            if error.problem.kind is ProblemKind.UNREACHABLE or not sighting.url:
                raise
            missing = error.problem.kind is ProblemKind.NO_SUCH_BUCKET
            listed = False if error.problem.kind is ProblemKind.DENIED else None
            answer = error.__cause__.response if isinstance(error.__cause__, ClientError) else {}
    settings = calls.connection.settings
    return EffectiveEndpoint(
        url=_base(sighting.url),
        signing_region=sighting.signing_region or settings.region,
        source=settings.endpoint.source,
        address=_address(sighting),
        reach=reach_of(sighting.host),
        listed=listed,
        no_bucket=missing,
        signing_name=sighting.signing_name,
        bucket_region=_region_in(answer),
        addressing=addressing_of(sighting.url, bucket),
        options=options_of(sighting.url),
        proxy=sighting.proxy,
        tls=sighting.tls,
        certificate=sighting.certificate,
    )


def reach_of(host: str) -> AddressScope:
    """What an IP address says about where it is."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return AddressScope.UNKNOWN
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.is_loopback:
        return AddressScope.LOOPBACK
    return AddressScope.PUBLIC if address.is_global else AddressScope.PRIVATE


def addressing_of(url: str, bucket: str) -> Addressing | None:
    parts = urlsplit(url)
    if (parts.hostname or "").startswith(f"{bucket.lower()}."):
        return Addressing.VIRTUAL
    return Addressing.PATH if unquote(parts.path).strip("/") == bucket else None


def options_of(url: str) -> list[str]:
    """The options of AWS's endpoints that a URL goes by (Amazon S3 user guide, "Amazon S3 endpoints")."""
    labels = (urlsplit(url).hostname or "").split(".") if is_aws(url) else []
    chosen = {
        "FIPS": any(label.endswith("-fips") for label in labels),
        "dual-stack": "dualstack" in labels,
        "accelerate": "s3-accelerate" in labels,
    }
    return [name for name, is_chosen in chosen.items() if is_chosen]


def _region_in(answer: Any) -> str:
    """The bucket's region as an answer to HeadBucket names it, or the empty string."""
    headers = (answer.get("ResponseMetadata") or {}).get("HTTPHeaders") or {}
    return str(headers.get("x-amz-bucket-region", ""))


def _base(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def _address(sighting: Sighting) -> str:
    if not sighting.host:
        return ""
    return f"[{sighting.host}]:{sighting.port}" if ":" in sighting.host else f"{sighting.host}:{sighting.port}"
