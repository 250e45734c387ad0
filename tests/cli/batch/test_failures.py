"""Roles and policies that are not enough: what is said, with which exit code, and how the rest is copied."""

from __future__ import annotations

import json

import pytest

from tests.cli.batch.conftest import SECONDS, Jobs
from tests.servers.buckets import fresh_bucket

KEYS = [f"{number:02}" for number in range(20)]


@pytest.fixture
def by_hand(jobs: Jobs) -> Jobs:
    """A role that may do all of it, but is not ours."""
    jobs.make_role()
    jobs.allow(*(f"{bucket}{rest}" for bucket in (jobs.source, jobs.target, jobs.reports) for rest in ("", "/*")))
    return jobs


def deny(jobs: Jobs, *, action: str, resource: str) -> None:
    """One more policy of the role, which takes something from it: a check sees it, too."""
    statement = {"Effect": "Deny", "Action": action, "Resource": f"arn:aws:s3:::{resource}"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    jobs.iam.put_role_policy(RoleName=jobs.role, PolicyName="denied", PolicyDocument=document)


def test_no_role_and_a_role_of_another_service(jobs: Jobs) -> None:
    jobs.put("a")
    none = jobs.copy()
    assert (none.code, f"there is no role {jobs.role}" in none.err) == (2, True), none
    jobs.make_role(trusted="ec2.amazonaws.com")
    wrong = jobs.copy()
    assert wrong.code == 3, wrong
    assert "batchoperations.s3.amazonaws.com" in wrong.err
    shown = jobs.copy("--dry-run", "--json")
    assert shown.code == 3, shown
    assert shown.objects[0]["plan"]["missing"], shown.out
    assert jobs.jobs() == []


def test_a_report_that_may_not_be_written_is_said_before(by_hand: Jobs) -> None:
    jobs = by_hand
    jobs.put("a")
    deny(jobs, action="s3:PutObject", resource=f"{jobs.reports}/jobs/xs3-tui/*")
    refused = jobs.copy()
    assert (refused.code, "s3:PutObject" in refused.err) == (3, True), refused
    as_json = jobs.copy("--json")
    assert (as_json.code, as_json.err) == (3, "")
    assert as_json.objects[0]["problem"]["kind"] == "denied", as_json.out
    assert (jobs.jobs(), jobs.copied()) == ([], [])


def test_without_the_bucket_policy_of_the_other_account(jobs: Jobs) -> None:
    """The job is analytics', reads from media-prod, and that bucket has lost the policy that let it."""
    jobs.put("a")
    with fresh_bucket(jobs.server, jobs.server.b) as there:
        ends = (f"s3://{jobs.source}/data/", f"s3://{there}/data/")
        who = ("--profile", "analytics", "--other", "media-prod", "--job-role", jobs.role)
        made = (*who, "--generated", "--reports", f"s3://{there}/jobs/", *ends)
        assert jobs.run("access", "batch", "grant", "--yes", *made).code == 0
        policy = jobs.client.get_bucket_policy(Bucket=jobs.source)["Policy"]
        jobs.client.delete_bucket_policy(Bucket=jobs.source)
        checked = jobs.run("access", "batch", "check", *made)
        assert (checked.code, jobs.source in checked.out) == (1, True), checked
        role = f"arn:aws:iam::222222222222:role/{jobs.role}"
        engine = ("cp", "-r", "--engine", "batch", "--on-conflict", "overwrite")
        sides = ("--from", "media-prod", "--to", "analytics")
        copy = (*engine, *sides, "--batch-role", role, "--batch-reports", f"s3://{there}/jobs/", *ends)
        refused = jobs.run(*copy)
        assert (refused.code, jobs.source in refused.err) == (3, True), refused
        listed = jobs.run("batch", "jobs", "--profile", "analytics", "--json").objects
        assert not [each for each in listed if jobs.source in each["description"]]
        jobs.client.put_bucket_policy(Bucket=jobs.source, Policy=policy)
        copied = jobs.run(*copy, timeout=SECONDS)
        assert (copied.code, "done: 1 copied" in copied.out) == (0, True), copied
        assert jobs.run("access", "batch", "revoke", "--yes", *made).code == 0


def test_the_failed_tenth_is_named_and_retried_by_this_machine(by_hand: Jobs) -> None:
    jobs = by_hand
    jobs.put(*KEYS)
    deny_two(jobs)
    done = jobs.copy("--json", "--batch-manifest", "list")
    assert done.code == 1, done.out + done.err
    failed = [each for each in done.results if each["outcome"] == "failed"]
    assert sorted(each["source"][-2:] for each in failed) == KEYS[:2]
    assert {each["problem"]["identity"] for each in failed} == {jobs.arn}
    name = done.total["id"]
    assert jobs.run("transfers", name, "--retry").code == 0
    assert jobs.run("transfers", name, "--watch", timeout=SECONDS).code == 0
    after = jobs.transfer(name)
    assert (after["objects_done"], after["objects_failed"], after["elsewhere"]) == (20, 0, "retried by this machine")
    assert len(jobs.copied()) == 20
    assert len(jobs.jobs()) == 1


def test_a_job_that_was_cancelled_is_retried_by_another_one(by_hand: Jobs) -> None:
    jobs = by_hand
    jobs.put("a")
    name = jobs.background("--batch-manifest", "list", "--batch-confirm")
    jobs.until_waiting(name)
    assert jobs.run("transfers", name, "--cancel").code == 0
    assert jobs.run("transfers", name, "--watch", timeout=SECONDS).code == 1
    assert jobs.run("transfers", name, "--retry").code == 0
    jobs.until_waiting(name)
    assert jobs.run("batch", "confirm", name).code == 0
    assert jobs.run("transfers", name, "--watch", timeout=SECONDS).code == 0
    assert [each["state"] for each in jobs.jobs()] == ["Complete", "Cancelled"]
    assert jobs.copied() == ["data/a"]


def test_a_job_uses_the_policies_that_its_role_has_now(by_hand: Jobs) -> None:
    jobs = by_hand
    jobs.put("a", "b")
    name = jobs.background("--batch-manifest", "list", "--batch-confirm")
    jobs.until_waiting(name)
    statement = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{jobs.source}/data/a"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    jobs.iam.put_role_policy(RoleName=jobs.role, PolicyName="later", PolicyDocument=document)
    assert jobs.run("batch", "confirm", name).code == 0
    assert jobs.run("transfers", name, "--watch", timeout=SECONDS).code == 1
    assert jobs.copied() == ["data/b"]


def test_what_is_done_has_nothing_to_retry(by_hand: Jobs) -> None:
    jobs = by_hand
    jobs.put("a")
    name = jobs.background()
    assert jobs.run("transfers", name, "--watch", timeout=SECONDS).code == 0
    again = jobs.run("transfers", name, "--retry")
    assert (again.code, f"{name} has ended (done): nothing to retry" in again.err) == (2, True), again
    assert jobs.run("transfers", "--retry", "--all").code == 0
    assert jobs.transfer(name)["elsewhere"].startswith("job ")


def deny_two(jobs: Jobs) -> None:
    """The source's bucket lets one user alone read two of the keys: a check of the prefix does not see it."""
    user = "arn:aws:iam::111111111111:user/deploy"
    statement = {
        "Effect": "Deny",
        "NotPrincipal": {"AWS": user},
        "Action": "s3:GetObject",
        "Resource": [f"arn:aws:s3:::{jobs.source}/data/{each}" for each in KEYS[:2]],
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    jobs.client.put_bucket_policy(Bucket=jobs.source, Policy=document)
