"""The findings of the rules: on refusals, policies, ownership, content, public access, and the way to the endpoint."""

from dataclasses import replace
from typing import Any

from msgspec import structs

from tests.policies.people import (
    A_ACCOUNT,
    A_OWNER,
    A_ROOT,
    ANALYTICS,
    B_OWNER,
    BOOK,
    BUCKET,
    BUCKET_ARN,
    FROM_A,
    FROM_B,
    MEDIA,
    OBJECT,
    OBJECTS_ARN,
    ONLY_A,
    ONLY_B,
    PATHLESS,
    ROLE,
    ROLE_ARN,
    STRANGER,
    absent,
    denied,
    document,
    endpoint,
    found,
    grants,
    group,
    known,
    owners,
    ownership,
    policy,
    statement,
    text,
    unknown,
)
from tui.core.facts import (
    AccessVerdict,
    Fact,
    FactName,
    Finding,
    FindingSeverity,
    KnownFact,
    Pairs,
    PolicyReading,
    Size,
)
from tui.core.identity import Address, AddressBook, EndpointSource, Identity, IdentitySpec, Owner, RoleSpec
from tui.core.location import Location
from tui.core.network import AddressScope
from tui.features.inspect.inspection import by_severity, diagnose
from tui.policies.evidence import EvidenceContext
from tui.policies.head_facts import NO_BUCKET, NO_OBJECT, RESTORED_UNTIL, UNDER_WAY

OWN = owners(of_object=A_OWNER)
OFFICE = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
NOT_OFFICE = {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
READ = Fact(FactName.SIZE, KnownFact(Size(1)), "HeadObject", "analytics")
S3_URL = "https://assets.s3.us-east-1.amazonaws.com"
VPCE_URL = "https://assets.vpce-0a1b2c3d-4e5f6a7b.s3.us-east-1.vpce.amazonaws.com"
ACCOUNT_3 = {"StringEquals": {"aws:PrincipalAccount": "3"}}
ORGANISATION = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}

AS_OWNER = "As media-prod (user/deploy):"


def refused(label: str) -> Fact:
    return denied(FactName.SIZE, "s3:GetObject", "HeadObject", label)


REFUSED = refused("analytics")

ADD = (
    "As media-prod (user/deploy): add a statement that allows s3:GetObject on "
    "arn:aws:s3:::assets/incoming/report.csv to arn:aws:iam::222222222222:root."
)

NO_WAY_IN = [
    (absent(FactName.POLICY), "The bucket has no policy: analytics can get access only through an ACL", ADD),
    (policy(statement(Principal={"AWS": A_ROOT})), "The bucket policy gives analytics no access here: analytics", ADD),
    (
        policy(statement(Condition=ACCOUNT_3)),
        "no access here (statement Partner needs aws:PrincipalAccount 3; here it is 222222222222): analytics",
        "As media-prod (user/deploy): add 222222222222 to aws:PrincipalAccount in Partner.",
    ),
]


def test_a_deny_in_the_policy_is_an_error() -> None:
    finding = found([*OWN, policy(statement(), statement(Sid="Never", Effect="Deny"))])["policy-denies"]
    assert finding.severity is FindingSeverity.ERROR
    assert finding.sentence == (
        "Statement Never of the bucket policy denies analytics to read this object (s3:GetObject): it names the account"
        " 222222222222."
    )
    assert finding.remedy.startswith("As media-prod (user/deploy): exclude analytics from that Deny")
    assert {"policy-denies", "foreign-owned"} <= found([*FOREIGN, policy(statement(Effect="Deny"))]).keys()
    assert "let-in" not in found([*FOREIGN, policy(statement())]), "an Allow does not"
    by_rule = found([*OWN, policy(statement(Effect="Deny", Principal={"AWS": "333333333333"}))])
    assert {"policy-denies", "policy-may-deny"}.isdisjoint(by_rule), "one of others does not concern us"


def test_a_deny_that_hangs_on_something_unknown_is_a_warning_whoever_owns_the_bucket() -> None:
    may_deny = policy(statement(Effect="Deny", Condition=NOT_OFFICE), statement())
    for whose in ([], OWN):
        finding = found([*whose, may_deny])["policy-may-deny"]
        assert (finding.severity, finding.verdict) == (FindingSeverity.WARNING, AccessVerdict.UNKNOWN)
        assert "needs aws:SourceIp other than 203.0.113.0/24" in finding.sentence


def test_the_statement_that_lets_in_is_named() -> None:
    finding = found([*OWN, policy(statement(Sid="A", Principal={"AWS": A_ROOT}), statement(Sid="B"))])["let-in"]
    assert finding.severity is FindingSeverity.GOOD
    assert finding.sentence == (
        "Statement B of media-prod's bucket policy allows analytics to read this object (s3:GetObject): it names the "
        "account 222222222222."
    )
    by_rule = found([*OWN, policy(statement(Sid="Doubtful", Condition=ORGANISATION), statement(Sid="Sure"))])
    assert "Statement Sure" in by_rule["let-in"].sentence
    doubtful = found([*OWN, policy(statement(Condition=ORGANISATION))])["may-be-let-in"]
    assert doubtful.severity is FindingSeverity.NOTE
    assert "needs aws:PrincipalOrgID o-1" in doubtful.sentence


def test_a_doubtful_statement_may_be_why_somebody_was_let_in_just_now() -> None:
    """One that is public, and that the bucket may restrict, has nothing to be checked."""
    finding = found([*OWN, policy(statement(Condition=OFFICE)), READ])["let-in"]
    assert (finding.severity, finding.remedy) == (FindingSeverity.GOOD, "")
    assert finding.sentence.startswith(
        "analytics was able to read this object (s3:GetObject) just now. Statement Partner of media-prod's bucket "
        "policy may be the reason: it "
    )
    doubtful = found([*OWN, policy(statement(Condition=OFFICE))])["may-be-let-in"]
    assert doubtful.remedy == f"{AS_OWNER} check whether analytics meets that condition."
    public = found([*OWN, policy(statement(Principal="*"))])["may-be-let-in"]
    assert (public.sentence, public.remedy) == (
        "Statement Partner of media-prod's bucket policy may allow analytics to read this object (s3:GetObject): it "
        "names everyone (*).",
        "",
    )


def test_where_another_statement_may_deny_it_that_one_is_to_be_checked() -> None:
    """Who was let in just now was denied by none."""
    facts = [*OWN, policy(statement(), statement(Sid="Night", Effect="Deny", Condition=NOT_OFFICE))]
    finding = found(facts)["may-be-let-in"]
    assert finding.sentence.endswith(", but statement Night may deny it.")
    assert finding.remedy == f"{AS_OWNER} check whether Night denies analytics."
    assert "Night" not in found([*facts, READ])["let-in"].sentence


def test_no_way_in() -> None:
    for fact, sentence, remedy in NO_WAY_IN:
        finding = found([*OWN, fact])["no-way-in"]
        assert finding.severity is FindingSeverity.NOTE
        assert sentence in finding.sentence
        assert finding.sentence.endswith("as a role or user of media-prod.")
        assert finding.remedy == remedy
    facts = [*OWN, absent(FactName.POLICY)]
    assert "no-way-in" not in found([*facts, grants((B_OWNER, "READ"))])
    assert "no-way-in" not in found(facts, ONLY_A)
    by_rule = found([*facts, REFUSED], FROM_B)
    assert ("no-way-in" in by_rule, "not-allowed" in by_rule) == (False, True), "who was denied gets one finding"


def test_the_two_mistakes_with_resources() -> None:
    of_bucket = statement(Resource=BUCKET_ARN)
    of_objects = statement(Action="s3:ListBucket", Resource=OBJECTS_ARN)
    for given, location, wanted in ((of_bucket, OBJECT, OBJECTS_ARN), (of_objects, BUCKET, BUCKET_ARN)):
        finding = found([*OWN, policy(given)], FROM_A, location)["policy-resource"]
        assert finding.severity is FindingSeverity.WARNING
        assert finding.remedy == f"{AS_OWNER} add {wanted} to that statement's Resource."
    assert "policy-resource" in found([*OWN, policy(of_bucket)], ONLY_B)
    allowed = [*OWN, policy(statement(), of_bucket | {"Sid": "Bucket"}), READ]
    assert "policy-resource" not in found(allowed, ONLY_B), "where the request is allowed nothing is wrong with them"
    unreadable = found([*OWN, policy(statement(Effect="Perhaps"))])["policy-unreadable"]
    assert "statement #1 has an Effect" in unreadable.sentence


def test_source_ip_by_the_way_requests_take() -> None:
    for way, words in (
        (endpoint(S3_URL), "if requests from here pass a VPC gateway endpoint (this cannot be detected)"),
        (endpoint(S3_URL, AddressScope.PRIVATE), "the private address 10.0.3.7:443; if that is a VPC endpoint"),
        (endpoint(VPCE_URL, AddressScope.PRIVATE), "go through vpce-0a1b2c3d, where S3 sees no source IP, so"),
        (endpoint("http://127.0.0.1:80", AddressScope.LOOPBACK), "coming from 127.0.0.1"),
        (unknown(FactName.ENDPOINT, "down"), "behind a VPC endpoint S3 sees no source IP"),
    ):
        finding = found([*OWN, policy(statement(Sid="Office", Condition=OFFICE)), way])["source-ip"]
        assert finding.severity is FindingSeverity.WARNING
        assert finding.sentence.startswith("Statement Office depends on aws:SourceIp 203.0.113.0/24: ")
        assert words in finding.sentence
        assert "aws:SourceVpce" in finding.remedy
    assert "source-ip" not in found([*OWN, policy(statement(Condition=OFFICE))])
    assert "source-ip" not in found([*OWN, policy(statement()), endpoint(S3_URL)])
    for effect, condition, words, remedy in (
        ("Allow", OFFICE, "allows nothing", "StringEquals"),
        ("Allow", NOT_OFFICE, "still applies", "StringNotEquals"),
        ("Deny", OFFICE, "does not deny it", "StringEquals"),
        ("Deny", NOT_OFFICE, "denies it", "StringNotEquals"),
    ):
        facts = [*OWN, policy(statement(Effect=effect, Condition=condition)), endpoint(VPCE_URL, AddressScope.PRIVATE)]
        finding = found(facts)["source-ip"]
        assert finding.sentence.endswith(f"so the statement {words}.")
        assert f'{remedy} {{"aws:SourceVpce": "vpce-0a1b2c3d"}}' in finding.remedy


def test_a_grant_that_has_run_out() -> None:
    until_2025 = {"DateLessThan": {"aws:CurrentTime": "2025-01-01T00:00:00Z"}}
    facts = [*OWN, policy(statement(Condition=until_2025))]
    finding = found(facts, replace(FROM_A, now=1_795_500_000.0))["no-way-in"]
    assert "needs aws:CurrentTime below 2025-01-01T00:00:00Z; here it is 2026-11-24T" in finding.sentence
    assert "may-be-let-in" in found(facts, FROM_A)


def test_no_statement_allows_it() -> None:
    finding = found([*OWN, policy(statement(Principal={"AWS": A_ROOT})), REFUSED], FROM_B)["not-allowed"]
    assert finding.severity is FindingSeverity.ERROR
    assert finding.sentence == (
        "analytics is not allowed to read this object (s3:GetObject): no statement of the bucket policy allows it."
    )
    assert f"1. {AS_OWNER} add a statement that allows s3:GetObject" in finding.remedy
    assert "\n2. In analytics's account: make sure that the policies of user/bob allow s3:GetObject" in finding.remedy
    assert finding.remedy.endswith("('xs3-tui explain --action s3:GetObject' reads them).")
    without = found([*OWN, absent(FactName.POLICY), REFUSED], FROM_B)["not-allowed"]
    assert without.sentence.endswith("the bucket has no policy.")
    for condition, words in (
        (ACCOUNT_3, "but needs aws:PrincipalAccount 3; here it is 222222222222."),
        (ORGANISATION, "needs aws:PrincipalOrgID o-1"),
    ):
        facts = [*OWN, policy(statement(Sid="Nearly", Condition=condition)), refused("analytics")]
        sentence = found(facts, FROM_B)["not-allowed"].sentence
        assert "statement Nearly would allow it, but" in sentence
        assert words in sentence


def test_denied_although_the_policy_allows() -> None:
    by_key = text(FactName.ENCRYPTION, "aws:kms arn:aws:kms:x:1:key/k")
    cases: list[tuple[list[Fact], str]] = [
        (OWN, "the object is encrypted with a KMS key and kms:Decrypt is missing"),
        ([*OWN, by_key], "kms:Decrypt on the object's key is missing"),
        ([*OWN, absent(FactName.ENCRYPTION)], "own IAM policies do not allow it"),
        ([OWN[1]], "another account owns the object"),
    ]
    for facts, words in cases:
        finding = found([*facts, policy(statement()), REFUSED], FROM_B)["denied-though-allowed"]
        assert finding.severity is FindingSeverity.ERROR
        assert "although statement Partner of the bucket policy allows it" in finding.sentence
        assert words in finding.sentence
        assert "service control policies" in finding.sentence
        assert "cannot be checked from here" in finding.sentence


def test_in_its_own_account_the_identity_s_policies_decide() -> None:
    finding = found([*OWN, absent(FactName.POLICY), refused("media-reader")], EvidenceContext(ROLE, None, BOOK))
    assert finding["own-policy-missing"].severity is FindingSeverity.ERROR
    assert "role/partner-read" in finding["own-policy-missing"].remedy
    unread = denied(FactName.POLICY, "s3:GetBucketPolicy", "GetBucketPolicy", "analytics")
    assert "s3:GetBucketPolicy" in found([unread, REFUSED], ONLY_B)["denied-policy-unknown"].sentence


def test_a_deny_or_a_foreign_owner_explains_it_alone() -> None:
    by_deny = found([*OWN, policy(statement(), statement(Effect="Deny")), refused("analytics")], FROM_B)
    assert set(by_deny) == {"policy-denies", "one-owner"}
    by_owner = found([*owners(of_object=B_OWNER), policy(statement()), refused("media-prod")], FROM_A)
    assert set(by_owner) == {"foreign-owned"}


def test_what_no_identity_may_read_is_one_note() -> None:
    """What the other identity told does not lack."""
    acl, owner = (
        denied(name, "s3:GetObjectAcl", "GetObjectAcl", "analytics")
        for name in (FactName.GRANTS, FactName.OBJECT_OWNER)
    )
    facts = [acl, owner, denied(FactName.TAGS, "s3:GetObjectTagging", "GetObjectTagging", "analytics")]
    finding = found(facts, FROM_B)["permission-missing"]
    assert finding.severity is FindingSeverity.NOTE
    assert finding.sentence == (
        "Neither analytics nor media-prod has permission to read: owner and grants (s3:GetObjectAcl), tags "
        "(s3:GetObjectTagging)."
    )
    assert found(facts, ONLY_B)["permission-missing"].sentence.startswith("analytics does not have permission")
    for both in ([owner, *OWN], [*OWN, owner]):
        assert "permission-missing" not in found(both, FROM_B)
    for facts, context, words in (
        (owners(of_object=B_OWNER), FROM_A, "Open the other pane as analytics: only the object's owner can ask."),
        (OWN, EvidenceContext(MEDIA, None, BOOK), "make sure that the policies of user/deploy allow these actions."),
        (OWN, ONLY_B, "Open the other pane as an identity of media-prod"),
    ):
        missing = denied(FactName.TAGS, "s3:GetObjectTagging", "GetObjectTagging", context.mine.label)
        assert words in found([*facts, missing], context)["permission-missing"].remedy


def test_a_policy_that_is_read_in_part_allows_nothing_as_far_as_it_is_read() -> None:
    """A part that cannot be read might allow it: so much is said."""
    text = document(statement(Principal={"AWS": A_ROOT}), {"Effect": "Perhaps"})
    sentences = []
    for problem in ("", "statement #2 has an Effect that is neither Allow nor Deny"):
        facts = [*OWN, known(FactName.POLICY, PolicyReading(text, [], True, problem)), refused("analytics")]
        sentences.append(found(facts, FROM_B)["not-allowed"].sentence)
    assert ["allows it, as far as it can be read" in each for each in sentences] == [False, True]


# Findings whose remedy is about the condition that decides, by what this connection has.
VPCE = endpoint("https://assets.vpce-0bbb-4e5f6a7b.s3.us-east-1.vpce.amazonaws.com", AddressScope.PRIVATE)
PLAIN = endpoint("http://127.0.0.1:80", AddressScope.LOOPBACK)


def deny(operator: str, key: str, wanted: str) -> dict[str, Any]:
    return statement(Sid="Never", Effect="Deny", Principal="*", Condition={operator: {key: wanted}})


BY_CONDITION = [
    (
        ("StringNotEquals", "aws:SourceVpce", "vpce-0aaa"),
        VPCE,
        "names everyone (*); aws:SourceVpce is vpce-0bbb, not vpce-0aaa",
        f"{AS_OWNER} add vpce-0bbb to aws:SourceVpce in Never. Or send the requests through vpce-0aaa.",
    ),
    (
        ("Bool", "aws:SecureTransport", "false"),
        PLAIN,
        "aws:SecureTransport is false",
        "Use https for the endpoint of analytics: it is http://127.0.0.1:80.",
    ),
    (
        ("StringNotEquals", "aws:SourceVpc", "vpc-1"),
        PLAIN,
        "requests from here have no aws:SourceVpc",
        "Send the requests of analytics through vpc-1; they now go to http://127.0.0.1:80. Or as media-prod "
        "(user/deploy): exclude analytics from aws:SourceVpc in Never.",
    ),
    (
        ("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"),
        VPCE,
        "requests from here have no aws:SourceIp",
        f'{AS_OWNER} add StringNotEquals {{"aws:SourceVpce": "vpce-0bbb"}} to the condition of Never.',
    ),
    (
        ("StringNotEquals", "aws:PrincipalAccount", "111111111111"),
        PLAIN,
        "aws:PrincipalAccount is 222222222222, not 111111111111",
        f"{AS_OWNER} add 222222222222 to aws:PrincipalAccount in Never.",
    ),
    (
        ("StringEquals", "aws:PrincipalAccount", "222222222222"),
        PLAIN,
        "aws:PrincipalAccount is 222222222222",
        f"{AS_OWNER} remove 222222222222 from aws:PrincipalAccount in Never.",
    ),
    (
        ("DateGreaterThan", "aws:CurrentTime", "2001-01-01T00:00:00Z"),
        PLAIN,
        "aws:CurrentTime is",
        f"{AS_OWNER} check aws:CurrentTime in Never for analytics.",
    ),
]


def test_a_deny_is_explained_by_the_condition_that_decides() -> None:
    for condition, way, why, remedy in BY_CONDITION:
        facts = [*OWN, policy(statement(), deny(*condition)), way, REFUSED]
        findings = diagnose(facts, OBJECT, replace(FROM_B, now=1_795_500_000.0))
        (finding,) = [one for one in findings if one.rule == "policy-denies" and one.identity == "analytics"]
        assert why in finding.sentence
        assert finding.remedy == remedy
        assert (finding.action, finding.verdict) == ("s3:GetObject", AccessVerdict.DENIED)


def test_the_remedy_of_a_statement_that_depends_on_the_address_is_its_condition_and_no_new_statement() -> None:
    by_endpoint = 'add a copy of Office with StringEquals {"aws:SourceVpce": "vpce-0bbb"} instead of aws:SourceIp.'
    public = "add this machine's public IP to aws:SourceIp in Office; behind a VPC endpoint, add a copy"
    for way, remedy in (
        (VPCE, by_endpoint),
        (PLAIN, "add 127.0.0.1 to aws:SourceIp in Office, or add a copy of Office with StringEquals"),
        (endpoint(S3_URL), public),
    ):
        facts = [*OWN, policy(statement(Sid="Office", Condition=OFFICE)), way, REFUSED]
        (finding,) = [one for one in diagnose(facts, OBJECT, FROM_B) if one.rule == "not-allowed"]
        assert "statement Office would allow it, but needs aws:SourceIp 203.0.113.0/24" in finding.sentence
        assert finding.remedy.startswith(f"1. {AS_OWNER} {remedy}")
        assert "add a statement that allows" not in finding.remedy


def test_what_an_identity_did_just_now_goes_before_every_rule() -> None:
    facts = [*OWN, policy(statement(), deny("Bool", "aws:SecureTransport", "false")), PLAIN]
    by_rule = found([*facts, READ], ONLY_B)
    assert {"let-in", "deny-without-effect"} <= set(by_rule)
    assert by_rule["deny-without-effect"].verdict is AccessVerdict.ALLOWED
    assert "policy-denies" not in by_rule
    assert "policy-denies" in found(facts, ONLY_B)


def test_without_a_policy_that_could_be_read_nothing_is_said_of_the_own_policies() -> None:
    role = EvidenceContext(PATHLESS, None, BOOK)
    facts = [*OWN, refused("media-reader")]
    unread = denied(FactName.POLICY, "s3:GetBucketPolicy", "GetBucketPolicy", "media-reader")
    by_rule = found([*facts, unread], role)
    assert "own-policy-missing" not in by_rule
    assert "The reason is not known" in by_rule["denied-policy-unknown"].sentence
    down = found([*facts, unknown(FactName.POLICY, "down")], role)["denied-policy-unknown"]
    assert "the bucket policy is not known: down" in down.sentence
    assert {"own-policy-missing", "denied-policy-unknown"}.isdisjoint(found(facts, role)), "not asked yet"


def test_an_aws_managed_key_lets_no_other_account_in() -> None:
    by_rule = found([*OWN, policy(statement()), text(FactName.ENCRYPTION, "aws:kms")])
    assert ("kms-managed" in by_rule, "let-in" in by_rule) == (True, False)
    of_ours = found([text(FactName.ENCRYPTION, f"aws:kms {KEY_OF_A}")], EvidenceContext(MEDIA))
    assert set(of_ours) == {"kms"}, "a key of the only account here is no stranger's"


def test_a_role_that_does_not_know_its_account_s_id_is_not_called_a_stranger() -> None:
    unsure = structs.replace(PATHLESS, canonical_id="")
    book = AddressBook({A_OWNER.id: Address(A_OWNER.id, "", "media-prod")})
    facts = [*OWN, text(FactName.STORAGE_CLASS, "GLACIER")]
    remedy = found(facts, EvidenceContext(unsure, None, book))["archived"].remedy
    assert remedy.startswith("An identity of media-prod (it is not known whether media-reader is one):")
    assert found(facts, EvidenceContext(unsure, None, BOOK))["archived"].remedy.startswith(
        "As media-reader (role/partner-read)"
    )
    assert "(not connected here)" in found(facts, EvidenceContext(ANALYTICS, None, book))["archived"].remedy


def assuming(*roles: RoleSpec) -> Identity:
    return structs.replace(PATHLESS, spec=IdentitySpec("bob", roles=roles))


OTHERS = "arn:aws:iam::222222222222:role/"


def test_a_role_of_another_account_without_an_external_id_is_a_note() -> None:
    plain = RoleSpec(ROLE_ARN)
    cases: list[tuple[Identity, Identity | None, bool]] = [
        (assuming(plain), None, True),
        (assuming(plain), structs.replace(ANALYTICS, spec=IdentitySpec("bob")), True),
        (assuming(plain), structs.replace(MEDIA, spec=IdentitySpec("bob")), False),
        (assuming(RoleSpec(ROLE_ARN, external_id="x")), None, False),
        (assuming(RoleSpec(f"{OTHERS}a", external_id="x"), RoleSpec(f"{OTHERS}b")), None, False),
        (assuming(RoleSpec(f"{OTHERS}a", external_id="x"), plain), None, True),
        (MEDIA, ANALYTICS, False),
    ]
    for mine, other, said in cases:
        finding = found([], EvidenceContext(mine, other, BOOK)).get("no-external-id")
        assert (finding is not None) is said
        assert not finding or (finding.severity is FindingSeverity.NOTE and ROLE_ARN in finding.sentence)


# Findings on ownership.
FOREIGN = owners(of_object=B_OWNER)
LOCKED = [*FOREIGN, grants((B_OWNER, "FULL_CONTROL"))]
WRITERS = policy(statement(Action="s3:PutObject"))


def test_a_foreign_object_whose_acl_gives_the_bucket_owner_nothing() -> None:
    finding = found([*LOCKED, ownership("ObjectWriter")])["foreign-owned"]
    assert finding.severity is FindingSeverity.ERROR
    assert finding.sentence == (
        "analytics owns this object; media-prod owns the bucket: media-prod's bucket policy does not apply to it."
        " media-prod itself cannot read it. Object Ownership is ObjectWriter, so the uploader became the owner."
    )
    assert finding.remedy == (
        "1. As analytics (user/bob): PutObjectAcl with bucket-owner-full-control on this object.\n"
        "2. As media-prod (user/deploy): CopyObject onto itself with MetadataDirective=REPLACE and the same metadata;"
        " then media-prod owns it."
    )
    assert {FactName.OBJECT_OWNER, FactName.BUCKET_OWNER, FactName.GRANTS} <= set(finding.evidence)


def test_the_setting_that_allowed_it_is_named() -> None:
    for setting, words in (
        (absent(FactName.OWNERSHIP), "no Object Ownership setting"),
        (ownership("ObjectWriter"), "is ObjectWriter"),
        (ownership("BucketOwnerPreferred"), "without the ACL bucket-owner-full-control, or before that was set"),
    ):
        assert words in found([*LOCKED, setting])["foreign-owned"].sentence


def test_a_refusal_to_the_bucket_owner_proves_that_it_cannot_read() -> None:
    """With unknown grants nothing is claimed about them."""
    finding = found(FOREIGN)["foreign-owned"]
    assert finding.severity is FindingSeverity.WARNING
    assert "cannot read" not in finding.sentence
    by_rule = found([*FOREIGN, refused("media-prod")], ONLY_A)
    assert by_rule["foreign-owned"].severity is FindingSeverity.ERROR
    assert "An identity of analytics (not connected here)" in by_rule["foreign-owned"].remedy
    assert "own-policy-missing" not in by_rule


def test_a_reading_that_was_seen_goes_before_the_rule() -> None:
    read = Fact(FactName.SIZE, KnownFact(Size(1)), "HeadObject", "media-prod")
    finding = found([*LOCKED, read])["foreign-owned"]
    assert finding.severity is FindingSeverity.WARNING
    assert "media-prod was still able to read it just now" in finding.sentence
    assert found([*LOCKED, READ])["foreign-owned"].severity is FindingSeverity.ERROR


def test_full_control_makes_it_readable_for_the_bucket_owner_only() -> None:
    """To read it is enough to take it over."""
    finding = found([*FOREIGN, grants((B_OWNER, "FULL_CONTROL"), (A_OWNER, "FULL_CONTROL"))])["foreign-owned-readable"]
    assert finding.severity is FindingSeverity.WARNING
    assert "grants media-prod FULL_CONTROL" in finding.sentence
    assert finding.remedy.startswith("As media-prod (user/deploy): CopyObject onto itself")
    assert "PutObjectAcl" not in finding.remedy
    remedy = found([*FOREIGN, grants((A_OWNER, "READ"))])["foreign-owned-readable"].remedy
    assert "CopyObject onto itself" in remedy
    assert "PutObjectAcl" in remedy
    assert "foreign-owned" in found([*FOREIGN, grants((A_OWNER, "READ_ACP"))]), "to read the ACL is not"


def test_an_unknown_owner_is_not_shown_as_hexadecimal_digits() -> None:
    sentence = found(owners(of_object=STRANGER))["foreign-owned"].sentence
    assert sentence.startswith("an unknown account (cccccccc…) owns this object")
    named = found(owners(of_object=Owner(STRANGER.id, "carol")))["foreign-owned"].sentence
    assert named.startswith("carol owns this object")


def test_one_owner_is_good_news() -> None:
    finding = found(OWN)["one-owner"]
    assert finding.severity is FindingSeverity.GOOD
    assert finding.sentence.startswith("media-prod owns both")
    assert (found(FOREIGN[:1]), found(FOREIGN[1:])) == ({}, {}), "half the facts prove nothing"
    by_rule = found([*OWN, ownership("BucketOwnerEnforced"), WRITERS])
    assert by_rule["acls-off"].severity is FindingSeverity.GOOD
    assert "media-prod owns every object" in by_rule["acls-off"].sentence
    assert {"one-owner", "foreign-writers"}.isdisjoint(by_rule)
    without = found([*OWN, absent(FactName.POLICY), ownership("BucketOwnerEnforced")])["no-way-in"]
    assert without.sentence.endswith("analytics can get access only as a role or user of media-prod.")


def test_foreign_writers_will_own_what_they_upload() -> None:
    for location in (BUCKET, Location("assets", "incoming/"), OBJECT):
        finding = found([OWN[1], ownership("ObjectWriter"), WRITERS], FROM_A, location)["foreign-writers"]
        assert finding.severity is FindingSeverity.NOTE
        assert finding.sentence == (
            "Objects that analytics can upload here will belong to the uploader, not to media-prod: Object Ownership "
            "is ObjectWriter."
        )
        assert "BucketOwnerEnforced" in finding.remedy
    without = found([OWN[1], absent(FactName.OWNERSHIP), WRITERS], FROM_A, BUCKET)["foreign-writers"]
    assert "no Object Ownership setting" in without.sentence
    preferred = found([OWN[1], ownership("BucketOwnerPreferred"), WRITERS], FROM_A, BUCKET)["foreign-writers"]
    assert "without the ACL bucket-owner-full-control" in preferred.sentence
    assert preferred.remedy.startswith("Upload with bucket-owner-full-control, or as media-prod")
    elsewhere = OBJECTS_ARN.replace("*", "elsewhere/*")
    for given in (
        statement(Action="s3:GetObject"),
        statement(Action="s3:PutObject", Principal={"AWS": "111111111111"}),
        statement(Action="s3:PutObject", Effect="Deny"),
        statement(Action="s3:PutObject", Resource=elsewhere),
    ):
        facts = [OWN[1], ownership("ObjectWriter"), policy(given)]
        assert "foreign-writers" not in found(facts, FROM_A, Location("assets", "incoming/")), given
    assert "foreign-writers" not in found([*LOCKED, ownership("ObjectWriter"), WRITERS]), "no word about the next one"


# Findings on content, public access and the way to the endpoint.
KEY_OF_A = f"arn:aws:kms:us-east-1:{A_ACCOUNT}:key/0a1b"


def block(**settings: str) -> Fact:
    return known(FactName.PUBLIC_ACCESS, Pairs(list(settings.items())))


def encrypted(words: str) -> list[Fact]:
    return [text(FactName.ENCRYPTION, words)]


FOREIGN_KEY, EVERYONE = encrypted(f"aws:kms {KEY_OF_A}"), group("AllUsers", "READ")
ANYONE = group("AuthenticatedUsers", "READ")
GLACIER, UNBLOCKED = text(FactName.STORAGE_CLASS, "GLACIER"), absent(FactName.PUBLIC_ACCESS)
RESTORED = text(FactName.RESTORE, f"{RESTORED_UNTIL}2029-12-21 00:00 UTC")
LISTED_BY_ALL, WRITTEN_BY_ALL = (group("AllUsers", each, FactName.BUCKET_GRANTS) for each in ("READ", "WRITE"))
NOTE, GOOD, WARNING, ERROR = FindingSeverity.NOTE, FindingSeverity.GOOD, FindingSeverity.WARNING, FindingSeverity.ERROR
MANAGED = f"aws:kms arn:aws:kms:us-east-1:{A_ACCOUNT}:alias/aws/s3"
OF_FACTS: list[tuple[list[Fact], str, FindingSeverity, str]] = [
    ([unknown(FactName.SIZE, NO_OBJECT), unknown(FactName.ETAG, NO_OBJECT)], "no-object", ERROR, ""),
    ([unknown(FactName.SIZE, NO_BUCKET), unknown(FactName.ETAG, NO_BUCKET)], "no-bucket", ERROR, ""),
    ([*OWN, GLACIER], "archived", WARNING, "minutes to hours"),
    ([*OWN, text(FactName.STORAGE_CLASS, "DEEP_ARCHIVE")], "archived", WARNING, "12 to 48"),
    ([*OWN, GLACIER, text(FactName.RESTORE, UNDER_WAY)], "restore-under-way", WARNING, "its restore is under way"),
    ([*OWN, GLACIER, RESTORED], "restored", GOOD, "copied until 2029-12-21 00:00 UTC."),
    (encrypted("AES256"), "encrypted-by-s3", GOOD, "needs no KMS permission"),
    (encrypted("aws:kms"), "kms-managed", WARNING, "cannot be shared"),
    (encrypted(MANAGED), "kms-managed", WARNING, "no other account can read"),
    (FOREIGN_KEY, "kms-foreign", WARNING, "a KMS key of media-prod: analytics can read the object only"),
    (encrypted(f"aws:kms:dsse {KEY_OF_A}"), "kms-foreign", WARNING, "kms:Decrypt"),
    (encrypted("aws:kms 0a1b"), "kms", NOTE, "reading the object needs kms:Decrypt"),
    ([*OWN, EVERYONE, UNBLOCKED], "public-acl", WARNING, "The object's ACL allows everyone to read this object."),
    ([*OWN, ANYONE, UNBLOCKED], "public-acl", WARNING, "allows anyone with an AWS account to read this object."),
    ([*OWN, LISTED_BY_ALL, UNBLOCKED], "public-acl", WARNING, "The bucket's ACL allows everyone to list this bucket."),
    (
        [*OWN, WRITTEN_BY_ALL, UNBLOCKED],
        "public-acl",
        WARNING,
        "The bucket's ACL allows everyone to write to this bucket.",
    ),
    ([*OWN, EVERYONE, block(IgnorePublicAcls="true")], "public-acl-ignored", NOTE, ""),
]


def test_what_follows_from_a_fact() -> None:
    """What does not exist, what is archived, whose key is needed, what is public."""
    for facts, rule, severity, words in OF_FACTS:
        finding = found(facts)[rule]
        assert (finding.severity, words in finding.sentence) == (severity, True), (rule, words)
        remedies = {"archived": "call RestoreObject and wait until the restore completes.", "public-acl": "remove"}
        assert rule not in remedies or finding.remedy.startswith(f"{AS_OWNER} {remedies[rule]}")


def test_what_does_not_follow_from_a_fact() -> None:
    assert found([unknown(FactName.SIZE, "cannot reach the endpoint")]) == {}
    classes = [text(FactName.STORAGE_CLASS, each) for each in ("STANDARD", "GLACIER_IR", "INTELLIGENT_TIERING")]
    for facts in (*([each] for each in classes), [GLACIER, text(FactName.RESTORE, UNDER_WAY)], [GLACIER, RESTORED]):
        assert "archived" not in found([*OWN, *facts]), facts
    logs, acl = group("LogDelivery", "WRITE", FactName.BUCKET_GRANTS), group("AllUsers", "READ_ACP")
    for facts in ([EVERYONE, ownership("BucketOwnerEnforced")], [logs], [acl]):
        assert "public-acl" not in found([*OWN, *facts]), facts


EVERYBODY = policy(statement(Sid="World", Principal="*"))


def test_a_public_policy() -> None:
    unblocked = "and no setting of the bucket blocks it"
    cases: list[tuple[list[Fact], str]] = [
        ([absent(FactName.PUBLIC_ACCESS)], unblocked),
        ([block(RestrictPublicBuckets="false")], unblocked),
        ([], "Block Public Access is not known"),
    ]
    for facts, words in cases:
        finding = found([*OWN, EVERYBODY, *facts], EvidenceContext(MEDIA))["public-policy"]
        assert finding.severity is FindingSeverity.WARNING
        assert words in finding.sentence
    way = endpoint("http://127.0.0.1:80", AddressScope.LOOPBACK)
    for given in (
        policy(statement()),
        policy(statement(Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}})),
        policy(statement(Principal="*", Condition={"IpAddress": {"aws:SourceIp": "127.0.0.1"}})),
        policy(statement(Principal="*"), statement(Effect="Deny", Principal="*")),
    ):
        assert "public-policy" not in found([*OWN, given, way], EvidenceContext(MEDIA)), given


def test_restricted_public_buckets_keep_partners_out() -> None:
    """A policy that is public elsewhere is closed as a whole."""
    by_rule = found([*OWN, EVERYBODY, block(RestrictPublicBuckets="true")])
    assert "let-in" not in by_rule
    assert "blocks every account except media-prod" in by_rule["public-policy-restricted"].sentence
    assert by_rule["public-policy-restricted"].verdict is AccessVerdict.DENIED
    world = statement(Sid="World", Principal="*", Resource="arn:aws:s3:::assets/site/*")
    by_rule = found([*OWN, policy(statement(), world), block(RestrictPublicBuckets="true"), REFUSED])
    assert {"let-in", "denied-though-allowed"}.isdisjoint(by_rule)
    assert "Statement World is public" in by_rule["public-policy-restricted"].sentence
    account = known(FactName.ACCOUNT_PUBLIC_ACCESS, Pairs([("RestrictPublicBuckets", "true")]))
    by_rule = found([*OWN, EVERYBODY, absent(FactName.PUBLIC_ACCESS), account])
    assert ("public-policy" in by_rule, "public-policy-restricted" in by_rule) == (False, True)
    assert "public-policy" not in found([*FOREIGN, EVERYBODY]), "it does not reach a foreign object"


BY_ENDPOINT = "https://bucket.vpce-0a1b-2c3d.s3.us-east-1.vpce.amazonaws.com"


def test_the_way() -> None:
    for fact, rules in (
        (endpoint(S3_URL), {"gateway-unknown"}),
        (endpoint(S3_URL, AddressScope.PRIVATE), {"private-address"}),
        (endpoint("https://assets.s3.amazonaws.com"), {"global-endpoint", "gateway-unknown"}),
        (endpoint("https://s3.amazonaws.com/assets"), {"global-endpoint", "gateway-unknown"}),
        (
            endpoint(BY_ENDPOINT, AddressScope.PRIVATE, EndpointSource.FLAG),
            {"interface-endpoint", "endpoint-configured"},
        ),
        (endpoint("http://127.0.0.1:80", AddressScope.LOOPBACK, EndpointSource.PROFILE), {"endpoint-configured"}),
        (endpoint("https://s3.example.org", AddressScope.PUBLIC, EndpointSource.ENV_S3), {"endpoint-configured"}),
        (unknown(FactName.ENDPOINT, "cannot reach"), set()),
    ):
        by_rule = found([fact])
        assert set(by_rule) == rules
        assert {finding.severity for finding in by_rule.values()} <= {FindingSeverity.NOTE}
    by_rule = found([endpoint(BY_ENDPOINT, AddressScope.PRIVATE, EndpointSource.SERVICES)])
    assert "vpce-0a1b:" in by_rule["interface-endpoint"].sentence
    assert "services section of the profile" in by_rule["endpoint-configured"].sentence
    assert "52.219.1.2:443 is public" in found([endpoint(S3_URL)])["gateway-unknown"].sentence


def test_the_worst_comes_first_and_equals_keep_their_order() -> None:
    findings = [
        Finding(str(index), severity, "", [])
        for index, severity in enumerate([*FindingSeverity, *FindingSeverity][::-1])
    ]
    assert [one.rule for one in by_severity(findings)] == ["3", "7", "2", "6", "1", "5", "0", "4"]
    assert diagnose([], OBJECT, FROM_A) == diagnose([], BUCKET, FROM_A) == [], "no facts, no findings"


def test_names_prefer_labels_to_numbers_and_numbers_to_ids() -> None:
    book = AddressBook({A_OWNER.id: Address(A_OWNER.id, A_ACCOUNT)})
    assert EvidenceContext(ANALYTICS, None, book).name(A_OWNER) == f"account {A_ACCOUNT}"
    assert EvidenceContext(MEDIA, None, book).name(A_OWNER) == "media-prod"
    assert EvidenceContext(ANALYTICS).account_name("3") == "account 3"
    assert EvidenceContext(ANALYTICS).account_name(ANALYTICS.account) == "analytics"


def test_a_write_by_everybody_may_carry_what_a_deny_asks_for() -> None:
    """Of a read it would be certain that it does not, and the Deny would hold."""
    condition = {"StringNotEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
    forbids = statement(Sid="HandOver", Effect="Deny", Principal="*", Action="s3:PutObject", Condition=condition)
    writes = group("AllUsers", "WRITE", FactName.BUCKET_GRANTS)
    finding = found([*OWN, writes, policy(forbids), absent(FactName.PUBLIC_ACCESS)])["public-acl"]
    assert "statement HandOver may deny it" in finding.sentence
