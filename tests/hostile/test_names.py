"""Accounts, ARNs and ids that are none, and what is made of them: scripts, documents, sentences."""

from __future__ import annotations

import asyncio
import json
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from tests.cli.conftest import Run
from tests.hostile.answers import xml
from tests.hostile.server import ACCESS_KEY, SECRET_KEY, HostileServer
from tests.servers.buckets import fresh_bucket
from tests.servers.server import S3Server
from tests.stores.refusals import problem_of
from tui.aws.connections import Connections
from tui.aws.ids import WrongNameError, check_answer, connection_id
from tui.core.changes import DocumentKind, DocumentRef, PlannedChange
from tui.core.identity import IdentitySpec, RoleSpec
from tui.core.location import Location
from tui.core.problem import ProblemKind
from tui.text.document_lines import as_boto3, as_cli, as_terraform

ACCOUNT, ARN = "111122223333", "arn:aws:iam::111122223333:user/a"
COMMAND = f"{ACCOUNT}\ntouch /tmp/run-by-an-account\n#"

LIES = [
    (COMMAND, ARN, "Account"),
    (f"{ACCOUNT}\x9b31m", ARN, "Account"),
    ("a-tenant", ARN, "Account"),
    ("*", ARN, "Account"),
    (ACCOUNT, f"{ARN}\nx", "Arn"),
    (ACCOUNT, "arn:aws:iam::111122223333:user/*", "Arn"),
    (ACCOUNT, "arn:aws:iam::*:root", "Arn"),
    (ACCOUNT, 'arn:aws:iam::111122223333:user/a"', "Arn"),
    (ACCOUNT, "*", "Arn"),
]


def caller(account: str, arn: str) -> str:
    fields = f"<Arn>{escape(arn)}</Arn><UserId>AIDA</UserId><Account>{escape(account)}</Account>"
    answer = f"<GetCallerIdentityResult>{fields.replace(chr(10), '&#10;')}</GetCallerIdentityResult>"
    return f"<GetCallerIdentityResponse>{answer}</GetCallerIdentityResponse>"


async def test_a_caller_that_cannot_be_is_refused_in_words(hostile: HostileServer) -> None:
    wrong: list[object] = []
    for account, arn, field in LIES:
        connections = Connections()
        hostile.lie("", "STS", xml(caller(account, arn)))
        identity = await connections.identity(connection_id(IdentitySpec()))
        problem = identity.problem
        if identity.account or identity.arn or not problem or f"{field} has an invalid value" not in problem.cause:
            wrong.append((account, arn, identity))
        await connections.close()
    assert not wrong


async def test_a_session_of_another_name_than_an_arn_is_none(hostile: HostileServer, connections: Connections) -> None:
    key = "<AccessKeyId>AKIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
    credentials = f"<Credentials>{key}<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
    user = "<AssumedRoleUser><Arn>arn:aws:sts::1&#10;2:assumed-role/r/s</Arn></AssumedRoleUser>"
    result = f"<AssumeRoleResult>{credentials}{user}</AssumeRoleResult>"
    hostile.lie("", "STS", xml(f"<AssumeRoleResponse>{result}</AssumeRoleResponse>"))
    spec = IdentitySpec(roles=(RoleSpec("arn:aws:iam::111122223333:role/r"),))
    problem = await problem_of(connections.get(connection_id(spec)))
    assert problem.kind is ProblemKind.SERVER
    assert "Arn has an invalid value" in problem.cause


def test_names_in_answers() -> None:
    """Those of AWS, of Ceph and of others that it talks to; and those that nobody has."""
    right: list[Mapping[str, Any]] = [
        {"Account": ACCOUNT, "Arn": ARN, "UserId": "AROAEXAMPLE:some@session"},
        {"Account": "", "Arn": "arn:aws:iam:::user/a"},
        {"Account": "RGW00000000000000042", "Arn": "arn:aws:iam::RGW00000000000000042:user/path/a"},
        {"Account": "27233906934684427525", "Arn": "arn:aws:iam::27233906934684427525:root"},
        {"Role": {"Arn": "arn:aws-cn:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_A_0f"}},
        {"AttachedPolicies": [{"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}]},
        {"KeyMetadata": {"Arn": "arn:aws:kms:eu-west-1:111122223333:key/mrk-12", "AWSAccountId": ACCOUNT}},
        {"VpcEndpoints": [{"VpcEndpointId": "vpce-0a", "VpcId": "vpc-0b", "OwnerId": ACCOUNT}]},
        {"PrefixLists": [{"PrefixListId": "pl-1", "OwnerId": "AWS"}]},
        {"Role": {"Arn": ARN, "AssumeRolePolicyDocument": {"Condition": {"ArnLike": {"aws:PrincipalArn": "*"}}}}},
        {"Job": {"Manifest": {"Location": {"ObjectArn": "arn:aws:s3:::b/a key with\nany text*"}}}},
        {"roleCredentials": {"accessKeyId": "ASIA0123456789ABCDEF"}},
    ]
    wrong: list[Mapping[str, Any]] = [
        {"Role": {"Arn": "arn:aws:iam::111122223333:role/*"}},
        {"Role": {"Arn": "arn:aws:iam::111122223333:role/a", "RoleId": "AROA\x1b[31m"}},
        {"AttachedPolicies": [{"PolicyArn": "arn:aws:iam::aws:policy/a b"}]},
        {"KeyMetadata": {"Arn": "arn:aws:kms:*:111122223333:key/*"}},
        {"VpcEndpoints": [{"VpcEndpointId": "vpce-*"}]},
        {"VpcEndpoints": [{"VpcId": "vpc-1\n"}]},
        {"VpcEndpoints": [{"OwnerId": "111122223333$(id)"}]},
        {"roleCredentials": {"accessKeyId": "ASIA\r\nx: y"}},
    ]
    for answer in right:
        check_answer(answer)
    taken = []
    for answer in wrong:
        try:
            check_answer(answer)
        except WrongNameError:
            continue
        taken.append(answer)
    assert not taken


NASTY = "a'; touch run; $(touch run) `touch run`\u2028\x9b31m\x1b]0;x\x07 \u202e \\ \" ${aws:x} %{if true}"


def changes() -> list[PlannedChange]:
    document = json.dumps({"Version": "2012-10-17", "Id": NASTY, "Statement": []}, ensure_ascii=False)
    account = f"{COMMAND}\r\x85\u2028touch run"
    return [
        PlannedChange(DocumentRef(DocumentKind.BUCKET_POLICY, location=Location("b"), account=account), None, document),
        PlannedChange(
            DocumentRef(DocumentKind.USER_POLICY, resource=NASTY, name=COMMAND, account=account), None, document
        ),
        PlannedChange(DocumentRef(DocumentKind.ROLE_TRUST, resource=NASTY, account=account), document, None),
        PlannedChange(DocumentRef(DocumentKind.ROLE_TRUST, resource=NASTY, account=account), "{}", document),
    ]


def test_a_script_runs_nothing_but_its_commands_and_shows_every_character(tmp_path: Path) -> None:
    planned = changes()
    for written in (as_cli, as_boto3, as_terraform):
        script = written(planned)
        assert all(each == "\n" or each.isprintable() for each in script), script
        commentary = [line for line in script.splitlines() if line.startswith("#")]
        assert len(commentary) == len(planned)
    document = next(line for line in as_cli(planned).splitlines() if line.startswith("aws s3api"))
    assert json.loads(shlex.split(document)[-1])["Id"] == NASTY
    (tmp_path / "aws").write_text('#!/bin/sh\nprintf "%s\\n" "$2"\n')
    (tmp_path / "aws").chmod(0o700)
    run = subprocess.run(
        ["/bin/sh", "-c", as_cli(planned)],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == ["put-bucket-policy", "put-user-policy", "delete-role", "update-assume-role-policy"]
    assert [each.name for each in tmp_path.iterdir()] == ["aws"]
    compile(as_boto3(planned), "script", "exec")


async def test_a_grant_for_a_caller_that_cannot_be_prints_no_script(
    run: Run, hostile: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text(f"[profile other]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    hostile.lie("", "STS", xml(caller(COMMAND, ARN)))
    options = ("--way", "policy", "--allow", "read", "--other", "other", "--format", "cli")
    ended = await asyncio.to_thread(run, "access", "grant", "s3://honest/", *options)
    assert (ended.code, ended.out) == (2, ""), ended
    assert "the ARN of other is not known" in ended.err
    assert "\ntouch" not in ended.err


TWICE = (
    '{"Version": "2012-10-17", "Statement": [{"Sid": "Own", "Effect": "Allow", "Principal": "*", '
    '"Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": "s3:GetObject", "Resource": "%s/*"}]}'
)
HALF = '{"Version": "2012-10-17", "Id": "\\ud800", "Statement": []}'


def test_a_document_that_is_not_read_alike_everywhere_is_not_sent(
    run: Run, demo_environment: S3Server, tmp_path: Path
) -> None:
    """Everyone would be let in where the first name counts; the difference would show the last one."""
    server, file = demo_environment, tmp_path / "policy.json"
    with fresh_bucket(server, server.a) as bucket:
        arn, profile = f"arn:aws:s3:::{bucket}", ("--profile", "media-prod", "--yes", f"s3://{bucket}")
        for text, says in ((TWICE % arn, "Principal is there twice"), (HALF, "half of a character: \\ud800")):
            file.write_text(text)
            run("policy", "put", *profile, str(file)).ended(2, err=says)
            assert run("policy", "get", "--profile", "media-prod", f"s3://{bucket}").code == 4
