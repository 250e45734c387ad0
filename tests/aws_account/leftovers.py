"""Finds what runs have made in an account, by its name, and removes it."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from tests.aws_account.accounts import Clients
from tests.aws_account.guard import OWN_NAME, PREFIX
from tests.servers.buckets import error_code, remove_bucket

UNFINISHED: Final = ("New", "Preparing", "Ready", "Active", "Suspended", "Paused", "Pausing")
ABSENT: Final = frozenset({"NoSuchBucket", "NoSuchEntity", "NoSuchEntityException", "404"})


@dataclass(frozen=True, slots=True, order=True)
class Leftover:
    """`login` is the account that it is in."""

    login: str
    kind: str
    name: str


def find_leftovers(clients: Clients, login: str, is_wanted: Callable[[str], bool]) -> list[Leftover]:
    """What is in an account under names of runs, of which `is_wanted` chooses. Raises botocore's errors."""
    names = [("bucket", name) for name in _buckets(clients.of(login))]
    iam = clients.of(login, "iam")
    names += [("role", each["RoleName"]) for each in _paged(iam, "list_roles", "Roles")]
    names += [("user", each["UserName"]) for each in _paged(iam, "list_users", "Users")]
    return [Leftover(login, kind, name) for kind, name in names if OWN_NAME.fullmatch(name) and is_wanted(name)]


def find_jobs(clients: Clients, login: str, number: str, owns_arn: Callable[[str], bool]) -> list[Leftover]:
    """S3 Batch jobs that have not ended, of roles of a run."""
    control = clients.of(login, "s3control")
    try:
        listed = control.list_jobs(AccountId=number, JobStatuses=list(UNFINISHED))["Jobs"]
        told = [control.describe_job(AccountId=number, JobId=each["JobId"])["Job"] for each in listed]
    except (ClientError, BotoCoreError):
        if not clients.endpoint:
            raise
        return []  # a server without such jobs
    return [Leftover(login, "job", each["JobId"]) for each in told if owns_arn(each.get("RoleArn", ""))]


def remove_leftover(clients: Clients, number: str, found: Leftover) -> None:
    """Remove it with all that is in it; what is gone already is as wanted. Raises botocore's errors."""
    match found.kind:
        case "job":
            control = clients.of(found.login, "s3control")
            control.update_job_status(AccountId=number, JobId=found.name, RequestedJobStatus="Cancelled")
        case "bucket":
            _remove_bucket(clients.of(found.login), found.name)
        case "role":
            _remove_role(clients.of(found.login, "iam"), found.name)
        case "user":
            _remove_user(clients.of(found.login, "iam"), found.name)


def _buckets(client: Any) -> Iterator[str]:
    token: dict[str, str] = {}
    while True:
        page = client.list_buckets(Prefix=PREFIX, MaxBuckets=1000, **token)
        yield from (each["Name"] for each in page.get("Buckets", []))
        if not page.get("ContinuationToken"):
            return
        token = {"ContinuationToken": page["ContinuationToken"]}


def _paged(client: Any, operation: str, member: str, **parameters: Any) -> list[Any]:
    pages = client.get_paginator(operation).paginate(**parameters)
    return [each for page in pages for each in page.get(member, [])]


def _remove_bucket(client: Any, name: str) -> None:
    try:
        remove_bucket(client, name)
    except ClientError as error:
        if error_code(error) in ABSENT:
            return
        if error_code(error) != "AccessDenied":
            raise
        _unlock(client, name)
        remove_bucket(client, name)


def _unlock(client: Any, bucket: str) -> None:
    """Delete the versions that Object Lock keeps. The guard lets none be locked in compliance mode."""
    for each in _paged(client, "list_object_versions", "Versions", Bucket=bucket):
        place = {"Bucket": bucket, "Key": each["Key"], "VersionId": each["VersionId"]}
        with suppress(ClientError):  # it has no hold
            client.put_object_legal_hold(**place, LegalHold={"Status": "OFF"})
        with suppress(ClientError):  # `remove_bucket` says why
            client.delete_object(**place, BypassGovernanceRetention=True)


def _remove_role(iam: Any, name: str) -> None:
    with suppress(iam.exceptions.NoSuchEntityException):
        for policy in _paged(iam, "list_role_policies", "PolicyNames", RoleName=name):
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)


def _remove_user(iam: Any, name: str) -> None:
    with suppress(iam.exceptions.NoSuchEntityException):
        for key in _paged(iam, "list_access_keys", "AccessKeyMetadata", UserName=name):
            iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        for policy in _paged(iam, "list_user_policies", "PolicyNames", UserName=name):
            iam.delete_user_policy(UserName=name, PolicyName=policy)
        iam.delete_user(UserName=name)
