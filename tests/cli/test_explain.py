"""``xs3-tui explain`` on the demo: the table, cause and remedy, as text and as JSON, and the exit codes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.servers.server import S3Server

OFFICE = "s3://media-prod-office/plan.pdf"
FOREIGN = "s3://media-prod-assets/incoming/2026-11-11/audience-01.csv"
BOTH = ("--as", "analytics", "--other", "media-prod")


def explained(run: Run, *arguments: str) -> dict[str, Any]:
    ended = run("explain", *arguments, "--json")
    found: dict[str, Any] = ended.objects[0] | {"code": ended.code}
    return found


def test_the_statement_that_nearly_allows_it_is_the_cause_and_the_remedy(run: Run, demo_environment: S3Server) -> None:
    found = explained(run, "s3://media-prod-office/", *BOTH)
    assert (found["code"], found["verdict"], found["live"]) == (3, "denied", True)
    assert found["cause"]["sid"] == "PartnerFromTheOffice"
    assert "needs aws:SourceIp 203.0.113.0/24; here it is 127.0.0.1" in found["cause"]["sentence"]
    edit = found["remedies"][0]["edit"]
    assert (edit["kind"], edit["resource"], edit["account"]) == ("bucket policy", "media-prod-office", "111111111111")
    assert edit["replaces_sid"] == "PartnerFromTheOffice"
    addresses = json.loads(edit["statement_json"])["Condition"]["IpAddress"]["aws:SourceIp"]
    assert addresses == ["203.0.113.0/24", "127.0.0.1"]


def test_an_allowed_request_ends_with_0_and_has_no_cause(run: Run, demo_environment: S3Server) -> None:
    found = explained(run, "s3://media-prod-assets/video.mp4", *BOTH)
    assert (found["code"], found["verdict"], found["cause"], found["remedies"]) == (0, "allowed", None, [])
    verdicts = {layer["kind"]: layer["verdict"] for layer in found["layers"]}
    assert verdicts["bucket policy"] == "allows"
    assert verdicts["service control policies"] == "not seen"


def test_another_account_owns_the_object(run: Run, demo_environment: S3Server) -> None:
    found = explained(run, FOREIGN, "--as", "media-prod", "--other", "analytics")
    assert (found["code"], found["cause"]["layers"]) == (3, ["object owner"])
    assert "analytics owns the object" in found["cause"]["sentence"]
    assert [step["sentence"].partition(":")[0] for step in found["remedies"][:2]] == [
        "As analytics (user/bob)",
        "As media-prod (user/deploy)",
    ]


def test_a_write_is_explained_without_writing(run: Run, demo_environment: S3Server) -> None:
    key = "not-there.txt"
    found = explained(run, f"s3://media-prod-assets/{key}", "--action", "s3:PutObject", *BOTH)
    assert (found["code"], found["verdict"], found["live"]) == (3, "denied", False)
    assert found["cause"]["sid"] == "PartnerMayDeliver"
    edit = json.loads(found["remedies"][0]["edit"]["statement_json"])
    assert f"arn:aws:s3:::media-prod-assets/{key}" in edit["Resource"]
    client = demo_environment.client(demo_environment.a)
    assert client.list_objects_v2(Bucket="media-prod-assets", Prefix=key)["KeyCount"] == 0


def test_what_nobody_here_can_know_ends_with_1(run: Run, demo_environment: S3Server) -> None:
    found = explained(run, "s3://analytics-landing/new", "--action", "s3:PutObject", "--as", "media-prod")
    assert (found["code"], found["verdict"], found["cause"]["certain"]) == (1, "not known", False)
    unread = [layer for layer in found["layers"] if layer["verdict"] == "not seen" and layer["kind"] == "bucket policy"]
    assert [layer["why"] for layer in unread] == ["s3:GetBucketPolicy is not allowed"]


def test_an_object_that_is_not_there_is_denied_by_the_missing_permission_to_list(
    run: Run, demo_environment: S3Server
) -> None:
    found = explained(run, "s3://media-prod-office/not-there", "--as", "analytics")
    assert found["code"] == 3
    assert "the object does not exist" in found["notes"][0]


@pytest.mark.parametrize(
    ("uri", "identities", "what"),
    [
        ("s3://no-such-bucket-anywhere/x", ("--as", "media-prod"), "bucket"),
        ("s3://no-such-bucket-anywhere", ("--as", "media-prod", "--action", "s3:PutObject"), "bucket"),
        ("s3://media-prod-assets/no-such-key", ("--as", "media-prod"), "object"),
        ("s3://media-prod-office/not-there", BOTH, "object"),
    ],
)
def test_what_does_not_exist_has_no_policy_as_its_cause(
    run: Run, demo_environment: S3Server, uri: str, identities: tuple[str, ...], what: str
) -> None:
    found = explained(run, uri, *identities)
    assert (found["code"], found["missing"], found["layers"], found["remedies"]) == (4, what, [], [])
    assert (
        f"The {what} {uri if what == 'object' else 's3://no-such-bucket-anywhere'} does not exist"
        in (found["cause"]["sentence"])
    )
    shown = run("explain", uri, *identities)
    assert (shown.code, ": not found, the server has just answered so" in shown.out) == (4, True), shown


def test_the_table_is_text(run: Run, demo_environment: S3Server) -> None:
    ended = run("explain", "s3://media-prod-office/", *BOTH)
    lines = ended.out.splitlines()
    assert lines[1].endswith("denied, the server has just answered so")
    for name in ("identity policies", "permissions boundary", "bucket policy", "Object Ownership", "ACL"):
        assert any(line.startswith(name) for line in lines), name
    assert any(line.startswith("cause   analytics is not allowed to list this bucket") for line in lines)
    remedies = [line for line in lines if line.startswith("remedy")]
    assert "As media-prod (user/deploy): add 127.0.0.1 to aws:SourceIp in statement PartnerFromTheOffice" in remedies[0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("s3://",), "name a bucket"),
        (("s3://b/k", "--action", "iam:GetUser"), "not an action of S3"),
        (("s3://b/k", "--as", "analytics", "--profile", "media-prod"), "give one of them"),
    ],
)
def test_a_wrong_use(run: Run, demo_environment: S3Server, arguments: tuple[str, ...], says: str) -> None:
    ended = run("explain", *arguments)
    assert (ended.code, says in ended.err) == (2, True)


def test_a_policy_that_cannot_be_read_is_not_said_to_be_missing(run: Run, demo_environment: S3Server) -> None:
    sentence = explained(run, "s3://media-prod-office", "--as", "analytics")["cause"]["sentence"]
    assert "of the bucket policy, which cannot be read here (s3:GetBucketPolicy is not allowed)" in sentence
    assert "has no policy" not in sentence
