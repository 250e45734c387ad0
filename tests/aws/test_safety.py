"""What the user's settings forbid, judged from what is known of an identity and of a bucket."""

from typing import Any

from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.aws.safety import marked, refusal, refusal_so_far
from tui.core.identity import Address, AddressBook, AuthMethod, Identity, IdentitySpec, RoleSpec, Safety
from tui.core.problem import Problem, ProblemKind

A, B, C = "111111111111", "222222222222", "333333333333"
BOOK = AddressBook(
    {"id-a": Address("id-a", A, "Production"), "id-c": Address("id-c", C), "id-x": Address("id-x", "", "Archive")},
    {B: "Reports"},
)
ROLE = RoleSpec("arn:aws:iam::111111111111:role/ops/prod-deploy")


def who(spec: IdentitySpec | None = None, **known: Any) -> Identity:
    spec = spec or IdentitySpec(known.get("label", "media"))
    return Identity(**{"connection": "c", "label": "media", "method": AuthMethod.KEYS, "spec": spec, **known})


def why(safety: Safety, identity: Identity, bucket: str = "data", owner: str = "") -> str:
    found = refusal(safety, identity, BOOK, bucket, owner)
    return found.why if found else ""


def test_nothing_is_forbidden_without_a_rule() -> None:
    assert why(Safety(), who()) == ""


def test_a_read_only_identity_writes_nowhere() -> None:
    for identity in (who(), who(account=A), who(IdentitySpec(local=True)), who(IdentitySpec(anonymous=True))):
        assert why(Safety(read_only=True), identity) == "it is read-only"
        assert refusal_so_far(Safety(read_only=True), identity, BOOK)


NAMES = {
    "*PROD*": who(label="media-prod"),
    "nightly": who(IdentitySpec("x", name="Nightly")),
    "x?": who(IdentitySpec("x1"), label="another"),
    "prod-*": who(IdentitySpec("x", roles=(ROLE,))),
    "arn:aws:iam::1111*": who(IdentitySpec("x", roles=(ROLE,))),
    "prod-deploy": who(arn="arn:aws:sts::111111111111:assumed-role/prod-deploy/me"),
    "*:user/deploy": who(arn="arn:aws:iam::111111111111:user/deploy"),
    A: who(account=A),
    "1111*": who(account=A),
    "production": who(account=A),
    "reports": who(account=B),
    "archive": who(canonical_id="id-x"),
}
BUCKETS = {
    "*prod*": ("my-PROD-data", ""),
    "production": ("data", "id-a"),
    A: ("data", "id-a"),
    "archive": ("data", "id-x"),
    "3333*": ("data", "id-c"),
    "reports": ("arn:aws:s3:us-east-1:222222222222:accesspoint/point", ""),
}


def test_a_pattern_means_every_name_of_an_identity() -> None:
    for pattern, identity in NAMES.items():
        safety = Safety(patterns=("never", pattern))
        assert pattern in why(safety, identity)
        assert refusal_so_far(safety, identity, BOOK), pattern
    assert why(Safety(patterns=("never",)), who(account=C)) == ""


def test_a_number_derived_from_a_label_is_no_pattern() -> None:
    found = refusal(Safety(patterns=("*x*", A)), who(account=A), BOOK)
    assert found
    assert found.why == f"its account {A} is read-only: the settings"
    assert f'[accounts."{A}"]' in found.remedy
    assert "label" in found.remedy


def test_only_the_role_that_is_assumed_last_is_meant() -> None:
    last = RoleSpec("arn:aws:iam::222222222222:role/dev")
    assert why(Safety(patterns=("*prod*",)), who(IdentitySpec("x", roles=(ROLE, last)), account=B)) == ""


def test_a_pattern_means_every_name_of_a_bucket() -> None:
    identity = who(account="444444444444")
    for pattern, (bucket, owner) in BUCKETS.items():
        safety = Safety(patterns=(pattern,))
        assert why(safety, identity, bucket, owner), pattern
        assert refusal_so_far(safety, identity, BOOK) is None
        assert why(safety, identity, "other", "unknown") == ""


def test_only_listed_accounts_write_and_only_to_each_other() -> None:
    safety = Safety(accounts=(A, B))
    assert why(safety, who(account=A), owner="id-a") == ""
    assert why(safety, who(account=B), owner="id-a") == ""
    assert why(safety, who(account=A), owner="nobody-known") == ""
    assert C in why(safety, who(account=C), owner="id-a")
    assert why(safety, who(account=A), owner="id-c") == f"the bucket's owner {C} is not in write_accounts ({A}, {B})"
    assert C in why(safety, who(account=A), f"arn:aws:s3:us-east-1:{C}:accesspoint/point")


def problem(kind: ProblemKind) -> Problem:
    return Problem(kind, "who it is was not said", operation="GetCallerIdentity")


def test_who_is_not_known_does_not_write_where_a_rule_asks_for_it() -> None:
    assert why(Safety(accounts=(A,)), who()) == f"its account is not known, and write_accounts allows only {A}"
    assert why(Safety(accounts=(A,)), who(IdentitySpec(anonymous=True)))
    assert A in why(Safety(patterns=(A,)), who())
    assert why(Safety(patterns=("arn:*:role/x",)), who())
    for kind in (ProblemKind.UNREACHABLE, ProblemKind.EXPIRED):
        assert why(Safety(patterns=("*prod*",)), who(problem=problem(kind)))


def test_a_server_without_accounts_is_judged_by_the_names_it_has() -> None:
    without = who(problem=problem(ProblemKind.UNSUPPORTED))
    assert why(Safety(patterns=("*prod*", A, "arn:*")), without) == ""
    assert why(Safety(patterns=("media",)), without)
    assert why(Safety(accounts=(A,)), without)
    denied = who(problem=problem(ProblemKind.DENIED))
    assert why(Safety(patterns=("*prod*",)), denied) == ""
    assert why(Safety(patterns=(A,)), denied)
    assert why(Safety(patterns=("*prod*", A)), who(IdentitySpec(anonymous=True))) == ""


def test_what_is_not_known_yet_is_not_held_against_an_identity_before_it_was_asked() -> None:
    for safety in (Safety(patterns=(A,)), Safety(accounts=(A,))):
        identity = who(IdentitySpec("media", safety=safety))
        assert marked(identity, BOOK, final=False).read_only == ""
        assert "not known" in marked(identity, BOOK, final=True).read_only
    forbidden = who(IdentitySpec("media", safety=Safety(accounts=(A,))), account=B)
    assert B in marked(forbidden, BOOK, final=False).read_only


UNKNOWN = IdentitySpec(anonymous=True, endpoint="http://127.0.0.1:9", safety=Safety(accounts=(A,)))
"""Its account is never known, and a rule asks for it."""


async def test_who_is_being_asked_may_still_write_and_who_stays_unknown_may_not(connections: Connections) -> None:
    name = connection_id(UNKNOWN)
    assert (await connections.last_known(name)).read_only == "", "nothing is held against who was not asked yet"
    *meanwhile, last = [identity.read_only async for identity in connections.identify(UNKNOWN)]
    assert meanwhile == ["", ""], "as configured, and with the last answer"
    assert "not known" in last
    assert "not known" in (await connections.last_known(name)).read_only
    assert "not known" in (await connections.identity(name)).read_only


async def test_a_local_disk_that_is_read_only_says_so_wherever_it_is_asked(connections: Connections) -> None:
    spec = IdentitySpec(local=True, safety=Safety(read_only=True))
    assert [each.read_only async for each in connections.identify(spec)] == ["it is read-only"]
    assert (await connections.identity(connection_id(spec))).read_only == "it is read-only"


def test_the_local_disk_has_no_names_or_accounts() -> None:
    local = IdentitySpec(local=True)
    assert why(Safety(patterns=("*",), accounts=(A,)), who(local, label="local disk"), "/") == ""


def test_the_remedy_says_where_it_was_forbidden() -> None:
    for safety, remedy in (
        (Safety(read_only=True), "--read-only"),
        (Safety(patterns=("med*",)), "remove med* from read_only of [safety] in the settings"),
        (Safety(patterns=(C,)), f'[accounts."{C}"]'),
        (Safety(accounts=(A,)), f"add {C} to write_accounts"),
    ):
        found = refusal(safety, who(account=C), BOOK, "data")
        assert found
        assert remedy in found.remedy
