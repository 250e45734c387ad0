"""Decides whether a request may go out. What it does not know, it refuses.

It reads a signed request as it is sent: nothing that is named before (parameters, clients, the code that asks) counts.
Allowed are requests about the run's own buckets, roles and users, and reads of an explicit list. Whatever could not be
removed again (a lock in compliance mode), or would have AWS write or send elsewhere (replication, logs), is refused
for own buckets, too.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

PREFIX: Final = "xs3-tui-test"
RUN_NAME: Final = re.compile(rf"{PREFIX}-[0-9a-f]{{8}}")
OWN_NAME: Final = re.compile(rf"{PREFIX}-[0-9a-f]{{8}}-[a-z0-9-]+")
"""Names that runs give to what they make."""


class RefusedError(Exception):
    """A request that may not go out. Neither botocore nor the engine retries it."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request as it is sent. Names of `headers` are in lower case."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: object = None

    @property
    def text(self) -> str:
        """The body, which must be in memory to be judged."""
        body = self.body
        if isinstance(body, bytes | bytearray):
            return bytes(body).decode()
        if body is None or isinstance(body, str):
            return body or ""
        raise RefusedError("a body that cannot be looked at")


WRITES_OF_S3: Final = frozenset(
    {
        *("acl", "annotation", "annotationName", "cors", "delete", "encryption", "legal-hold", "lifecycle"),
        *("object-lock", "ownershipControls", "partNumber", "policy", "publicAccessBlock", "requestPayment"),
        *("restore", "retention", "select", "select-type", "tagging", "uploadId", "uploads", "versionId"),
        *("versioning", "website", "x-id"),
    }
)
"""Names in the query of a request that writes. Left out is what makes AWS write to, or read from, another place."""

REFUSED_HEADERS: Final = {
    "x-amz-server-side-encryption-aws-kms-key-id": "a KMS key",
    "x-amz-rename-source": "a rename",
    "x-amz-request-route": "an answer to an Object Lambda",
}

READS_OF_S3_CONTROL: Final = re.compile(
    r"/v20180820/(jobs|jobs/[0-9A-Za-z-]+|jobs/[0-9A-Za-z-]+/tagging|configuration/publicAccessBlock|accesspoint"
    r"|accesspoint/[a-z0-9-]+(/policy|/policyStatus)?)"
)

READS: Final[dict[str, frozenset[str]]] = {
    "iam": frozenset(
        {
            *("GetUser", "GetUserPolicy", "GetRole", "GetRolePolicy", "GetPolicy", "GetPolicyVersion"),
            *("GetGroup", "GetGroupPolicy", "ListRoles", "ListRolePolicies", "ListRoleTags", "ListUserTags"),
            *("ListAttachedRolePolicies", "ListAttachedUserPolicies", "ListAttachedGroupPolicies", "ListAccessKeys"),
            *("ListUsers", "ListUserPolicies", "ListGroupsForUser", "ListGroupPolicies", "GetAccountSummary"),
            *("SimulatePrincipalPolicy", "SimulateCustomPolicy", "GetContextKeysForCustomPolicy"),
            *("ListAccountAliases", "GetAccessKeyLastUsed", "GetRequestAuthorizationDetails"),
        }
    ),
    "sts": frozenset({"GetCallerIdentity", "DecodeAuthorizationMessage", "GetAccessKeyInfo"}),
    "ec2": frozenset(
        {
            *("DescribeVpcEndpoints", "DescribeRouteTables", "DescribeNetworkInterfaces", "DescribeSubnets"),
            *("DescribeManagedPrefixLists", "GetManagedPrefixListEntries", "DescribePrefixLists"),
        }
    ),
    "kms": frozenset({"DescribeKey", "GetKeyPolicy", "ListAliases", "ListKeys"}),
    "access-analyzer": frozenset({"/policy/validation"}),
}
"""Account-wide and harmless, by the service that the signature names."""

WRITES_OF_IAM: Final[dict[str, str]] = {
    **dict.fromkeys(("CreateRole", "DeleteRole", "UpdateAssumeRolePolicy", "TagRole"), "RoleName"),
    **dict.fromkeys(("PutRolePolicy", "DeleteRolePolicy"), "RoleName"),
    **dict.fromkeys(("CreateUser", "DeleteUser", "TagUser", "PutUserPolicy", "DeleteUserPolicy"), "UserName"),
    **dict.fromkeys(("CreateAccessKey", "DeleteAccessKey"), "UserName"),
}
"""With the parameter that must name something of the run's own; without one IAM would take the caller."""

PARAMETERS_OF_IAM: Final = re.compile(
    r"Action|Version|RoleName|UserName|PolicyName|PolicyDocument|AssumeRolePolicyDocument|AccessKeyId|Description"
    r"|MaxSessionDuration|Path|Tags\.member\.\d+\.(Key|Value)"
)
METADATA_HOSTS: Final = frozenset({"169.254.169.254", "fd00:ec2::254", "169.254.170.2", "169.254.170.23"})

_REGION = r"[a-z]{2}(?:-[a-z]+)+-\d"
_AWS = r"amazonaws\.com(?:\.cn)?"
_S3_HOST = re.compile(rf"(?:(?P<bucket>.+)\.)?s3(?:-fips)?(?:\.dualstack)?(?:[.-]{_REGION})?\.{_AWS}")
_CONTROL_HOST = re.compile(rf"\d{{12}}\.s3-control(?:-fips)?(?:\.dualstack)?\.{_REGION}\.{_AWS}")
_OTHER_HOST = re.compile(rf"(?P<service>[a-z0-9-]+?)(?:-fips)?(?:\.{_REGION})?\.(?:{_AWS}|api\.aws)")
_ACCOUNT = re.compile(r"\d{12}")
_ARN = re.compile(r"arn:aws[^\s<>\"',]*")
_COMPLIANCE = re.compile(r"<Mode>\s*COMPLIANCE\s*</Mode>", re.IGNORECASE)
_JOB_STATE = re.compile(r"/v20180820/jobs/([0-9A-Za-z-]+)/(?:status|priority)")
_MOST_DOCUMENT = 1 << 20


@dataclass(frozen=True, slots=True)
class Guard:
    """`names` are runs (`xs3-tui-test-…`) or single names; `accounts` the numbers of both accounts.

    `endpoint` is the server that stands in for AWS; "" is AWS itself. `jobs` are S3 Batch jobs that were seen to be
    the run's own.
    """

    names: frozenset[str]
    accounts: frozenset[str]
    endpoint: str = ""
    jobs: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        """For another process; see `guard_of`."""
        values = {"names": self.names, "accounts": self.accounts, "jobs": self.jobs}
        return json.dumps({**{name: sorted(value) for name, value in values.items()}, "endpoint": self.endpoint})

    def owns(self, name: str) -> bool:
        if not OWN_NAME.fullmatch(name):
            return False
        return name in self.names or name[: len(PREFIX) + 9] in self.names

    def check(self, request: Outgoing) -> str:
        """Return the kind of request, for its price (`write`, `read` or `free`); raise `RefusedError`."""
        try:
            return self._check(request)
        except RefusedError as error:
            raise RefusedError(f"{request.method} {_plain(request.url)}: {error}") from None
        except (ValueError, TypeError, AttributeError, RecursionError) as error:  # it cannot be read: it is not known
            raise RefusedError(f"{request.method} {_plain(request.url)}: {type(error).__name__}") from None

    def _check(self, request: Outgoing) -> str:
        url = urlsplit(request.url)
        host = url.hostname or ""
        if url.username or url.password or url.fragment or "\\" in request.url or not request.url.isprintable():
            raise RefusedError("an unusual URL")
        if host in METADATA_HOSTS and not self.endpoint:
            return "free"
        service = _service(request)
        if not self.endpoint and url.scheme != "https":
            raise RefusedError("not over TLS")
        if service in ("s3", ""):
            return self._check_s3(request, *self._place(host, url.port))
        self._require_host(host, url.port, service)
        if service == "iam":
            return self._check_iam(request)
        if service == "sts":
            return self._check_sts(request)
        if service in READS:
            asked = url.path if service == "access-analyzer" else _asked(request)
            if asked not in READS[service] or request.method != "POST":
                raise RefusedError(f"{service} {asked}")
            return "free"
        raise RefusedError(f"the service {service}")

    def _place(self, host: str, port: int | None) -> tuple[str | None, bool]:
        """The bucket that the host names, if any, and whether the host may be S3 Control's."""
        if self.endpoint:
            own = urlsplit(self.endpoint)
            if port == own.port and host == own.hostname:
                return None, True
            if port == own.port and host.endswith(f".{own.hostname}"):
                return host.removesuffix(f".{own.hostname}"), False
            raise RefusedError("another host")
        if _CONTROL_HOST.fullmatch(host):
            return "", True
        if (found := _S3_HOST.fullmatch(host)) and port in (None, 443):
            return found["bucket"], False
        raise RefusedError("another host")

    def _require_host(self, host: str, port: int | None, service: str) -> None:
        if self.endpoint:
            own = urlsplit(self.endpoint)
            if (host, port) != (own.hostname, own.port):
                raise RefusedError("another host")
        elif not (found := _OTHER_HOST.fullmatch(host)) or found["service"] != service or port not in (None, 443):
            raise RefusedError("another host")

    def _check_s3(self, request: Outgoing, bucket: str | None, may_be_control: bool) -> str:
        url = urlsplit(request.url)
        if may_be_control and (bucket == "" or url.path.startswith("/v20180820/")):
            return self._check_control(request)
        path = url.path or "/"
        if bucket is None:
            bucket, _, key = path[1:].partition("/")
        else:
            key = path[1:]
        if not bucket:
            if request.method == "GET" and path == "/":
                return "write"  # ListBuckets, which costs as much as a PUT
            raise RefusedError("no bucket")
        if not self.owns(bucket):
            raise RefusedError("another bucket")
        _require_below(key)
        self._check_headers(request)
        reads = request.method in ("GET", "HEAD")
        names = [name for name, _ in parse_qsl(url.query, keep_blank_values=True, max_num_fields=100)]
        if reads:
            listed = not key or any(name in ("uploads", "versions", "list-type") for name in names)
            return "write" if listed and request.method == "GET" else "read"
        unknown = [name for name in names if name not in WRITES_OF_S3 and not name.lower().startswith("x-amz-")]
        if unknown or request.method not in ("PUT", "POST", "DELETE"):
            raise RefusedError(f"{request.method} of {', '.join(unknown) or 'anything'}")
        self._check_document(request, frozenset(names))
        return "free" if request.method == "DELETE" else "write"

    def _check_headers(self, request: Outgoing) -> None:
        for name, what in REFUSED_HEADERS.items():
            if name in request.headers:
                raise RefusedError(what)
        if request.headers.get("x-amz-object-lock-mode", "").upper() == "COMPLIANCE":
            raise RefusedError("a lock that nobody can remove")
        if (source := request.headers.get("x-amz-copy-source")) is not None:
            bucket, _, key = source.removeprefix("/").partition("/")
            if not self.owns(bucket):
                raise RefusedError("a copy of something else")
            _require_below(key.partition("?")[0])

    def _check_document(self, request: Outgoing, names: frozenset[str]) -> None:
        if names & {"retention", "object-lock", "restore", "encryption", "lifecycle"}:
            text = request.text
            if _COMPLIANCE.search(text) or "OutputLocation" in text or "KMSMasterKeyID" in text:
                raise RefusedError("a setting that reaches beyond the bucket, or cannot be taken back")
            if "<!" in text:
                raise RefusedError("a document with declarations")

    def _check_control(self, request: Outgoing) -> str:
        url = urlsplit(request.url)
        if url.path != unquote(url.path):
            raise RefusedError("an unusual path")
        if request.method == "GET" and READS_OF_S3_CONTROL.fullmatch(url.path):
            return "write"
        if request.method != "POST":
            raise RefusedError("a setting of the account")
        if (found := _JOB_STATE.fullmatch(url.path)) and found[1] in self.jobs:
            return "free"
        if url.path != "/v20180820/jobs":
            raise RefusedError("a setting of the account")
        text = request.text
        if "<!" in text or "&#" in text or "KeyId" in text or "Lambda" in text:
            raise RefusedError("a job with more than copies")
        arns = _ARN.findall(text)
        if not arns or not all(self.owns_arn(each) for each in arns):
            raise RefusedError("a job with other places or another role")
        return "write"

    def _check_iam(self, request: Outgoing) -> str:
        parameters = _form(request)
        action = parameters["Action"]
        if action in READS["iam"]:
            return "free"
        named = WRITES_OF_IAM.get(action)
        if named is None or named not in parameters:
            raise RefusedError(f"iam {action}")
        if unknown := [name for name in parameters if not PARAMETERS_OF_IAM.fullmatch(name)]:
            raise RefusedError(f"{action} with {', '.join(unknown)}")
        if not all(self.owns(parameters[name]) for name in ("RoleName", "UserName") if name in parameters):
            raise RefusedError(f"{action} of another name")
        for name in ("PolicyDocument", "AssumeRolePolicyDocument"):
            if name in parameters:
                self._check_policy(parameters[name])
        return "free"

    def _check_sts(self, request: Outgoing) -> str:
        parameters = _form(request)
        if parameters["Action"] in READS["sts"]:
            return "free"
        if parameters["Action"] != "AssumeRole" or not self.owns_arn(parameters.get("RoleArn", "")):
            raise RefusedError(f"sts {parameters['Action']}")
        return "free"

    def owns_arn(self, arn: str) -> bool:
        """Whether an ARN is that of an own bucket, of what is in it, or of an own role or user."""
        parts = arn.split(":", 5)
        if len(parts) != 6 or not parts[1].startswith("aws"):
            return False
        _, _, service, region, account, resource = parts
        if service == "s3" and not region and not account:
            bucket, _, _ = resource.partition("/")
            # `NAME-*` is every bucket of a run; a wildcard before the dash would be those of others, too.
            return self.owns(bucket) or (bucket.endswith("-*") and bucket[:-2] in self.names)
        kind, _, name = resource.partition("/")
        return service == "iam" and account in self.accounts and kind in ("role", "user") and self.owns(name)

    def _check_policy(self, text: str) -> None:
        """An IAM policy: it may allow only what is about own things, and trust only the two accounts."""
        if len(text) > _MOST_DOCUMENT:
            raise RefusedError("a document that is too long")
        document = json.loads(text, object_pairs_hook=_unique)
        for statement in _several(document["Statement"]):
            if statement.get("Effect") == "Deny":
                continue
            if {"NotResource", "NotPrincipal", "NotAction"} & statement.keys():
                raise RefusedError("a policy about all but something")
            if not all(self.owns_arn(each) for each in _several(statement.get("Resource", []))):
                raise RefusedError("a policy about other resources")
            principal = statement.get("Principal", {})
            for kind, values in principal.items():
                for each in _several(values):
                    if not self._may_be_trusted(kind, each):
                        raise RefusedError("a policy that trusts somebody else")

    def _may_be_trusted(self, kind: str, who: str) -> bool:
        if kind == "Service":
            return who == "batchoperations.s3.amazonaws.com"
        account = who.split(":")[4] if who.startswith("arn:aws:iam::") else who
        return kind == "AWS" and account in self.accounts


def guard_of(text: str) -> Guard:
    values = json.loads(text)
    sets = {name: frozenset(values[name]) for name in ("names", "accounts", "jobs")}
    return Guard(endpoint=values["endpoint"], **sets)


def _service(request: Outgoing) -> str:
    """The service that the signature is for; "" for none."""
    header = request.headers.get("authorization", "")
    if header and not header.startswith("AWS4-"):
        raise RefusedError("another kind of signature")
    scopes = re.findall(r"Credential=([^,\s]+)", header)
    scopes += [value for name, value in parse_qsl(urlsplit(request.url).query) if name == "X-Amz-Credential"]
    if header and len(scopes) != 1:
        raise RefusedError("not one signature")
    services = {scope.split("/")[-2] for scope in scopes if scope.count("/") >= 3}
    if len(services) != min(1, len(scopes)):
        raise RefusedError("an unusual signature")
    return next(iter(services), "")


def _asked(request: Outgoing) -> str:
    """The operation of a service whose requests all have one path."""
    if target := request.headers.get("x-amz-target"):
        return target.rpartition(".")[2]
    return _form(request)["Action"]


def _form(request: Outgoing) -> dict[str, str]:
    """The parameters of a form, each of which may be there once."""
    url = urlsplit(request.url)
    if request.method != "POST" or url.query or url.path not in ("", "/"):
        raise RefusedError("not a form")
    found = parse_qs(request.text, keep_blank_values=True, strict_parsing=True, separator="&")
    if any(len(values) != 1 for values in found.values()) or "Action" not in found:
        raise RefusedError("a form with a parameter twice")
    return {name: values[0] for name, values in found.items()}


def _require_below(key: str) -> None:
    """Refuse a key that is above its bucket for who takes `..` for a step up, once or twice decoded."""
    for text in (key, unquote(key), unquote(unquote(key))):
        depth = 0
        for step in text.replace("\\", "/").split("/"):
            depth += {"..": -1, ".": 0, "": 0}.get(step, 1)
            if depth < 0:
                raise RefusedError("a key that leads out of its bucket")


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise RefusedError("a document with a name twice")
    return dict(pairs)


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _plain(url: str) -> str:
    """Without a query, which may be signed."""
    return ascii(url.partition("?")[0])[1:-1]
