"""Connections made from ids, who they are found to be; and what failed, in words: denials, refusals of roles."""

import asyncio
import errno
import os
import socket
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError, FlexibleChecksumError, IncompleteReadError, ParamValidationError

from tests.aws.conftest import WriteSettings
from tests.servers.daemon import free_ports
from tests.servers.server import Feature, S3Server
from tests.stores.faults import answer, faulty_server
from tests.stores.refusals import problem_of as refusal_of
from tests.waiting import until
from tui.aws.connection import ONE_ATTEMPT, Connection, identity_of
from tui.aws.connections import Connections
from tui.aws.credentials import method_used
from tui.aws.ids import connection_id, spec_of
from tui.aws.problems import problem_of as problem_from
from tui.aws.problems import unreachable
from tui.aws.profiles import list_profiles
from tui.aws.refusals import Attempt, Denial, read_denial
from tui.aws.renewal import probe
from tui.aws.sign_ins import sign_in_problem, why_not_assumed
from tui.core.identity import AuthMethod, EndpointSource, Identity, IdentitySpec, Owner, RoleSpec, Safety
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.demo.demo_profiles import ROLE_PROFILE
from tui.stores.s3.s3_store import S3Store
from tui.text.listing_lines import owner_name

KEYS = "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = s3cr3t\n"


async def problem_of(connections: Connections, spec: IdentitySpec) -> Problem:
    problem = await refusal_of(connections.get(connection_id(spec)))
    assert "s3cr3t" not in repr(problem)
    return problem


def test_an_id_is_its_spec() -> None:
    spec = IdentitySpec("ü [x]", "http://x", "eu-west-1", anonymous=True)
    assert spec_of(connection_id(spec)) == spec
    assert connection_id(spec) != connection_id(IdentitySpec("ü [x]"))
    with pytest.raises(ProblemError) as caught:
        spec_of("rubbish")
    assert (caught.value.problem.kind, caught.value.problem.resource) == (ProblemKind.INVALID, "rubbish")


def test_equal_specs_have_equal_ids() -> None:
    one, other = IdentitySpec("x"), IdentitySpec("x", safety=Safety())
    assert one == other
    assert connection_id(one) == connection_id(other)
    assert connection_id(IdentitySpec("x", safety=Safety(read_only=True))) != connection_id(one)


async def test_an_id_has_one_connection(connections: Connections, write_settings: WriteSettings) -> None:
    write_settings("", KEYS)
    connection = await connections.get(connection_id(IdentitySpec()))
    assert connection is await connections.get(connection_id(IdentitySpec()))
    assert connection.label == "default"
    assert connection.endpoint == "https://s3.amazonaws.com"
    assert method_used(connection.credentials) is AuthMethod.KEYS


async def test_settings_are_read_again_for_each_new_connection(
    connections: Connections, write_settings: WriteSettings
) -> None:
    write_settings("[default]\nregion = eu-west-1\n", KEYS)
    spec = IdentitySpec(anonymous=True)
    before = await connections.get(connection_id(spec))
    write_settings("[default]\nregion = eu-west-2\n", KEYS)
    assert await connections.get(connection_id(spec)) is before
    regions = {identity.region async for identity in connections.identify(spec)}
    assert regions == {"eu-west-2"}
    after = await connections.get(connection_id(spec))
    assert (before.settings.region, after.settings.region) == ("eu-west-1", "eu-west-2")


async def test_all_connections_of_an_id_have_the_same_identity(
    connections: Connections, write_settings: WriteSettings
) -> None:
    """What is forbidden is judged by who was asked who he is: no transfer may be another."""
    write_settings("", KEYS)
    name = connection_id(IdentitySpec())
    asked = await connections.get(name)
    write_settings("", KEYS.replace("AKIADEFAULT", "AKIAOTHER"))
    transfers = await connections.get(name, ONE_ATTEMPT)
    assert transfers is not asked
    assert (transfers.attempts, transfers.credentials.access_key) == (1, "AKIADEFAULT")
    renewed = await connections.renew(name)
    assert renewed.credentials.access_key == "AKIAOTHER"
    assert (await connections.get(name)).credentials is renewed.credentials


async def test_who_is_known_in_part_is_not_taken_for_known(
    connections: Connections, write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_settings("", KEYS)
    name, steps = connection_id(IdentitySpec()), [asyncio.Event() for _ in range(3)]
    asking: list[asyncio.Event] = []
    steps[2].set()

    async def slowly(connection: Connection) -> AsyncGenerator[Identity, None]:
        known, step = identity_of(connection.settings), steps[len(asking)]
        asking.append(step)
        await step.wait()
        yield known
        step.clear()
        await step.wait()
        yield msgspec.structs.replace(known, account="111111111111")

    monkeypatch.setattr("tui.aws.connections.identify", slowly)
    first, second = (asyncio.create_task(connections.identity(name)) for _ in range(2))
    await until(lambda: len(asking) == 2, "both are asking")
    steps[0].set()
    await until(lambda: not steps[0].is_set(), "the first knows a part")
    steps[0].set()
    assert (await first).account
    steps[1].set()
    await until(lambda: not steps[1].is_set(), "the second knows a part")
    third = asyncio.create_task(connections.identity(name))
    await until(lambda: third.done() or (len(asking) == 3 and not steps[2].is_set()), "it is asked once more")
    steps[2].set()
    assert (await third).account
    steps[1].set()
    assert (await second).account


SERVICES = "[default]\nservices = gone\n"
HALF = "[default]\naws_access_key_id = AKIA\n"
CANNOT_BE: dict[str, tuple[str, str, IdentitySpec, ProblemKind, str]] = {
    "a missing profile": ("[profile prod]\n", KEYS, IdentitySpec("prd"), ProblemKind.NO_PROFILE, "prod"),
    "no credentials": ("", "", IdentitySpec(), ProblemKind.NO_CREDENTIALS, "choose a profile"),
    "a profile without": ("[profile empty]\n", "", IdentitySpec("empty"), ProblemKind.NO_CREDENTIALS, "empty"),
    "half a key": ("", HALF, IdentitySpec(), ProblemKind.NO_CREDENTIALS, ""),
    "a broken file": ("[default\n", KEYS, IdentitySpec(), ProblemKind.INVALID, "/config"),
    "no URL": ("", KEYS, IdentitySpec(endpoint="no url"), ProblemKind.INVALID, "no url"),
    "no host": ("", KEYS, IdentitySpec(endpoint="http://"), ProblemKind.INVALID, "http://"),
    "no colon": ("", KEYS, IdentitySpec(endpoint="ftp//x"), ProblemKind.INVALID, "ftp//x"),
    "no region": ("", KEYS, IdentitySpec(region="not a region"), ProblemKind.INVALID, ""),
    "no such services": (SERVICES, KEYS, IdentitySpec(), ProblemKind.INVALID, "gone"),
}
"""Config, credentials, and who is asked for; why it cannot be, and what is said of it."""


async def test_what_cannot_be_connected(connections: Connections, write_settings: WriteSettings) -> None:
    for config, credentials, spec, kind, words in CANNOT_BE.values():
        write_settings(config, credentials)
        problem = await problem_of(connections, spec)
        assert problem.kind is kind
        said = problem.cause if kind is ProblemKind.INVALID else problem.remedy
        assert words in said


async def test_a_profile_of_the_environment_that_is_missing(
    connections: Connections, write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_settings("", KEYS)
    monkeypatch.setenv("AWS_PROFILE", "gone")
    assert (await problem_of(connections, IdentitySpec())).kind is ProblemKind.NO_PROFILE


async def test_no_password_of_an_endpoint_is_shown(connections: Connections, write_settings: WriteSettings) -> None:
    write_settings("[default]\nendpoint_url = https://me:s3cr3t@host:9000\n", KEYS)
    problem = await problem_of(connections, IdentitySpec())
    assert (problem.kind, problem.cause.split(",")[0]) == (ProblemKind.INVALID, "https://…@host:9000")
    [profile], _ = list_profiles()
    assert profile.endpoint == "https://…@host:9000"


async def test_no_password_of_a_proxy_is_shown(
    connections: Connections, write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_settings("", KEYS)
    monkeypatch.setenv("HTTPS_PROXY", "http://me:s3cr3t@")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    problem = await refusal_of(probe(connections, connection_id(IdentitySpec())))
    assert problem.kind is ProblemKind.UNREACHABLE
    assert "s3cr3t" not in repr(problem)


async def test_keys_that_were_changed_are_found(connections: Connections, write_settings: WriteSettings) -> None:
    write_settings("", KEYS)
    default = connection_id(IdentitySpec())
    seen, old = await connections.get(default), await connections.get(default, attempts=ONE_ATTEMPT)
    assert await connections.renew(default) is old
    write_settings("", KEYS.replace("AKIADEFAULT", "AKIANEW"))
    new = await connections.renew(default)
    assert (await new.credentials.get_frozen_credentials()).access_key == "AKIANEW"
    assert await connections.get(default) is not seen  # whoever browses has them, too


async def test_what_cannot_be_renewed_stays_as_it_is(connections: Connections, write_settings: WriteSettings) -> None:
    write_settings("", KEYS)
    default = connection_id(IdentitySpec())
    old = await connections.get(default, attempts=ONE_ATTEMPT)
    write_settings("", "[default]\n")
    assert (await refusal_of(connections.renew(default))).kind is ProblemKind.NO_CREDENTIALS
    assert await connections.get(default, attempts=ONE_ATTEMPT) is old


async def identities(connections: Connections, spec: IdentitySpec) -> list[Identity]:
    return [identity async for identity in connections.identify(spec)]


async def test_first_what_the_configuration_says_then_who_it_is(
    connections: Connections, server_environment: S3Server
) -> None:
    account, spec = server_environment.a, IdentitySpec(server_environment.a.profile)
    seen = await identities(connections, spec)
    assert len(seen) >= 3
    first, last = seen[0], seen[-1]
    assert (first.label, first.method, first.region) == (account.profile, AuthMethod.KEYS, account.region)
    assert (first.endpoint, first.endpoint_source) == (server_environment.endpoint, EndpointSource.PROFILE)
    assert (first.arn, first.canonical_id) == ("", "")
    assert last.connection == connection_id(spec)
    assert last.canonical_id == account.canonical_id
    assert last.expires is None
    assert account.secret_key not in repr(seen)


async def test_account_and_arn_where_the_server_tells_them_and_the_address_book_learns_both(
    connections: Connections, server_environment: S3Server
) -> None:
    server = server_environment
    _, last = [(await identities(connections, IdentitySpec(each.profile)))[-1] for each in (server.a, server.b)]
    if Feature.CALLER_IDENTITY in server.features:
        assert (last.account, last.arn, last.problem) == ("222222222222", "arn:aws:iam::222222222222:user/bob", None)
        assert last.principal == "user/bob"
    else:
        assert (last.account, last.arn) == ("", "")
        assert last.problem is not None
        assert (last.problem.kind, last.problem.operation) == (ProblemKind.UNSUPPORTED, "GetCallerIdentity")
    for account in (server.a, server.b):
        assert connections.addresses.book.name(account.canonical_id) == account.profile


async def test_a_role_is_assumed_and_expires(connections: Connections, demo: S3Server) -> None:
    last = (await identities(connections, IdentitySpec(ROLE_PROFILE)))[-1]
    assert (last.method, last.account, last.principal) == (AuthMethod.ROLE, "111111111111", "role/partner-read")
    assert last.expires is not None
    assert last.expires > 1.7e9
    assert connections.addresses.book.name(last.canonical_id) == ROLE_PROFILE
    await identities(connections, IdentitySpec(demo.a.profile))
    assert connections.addresses.book.name(last.canonical_id) == demo.a.profile


async def test_a_wrong_secret_and_an_unreachable_endpoint_are_the_problem_of_the_identity(
    connections: Connections, demo_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", demo_server.a.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    last = (await identities(connections, IdentitySpec(endpoint=demo_server.endpoint)))[-1]
    assert last.method is AuthMethod.ENVIRONMENT
    assert last.problem is not None
    assert last.problem.kind is ProblemKind.BAD_CREDENTIALS
    [port] = free_ports(1)
    last = (await identities(connections, IdentitySpec(endpoint=f"http://127.0.0.1:{port}")))[-1]
    assert last.problem is not None
    assert last.problem.kind is ProblemKind.UNREACHABLE
    assert str(port) in last.problem.title


async def test_where_sts_is_out_of_reach_it_is_not_asked_by_everything_that_is_looked_at(
    connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network with a way to S3 alone: each question lasts until it times out."""
    asked: list[str] = []

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append("GetCallerIdentity")
        writer.close()

    [port] = free_ports(1)
    for name, value in (("ACCESS_KEY_ID", "key"), ("SECRET_ACCESS_KEY", "secret"), ("MAX_ATTEMPTS", "1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{port}")
    async with await asyncio.start_server(hang_up, "127.0.0.1") as sts:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://127.0.0.1:{sts.sockets[0].getsockname()[1]}")
        name = connection_id(IdentitySpec())
        first = await connections.identity(name, again=False)
        assert first.problem is not None
        assert await connections.identity(name, again=False) == first
        assert len(asked) == 1
        await connections.identity(name)
        monkeypatch.setattr("tui.aws.connections.RENEW_AGAIN", 0.0)
        await connections.identity(name, again=False)
        assert len(asked) == 3, "at once for who must know, and after a while"


async def test_an_anonymous_identity_sends_no_request(
    connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[None] = []

    def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(None)
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1") as server:
        endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", endpoint)
        seen = await identities(connections, IdentitySpec(endpoint=endpoint, anonymous=True))
    assert (seen[-1].method, seen[-1].label, seen[-1].problem) == (AuthMethod.ANONYMOUS, "anonymous", None)
    assert asked == []


async def test_leaving_early_leaves_nothing_running(connections: Connections, demo: S3Server) -> None:
    before = asyncio.all_tasks()
    found = connections.identify(IdentitySpec(demo.a.profile))
    seen = await anext(found)
    while not (seen.account or seen.canonical_id):  # the answer to one of two questions that are asked at once
        seen = await anext(found)
    await found.aclose()
    await until(lambda: asyncio.all_tasks() <= before, "no task is left")


async def test_an_empty_name_is_none(connections: Connections, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    owner, names = "a" * 64, ("", "<DisplayName/>", "<DisplayName></DisplayName>")
    lists = [
        f"<ListAllMyBucketsResult><Owner><ID>{owner}</ID>{name}</Owner><Buckets/></ListAllMyBucketsResult>".encode()
        for name in names
    ]
    async with faulty_server(*(answer("200 OK", body) for body in lists)) as server:
        store = S3Store(await connections.get(connection_id(IdentitySpec(endpoint=server.endpoint))))
        for _ in names:
            assert (await store.buckets()).owner == Owner(owner)
        assert owner_name(Owner(owner), connections.addresses.book) == "environment"  # what the identity is called


WHO = "arn:aws:iam::123456789012:user/Mary"
DENIED = f"User: {WHO} is not authorized to perform: s3:GetObject"


SERVICE_CONTROL = "arn:aws:organizations::1:policy/o-1/service_control_policy/p-1"
WORDINGS = {
    "because no identity-based policy allows the s3:GetObject action": ("", False, "identity-based"),
    'on resource: "arn:aws:s3:::b/a b" with an explicit deny in a resource-based policy': (
        "arn:aws:s3:::b/a b",
        True,
        "resource-based",
    ),
    "on resource: arn:aws:s3:::b/k with an explicit deny in a VPC endpoint policy": (
        "arn:aws:s3:::b/k",
        True,
        "VPC endpoint",
    ),
    "because no permissions boundary allows the s3:GetObject action": ("", False, "permissions boundary"),
    f"with an explicit deny in a service control policy: {SERVICE_CONTROL}": ("", True, "service control"),
    "": ("", False, ""),
}


def test_wordings() -> None:
    for words, said in WORDINGS.items():
        denial = read_denial(f"{DENIED} {words}".strip())
        assert denial is not None
        assert (denial.principal, denial.action) == (WHO, "s3:GetObject")
        assert (denial.resource, denial.explicit, denial.policy) == said


def test_a_message_that_says_nothing() -> None:
    assert read_denial("Access Denied") is None


def test_the_remedy_says_what_cannot_be_seen() -> None:
    def remedy(explicit: bool, policy: str) -> str:
        return Denial("", "s3:GetObject", "", explicit, policy, "").remedy

    assert remedy(False, "resource-based") == "allow s3:GetObject in the resource-based policy"
    assert remedy(True, "service control").startswith("remove the explicit deny in the service control policy")
    assert "cannot be checked" in remedy(True, "service control")
    assert "permissions boundary policy" not in remedy(False, "permissions boundary")


ARN = "arn:aws:iam::111111111111:role/partner-read"
BOB = "arn:aws:iam::222222222222:user/bob"
METADATA = {"HTTPStatusCode": 403, "HTTPHeaders": {}, "HostId": "", "RequestId": "", "RetryAttempts": 0}
MESSAGE = f"User: {BOB} is not authorized to perform: sts:AssumeRole"
ANSWER: Any = {"Error": {"Code": "AccessDenied", "Message": MESSAGE}, "ResponseMetadata": METADATA}
REFUSED = ClientError(ANSWER, "AssumeRole")
BOBS_DEVICE = "arn:aws:iam::222222222222:mfa/bob"
DOUBTS = {
    RoleSpec(ARN): "it may require an ExternalId, and none was given, or it may require MFA",
    RoleSpec(ARN, external_id="guess", mfa_serial=BOBS_DEVICE): "'guess' may not be the ExternalId it requires",
}


def test_all_doubts_are_said() -> None:
    for role, doubts in DOUBTS.items():
        problem = why_not_assumed(REFUSED, role, Attempt("analytics", operation="AssumeRole"))
        assert (problem.kind, problem.resource) == (ProblemKind.DENIED, ARN)
        assert problem.title == "role partner-read cannot be assumed: access denied"
        assert problem.cause.startswith("STS gives no reason; possible causes: the role's trust policy may not allow ")
        assert problem.cause.endswith(f", or {doubts}, or the role may not exist")


def test_the_cause_of_a_refused_sign_in_is_its_description_else_its_message() -> None:
    said = {"Error": {"Code": "AccessDeniedException", "Message": MESSAGE}, "ResponseMetadata": METADATA}
    for described, cause in (({"error_description": "denied by the user"}, "denied by the user"), ({}, MESSAGE)):
        answer: Any = said | described
        assert sign_in_problem(ClientError(answer, "CreateToken"), Attempt("me")).cause == cause


ATTEMPT = Attempt("me", endpoint="https://s3.example.com")


class WrappedError(Exception):
    def __init__(self, os_error: OSError | None, words: str = "") -> None:
        super().__init__(words)
        self.os_error = os_error


def test_the_cause_is_what_the_system_says() -> None:
    for error, cause in (
        (WrappedError(OSError(errno.ECONNREFUSED, "words of the library")), os.strerror(errno.ECONNREFUSED)),
        (WrappedError(socket.gaierror(-2, "Name or service not known")), "the host name cannot be resolved: "),
        (WrappedError(OSError("without a number"), "as it was wrapped"), "as it was wrapped"),
        (WrappedError(None, "some words"), "some words"),
        (ConnectionError(), "ConnectionError"),
    ):
        problem = unreachable(error, ATTEMPT)
        assert problem.kind is ProblemKind.UNREACHABLE
        assert problem.title == "cannot reach https://s3.example.com"
        assert problem.cause.startswith(cause)
        assert problem.remedy == "check the endpoint, the network and the proxy"


def test_an_answer_that_did_not_arrive_as_it_was_sent_may_be_asked_for_again() -> None:
    for error, title in (
        (IncompleteReadError(actual_bytes=3, expected_bytes=7), "the response was cut short"),
        (FlexibleChecksumError(error_msg="CRC32 differs"), "the response was damaged in transit"),
    ):
        problem = problem_from(error, ATTEMPT)
        assert (problem.kind, problem.title, problem.cause) == (ProblemKind.SERVER, title, str(error))
        assert problem.remedy == "try again"


FORM = "it does not have the form that AWS requires"
REPORTS = {
    "Invalid length for parameter JobId, value: 3, valid min length: 5": (
        "JobId",
        "it has 3 characters; AWS requires at least 5",
    ),
    "Invalid value for parameter MaxKeys, value: -1, valid min value: 0": (
        "MaxKeys",
        "it is -1; AWS requires at least 0",
    ),
    "Invalid type for parameter Tagging.Key, value: hush, type: <class 'str'>, valid types: <class 'int'>": (
        "Tagging.Key",
        FORM,
    ),
    "something new": ("a parameter", FORM),
}


def test_a_request_that_botocore_does_not_send_names_its_parameter() -> None:
    for report, (name, cause) in REPORTS.items():
        problem = problem_from(ParamValidationError(report=report), ATTEMPT)
        assert (problem.kind, problem.cause) == (ProblemKind.INVALID, cause)
        assert problem.title == f"the request cannot be sent: {name} is not valid"
        assert not {"hush", "Parameter validation failed"} & set(problem.sentence().split())
