"""Two accounts, their identities and facts about an object of theirs, and paths of requests, for the rules to judge."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import structs

from tui.aws.control_plane import ControlPlane, ControlPlaneService
from tui.aws.vpc import RouteTable, VpcAnswers, VpcRoute
from tui.core.facts import (
    AbsentFact,
    DeniedFact,
    Fact,
    FactName,
    FactValue,
    Finding,
    Grant,
    Grants,
    KnownFact,
    ObjectOwnership,
    OwnedBy,
    OwnershipSetting,
    PolicyReading,
    Text,
    UnknownFact,
)
from tui.core.identity import Address, AddressBook, AuthMethod, EndpointSource, Identity, IdentitySpec, Owner, RoleSpec
from tui.core.location import Location
from tui.core.network import AddressScope, EffectiveEndpoint, Instance, NetworkPath, PathKind, SeenKey, VpcEndpoint
from tui.core.policy import Evaluation
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.features.inspect.inspection import diagnose
from tui.network.classify import Observed, classify
from tui.network.offered import offered_condition
from tui.policies.evaluation.evaluate import evaluate
from tui.policies.evaluation.policy_documents import Documents
from tui.policies.evidence import Evidence, EvidenceContext

A_ACCOUNT, B_ACCOUNT = "111111111111", "222222222222"
A_OWNER, B_OWNER, STRANGER = Owner("a" * 64), Owner("b" * 64), Owner("c" * 64)
A_ROOT, B_ROOT = f"arn:aws:iam::{A_ACCOUNT}:root", f"arn:aws:iam::{B_ACCOUNT}:root"

OBJECT = Location("assets", "incoming/report.csv")
BUCKET = Location("assets")
BUCKET_ARN, OBJECTS_ARN = "arn:aws:s3:::assets", "arn:aws:s3:::assets/*"


def identity(label: str, account: str, arn_tail: str, owner: Owner, service: str = "iam") -> Identity:
    return Identity(
        connection=label,
        label=label,
        method=AuthMethod.KEYS,
        spec=IdentitySpec(label),
        account=account,
        arn=f"arn:aws:{service}::{account}:{arn_tail}",
        canonical_id=owner.id,
    )


MEDIA = identity("media-prod", A_ACCOUNT, "user/deploy", A_OWNER)
ANALYTICS = identity("analytics", B_ACCOUNT, "user/bob", B_OWNER)
ROLE_ARN = f"arn:aws:iam::{A_ACCOUNT}:role/partner-read"
PATHLESS = identity("media-reader", A_ACCOUNT, "assumed-role/partner-read/session", A_OWNER, "sts")
"""A session of a role whose ARN nobody has named."""
ROLE = structs.replace(PATHLESS, spec=IdentitySpec("media-reader", roles=(RoleSpec(ROLE_ARN),)))

BOOK = AddressBook(
    {A_OWNER.id: Address(A_OWNER.id, A_ACCOUNT, "media-prod"), B_OWNER.id: Address(B_OWNER.id, B_ACCOUNT, "analytics")}
)
FROM_A = EvidenceContext(MEDIA, ANALYTICS, BOOK)
FROM_B = EvidenceContext(ANALYTICS, MEDIA, BOOK)
ONLY_A = EvidenceContext(MEDIA, None, BOOK)
ONLY_B = EvidenceContext(ANALYTICS, None, BOOK)


def known(name: FactName, value: FactValue, by: str = "media-prod") -> Fact:
    return Fact(name, KnownFact(value), "asked", by)


def absent(name: FactName) -> Fact:
    return Fact(name, AbsentFact(), "asked", "media-prod")


def denied(name: FactName, permission: str, operation: str, by: str) -> Fact:
    return Fact(name, DeniedFact(permission), operation, by)


def unknown(name: FactName, why: str) -> Fact:
    return Fact(name, UnknownFact(why), "asked", "media-prod")


def owners(of_object: Owner, of_bucket: Owner = A_OWNER) -> list[Fact]:
    return [known(FactName.OBJECT_OWNER, OwnedBy(of_object)), known(FactName.BUCKET_OWNER, OwnedBy(of_bucket))]


def grants(*pairs: tuple[Owner, str], name: FactName = FactName.GRANTS) -> Fact:
    return known(name, Grants([Grant(owner, permission) for owner, permission in pairs]))


def group(group_name: str, permission: str, name: FactName = FactName.GRANTS) -> Fact:
    return known(name, Grants([Grant(Owner(group_name), permission, is_group=True)]))


def ownership(setting: str) -> Fact:
    return known(FactName.OWNERSHIP, OwnershipSetting(ObjectOwnership(setting)))


def text(name: FactName, words: str) -> Fact:
    return known(name, Text(words))


class Answering(ControlPlane):
    """Answers by a function of connection, operation and parameters; what it was asked is kept. None: it refuses."""

    def __init__(self, answer: Callable[[str, str, dict[str, Any]], Any]) -> None:
        self._answer = answer
        self.asked: list[tuple[str, ControlPlaneService, str, dict[str, Any]]] = []

    async def read(self, connection: str, service: ControlPlaneService, operation: str, **parameters: Any) -> Any:
        asked = {name: each for name, each in parameters.items() if name != "absent"}
        self.asked.append((connection, service, operation, asked))
        answer = self._answer(connection, operation, asked)
        if answer is None or isinstance(answer, Problem):
            raise ProblemError(answer or Problem(ProblemKind.DENIED, "denied"))
        return answer

    write = read


def statement(**elements: Any) -> dict[str, Any]:
    """An Allow of B's reading the objects, with `elements` instead or besides; an element None is left out."""
    base: dict[str, Any] = {
        "Sid": "Partner",
        "Effect": "Allow",
        "Principal": {"AWS": B_ROOT},
        "Action": "s3:GetObject",
        "Resource": OBJECTS_ARN,
    }
    return {name: value for name, value in (base | elements).items() if value is not None}


def document(*statements: dict[str, Any], version: str = "2012-10-17") -> str:
    return json.dumps({"Version": version, "Statement": list(statements)})


def policy(*statements: dict[str, Any]) -> Fact:
    return known(FactName.POLICY, PolicyReading(document(*statements), [], True))


def endpoint(
    url: str, reach: AddressScope = AddressScope.PUBLIC, source: EndpointSource = EndpointSource.RULES
) -> Fact:
    address = {
        AddressScope.PUBLIC: "52.219.1.2:443",
        AddressScope.PRIVATE: "10.0.3.7:443",
        AddressScope.LOOPBACK: "127.0.0.1:80",
    }
    return known(FactName.ENDPOINT, EffectiveEndpoint(url, "us-east-1", source, address.get(reach, ""), reach))


def found(facts: list[Fact], context: EvidenceContext = FROM_A, location: Location = OBJECT) -> dict[str, Finding]:
    """The findings by rule; each rule is expected to speak once."""
    findings = diagnose(facts, location, context)
    by_rule = {one.rule: one for one in findings}
    assert len(by_rule) == len(findings), [one.rule for one in findings]
    return by_rule


def evaluated(
    action: str,
    facts: list[Fact],
    context: EvidenceContext = FROM_B,
    documents: Documents | None = None,
    location: Location = OBJECT,
    **given: tuple[str, ...],
) -> Evaluation:
    """How a request of the context's own identity, which was just refused, is evaluated."""
    evidence = Evidence(location, facts, context, [(context.mine.label, action)])
    return evaluate(evidence, context.mine, action, documents or Documents(), given=given)


# Endpoints, instances and answers of EC2, for paths to be classified by.
AWS = "https://assets.s3.us-east-1.amazonaws.com"
NAMED = "https://bucket.vpce-0aaa-1b2c.s3.us-east-1.vpce.amazonaws.com/assets"
S3_ADDRESS, OTHER_REGION_S3 = "52.216.1.2", "3.5.140.1"
INSTANCE = Instance("vpc-1", "subnet-1", "us-east-1", "us-east-1a", "111111111111", "10.0.1.7", "203.0.113.9")
OFF = UnknownFact("instance metadata is off (AWS_EC2_METADATA_DISABLED)")
DENIED_ENDPOINTS = UnknownFact("analytics is not allowed ec2:DescribeVpcEndpoints")
DENIED_ROUTES = UnknownFact("analytics is not allowed ec2:DescribeRouteTables")

TO_INTERNET, LOCAL = VpcRoute("igw-1", "0.0.0.0/0"), VpcRoute("local", "10.0.0.0/16")
TO_GATEWAY = VpcRoute("vpce-0bbb", prefix_list="pl-1")
S3_PREFIXES = {"pl-1": ["52.216.0.0/15", "54.231.0.0/16"]}
GATEWAY = VpcEndpoint("vpce-0bbb", PathKind.GATEWAY, "vpc-1", "us-east-1", route_tables=["rtb-1"], policy="{}")
ELSEWHERE = VpcEndpoint("vpce-0bbb", PathKind.GATEWAY, "vpc-1", "us-east-1", route_tables=["rtb-2"])
INTERFACE = VpcEndpoint(
    "vpce-0ccc", PathKind.INTERFACE, "vpc-1", "us-east-1", private_dns=True, addresses=["10.0.1.20", "10.0.2.20"]
)


def table(*routes: VpcRoute, main: bool = False) -> RouteTable:
    return RouteTable("rtb-1", [LOCAL, *routes], main)


def answers(
    endpoints: Sequence[VpcEndpoint] | UnknownFact = (),
    routes: RouteTable | UnknownFact | None = None,
    prefix_lists: dict[str, list[str]] | None = None,
    prefix_names: dict[str, str] | None = None,
) -> VpcAnswers:
    return VpcAnswers(endpoints, routes or table(TO_INTERNET), prefix_lists or {}, prefix_names or {})


def used(
    url: str = AWS,
    address: str = f"{S3_ADDRESS}:443",
    reach: AddressScope = AddressScope.PUBLIC,
    *,
    region: str = "us-east-1",
    proxy: str = "",
    options: Sequence[str] = (),
) -> EffectiveEndpoint:
    return EffectiveEndpoint(
        url, "us-east-1", EndpointSource.RULES, address, reach, bucket_region=region, proxy=proxy, options=list(options)
    )


def path_of(
    endpoint: EffectiveEndpoint | None = None,
    instance: Instance | UnknownFact = INSTANCE,
    vpc: VpcAnswers | UnknownFact | None = None,
) -> NetworkPath:
    return classify(Observed(endpoint or used(), [S3_ADDRESS], instance, vpc or answers()))


def keys(path: NetworkPath) -> dict[str, SeenKey]:
    return {one.key.removeprefix("aws:"): one for one in path.keys}


def values(path: NetworkPath) -> dict[str, list[str] | None]:
    return {name: one.values for name, one in keys(path).items()}


def is_offered(path: NetworkPath) -> dict[str, dict[str, str]] | None:
    return offered_condition(path).condition


ON_TABLE = answers([GATEWAY], table(TO_INTERNET, TO_GATEWAY), S3_PREFIXES)
