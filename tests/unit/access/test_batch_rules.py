"""Each rule about where a job may be, row by row: what breaks it, and what does not."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tui.access.batch.rules import FULL_CONTROL, RULES, refusals
from tui.model.access.batch_jobs import BatchOperation, JobAccess, JobPlace
from tui.model.facts import ObjectOwnership
from tui.model.location import Location
from tui.model.problem import ProblemKind

A, B = "111111111111", "222222222222"
HERE, THERE = "us-east-1", "eu-west-1"
ENFORCED, PREFERRED, WRITER = (
    ObjectOwnership.BUCKET_OWNER_ENFORCED,
    ObjectOwnership.BUCKET_OWNER_PREFERRED,
    ObjectOwnership.OBJECT_WRITER,
)


def place(bucket: str, **known: Any) -> JobPlace:
    return JobPlace(Location(bucket), **{"account": A, "region": HERE, "ownership": ENFORCED, **known})


def job(operation: BatchOperation = BatchOperation.COPY, **changed: Any) -> JobAccess:
    """A job that breaks no rule, but for what is changed."""
    usual = {
        "source": place("source"),
        "target": place("target") if operation is BatchOperation.COPY else None,
        "manifest": place("lists"),
        "report": place("lists"),
        "region": HERE,
        "role": f"arn:aws:iam::{A}:role/batch",
    }
    return JobAccess(operation, A, **{**usual, **changed})


ALLOWED = [
    job(),
    *(job(operation) for operation in BatchOperation if operation is not BatchOperation.ACL),
    job(BatchOperation.ACL, acl=FULL_CONTROL),
    job(BatchOperation.ACL, source=place("source", ownership=WRITER)),
    job(role="batch"),
    job(source=place("source", account=B, region=THERE)),
    job(manifest=place("lists", account=B), report=place("lists", account=B)),
    job(target=place("target", account=B)),
    job(target=place("target", account=B, ownership=PREFERRED), acl=FULL_CONTROL),
    job(target=place("target", account=B, ownership=None)),
    job(target=place("target", account="", region="", ownership=WRITER)),
    job(region="", target=place("target", region=THERE)),
    job(source=place("source", managed_key=True)),
    job(source=place("source", account="", managed_key=True)),
    job(source=place("source--use1-az4--x-s3")),
    job(manifest=None, generated=True),
    job(report=None),
]

REFUSED = [
    ("a role is passed", job(role=f"arn:aws:iam::{B}:role/batch"), f"the role is of account {B}"),
    ("a copy job is created", job(target=place("target", region=THERE)), f"s3://target is in {THERE}"),
    (
        "any other job is created",
        job(BatchOperation.CHECKSUM, source=place("source", region=THERE)),
        f"s3://source is in {THERE}",
    ),
    ("only copies have a target", job(target=None), "a copy needs a target"),
    ("only copies have a target", job(BatchOperation.RESTORE, target=place("target")), "it has no target"),
    ("an upload into", job(target=place("target", account=B, ownership=WRITER)), "is ObjectWriter"),
    (
        "an upload into",
        job(target=place("target", account=B, ownership=WRITER), acl=FULL_CONTROL),
        f"account {A} would own the copies in s3://target",
    ),
    ("an upload into", job(target=place("target", account=B, ownership=PREFERRED)), f"sent without {FULL_CONTROL}"),
    ("where ACLs are disabled", job(acl="public-read"), "the job sends public-read"),
    ("where ACLs are disabled", job(BatchOperation.ACL), "the job sends a list of grants"),
    ("no other account can use", job(source=place("source", account=B, managed_key=True)), "of the source"),
    ("no other account can use", job(report=place("lists", account=B, managed_key=True)), "of the report"),
    ("directory buckets are", job(report=place("lists--use1-az4--x-s3")), "the report is in a directory bucket"),
    (
        "directory buckets are",
        job(BatchOperation.PUT_TAGS, source=place("source--use1-az4--x-s3")),
        "the source is in a directory bucket",
    ),
    (
        "the manifest generator",
        job(source=place("source--use1-az4--x-s3"), generated=True),
        "no manifest of a directory bucket",
    ),
    ("checksums are returned", job(BatchOperation.CHECKSUM, report=None), "there is none"),
]


@pytest.mark.parametrize("one", ALLOWED)
def test_what_aws_allows_is_not_refused(one: JobAccess) -> None:
    assert refusals(one) == []


@pytest.mark.parametrize(("rule", "one", "words"), REFUSED)
def test_what_aws_does_not_allow_is_refused_in_words(rule: str, one: JobAccess, words: str) -> None:
    [problem] = refusals(one)
    assert problem.kind is ProblemKind.INVALID
    assert problem.cause.startswith(rule)
    assert words in problem.title
    assert problem.remedy


def test_each_rule_has_a_row_and_a_source() -> None:
    named = {rule for rule, _, _ in REFUSED}
    for rule in RULES:
        assert any(rule.name.startswith(each) for each in named), rule.name
        assert rule.source in " ".join(each.cause for _, one, _ in REFUSED for each in refusals(one))


def test_two_broken_rules_are_both_named() -> None:
    one = replace(job(acl="public-read"), role=f"arn:aws:iam::{B}:role/batch")
    assert len(refusals(one)) == 2
