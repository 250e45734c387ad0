"""The path of requests: what it is, what policies see of it, what is found of it, and its rows."""

import itertools
import json

from msgspec import structs

from tests.policies.people import (
    A_OWNER,
    ANALYTICS,
    AWS,
    B_ROOT,
    DENIED_ENDPOINTS,
    DENIED_ROUTES,
    ELSEWHERE,
    FROM_B,
    GATEWAY,
    INSTANCE,
    INTERFACE,
    NAMED,
    OBJECT,
    OBJECTS_ARN,
    OFF,
    ON_TABLE,
    ONLY_B,
    OTHER_REGION_S3,
    S3_PREFIXES,
    TO_GATEWAY,
    TO_INTERNET,
    absent,
    answers,
    denied,
    document,
    evaluated,
    found,
    is_offered,
    keys,
    known,
    owners,
    path_of,
    policy,
    statement,
    table,
    used,
    values,
)
from tui.aws.vpc import VpcAnswers, VpcRoute
from tui.core.facts import AccessVerdict, Fact, FactName, FindingSeverity, Size, UnknownFact
from tui.core.network import (
    Addressing,
    AddressScope,
    Certainty,
    EffectiveEndpoint,
    Instance,
    NetworkPath,
    PathKind,
    VpcEndpoint,
)
from tui.core.policy import Evaluation, Layer, LayerKind, LayerVerdict, PolicyKind
from tui.features.endpoint.words import EndpointRow, network_rows
from tui.network.classify import needs_instance
from tui.network.offered import offered_condition
from tui.policies.evaluation.gather_documents import endpoint_document
from tui.policies.evaluation.policy_documents import Documents
from tui.policies.evidence import Evidence
from tui.policies.request_context import KnownRequest, caller_of, request_context_of

CERTAIN, INFERRED, UNKNOWN = Certainty.CERTAIN, Certainty.INFERRED, Certainty.UNKNOWN
NONE: list[str] = []
PRIVATE = used(address="10.0.1.20:443", reach=AddressScope.PRIVATE)
LIKELY = structs.replace(INTERFACE, addresses=None)
UNKNOWN_PATH = path_of(instance=OFF, vpc=UnknownFact("EC2 was not asked: the VPC or its region is not known"))
PUBLIC_CERTAIN = (PathKind.PUBLIC, CERTAIN, "")
PUBLIC_INFERRED = (PathKind.PUBLIC, INFERRED, "")
BY_GATEWAY = (PathKind.GATEWAY, CERTAIN, "vpce-0bbb")
NOT_KNOWN = (PathKind.UNKNOWN, UNKNOWN, "")


def seen(path: NetworkPath) -> tuple[PathKind, Certainty, str]:
    return path.kind, path.certainty, path.endpoint


def test_no_endpoint_in_the_vpc() -> None:
    path = path_of()
    assert (seen(path), path.why) == (PUBLIC_CERTAIN, "vpc-1 has no gateway endpoint for S3")
    assert values(path) == {"SourceVpce": NONE, "SourceVpc": NONE, "VpcSourceIp": NONE, "SourceIp": ["203.0.113.9"]}
    elsewhere = path_of(vpc=answers([ELSEWHERE]))
    assert seen(elsewhere) == PUBLIC_CERTAIN
    assert elsewhere.why == (
        "rtb-1, the route table of subnet-1, has no route to a gateway endpoint: vpce-0bbb is on rtb-2 only"
    )
    assert is_offered(path) == is_offered(elsewhere) == {"IpAddress": {"aws:SourceIp": "203.0.113.9/32"}}


def test_a_gateway_endpoint_on_this_subnet_s_table() -> None:
    path = path_of(vpc=ON_TABLE)
    assert seen(path) == BY_GATEWAY
    assert path.why == "rtb-1, the route table of subnet-1, sends 52.216.1.2 through vpce-0bbb"
    here = {"SourceVpce": ["vpce-0bbb"], "SourceVpc": ["vpc-1"], "VpcSourceIp": ["10.0.1.7"]}
    assert values(path) == here | {"SourceIp": []}
    assert (path.covers_region, path.passed) == (True, GATEWAY)
    offered = offered_condition(path)
    assert (offered.condition, offered.certainty) == ({"StringEquals": {"aws:SourceVpce": "vpce-0bbb"}}, CERTAIN)
    assert offered.words.startswith("Requests from here go through the gateway endpoint vpce-0bbb: rtb-1")


def test_an_interface_endpoint_by_private_dns() -> None:
    path = path_of(PRIVATE, vpc=answers([GATEWAY, INTERFACE]))
    assert seen(path) == (PathKind.INTERFACE, CERTAIN, "vpce-0ccc")
    assert path.why == "assets.s3.us-east-1.amazonaws.com has the private address 10.0.1.20, which is one of vpce-0ccc"
    assert path.endpoints == [INTERFACE, GATEWAY]
    assert values(path)["VpcSourceIp"] == ["10.0.1.7"]
    assert is_offered(path) == {"StringEquals": {"aws:SourceVpce": "vpce-0ccc"}}


def test_an_interface_endpoint_by_its_own_name() -> None:
    for proxy, reach in itertools.product(["", "http://proxy:3128"], AddressScope):
        path = path_of(used(NAMED, reach=reach, proxy=proxy), OFF, UnknownFact("EC2 was not asked"))
        assert (seen(path), path.why) == ((PathKind.INTERFACE, CERTAIN, "vpce-0aaa"), "the URL names vpce-0aaa")
        assert values(path) == {"SourceVpce": ["vpce-0aaa"], "SourceVpc": None, "VpcSourceIp": None, "SourceIp": NONE}
        assert is_offered(path) == {"StringEquals": {"aws:SourceVpce": "vpce-0aaa"}}


def test_instance_metadata_off() -> None:
    path = UNKNOWN_PATH
    assert seen(path) == NOT_KNOWN
    assert path.why == (
        "52.216.1.2 is public, and a gateway endpoint does not show in addresses: instance metadata is off "
        "(AWS_EC2_METADATA_DISABLED)"
    )
    assert list(values(path).values()) == [None] * 4
    offered = offered_condition(path)
    assert (offered.condition, offered.certainty) == (None, UNKNOWN)
    assert offered.words.startswith("It is not known whether requests from here go through a VPC endpoint: 52.216.1.2")


def test_ec2_denied() -> None:
    path = path_of(vpc=answers(DENIED_ENDPOINTS, DENIED_ROUTES))
    assert (seen(path), path.vpc) == (NOT_KNOWN, "vpc-1")
    assert path.why.endswith("; in vpc-1: analytics is not allowed ec2:DescribeVpcEndpoints")
    assert path.missing == [DENIED_ENDPOINTS.why, DENIED_ROUTES.why]
    assert is_offered(path) is None
    reason = "EC2 was not asked: the VPC belongs to account 333333333333, analytics to others"
    assert path_of(vpc=UnknownFact(reason)).why.endswith(f"; in vpc-1: {reason}")


def test_a_private_address_whose_endpoint_is_not_sure() -> None:
    two = [structs.replace(LIKELY, id=name) for name in ("vpce-1", "vpce-2")]
    rows: list[tuple[Instance | UnknownFact, VpcAnswers | UnknownFact, str, str]] = [
        (OFF, UnknownFact("not asked"), "", "its endpoint is not known: instance metadata is off"),
        (INSTANCE, answers(DENIED_ENDPOINTS), "", "analytics is not allowed ec2:DescribeVpcEndpoints"),
        (INSTANCE, answers([]), "", "10.0.1.20, which belongs to no endpoint that EC2 shows in vpc-1"),
        (INSTANCE, answers([structs.replace(INTERFACE, addresses=["10.9.9.9"])]), "", "belongs to no endpoint"),
        (INSTANCE, answers([structs.replace(INTERFACE, state="pending")]), "", "belongs to no endpoint"),
        (INSTANCE, answers([LIKELY]), "vpce-0ccc", "only vpce-0ccc of vpc-1 answers to that name; its addresses are"),
        (INSTANCE, answers([structs.replace(LIKELY, private_dns=False)]), "", "belongs to no endpoint"),
        (INSTANCE, answers([structs.replace(LIKELY, region="eu-west-1")]), "", "belongs to no endpoint"),
        (INSTANCE, answers(two), "", "which may belong to vpce-1 or vpce-2: their addresses are not known"),
    ]
    for instance, vpc, endpoint, why in rows:
        path = path_of(PRIVATE, instance, vpc)
        assert seen(path) == (PathKind.INTERFACE, INFERRED, endpoint)
        assert why in path.why
        assert path.certain_endpoint == ""
        assert (is_offered(path) is None) is (not endpoint)
        assert {one.certainty for one in path.keys} <= {INFERRED, UNKNOWN}


def test_a_proxy() -> None:
    path = path_of(used(proxy="http://proxy:3128"), OFF, UnknownFact("EC2 was not asked"))
    assert (path.kind, path.certainty) == (PathKind.PROXY, CERTAIN)
    assert {one.certainty for one in path.keys} == {UNKNOWN}
    assert "the proxy http://proxy:3128" in offered_condition(path).words


def test_other_ways() -> None:
    for url, reach, kind, certainty, source in (
        ("http://127.0.0.1:80/assets", AddressScope.LOOPBACK, PathKind.LOOPBACK, CERTAIN, ["127.0.0.1"]),
        (AWS, AddressScope.LOOPBACK, PathKind.LOOPBACK, CERTAIN, None),
        ("https://s3.example.org", AddressScope.PRIVATE, PathKind.PRIVATE, INFERRED, None),
        ("https://s3.example.org", AddressScope.PUBLIC, PathKind.PUBLIC, CERTAIN, None),
        (AWS, AddressScope.UNKNOWN, PathKind.UNKNOWN, UNKNOWN, None),
    ):
        path = path_of(used(url, "127.0.0.1:80", reach), OFF, UnknownFact("EC2 was not asked"))
        assert (path.kind, path.certainty, values(path)["SourceIp"]) == (kind, certainty, source)
    path = path_of(used("http://[::1]:80", "[::1]:80", AddressScope.LOOPBACK))
    assert is_offered(path) == {"IpAddress": {"aws:SourceIp": "::1/128"}}
    assert offered_condition(None).condition is None


def test_the_instance_is_asked_for_only_where_it_decides() -> None:
    decides = [used(), PRIVATE, used(NAMED, reach=AddressScope.PRIVATE)]
    others = [used(proxy="http://proxy"), used(reach=AddressScope.LOOPBACK), used(reach=AddressScope.UNKNOWN)]
    others.append(used("https://s3.example.org"))
    assert [one for one in decides + others if needs_instance(one)] == decides


# Paths to public addresses: whether a route table sends them through a gateway endpoint.


def test_routes_denied() -> None:
    has_none = "vpc-1 has no gateway endpoint for S3 in us-east-1"
    rows: list[tuple[list[VpcEndpoint], tuple[PathKind, Certainty, str], str]] = [
        ([], PUBLIC_INFERRED, has_none),
        ([structs.replace(GATEWAY, region="eu-west-1")], PUBLIC_INFERRED, has_none),
        ([structs.replace(GATEWAY, state="Deleting")], PUBLIC_INFERRED, has_none),
        ([GATEWAY], NOT_KNOWN, "vpc-1 has vpce-0bbb, but not every subnet uses it: analytics is not"),
    ]
    for endpoints, expected, why in rows:
        path = path_of(vpc=answers(endpoints, DENIED_ROUTES))
        assert seen(path) == expected
        assert why in path.why
        assert is_offered(path) is None


def test_endpoints_denied_but_the_routes_tell_by_their_addresses() -> None:
    """Without their addresses they leave a route to some endpoint."""
    routes = table(TO_INTERNET, TO_GATEWAY)
    path = path_of(vpc=answers(DENIED_ENDPOINTS, routes, S3_PREFIXES))
    assert (seen(path), path.passed, path.covers_region) == (BY_GATEWAY, None, None)
    without = path_of(vpc=answers(DENIED_ENDPOINTS))
    assert seen(without) == PUBLIC_CERTAIN
    assert without.why == "rtb-1, the route table of subnet-1, has no route to a gateway endpoint for S3"
    to_some = path_of(vpc=answers(DENIED_ENDPOINTS, routes))
    assert seen(to_some) == NOT_KNOWN
    assert "whether that is for S3 is not known" in to_some.why


def test_without_the_prefix_list_the_region_decides() -> None:
    for endpoint, first, certainty in (
        (used(), TO_INTERNET, CERTAIN),
        (used(), VpcRoute("igw-1", "52.216.0.0/15"), INFERRED),
        (used("https://assets.s3.amazonaws.com"), TO_INTERNET, INFERRED),
        (used("https://s3.amazonaws.com/assets"), TO_INTERNET, INFERRED),
        (used(address="[2600:1fa0::1]:443"), VpcRoute("eigw-1", "::/0"), INFERRED),
    ):
        path = path_of(endpoint, vpc=answers([GATEWAY], table(first, TO_GATEWAY)))
        assert seen(path) == (PathKind.GATEWAY, certainty, "vpce-0bbb")
        assert path.certain_endpoint == ("vpce-0bbb" if certainty is CERTAIN else "")
        assert offered_condition(path).certainty is certainty


def test_a_bucket_of_another_region_does_not_pass_the_gateway_endpoint() -> None:
    """Whether or not the addresses of the prefix list may be read."""
    there = used(address=f"{OTHER_REGION_S3}:443", region="eu-central-1")
    for prefix_lists in ({}, S3_PREFIXES):
        path = path_of(there, vpc=answers([GATEWAY], table(TO_INTERNET, TO_GATEWAY), prefix_lists))
        assert seen(path) == PUBLIC_CERTAIN
        assert path.why == "vpce-0bbb is for S3 in us-east-1 only, and the bucket is in eu-central-1"
        assert values(path)["SourceIp"] == ["203.0.113.9"]


def test_what_does_not_pass_a_gateway_endpoint_says_why() -> None:
    fast = used("https://assets.s3-accelerate.amazonaws.com", options=["accelerate"])
    by_gateway, by_another = (
        table(TO_INTERNET, TO_GATEWAY),
        table(TO_INTERNET, VpcRoute("vpce-0ddd", prefix_list="pl-2")),
    )
    for endpoint, vpc, why in (
        (fast, answers([GATEWAY], by_gateway), "accelerated requests do not pass vpce-0bbb"),
        (
            used(address="54.1.1.1:443"),
            ON_TABLE,
            "54.1.1.1 is not among the addresses that rtb-1 sends through vpce-0bbb",
        ),
        (used(), answers([], by_another), "vpc-1 has no gateway endpoint for S3"),
    ):
        path = path_of(endpoint, vpc=vpc)
        assert (seen(path), path.why) == (PUBLIC_CERTAIN, why)
    nowhere = path_of(vpc=answers([], table(main=True)))
    assert nowhere.why == "rtb-1, the main route table of subnet-1, shows no route to 52.216.1.2"


def test_the_most_specific_route_counts_and_of_equals_the_one_with_a_cidr() -> None:
    kinds = {"52.216.0.0/14": PathKind.GATEWAY, "52.216.0.0/15": PathKind.PUBLIC, "52.216.1.2/32": PathKind.PUBLIC}
    for specific, kind in kinds.items():
        routes = table(VpcRoute("igw-2", specific), TO_GATEWAY, TO_INTERNET)
        assert path_of(vpc=answers([GATEWAY], routes, S3_PREFIXES)).kind is kind, specific


def test_a_second_prefix_list_that_cannot_be_read_makes_it_less_sure() -> None:
    routes = table(TO_INTERNET, TO_GATEWAY, VpcRoute("tgw-1", prefix_list="pl-9"))
    assert path_of(vpc=answers([GATEWAY], routes, S3_PREFIXES)).certainty is INFERRED
    without = path_of(vpc=answers([], table(TO_INTERNET, VpcRoute("tgw-1", prefix_list="pl-9"))))
    assert (seen(without), is_offered(without)) == (PUBLIC_INFERRED, None)


def test_where_the_route_leads_decides_what_s3_sees() -> None:
    rows: list[tuple[str, list[VpcEndpoint], tuple[PathKind, Certainty, str], list[str] | None]] = [
        ("igw-1", [], PUBLIC_CERTAIN, ["203.0.113.9"]),
        ("nat-1", [], PUBLIC_CERTAIN, None),
        ("nat-1", [ELSEWHERE], PUBLIC_INFERRED, None),
        *((target, [], NOT_KNOWN, None) for target in ("tgw-1", "vgw-1", "vpce-0eee", "eni-1")),
    ]
    for target, endpoints, expected, address in rows:
        path = path_of(vpc=answers(endpoints, table(VpcRoute(target, "0.0.0.0/0"))))
        assert (seen(path), values(path)["SourceIp"]) == (expected, address), target
        assert (target in path.why) is (target != "igw-1")
        assert (is_offered(path) is None) is (address is None)


def test_a_machine_without_a_public_address_behind_an_internet_gateway() -> None:
    path = path_of(instance=structs.replace(INSTANCE, public_ip=""))
    assert keys(path)["SourceIp"].values is None
    assert offered_condition(path).words == (
        "The source address of requests from here is not known: vpc-1 has no gateway endpoint for S3; this "
        "machine's public address is not known."
    )
    known = {("", "vpc-1"): ["10.0.1.7"], ("", "vpc-2"): None, ("http://proxy", "vpc-1"): None}
    for (proxy, vpc), address in known.items():
        named = structs.replace(INTERFACE, id="vpce-0aaa", vpc=vpc)
        path = path_of(used(NAMED, proxy=proxy), vpc=answers([named], UnknownFact("not asked")))
        assert (values(path)["SourceVpc"], values(path)["VpcSourceIp"]) == ([vpc], address)


def test_the_name_of_a_prefix_list_says_what_a_route_is_for() -> None:
    """Where neither the endpoints nor the addresses of the list may be read."""
    of_s3 = {"pl-1": "com.amazonaws.us-east-1.s3"}
    other = VpcRoute("vpce-0ddd", prefix_list="pl-2")
    cases: list[tuple[list[VpcRoute], dict[str, str], tuple[PathKind, Certainty, str]]] = [
        ([TO_GATEWAY], of_s3, BY_GATEWAY),
        ([TO_GATEWAY], {"pl-1": "com.amazonaws.eu-west-1.s3"}, PUBLIC_CERTAIN),
        ([TO_GATEWAY], {"pl-1": "com.amazonaws.us-east-1.dynamodb"}, PUBLIC_CERTAIN),
        ([TO_GATEWAY], {"pl-1": ""}, NOT_KNOWN),
        ([other, TO_GATEWAY], of_s3, BY_GATEWAY),
    ]
    for routes, names, expected in cases:
        path = path_of(vpc=answers(DENIED_ENDPOINTS, table(TO_INTERNET, *routes), prefix_names=names))
        assert seen(path) == expected, names


def test_only_what_is_certain_has_a_value() -> None:
    none = ["aws:SourceVpce", "aws:SourceIp", "aws:VpceAccount"]
    by_gateway: dict[str, tuple[str, ...] | None] = {
        "aws:SourceVpce": ("vpce-0bbb",),
        "aws:SourceVpc": ("vpc-1",),
        "aws:VpcSourceIp": ("10.0.1.7",),
        "aws:SourceIp": (),
        "aws:VpceAccount": None,
    }
    cases: list[tuple[NetworkPath, dict[str, tuple[str, ...] | None]]] = [
        (path_of(), dict.fromkeys([*none, "aws:SourceVpcArn"], ()) | {"aws:SourceIp": ("203.0.113.9",)}),
        (path_of(vpc=ON_TABLE), by_gateway),
        (path_of(PRIVATE, vpc=answers([LIKELY])), dict.fromkeys(none)),
        (UNKNOWN_PATH, dict.fromkeys(["aws:SourceVpce", "aws:SourceIp", "aws:SourceVpcArn"])),
    ]
    for path, expected in cases:
        context = request_context_of(caller_of(ANALYTICS), KnownRequest(endpoint=used(), path=path))
        assert {key: context.value(key) for key in expected} == expected
        unknown = {key for key, value in expected.items() if value is None} - {"aws:VpceAccount", "aws:SourceVpcArn"}
        assert all(context.note(key) for key in unknown), "each has its reason"


# What follows from the path of requests: trap 2, conditions, and endpoint policies.
OWN = owners(of_object=A_OWNER)
OFFICE = statement(Sid="Office", Condition={"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}})
BY_ENDPOINT = statement(Sid="Vpc", Condition={"StringEquals": {"aws:SourceVpce": "vpce-0bbb"}})
REFUSED = denied(FactName.SIZE, "s3:GetObject", "HeadObject", "analytics")


def gateway(document_text: str = "") -> NetworkPath:
    endpoint = structs.replace(GATEWAY, policy=document_text, account="111111111111")
    return path_of(vpc=answers([endpoint], table(TO_INTERNET, TO_GATEWAY), S3_PREFIXES))


def way(path: NetworkPath, endpoint: EffectiveEndpoint | None = None) -> list[Fact]:
    return [known(FactName.ENDPOINT, endpoint or used(), "analytics"), known(FactName.NETWORK_PATH, path, "analytics")]


def test_a_condition_on_the_source_address_by_the_path() -> None:
    proxy = used(proxy="http://proxy:1")
    public = "add this machine's public IP to aws:SourceIp in Office; behind a VPC endpoint"
    copy = 'add a copy of Office with StringEquals {{"aws:SourceVpce": "{}"}} instead of aws:SourceIp'
    for facts, sentence, remedy in (
        (
            way(gateway()),
            "requests from here go through vpce-0bbb, where S3 sees no source IP, so the statement allows nothing.",
            f"{copy.format('vpce-0bbb')}.",
        ),
        (
            way(path_of(vpc=answers([ELSEWHERE]))),
            "S3 sees requests from here as coming from 203.0.113.9: rtb-1, the route table of subnet-1, has no route",
            "add 203.0.113.9 to aws:SourceIp in Office.",
        ),
        (
            way(UNKNOWN_PATH),
            "if requests from here pass a VPC endpoint, S3 sees no source IP and the statement allows nothing; whether "
            "they do is not known: 52.216.1.2 is public",
            f"{public}, add a copy of Office",
        ),
        (
            way(path_of(PRIVATE, vpc=answers([LIKELY])), PRIVATE),
            "requests from here probably go through the interface endpoint vpce-0ccc (assets.s3.us-east-1",
            f"{copy.format('vpce-0ccc')} (if requests go through it); else add this machine's public IP",
        ),
        (
            way(path_of(proxy), proxy),
            "S3 sees a source IP of requests from here, which is not known: requests go through the proxy",
            public,
        ),
        ([known(FactName.ENDPOINT, used(), "analytics")], "S3 sees no source IP and the statement allows nothing.", ""),
    ):
        finding = found([*OWN, policy(OFFICE), *facts], FROM_B)["source-ip"]
        assert sentence in finding.sentence
        assert remedy in finding.remedy
        assert "{effect}" not in finding.sentence


def test_the_note_on_the_path() -> None:
    for path, endpoint, rule, words in (
        (gateway("{}"), used(), "gateway-endpoint", "gateway endpoint vpce-0bbb: S3 sees aws:SourceVpce but no source"),
        (path_of(PRIVATE, vpc=answers([INTERFACE])), PRIVATE, "interface-endpoint", "interface endpoint vpce-0ccc:"),
        (path_of(PRIVATE, vpc=answers([LIKELY])), PRIVATE, "private-address", "probably the interface endpoint"),
        (path_of(PRIVATE, OFF), PRIVATE, "private-address", "10.0.1.20:443: an interface endpoint or a proxy"),
        (path_of(vpc=answers([ELSEWHERE])), used(), "gateway-unused", "do not go through the gateway endpoint of vpc"),
        (UNKNOWN_PATH, used(), "gateway-unknown", "may still pass a VPC gateway endpoint: 52.216.1.2 is public, and"),
    ):
        by_rule = found(way(path, endpoint))
        assert set(by_rule) == {rule}
        assert words in by_rule[rule].sentence
        assert by_rule[rule].severity is FindingSeverity.NOTE
    assert found(way(path_of())) == {}, "no endpoint is no note"
    path = path_of(vpc=answers(DENIED_ENDPOINTS, DENIED_ROUTES))
    assert found(way(path))["gateway-unknown"].remedy == (
        "To find out: allow ec2:DescribeRouteTables and ec2:DescribeVpcEndpoints to the identity (analytics is not "
        "allowed ec2:DescribeVpcEndpoints; analytics is not allowed ec2:DescribeRouteTables)."
    )
    assert found(way(UNKNOWN_PATH))["gateway-unknown"].remedy == ""


def test_a_statement_for_the_endpoint_applies_where_the_path_is_certain() -> None:
    allowed = found([*OWN, policy(BY_ENDPOINT), *way(gateway()), absent(FactName.PUBLIC_ACCESS)], FROM_B)["let-in"]
    assert allowed.verdict is AccessVerdict.ALLOWED
    outside = [*OWN, policy(BY_ENDPOINT), *way(path_of()), REFUSED]
    assert "requests from here have none" in found(outside, FROM_B)["not-allowed"].sentence
    likely = structs.replace(LIKELY, id="vpce-0bbb")
    unsure = [*OWN, policy(BY_ENDPOINT), *way(path_of(PRIVATE, vpc=answers([likely])), PRIVATE)]
    assert found(unsure, FROM_B)["may-be-let-in"].verdict is AccessVerdict.UNKNOWN


EVERYBODY = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
OPEN = document(EVERYBODY)
OURS = "arn:aws:s3:::own/*"
NARROW = document({"Sid": "Ours", "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": OURS})
CLOSED = document(EVERYBODY, EVERYBODY | {"Sid": "NoPartner", "Effect": "Deny", "Resource": OBJECTS_ARN})
OF_AN_ORGANISATION = document(EVERYBODY | {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}})

ARN = "arn:aws:s3:::assets/incoming/report.csv"


def test_an_endpoint_policy_that_denies() -> None:
    for text, clause, remedy in (
        (NARROW, "no statement allows it.", f"allow s3:GetObject on {ARN} in the policy of vpce-0bbb."),
        (
            CLOSED,
            "statement NoPartner denies it.",
            f"exclude {ARN} from statement NoPartner of the policy of vpce-0bbb.",
        ),
    ):
        facts = [*OWN, policy(statement()), *way(gateway(text)), absent(FactName.PUBLIC_ACCESS)]
        for given in (facts, [*facts, REFUSED]):
            findings = found(given, ONLY_B)
            finding = findings["endpoint-policy-denies"]
            assert finding.sentence == (
                "The policy of the VPC endpoint vpce-0bbb does not let analytics read this object (s3:GetObject): "
                f"{clause} No bucket policy shows that."
            )
            assert finding.remedy == f"In media-prod: {remedy}"
            assert (finding.severity, finding.verdict) == (FindingSeverity.ERROR, AccessVerdict.DENIED)
            assert {"let-in", "denied-though-allowed"}.isdisjoint(findings)


def test_what_was_allowed_just_now_passes_the_endpoint() -> None:
    read = Fact(FactName.SIZE, known(FactName.SIZE, Size(1)).state, "HeadObject", "analytics")
    findings = found([*OWN, policy(statement()), *way(gateway(NARROW)), read], ONLY_B)
    assert "endpoint-policy-denies" not in findings
    assert findings["let-in"].verdict is AccessVerdict.ALLOWED
    for text in (OPEN, ""):
        findings = found([*OWN, policy(statement()), *way(gateway(text)), absent(FactName.PUBLIC_ACCESS)], ONLY_B)
        assert not [rule for rule in findings if rule.startswith("endpoint-policy")]
        assert findings["let-in"].verdict is AccessVerdict.ALLOWED


def test_a_policy_that_cannot_be_judged_may_deny_what_was_denied() -> None:
    facts = [*OWN, policy(statement()), *way(gateway(OF_AN_ORGANISATION)), absent(FactName.PUBLIC_ACCESS)]
    assert found(facts, ONLY_B)["may-be-let-in"].verdict is AccessVerdict.UNKNOWN
    finding = found([*facts, REFUSED], ONLY_B)["endpoint-policy-may-deny"]
    assert (finding.severity, finding.verdict) == (FindingSeverity.WARNING, AccessVerdict.DENIED)
    assert "may deny analytics to read this object (s3:GetObject): whether a statement" in finding.sentence
    garbage = [*OWN, policy(statement()), *way(gateway("no policy")), REFUSED]
    assert found(garbage, ONLY_B)["endpoint-policy-may-deny"].verdict is AccessVerdict.DENIED


def test_the_policy_of_an_endpoint_that_is_only_likely() -> None:
    likely = structs.replace(LIKELY, policy=NARROW)
    facts = [*OWN, policy(statement()), *way(path_of(PRIVATE, vpc=answers([likely])), PRIVATE)]
    finding = found(facts, ONLY_B)["endpoint-policy-may-deny"]
    assert "if requests go through it (inferred): no statement allows it." in finding.sentence
    assert finding.verdict is AccessVerdict.UNKNOWN


def explained(path: NetworkPath, *facts: Fact) -> tuple[Evaluation, Layer]:
    known = [*OWN, *facts, *way(path)]
    documents = Documents(endpoint=endpoint_document(Evidence(OBJECT, known, FROM_B)))
    evaluation = evaluated("s3:PutObject", known, documents=documents)
    (layer,) = [each for each in evaluation.layers if each.kind is LayerKind.ENDPOINT]
    return evaluation, layer


def test_the_layer_of_the_endpoint_policy() -> None:
    evaluation, layer = explained(gateway(NARROW), policy(statement(Action="s3:PutObject")))
    assert layer.verdict is LayerVerdict.DOES_NOT_ALLOW
    assert evaluation.verdict is AccessVerdict.DENIED
    assert evaluation.cause
    assert LayerKind.ENDPOINT in evaluation.cause.layers
    likely = path_of(PRIVATE, vpc=answers([structs.replace(LIKELY, policy=NARROW)]))
    layers = {
        "open": (gateway(OPEN), LayerVerdict.ALLOWS),
        "no endpoint": (path_of(), LayerVerdict.NOT_APPLICABLE),
        "not read": (gateway(), LayerVerdict.NOT_SEEN),
        "not known": (UNKNOWN_PATH, LayerVerdict.NOT_SEEN),
        "only likely": (likely, LayerVerdict.NOT_SEEN),
    }
    writes = policy(statement(Action="s3:PutObject"))
    found = {name: explained(path, writes)[1].verdict for name, (path, _) in layers.items()}
    assert found == {name: verdict for name, (_, verdict) in layers.items()}


OF_B, OF_BOB = (document(EVERYBODY | {"Principal": {"AWS": arn}}) for arn in (B_ROOT, ANALYTICS.arn))
EVERYTHING = [policy(statement(Action="s3:*")), absent(FactName.PUBLIC_ACCESS)]


def test_the_policy_of_a_gateway_endpoint_names_no_principals() -> None:
    """An account there is its root user alone, and no other principal but ``*`` is provided for."""
    for text, verdict in ((OF_B, LayerVerdict.DOES_NOT_ALLOW), (OF_BOB, LayerVerdict.NOT_KNOWN)):
        evaluation, layer = explained(gateway(text), *EVERYTHING)
        assert layer.verdict is verdict
        edits = [one.edit for one in evaluation.remedies if one.edit and one.edit.kind is PolicyKind.ENDPOINT_POLICY]
        assert [json.loads(edit.statement_json)["Principal"] for edit in edits] == [{"AWS": "*"}]
        interface = path_of(PRIVATE, vpc=answers([structs.replace(INTERFACE, policy=text)]))
        assert explained(interface, *EVERYTHING)[1].verdict is LayerVerdict.ALLOWS
    finding = found([*OWN, *EVERYTHING, *way(gateway(OF_B))], ONLY_B)["endpoint-policy-denies"]
    assert finding.verdict is AccessVerdict.DENIED, "its users are kept out"


# The way of requests as rows, in the order they take it.


def rows(path: NetworkPath, endpoint: EffectiveEndpoint | None = None) -> dict[str, list[EndpointRow]]:
    found: dict[str, list[EndpointRow]] = {}
    for row in network_rows(endpoint or used(), path, offered_condition(path)):
        found.setdefault(row.label, []).append(row)
    return found


def value(found: dict[str, list[EndpointRow]], label: str) -> str:
    (row,) = found[label]
    return row.value


def test_a_gateway_endpoint() -> None:
    found = rows(path_of(vpc=ON_TABLE))
    for label, shown in (
        ("path", "gateway endpoint vpce-0bbb"),
        ("VPC", "vpc-1, subnet-1"),
        ("instance", "us-east-1a, account 111111111111"),
        ("own addresses", "10.0.1.7, public 203.0.113.9"),
        (
            "VPC endpoint",
            "vpce-0bbb, gateway endpoint of vpc-1 for S3 in us-east-1, on rtb-1, covers the bucket's region, available",
        ),
        ("its policy", "{}"),
        ("aws:SourceIp", "none"),
        ("condition", '{"StringEquals": {"aws:SourceVpce": "vpce-0bbb"}}'),
    ):
        assert value(found, label) == shown
    assert "not known" not in found
    assert {row.certainty for each in found.values() for row in each} == {Certainty.CERTAIN}
    odd = structs.replace(GATEWAY, route_tables=[], state="Deleting", region="eu-west-1")
    passed = structs.replace(INTERFACE, policy="not JSON", private_dns=False)
    found = rows(path_of(PRIVATE, vpc=answers([odd, passed])), PRIVATE)
    assert value(found, "VPC endpoint").endswith("private DNS off, covers the bucket's region, available")
    assert value(found, "other endpoint").endswith("for S3 in eu-west-1, on no route table, deleting")
    assert value(found, "its policy") == "not JSON"


def test_what_could_not_be_found_out_has_its_reason_and_who_was_asked() -> None:
    found = rows(path_of(vpc=answers(DENIED_ENDPOINTS, DENIED_ROUTES)))
    reasons = [(DENIED_ENDPOINTS.why, "EC2"), (DENIED_ROUTES.why, "EC2")]
    assert [(row.value, row.source) for row in found["not known"]] == reasons
    assert value(found, "aws:SourceVpce") == "not known"
    assert found["aws:SourceVpce"][0].why == "", "the path has said why"
    assert value(found, "condition") == "none to offer"
    off = rows(path_of(instance=OFF, vpc=UnknownFact("EC2 was not asked")))
    assert [row.source for row in off["not known"]] == ["instance metadata", "EC2"]
    assert "VPC" not in off


def test_the_request_and_its_connection() -> None:
    endpoint = structs.replace(
        used(proxy="http://proxy:3128", options=["FIPS", "dual-stack"]),
        signing_name="s3",
        addressing=Addressing.VIRTUAL,
        tls="TLSv1.3",
        certificate="*.s3.amazonaws.com",
    )
    found = rows(path_of(endpoint), endpoint)
    assert value(found, "signed for") == "s3 in us-east-1"
    assert value(found, "addressing") == "virtual-hosted style"
    assert value(found, "options") == "FIPS, dual-stack"
    assert value(found, "TLS") == "TLSv1.3, certificate *.s3.amazonaws.com"
    assert value(found, "proxy") == "http://proxy:3128"
    assert "addresses" not in found, "the proxy looks them up"
    nothing = EffectiveEndpoint("https://s3.example.org", "eu-west-1", used().source, "", AddressScope.UNKNOWN)
    found = rows(structs.replace(path_of(nothing), resolved=[]), nothing)
    certain = [found[label][0].certainty for label in ("addresses", "connected to", "bucket region")]
    assert certain == [UNKNOWN, UNKNOWN, INFERRED]
    assert value(found, "signed for") == "unsigned"
    assert "addressing" not in found
