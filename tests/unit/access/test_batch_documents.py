"""The documents of a job's role, and what a check reads of those that a demo does not have: keys, boundaries, Deny."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from tui.access.batch.checking import judge
from tui.access.batch.judging import trusted
from tui.access.batch.needs import needs_of
from tui.access.batch.reading import JobDocuments
from tui.access.batch.statements import (
    bucket_statements,
    foreign_buckets,
    foreign_keys,
    key_statements,
    role_statements,
    trust_statement,
)
from tui.inspection.callers import Caller
from tui.inspection.evaluation.documents import Policies, PolicyText, Unseen
from tui.inspection.evaluation.reading_iam import Principal
from tui.model.access.batch_jobs import BatchOperation, JobAccess, JobPlace, RoleCheck
from tui.model.access.policy_edit import PolicyKind
from tui.model.facts import Applies, ObjectOwnership
from tui.model.location import Location

A, B = "111111111111", "222222222222"
ENFORCED = ObjectOwnership.BUCKET_OWNER_ENFORCED
KEY_A = f"arn:aws:kms:us-east-1:{A}:key/a"
KEY_B = f"arn:aws:kms:us-east-1:{B}:key/b"
ROLE = f"arn:aws:iam::{B}:role/batch"

JOB = JobAccess(
    BatchOperation.COPY,
    B,
    JobPlace(Location("from", "video/"), A, "us-east-1", [KEY_A], ENFORCED),
    JobPlace(Location("to", "in/"), B, "us-east-1", [KEY_B], ENFORCED),
    JobPlace(Location("jobs", "list.csv"), B, "us-east-1", [], ENFORCED),
    JobPlace(Location("jobs", "reports"), B, "us-east-1", [], ENFORCED),
    region="us-east-1",
    role=ROLE,
)


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def text(kind: PolicyKind, document: str, account: str = B) -> PolicyText:
    return PolicyText(kind, account, "x", document, "x")


def principal(document: str, boundary: PolicyText | Unseen | None = None) -> Principal:
    return Principal(Policies((text(PolicyKind.ROLE_POLICY, document),)), boundary, ROLE)


def documents(**changed: Any) -> JobDocuments:
    """Everything as our plan makes it, and a key policy of each account that delegates to the account."""
    every = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
    root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{B}:root"}, "Action": "kms:*", "Resource": "*"}
    usual = {
        "trust": text(PolicyKind.TRUST_POLICY, policy(trust_statement(JOB))),
        "role": principal(policy(*role_statements(JOB))),
        "creator": Caller(B, f"arn:aws:iam::{B}:user/bob"),
        "creators": Principal(Policies((text(PolicyKind.USER_POLICY, every),)), None),
        "buckets": {
            "from": text(PolicyKind.BUCKET_POLICY, policy(*bucket_statements(JOB, "from")), A),
            "to": None,
            "jobs": None,
        },
        "keys": {
            KEY_A: text(PolicyKind.KEY_POLICY, policy(*key_statements(JOB, KEY_A)), A),
            KEY_B: text(PolicyKind.KEY_POLICY, policy(root)),
        },
    }
    return JobDocuments(**{**usual, **changed})


def check(**changed: Any) -> RoleCheck:
    return judge(JOB, documents(**changed), "make it")


def test_the_documents_of_a_copy_between_accounts() -> None:
    found = {each["Sid"].removeprefix("Xs3Batch")[8:]: each for each in role_statements(JOB)}
    assert {name: (each["Action"], each["Resource"]) for name, each in found.items()} == {
        "Source": (["s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectAnnotation"], "arn:aws:s3:::from/video/*"),
        "Target": (["s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectAnnotation"], "arn:aws:s3:::to/in/*"),
        "Manifest": ("s3:GetObject", "arn:aws:s3:::jobs/list.csv"),
        "Report": ("s3:PutObject", "arn:aws:s3:::jobs/reports/job-*"),
        "SourceKeys": ("kms:Decrypt", KEY_A),
        "TargetKeys": ("kms:GenerateDataKey", KEY_B),
    }
    assert foreign_buckets(JOB) == {"from": A}
    assert foreign_keys(JOB) == {KEY_A: A}
    [statement] = key_statements(JOB, KEY_A)
    assert (statement["Principal"], statement["Action"], statement["Resource"]) == ({"AWS": ROLE}, "kms:Decrypt", "*")
    assert all(each["Sid"].isalnum() for each in [*role_statements(JOB), trust_statement(JOB)])


def test_characters_of_a_key_that_policies_take_for_wildcards_are_literal() -> None:
    job = replace(JOB, source=JobPlace(Location("from", "a*b?/$c/"), A, ownership=ENFORCED))
    [statement] = bucket_statements(job, "from")
    assert statement["Resource"] == "arn:aws:s3:::from/a${*}b${?}/${$}c/*"
    assert needs_of(job)[0].probe == "arn:aws:s3:::from/a*b?/$c/*"


def test_an_inventory_report_takes_its_data_files_too() -> None:
    place = JobPlace(Location("lists", "inv/from/daily/2026-11-01T01-00Z/manifest.json"), B, ownership=ENFORCED)
    job = replace(JOB, manifest=place, inventory=True)
    [statement] = [each for each in role_statements(job) if each["Sid"].endswith("Manifest")]
    assert statement["Resource"] == [
        "arn:aws:s3:::lists/inv/from/daily/2026-11-01T01-00Z/manifest.json",
        "arn:aws:s3:::lists/inv/from/daily/data/*",
    ]


def test_everything_is_allowed_by_our_documents() -> None:
    assert (check().missing, check().unknown) == ([], [])


@pytest.mark.parametrize("key", [KEY_A, KEY_B])
def test_a_key_policy_that_lets_nobody_in_is_named(key: str) -> None:
    nobody = policy(
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{A}:user/x"}, "Action": "kms:*", "Resource": "*"}
    )
    keys = {**documents().keys, key: text(PolicyKind.KEY_POLICY, nobody, key.split(":")[4])}
    [problem] = check(keys=keys).missing
    assert problem.title.startswith(f"the policy of key {key}")
    assert problem.remedy == "make it"


def test_a_key_policy_that_may_not_be_read_is_not_known() -> None:
    found = check(keys={**documents().keys, KEY_A: Unseen("kms:GetKeyPolicy is not allowed", "GetKeyPolicy")})
    assert found.missing == []
    [problem] = found.unknown
    assert (problem.permission, problem.cause) == ("kms:Decrypt", "kms:GetKeyPolicy is not allowed")


def test_a_boundary_and_a_deny_are_named_as_what_they_are() -> None:
    narrow = policy({"Effect": "Allow", "Action": ["s3:*"], "Resource": "*"})
    boundary = text(PolicyKind.MANAGED_POLICY, narrow)
    found = check(role=principal(policy(*role_statements(JOB)), boundary)).missing
    assert {each.permission for each in found} == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert all(each.title.startswith("the permissions boundary of the role batch") for each in found)
    deny = {"Sid": "No", "Effect": "Deny", "Action": "s3:PutObjectTagging", "Resource": "*"}
    [problem] = check(role=principal(policy(*role_statements(JOB), deny))).missing
    assert "statement No of role policy x of x denies it" in problem.cause


def test_a_bucket_that_lets_in_one_vpc_endpoint_alone_does_not_let_s3_in() -> None:
    only = {
        "Sid": "OnlyHere",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::to", "arn:aws:s3:::to/*"],
        "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
    }
    found = check(buckets={**documents().buckets, "to": text(PolicyKind.BUCKET_POLICY, policy(only))})
    written = {"s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectAnnotation"}
    assert {each.permission for each in found.missing} == written
    address = {**only, "Condition": {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}
    found = check(buckets={**documents().buckets, "to": text(PolicyKind.BUCKET_POLICY, policy(address))})
    assert (found.missing, len(found.unknown)) == ([], 3)
    assert "depends on aws:SourceIp" in found.unknown[0].cause


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (None, Applies.YES),
        ({"StringEqualsIfExists": {"aws:SourceAccount": B}}, Applies.YES),
        ({"StringEqualsIfExists": {"aws:SourceAccount": A}}, Applies.MAYBE),
        ({"StringEquals": {"aws:SourceAccount": B}}, Applies.MAYBE),
        ({"StringEquals": {"aws:SourceAccount": A}}, Applies.NO),
        ({"ArnLike": {"aws:SourceArn": f"arn:aws:s3:us-east-1:{B}:job/*"}}, Applies.MAYBE),
    ],
)
def test_a_trust_counts_whether_or_not_s3_names_the_job(condition: dict[str, Any] | None, expected: Applies) -> None:
    statement = {**trust_statement(JOB), "Condition": condition} if condition else trust_statement(JOB)
    if condition is None:
        statement.pop("Condition")
    assert trusted(JOB, text(PolicyKind.TRUST_POLICY, policy(statement))) is expected


@pytest.mark.parametrize(
    "principal_of_trust", [{"Service": "ec2.amazonaws.com"}, {"AWS": f"arn:aws:iam::{B}:root"}, {"AWS": B}]
)
def test_a_trust_in_others_is_none_in_the_service(principal_of_trust: dict[str, str]) -> None:
    statement = {**trust_statement(JOB), "Principal": principal_of_trust}
    assert trusted(JOB, text(PolicyKind.TRUST_POLICY, policy(statement))) is Applies.NO
