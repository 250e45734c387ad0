"""The network path of requests: the endpoint, who configured it, and what is not known about it.

Rules: Amazon S3 user guide, "AWS PrivateLink for Amazon S3"; Amazon VPC user guide, "Gateway endpoints for Amazon S3".
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from tui.aws.connection import is_aws
from tui.core.facts import AccessVerdict, Applies, FactName, Finding, FindingSeverity, UnknownFact
from tui.core.identity import EndpointSource, Identity
from tui.core.network import AddressScope, Certainty, NetworkPath, PathKind
from tui.network.classify import GLOBAL_HOST
from tui.policies.access import access, allowed_now, doing, has_managed_key
from tui.policies.endpoint_policy import Passage, network_path, passage, vpc_endpoint
from tui.policies.evidence import Evidence
from tui.policies.head_facts import NO_BUCKET, NO_OBJECT, RESTORED_UNTIL, UNDER_WAY
from tui.policies.principals import named_account


def _note(rule: str, sentence: str, remedy: str = "") -> Finding:
    return Finding(rule, FindingSeverity.NOTE, sentence, [FactName.ENDPOINT, FactName.NETWORK_PATH], remedy)


def configured(evidence: Evidence) -> Iterator[Finding]:
    endpoint = evidence.endpoint
    if endpoint and endpoint.source is not EndpointSource.RULES:
        yield _note(
            "endpoint-configured", f"Requests go to {endpoint.url} because of this setting: {endpoint.source.value}."
        )


def through_endpoint(evidence: Evidence) -> Iterator[Finding]:
    path = network_path(evidence)
    if not vpc_endpoint(evidence):
        return
    kind = path.kind if path else PathKind.INTERFACE
    seen = bool(path and path.passed and path.passed.policy)
    policy = "the endpoint policy applies, too" if seen else "the endpoint policy may block buckets of other accounts"
    rule = "gateway-endpoint" if kind is PathKind.GATEWAY else "interface-endpoint"
    yield _note(
        rule,
        f"Requests go through the {kind.value} {vpc_endpoint(evidence)}: S3 sees aws:SourceVpce but no source IP, and "
        f"{policy}.",
    )


def private(evidence: Evidence) -> Iterator[Finding]:
    endpoint, path = evidence.endpoint, network_path(evidence)
    if endpoint is None or endpoint.reach is not AddressScope.PRIVATE or vpc_endpoint(evidence):
        return
    what = "an interface endpoint or a proxy"
    if path and path.kind is PathKind.PROXY:
        what = "the proxy that is set"
    elif path and path.kind is PathKind.PRIVATE:
        what = "a server on a private network"
    elif path and path.endpoint:
        what = f"probably the interface endpoint {path.endpoint}"
    yield _note(
        "private-address",
        f"Requests go to the private address {endpoint.address}: {what}. S3 does not see this machine's public IP.",
    )


def global_host(evidence: Evidence) -> Iterator[Finding]:
    endpoint = evidence.endpoint
    host = (urlsplit(endpoint.url).hostname or "") if endpoint else ""
    if host == GLOBAL_HOST or host.endswith(f".{GLOBAL_HOST}"):
        yield _note(
            "global-endpoint",
            f"Requests go to the global host {GLOBAL_HOST}, which may leave a VPC by another path than a regional "
            "host: a gateway endpoint serves only its own region.",
            "Set s3.us_east_1_regional_endpoint = regional, or give the pane the bucket's region.",
        )


def gateway_unknown(evidence: Evidence) -> Iterator[Finding]:
    """Names and addresses do not show a gateway endpoint. The path may show it, or why it is not known."""
    endpoint, path = evidence.endpoint, network_path(evidence)
    if endpoint is None or endpoint.reach is not AddressScope.PUBLIC or endpoint.proxy or not is_aws(endpoint.url):
        return
    seen = f"{endpoint.address or 'The address'} is public. These requests may still pass a VPC gateway endpoint: "
    if path is None:
        yield _note("gateway-unknown", f"{seen}that cannot be detected from names or addresses.")
    elif path.kind is PathKind.UNKNOWN:
        yield _note("gateway-unknown", f"{seen}{path.why}.", _asking_remedy(path))


def _asking_remedy(path: NetworkPath) -> str:
    refused = [one for one in path.missing if " is not allowed ec2:" in one]
    if path.instance is None or not refused:
        return ""
    actions = "ec2:DescribeRouteTables and ec2:DescribeVpcEndpoints"
    return f"To find out: allow {actions} to the identity ({'; '.join(refused)})."


def gateway_unused(evidence: Evidence) -> Iterator[Finding]:
    """The VPC has a gateway endpoint, but these requests do not use it."""
    path = network_path(evidence)
    gateways = [one for one in path.endpoints if one.kind is PathKind.GATEWAY] if path else []
    if path and path.kind is PathKind.PUBLIC and gateways:
        yield _note(
            "gateway-unused",
            f"Requests from here do not go through the gateway endpoint of {path.vpc}: {path.why}. S3 sees a public "
            "source IP and no aws:SourceVpce.",
        )


# What keeps an allowed identity from the object's content: a missing object, an archive class, encryption.
#
# Rules: Amazon S3 user guide, "Working with archived objects", "Using server-side encryption with AWS KMS keys" and "My
# Amazon S3 bucket has default encryption using a custom AWS KMS key. How can I allow users from another account?".

_ARCHIVES = {"GLACIER": "minutes to hours", "DEEP_ARCHIVE": "12 to 48 hours"}
"""Archive classes, and how long a restore takes."""


def missing(evidence: Evidence) -> Iterator[Finding]:
    said = [fact.state.why for fact in evidence.facts if isinstance(fact.state, UnknownFact)]
    for words, subject in ((NO_BUCKET, "bucket"), (NO_OBJECT, "object")):
        if words in said:
            sentence = f"This {subject} does not exist (any more)."
            remedy = "Check the name and the endpoint; refresh the listing."
            names = [FactName.SIZE if subject == "object" else FactName.BUCKET_OWNER]
            yield Finding(f"no-{subject}", FindingSeverity.ERROR, sentence, names, remedy)
            return


def archived(evidence: Evidence) -> Iterator[Finding]:
    """The object is archived and not restored."""
    storage_class, restore = evidence.text(FactName.STORAGE_CLASS), evidence.text(FactName.RESTORE)
    shown = [FactName.STORAGE_CLASS, FactName.RESTORE]
    if restore == UNDER_WAY:
        sentence = (
            f"The object is archived ({storage_class}) and its restore is under way: it cannot be read or copied yet."
        )
        remedy = "Wait until the restore completes, then refresh."
        yield Finding("restore-under-way", FindingSeverity.WARNING, sentence, shown, remedy)
    elif restore.startswith(RESTORED_UNTIL):
        until = restore.removeprefix(RESTORED_UNTIL)
        yield Finding(
            "restored",
            FindingSeverity.GOOD,
            f"The object is archived ({storage_class}) and restored: it can be read and copied until {until}.",
            shown,
        )
    elif storage_class in _ARCHIVES:
        yield Finding(
            "archived",
            FindingSeverity.WARNING,
            f"The object is archived ({storage_class}): restore it before you read or copy it; that takes "
            f"{_ARCHIVES[storage_class]}.",
            [FactName.STORAGE_CLASS],
            f"{evidence.as_bucket_owner}: call RestoreObject and wait until the restore completes.",
        )


def encryption(evidence: Evidence) -> Iterator[Finding]:
    method, _, key = evidence.text(FactName.ENCRYPTION).partition(" ")
    if method == "AES256":
        sentence = "Encrypted with S3 managed keys (SSE-S3): reading the object needs no KMS permission."
        yield Finding("encrypted-by-s3", FindingSeverity.GOOD, sentence, [FactName.ENCRYPTION])
    elif method.startswith("aws:kms"):
        yield _kms(evidence, key)


def _kms(evidence: Evidence, key: str) -> Finding:
    outside = [one for one in allowed_now(evidence) if evidence.belongs_to_bucket(one) is False]
    if has_managed_key(evidence) and not outside:
        return Finding(
            "kms-managed",
            FindingSeverity.WARNING,
            "Encrypted with the AWS managed key aws/s3, which cannot be shared: no other account can read the object.",
            [FactName.ENCRYPTION],
            f"{evidence.as_bucket_owner}: copy the object onto itself with a customer managed key or SSE-S3, or copy "
            "it by relay (GET as the source identity, PUT as the target identity).",
        )
    account = named_account(key)
    strangers = [one.label for one in evidence.context.identities if account and one.account and one.account != account]
    whose = f"a KMS key of {evidence.context.account_name(account)}" if account else "a KMS key"
    if not strangers:
        sentence = f"Encrypted with {whose}: reading the object needs kms:Decrypt on that key."
        return Finding("kms", FindingSeverity.NOTE, sentence, [FactName.ENCRYPTION])
    return Finding(
        "kms-foreign",
        FindingSeverity.WARNING,
        f"Encrypted with {whose}: {' and '.join(strangers)} can read the object only with kms:Decrypt on that key, "
        "and never if it is the AWS managed key aws/s3.",
        [FactName.ENCRYPTION],
        f"In {evidence.context.account_name(account)}: allow kms:Decrypt for {' and '.join(strangers)} in the key "
        f"policy of {key}. Also allow it in {' and '.join(strangers)}'s own IAM policies.",
    )


# A VPC endpoint policy that denies a request: a 403 that no bucket policy explains.
#
# Rules: AWS PrivateLink guide, "Control access to VPC endpoints using endpoint policies"; Amazon S3 user guide,
# "Controlling access from VPC endpoints with bucket policies".


def endpoint_denies(evidence: Evidence) -> Iterator[Finding]:
    """The endpoint policy denies all our identities to read this location, or may do so."""
    for identity in evidence.context.identities:
        yield from endpoint_denials(evidence, identity, evidence.action)


def endpoint_denials(evidence: Evidence, identity: Identity, action: str) -> Iterator[Finding]:
    """What the endpoint policy denies of an action; nothing if it was allowed just now."""
    found, known = passage(evidence, identity, action), access(evidence, identity, action)
    if found is None or found.lets is Applies.YES or known.verdict is AccessVerdict.ALLOWED:
        return
    if found.is_closed:
        yield _closed(evidence, identity, action, found)
    elif known.verdict is AccessVerdict.DENIED or found.lets is Applies.NO:
        yield _may_be_closed(evidence, identity, action, found, known.verdict)


def _closed(evidence: Evidence, identity: Identity, action: str, found: Passage) -> Finding:
    return Finding(
        "endpoint-policy-denies",
        FindingSeverity.ERROR,
        f"The policy of the VPC endpoint {found.endpoint.id} does not let {identity.label} {doing(action)}: "
        f"{_clause(found)}. No bucket policy shows that.",
        [FactName.NETWORK_PATH],
        _remedy(evidence, identity, action, found),
        identity.label,
        action,
        AccessVerdict.DENIED,
    )


def _may_be_closed(
    evidence: Evidence, identity: Identity, action: str, found: Passage, verdict: AccessVerdict
) -> Finding:
    sure = found.certainty is Certainty.CERTAIN
    through = "" if sure else f", if requests go through it ({found.certainty.value})"
    sentence = (
        f"The policy of the VPC endpoint {found.endpoint.id} may deny {identity.label} to {doing(action)}{through}: "
        f"{_clause(found)}."
    )
    remedy = _remedy(evidence, identity, action, found)
    names = [FactName.NETWORK_PATH]
    return Finding(
        "endpoint-policy-may-deny", FindingSeverity.WARNING, sentence, names, remedy, identity.label, action, verdict
    )


def _clause(found: Passage) -> str:
    if found.denying:
        return f"statement {found.denying} denies it"
    if found.lets is Applies.NO:
        return "no statement allows it"
    return "whether a statement allows it is not known from here"


def _remedy(evidence: Evidence, identity: Identity, action: str, found: Passage) -> str:
    resource = evidence.request(identity, action).resource
    owner = found.endpoint.account
    who = f"In {evidence.context.account_name(owner)}" if owner else "As the owner of the VPC"
    if found.denying:
        return f"{who}: exclude {resource} from statement {found.denying} of the policy of {found.endpoint.id}."
    return f"{who}: allow {action} on {resource} in the policy of {found.endpoint.id}."
