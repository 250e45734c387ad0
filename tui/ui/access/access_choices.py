"""What the user chose in the access assistant, as typed, and what it means for the order. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_network

from msgspec import structs

from tui.model.access.grants import Allow, GrantConditions, GrantOrder, Way
from tui.text.typed import TypedError, patterns

IDENTITY, ACCOUNT = "this identity alone", "its whole account"
ANY, TLS = "http and https", "https only"
ANY_ACL, FULL_CONTROL = "any ACL", "bucket-owner-full-control"
NO_MFA, MFA = "without MFA", "with MFA"

_ID = re.compile(r"[a-z]+-[0-9a-z]+")


@dataclass(frozen=True, slots=True)
class AccessChoices:
    """Texts as they were typed; empty ones choose nothing. Several ids, networks or keys stand between commas."""

    way: Way
    allow: Allow
    vpce: str = ""
    vpc: str = ""
    source_ip: str = ""
    org: str = ""
    kms_keys: str = ""
    principal: str = ""
    role: str = ""
    external_id: str = ""
    whole_account: bool = False
    https: bool = False
    owner_full_control: bool = False
    mfa: bool = False

    def order(self, base: GrantOrder) -> GrantOrder:
        """`base` with these choices; raise `TypedError`."""
        role = self.way is Way.ROLE
        return structs.replace(
            base,
            way=self.way,
            allow=self.allow,
            conditions=GrantConditions(
                source_vpce=_ids(self.vpce, "vpce-"),
                source_vpc=_ids(self.vpc, "vpc-"),
                source_ip=_networks(self.source_ip),
                principal_org="".join(_ids(self.org, "o-")),
                secure_transport=self.https,
                owner_full_control=self.owner_full_control,
            ),
            principal=_arn(self.principal),
            whole_account=self.whole_account,
            role=self.role.strip() if role else "",
            external_id=self.external_id.strip() if role else "",
            mfa=self.mfa and role,
            kms_keys=[_arn(each) for each in patterns(self.kms_keys)],
        )

    @property
    def words(self) -> list[str]:
        """What was chosen besides allow and way, a few words each."""
        texts = (
            ("VPC endpoint", self.vpce),
            ("VPC", self.vpc),
            ("source IP", self.source_ip),
            ("organization", self.org),
            ("KMS key", self.kms_keys),
            ("ARN", self.principal),
            ("role", self.role if self.way is Way.ROLE else ""),
            ("external id", self.external_id if self.way is Way.ROLE else ""),
        )
        switches = (
            (ACCOUNT, self.whole_account),
            (TLS, self.https),
            (FULL_CONTROL, self.owner_full_control),
            (MFA, self.mfa and self.way is Way.ROLE),
        )
        typed = [f"{label} {text.strip()}" for label, text in texts if text.strip()]
        return [*typed, *(words for words, chosen in switches if chosen)]


def _ids(text: str, start: str) -> list[str]:
    found = patterns(text)
    for each in found:
        if not each.startswith(start) or not _ID.fullmatch(each):
            raise TypedError(f"{each!r} is no id: it begins with {start}")
    return found


def _networks(text: str) -> list[str]:
    found = patterns(text)
    for each in found:
        try:
            ip_network(each, strict=False)
        except ValueError as error:
            raise TypedError(f"{each!r} is no address or network: write 192.0.2.0/24") from error
    return found


def _arn(text: str) -> str:
    arn = text.strip()
    if arn and arn.count(":") < 5:
        raise TypedError(f"{arn!r} is no ARN")
    return arn
