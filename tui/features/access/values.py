"""Access grants for another identity and for S3 Batch Operations: requests and results."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from tui.core.changes import PlannedChange
from tui.core.jobs import BatchRoleOrder, RoleCheck
from tui.core.location import Location
from tui.core.network import OfferedCondition
from tui.core.orders import CopyOrder
from tui.core.transfer import RouteCard
from tui.link.request import Feed, Request


class GrantMethod(StrEnum):
    """How an identity gets access to a bucket; commands take the values."""

    USER = "user"
    """The policy of an IAM user of the bucket's account."""
    POLICY = "policy"
    """The bucket policy, and the policy of the identity in its own account."""
    ROLE = "role"
    """A role in the bucket's account, which the identity assumes."""


class Allow(StrEnum):
    """What an identity may do; commands take the values."""

    READ = "read"
    WRITE = "write"
    READ_WRITE = "read-write"
    LIST = "list"
    DELETE = "delete"


class TypedCondition(Struct, frozen=True):
    """A condition whose values the user types, in the policy, as an option and in the form."""

    field: str
    """Of `GrantConditions`."""
    operator: str
    key: str
    option: str
    metavar: str
    help: str
    label: str
    words: str
    example: str
    """Values that are no networks look like it."""
    several: bool = True


TYPED_CONDITIONS = (
    TypedCondition(
        *("source_vpce", "StringEquals", "aws:SourceVpce", "--source-vpce", "ID", "Only through this VPC endpoint."),
        *("endpoint", "VPC endpoint", "vpce-0123456789abcdef0"),
    ),
    TypedCondition(
        *("source_vpc", "StringEquals", "aws:SourceVpc", "--source-vpc", "ID", "Only from this VPC."),
        *("VPC", "VPC", "vpc-0123456789abcdef0"),
    ),
    TypedCondition(
        *("source_ip", "IpAddress", "aws:SourceIp", "--source-ip", "CIDR", "Only from this network."),
        *("from IP", "source IP", "192.0.2.0/24"),
    ),
    TypedCondition(
        *("principal_org", "StringEquals", "aws:PrincipalOrgID", "--org", "ID", "Only from this organization."),
        *("org", "organization", "o-a1b2c3d4e5"),
        several=False,
    ),
)


class GrantConditions(Struct, frozen=True):
    """Conditions on the requests; empty: none."""

    source_vpce: list[str] = []
    source_vpc: list[str] = []
    source_ip: list[str] = []
    principal_org: str = ""
    secure_transport: bool = False
    """TLS only (``aws:SecureTransport``)."""
    owner_full_control: bool = False
    """Uploads must have the canned ACL ``bucket-owner-full-control`` (``s3:x-amz-acl``)."""

    def on_path(self, offered: OfferedCondition) -> GrantConditions:
        keys = {key.lower(): value for each in (offered.condition or {}).values() for key, value in each.items()}
        vpce, address = keys.get("aws:sourcevpce"), keys.get("aws:sourceip")
        return replace(
            self,
            source_vpce=[*self.source_vpce, *([vpce] if vpce else [])],
            source_ip=[*self.source_ip, *([address] if address else [])],
        )


class AccessNeed(Struct, frozen=True):
    """Actions on these objects: `keys`, and all below `prefixes`.

    `on_bucket`: bucket actions instead, to list below `prefixes` (none: everywhere).
    """

    actions: list[str]
    keys: list[str] = []
    prefixes: list[str] = []
    on_bucket: bool = False


class GrantOrder(Struct, frozen=True):
    """The connection `other` gets `allow` at `location` (a bucket or prefix) by `way`.

    `owner` changes documents of the bucket's account, `applier` (empty: `other`) those of the other account.
    """

    way: GrantMethod
    allow: Allow
    location: Location
    owner: str
    other: str
    conditions: GrantConditions = GrantConditions()
    applier: str = ""
    principal: str = ""
    """The identity's ARN if GetCallerIdentity does not return it; empty: find it."""
    whole_account: bool = False
    """Whether to grant the whole other account access, which then decides about its identities."""
    role: str = ""
    """The name of the role; empty: derived from the bucket's name."""
    external_id: str = ""
    mfa: bool = False
    """Whether assuming the role requires an MFA code."""
    session_name: str = ""
    """The allowed session names of the role, with ``*`` for any text; empty: all."""
    kms_keys: list[str] = []
    """ARNs of the objects' KMS keys."""
    needs: list[AccessNeed] = []
    """If there are any, the grant has only these; `allow` then just says what they are for."""


class AccessPlan(Struct, frozen=True):
    """The changes for an order, in the order in which they are applied."""

    grantee: str
    """The identity that gets the access: ``analytics (user/bob)``."""
    changes: list[PlannedChange]
    role_arn: str = ""
    """Only if the method is a role."""
    profile_lines: str = ""
    """Lines for the caller's AWS config file, if the method is a role."""
    notes: list[str] = []


class ProbeAnswer(StrEnum):
    """How a probe ended."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    UNKNOWN = "not known"


class ProbeResult(Struct, frozen=True):
    """One request as the other identity; `detail` says why the result was unexpected."""

    operation: str
    action: str
    location: Location
    expected: ProbeAnswer
    answer: ProbeAnswer
    detail: str = ""

    @property
    def agrees(self) -> bool:
        return self.answer is self.expected


def opened(order: GrantOrder, before: Sequence[ProbeResult], after: Sequence[ProbeResult]) -> list[ProbeResult]:
    """Requests that a grant allows beyond its order: allowed now, but denied or unknown before."""

    def kind(one: ProbeResult) -> tuple[str, bool]:
        return one.operation, one.location.key.startswith(order.location.key)

    open_before = {kind(each) for each in before if each.answer is ProbeAnswer.ALLOWED}
    wrong = [each for each in after if each.answer is ProbeAnswer.ALLOWED and not each.agrees]
    return [each for each in wrong if kind(each) not in open_before]


class PlanGrant(Request[AccessPlan], frozen=True, tag="plan-grant"):
    """The changes that grant access; writes nothing."""

    order: GrantOrder


class PlanRevoke(Request[AccessPlan], frozen=True, tag="plan-revoke"):
    """The changes that revoke a grant of ours; writes nothing."""

    order: GrantOrder


class TestAccess(Feed[ProbeResult], frozen=True, tag="test-access"):
    """Test an order with harmless requests; unexpected results are retried for up to `patience` seconds."""

    order: GrantOrder
    patience: float = 0.0
    before: bool = False
    """Only the requests that must stay denied, before the grant is made."""


class CopyGrants(Struct, frozen=True):
    """The missing grants that a copy needs."""

    orders: list[GrantOrder]


class PlanCopyGrant(Request[CopyGrants], frozen=True, tag="plan-copy-grant"):
    """The smallest grants that a copy still needs, by its route card; writes nothing."""

    order: CopyOrder
    card: RouteCard


class PlanBatchRole(Request[AccessPlan], frozen=True, tag="plan-batch-role"):
    """The changes that create or extend a role for a job; writes nothing."""

    order: BatchRoleOrder


class PlanRevokeBatchRole(Request[AccessPlan], frozen=True, tag="plan-revoke-batch-role"):
    """The changes that revoke a job's permissions; writes nothing."""

    order: BatchRoleOrder


class CheckBatchRole(Request[RoleCheck], frozen=True, tag="check-batch-role"):
    """What keeps a job from running with its role; writes nothing, and reads only documents."""

    order: BatchRoleOrder
