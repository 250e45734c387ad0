"""Credentials that a program, a container, an instance or a web identity gives, or that the user types."""

import asyncio
import fcntl
import json
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.aws.conftest import WriteSettings
from tests.aws.demo import last_identity
from tests.aws.demo import problem_of as why_not
from tests.servers.daemon import free_ports, runs
from tests.servers.server import S3Server
from tests.servers.sign_in.container import ContainerEndpoint, container_endpoint
from tests.servers.sign_in.imds import MetadataService, metadata_service
from tests.servers.sign_in.web_identity import ROLE_ARN, WebIdentityService, web_identity_service
from tests.servers.surroundings import use
from tests.stores.refusals import problem_of
from tests.waiting import until, until_true
from tui.aws.connection import Connection, Timeouts, identity_of
from tui.aws.connections import Connections
from tui.aws.credential_process import bounded
from tui.aws.credentials import method_used
from tui.aws.ids import connection_id
from tui.aws.overrides import expiry_of
from tui.aws.roles import KeyName, TypedKeyStore
from tui.core.identity import AuthMethod, IdentitySpec, RoleSpec
from tui.core.problem import Need, Problem, ProblemError, ProblemKind
from tui.demo.demo_profiles import ANALYTICS, MEDIA_PROD
from tui.demo.demo_profiles import ROLE_ARN as READER_ARN
from tui.messages.identity_requests import GiveKeys, Secret
from tui.stores.s3.s3_store import S3Store

SOON = Timeouts(process=0.5)
PATIENT = Timeouts(process=30)
GIVEN = {"Version": 1, "AccessKeyId": "ASIAPROCESS", "SecretAccessKey": "s3cr3t", "SessionToken": "session"}
KEYS = "[profile keys]\naws_access_key_id = AKIAKEYS\naws_secret_access_key = s3cr3t\n"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.fixture
async def connections() -> AsyncIterator[Connections]:
    made = Connections(timeouts=PATIENT)
    yield made
    await made.close()


async def had(connections: Connections, spec: IdentitySpec) -> Connection:
    return await connections.renew(connection_id(spec))


async def lacking(connections: Connections, spec: IdentitySpec) -> Problem:
    problem = await problem_of(had(connections, spec))
    assert "s3cr3t" not in repr(problem)
    return problem


async def key_of(connection: Connection) -> str:
    key: str = (await connection.credentials.get_frozen_credentials()).access_key
    return key


class Program:
    spec = IdentitySpec("process")

    def __init__(self, directory: Path, write_settings: WriteSettings) -> None:
        self.file, self.pid_file = directory / "process.py", directory / "pid"
        self._write_settings = write_settings

    def does(self, *lines: str, arguments: str = "") -> None:
        """Say what it does; it can use `os`, `sys` and `time`."""
        self.file.write_text("\n".join(("import os, sys, time", *lines)))
        command = f"{sys.executable} -S -E {self.file} {arguments}"
        chain = f"[profile role]\nrole_arn = arn:aws:iam::{'1' * 12}:role/x\nsource_profile = process\n"
        self._write_settings(f"[profile process]\ncredential_process = {command}\n{chain}{KEYS}", "")

    def prints(self, text: str) -> None:
        self.does(f"print({text!r})")

    def hangs(self) -> None:
        self.does(
            "child = os.spawnlp(os.P_NOWAIT, 'sleep', 'sleep', '600')",
            f"open({str(self.pid_file)!r}, 'w').write(f'{{os.getpid()}} {{child}}')",
            "os.waitpid(child, 0)",
        )

    @property
    def lives(self) -> bool:
        return any(runs(pid) for pid in self.pid_file.read_text().split())

    @property
    def collected(self) -> bool:
        """Whether nothing is left of it, not even what waits to be collected."""
        return not Path("/proc", self.pid_file.read_text().split()[0]).exists()

    @property
    def started(self) -> bool:
        return self.pid_file.exists() and bool(self.pid_file.read_text())


@pytest.fixture
def program(tmp_path: Path, write_settings: WriteSettings) -> Program:
    return Program(tmp_path, write_settings)


async def test_a_program_that_gives_keys(connections: Connections, program: Program) -> None:
    program.prints(json.dumps(GIVEN))
    made = await had(connections, program.spec)
    assert await key_of(made) == "ASIAPROCESS"
    assert method_used(made.credentials) is AuthMethod.PROCESS
    assert identity_of(made.settings).method is AuthMethod.PROCESS
    assert identity_of(made.settings).detail == sys.executable
    assert expiry_of(made.credentials) is None


async def test_a_program_runs_again_before_its_keys_expire(
    connections: Connections, program: Program, tmp_path: Path
) -> None:
    answer = tmp_path / "answer.json"

    def give(key: str, minutes: int) -> float:
        end = datetime.now(UTC) + timedelta(minutes=minutes)
        answer.write_text(json.dumps(GIVEN | {"AccessKeyId": key, "Expiration": end.isoformat()}))
        return end.timestamp()

    program.does(f"print(open({str(answer)!r}).read())")
    end = give("ASIAFIRST", 5)
    made = await had(connections, program.spec)
    assert expiry_of(made.credentials) == pytest.approx(end)
    end = give("ASIASECOND", 60)
    assert await key_of(made) == "ASIASECOND"
    assert expiry_of(made.credentials) == pytest.approx(end)


async def test_what_a_program_says_is_shown(connections: Connections, program: Program) -> None:
    program.does("sys.stderr.write('the vault is locked\\n')", "sys.exit(3)")
    problem = await lacking(connections, program.spec)
    assert problem.kind is ProblemKind.NO_CREDENTIALS
    assert "it exited with status 3: the vault is locked" in problem.cause


async def test_no_secret_of_a_program_is_shown(connections: Connections, program: Program) -> None:
    program.does(
        "sys.stdout.write('s3cr3t')",
        f"sys.stderr.buffer.write(b'\\xff' + ('key {SECRET} of ' + ' '.join(sys.argv[1:])).encode())",
        'sys.stderr.write(\' SECRET=hunter2 with "password": "letmein"\')',
        "sys.exit(1)",
        arguments="--token s3cr3t --password=0pensesame --verbose",
    )
    problem = await lacking(connections, program.spec)
    assert problem.cause.endswith('key … of --token … --password=… --verbose SECRET=… with "password": …')
    assert not any(secret in repr(problem) for secret in ("sesame", "hunter2", "letmein"))
    assert SECRET not in repr(problem)


RUBBISH = [
    ("", "not JSON"),
    ("s3cr3t", "not JSON"),
    ('{"Version": 1, "SecretAccessKey": "s3cr3t', "not JSON"),
    ('["s3cr3t"]', "not a JSON object"),
    ("7", "not a JSON object"),
    (json.dumps({"Version": 1, "SecretAccessKey": "s3cr3t"}), "has no AccessKeyId"),
    (json.dumps(GIVEN | {"SecretAccessKey": None}), "has no SecretAccessKey"),
    (json.dumps(GIVEN | {"SessionToken": ["s3cr3t"]}), "SessionToken is not a string"),
    (json.dumps(GIVEN | {"Version": 2}), "Unsupported version '2'"),
    (json.dumps(GIVEN | {"Expiration": "soon"}), "Expiration is not a time"),
    (json.dumps(GIVEN | {"Expiration": 7}), "Expiration is not a time"),
    (json.dumps(GIVEN | {"Expiration": "2030-01-01T00:00:00"}), "time zone"),
]


async def test_a_program_that_prints_rubbish(connections: Connections, program: Program) -> None:
    for printed, said in RUBBISH:
        program.prints(printed)
        problem = await lacking(connections, program.spec)
        assert problem.kind is ProblemKind.NO_CREDENTIALS
        assert said in problem.cause


async def test_a_command_that_is_none(connections: Connections, write_settings: WriteSettings) -> None:
    for command, said in (
        ("", "has no program"),
        ("'", "No closing quotation"),
        ("/no/such/program", "/no/such/program cannot be run: No such file or directory"),
    ):
        write_settings(f"[profile process]\ncredential_process = {command}\n", "")
        problem = await lacking(connections, IdentitySpec("process"))
        assert (problem.kind, problem.identity) == (ProblemKind.NO_CREDENTIALS, "process")
        assert said in problem.cause


async def test_a_program_that_prints_without_end(connections: Connections, program: Program) -> None:
    program.does("while True: sys.stdout.write('s3cr3t')")
    assert "more than credentials" in (await lacking(connections, program.spec)).cause
    program.does(
        "import fcntl",
        f"fcntl.fcntl(1, {fcntl.F_SETPIPE_SZ}, 1 << 20)",  # so that asyncio reads more at once than it keeps
        "while True: os.write(1, b's3cr3t' * 100_000)",
    )
    assert "more than credentials" in (await lacking(connections, program.spec)).cause


async def test_a_program_that_asks_gets_no_answer(connections: Connections, program: Program) -> None:
    program.does("open('/dev/tty') if not sys.stdin.read() else None")
    assert "exited with status 1" in (await lacking(connections, program.spec)).cause


@pytest.mark.parametrize("profile", ["process", "role"])
async def test_a_program_that_hangs_is_ended(program: Program, profile: str) -> None:
    program.hangs()
    connections = Connections(timeouts=SOON)
    problem = await lacking(connections, IdentitySpec(profile))
    assert problem.kind is ProblemKind.NO_CREDENTIALS
    assert "it did not finish within 0.5 s" in problem.cause
    if program.started:
        await until(lambda: not program.lives, "the program and what it started are gone")
    await connections.close()


async def test_others_are_had_while_a_program_hangs(connections: Connections, program: Program) -> None:
    program.hangs()
    hanging = asyncio.create_task(had(connections, program.spec))
    await until(lambda: program.started, "the program hangs")
    assert await key_of(await had(connections, IdentitySpec("keys"))) == "AKIAKEYS"
    assert not hanging.done()
    hanging.cancel()  # who waited has left
    with pytest.raises(asyncio.CancelledError):
        await hanging
    assert program.collected, "the loop may end"
    await until(lambda: not program.lives, "the program and what it started are gone")


async def test_who_leaves_while_a_program_is_being_started_leaves_none_behind(program: Program) -> None:
    program.hangs()
    starting = asyncio.create_task(bounded(30)(sys.executable, "-S", "-E", str(program.file)))
    for _ in range(2):  # then it was forked, and its pipes are not connected yet
        await asyncio.sleep(0)
    until_true(lambda: program.started, "it hangs, while the loop does nothing")
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await until(lambda: not program.lives, "the program and what it started are gone")


@pytest.fixture
async def container(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ContainerEndpoint]:
    async with container_endpoint() as endpoint:
        use(monkeypatch, endpoint.environment)
        yield endpoint


async def test_a_container_gives_its_role(
    connections: Connections, container: ContainerEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    container.authorization = "t0ken"
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "t0ken")
    made = await had(connections, IdentitySpec())
    assert await key_of(made) == "ASIACONTAINER"
    assert method_used(made.credentials) is AuthMethod.CONTAINER
    assert identity_of(made.settings).method is AuthMethod.CONTAINER
    assert expiry_of(made.credentials) == pytest.approx(time.time() + 6 * 3600, abs=60)


async def test_a_container_s_token_is_read_from_its_file(
    connections: Connections, container: ContainerEndpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    container.authorization = "t0ken"
    file = tmp_path / "token"
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(file))
    problem = await lacking(connections, IdentitySpec())
    assert problem.kind is ProblemKind.NO_CREDENTIALS
    assert str(file) in problem.cause
    file.write_text("t0ken")
    await had(connections, IdentitySpec())
    assert container.asked == ["t0ken"]


async def test_an_incomplete_answer_of_a_container(connections: Connections, container: ContainerEndpoint) -> None:
    answers: list[Any] = [{}, [], 7, {"AccessKeyId": "ASIA", "SecretAccessKey": "s3cr3t", "Token": None}]
    for container.answer in answers:
        problem = await lacking(connections, IdentitySpec())
        assert problem.kind is ProblemKind.NO_CREDENTIALS
        assert "has no" in problem.cause
        assert "Expiration" in problem.cause


async def test_a_container_that_refuses(
    connections: Connections, container: ContainerEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    container.authorization = "t0ken"
    monkeypatch.setattr("botocore.utils.ContainerMetadataFetcher.SLEEP_TIME", 0)
    problem = await lacking(connections, IdentitySpec())
    assert problem.kind is ProblemKind.NO_CREDENTIALS
    assert "403" in problem.cause


@pytest.fixture
async def metadata(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MetadataService]:
    async with metadata_service() as service:
        use(monkeypatch, service.environment)
        yield service


async def test_an_instance_gives_its_role(connections: Connections, metadata: MetadataService) -> None:
    made = await had(connections, IdentitySpec())
    assert await key_of(made) == "ASIAINSTANCE"
    assert method_used(made.credentials) is AuthMethod.INSTANCE
    assert expiry_of(made.credentials) == pytest.approx(time.time() + 6 * 3600, abs=60)
    assert metadata.asked[0] == "PUT /latest/api/token"


async def test_an_instance_that_gives_nothing(
    connections: Connections, metadata: MetadataService, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        assert (await lacking(connections, IdentitySpec())).kind is ProblemKind.NO_CREDENTIALS
        assert metadata.asked == []
    for metadata.too_far, metadata.has_role in ((True, True), (False, False)):
        assert (await lacking(connections, IdentitySpec())).kind is ProblemKind.NO_CREDENTIALS
        assert metadata.asked


async def test_a_role_from_an_instance(
    connections: Connections, metadata: MetadataService, write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_settings(
        "[profile role]\nrole_arn = arn:aws:iam::111111111111:role/deploy\ncredential_source = Ec2InstanceMetadata\n"
        "region = eu-west-1\n",
        "",
    )
    [port] = free_ports(1)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    problem = await lacking(connections, IdentitySpec("role"))
    assert problem.kind is ProblemKind.UNREACHABLE
    assert "STS" in problem.title  # and not the endpoint of S3
    assert metadata.asked[-1].endswith("/worker")


CI = f"[profile ci]\nrole_arn = {ROLE_ARN}\nweb_identity_token_file = {{}}\n"


@pytest.fixture
async def web_identity(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WebIdentityService]:
    async with web_identity_service() as service:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", service.endpoint)
        yield service


@pytest.mark.parametrize("where", ["profile", "environment"])
async def test_a_web_identity_gives_its_role(
    connections: Connections,
    web_identity: WebIdentityService,
    write_settings: WriteSettings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    where: str,
) -> None:
    token, spec = tmp_path / "token", IdentitySpec()
    if where == "profile":
        write_settings(CI.format(token), "")
        spec = IdentitySpec("ci")
    else:
        use(monkeypatch, {"AWS_ROLE_ARN": ROLE_ARN, "AWS_WEB_IDENTITY_TOKEN_FILE": str(token)})
    problem = await lacking(connections, spec)
    assert problem.kind is ProblemKind.NO_CREDENTIALS
    assert str(token) in problem.cause
    assert web_identity.asked == []
    token.write_text("t0ken")
    made = await had(connections, spec)
    assert await key_of(made) == "ASIAWEB"
    assert method_used(made.credentials) is AuthMethod.WEB_IDENTITY
    assert (identity_of(made.settings).method, identity_of(made.settings).detail) == (AuthMethod.WEB_IDENTITY, ROLE_ARN)
    assert expiry_of(made.credentials) == pytest.approx(time.time() + 3600, abs=60)
    assert web_identity.asked == [ROLE_ARN]


async def test_a_web_identity_that_is_refused(
    connections: Connections, web_identity: WebIdentityService, write_settings: WriteSettings, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("s3cr3t")
    write_settings(CI.format(token), "")
    problem = await lacking(connections, IdentitySpec("ci"))
    assert (problem.kind, problem.operation) == (ProblemKind.BAD_CREDENTIALS, "AssumeRoleWithWebIdentity")
    assert problem.code == "InvalidIdentityToken"


async def test_a_token_that_is_gone_when_it_is_needed_again_is_no_lost_network(
    connections: Connections, web_identity: WebIdentityService, write_settings: WriteSettings, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("t0ken")
    write_settings(CI.format(token), "")
    made = await had(connections, IdentitySpec("ci"))
    token.unlink()
    made.credentials._expiry_time = made.credentials._time_fetcher()  # as if the hour was over
    made.settings.session.get_component("credential_provider").get_provider(
        "assume-role-with-web-identity"
    ).cache.clear()
    problem = await problem_of(S3Store(made).buckets())
    assert problem.kind is ProblemKind.NO_CREDENTIALS
    assert str(token) in problem.cause


KEY, TYPED = ANALYTICS.access_key_id, ANALYTICS.secret_access_key


def typed(demo: S3Server, **more: object) -> IdentitySpec:
    return IdentitySpec(endpoint=demo.endpoint, region="us-east-1", access_key=KEY, **more)  # type: ignore[arg-type]  # fields


async def test_typed_keys_are_an_identity(connections: Connections, demo: S3Server) -> None:
    spec = typed(demo)
    problem = await why_not(connections, spec)
    assert (problem.kind, problem.needs, problem.subject) == (ProblemKind.NO_CREDENTIALS, Need.KEYS, KEY)
    assert problem.connection == connection_id(spec)
    connections.give_keys(KEY, TYPED, endpoint=demo.endpoint)
    who = await last_identity(connections, spec)
    assert (who.method, who.label, who.detail) == (AuthMethod.KEYS, "AKIA…S002", "AKIA…S002, typed")
    assert (who.arn, who.expires, who.problem) == (ANALYTICS.user_arn, None, None)
    assert (await last_identity(connections, typed(demo, name="partner"))).label == "partner", "as in the settings"


async def test_typed_keys_of_a_session(connections: Connections, demo: S3Server) -> None:
    made = demo.client(demo.b, "sts").assume_role(RoleArn=READER_ARN, RoleSessionName="typed")["Credentials"]
    key, secret = made["AccessKeyId"], made["SecretAccessKey"]
    spec = IdentitySpec(endpoint=demo.endpoint, access_key=key)
    connections.give_keys(key, secret, made["SessionToken"], endpoint=demo.endpoint)
    assert (await last_identity(connections, spec)).principal == "role/partner-read"
    connections.give_keys(key, secret, "another-token", endpoint=demo.endpoint)
    who = await last_identity(connections, spec)
    assert who.problem
    assert (who.problem.kind, who.problem.code) == (ProblemKind.BAD_CREDENTIALS, "InvalidToken")
    assert "choose the identity again" in who.problem.remedy


async def test_keys_entered_again_serve_existing_connections(connections: Connections, demo: S3Server) -> None:
    connections.give_keys(KEY, "mistyped", endpoint=demo.endpoint)
    spec = typed(demo)
    assert (await last_identity(connections, spec)).problem is not None
    made = await connections.get(connection_id(spec))
    connections.give_keys(KEY, TYPED, endpoint=demo.endpoint)
    assert (await made.client.list_buckets())["Owner"]["ID"] == ANALYTICS.canonical_id
    who = await connections.identity(connection_id(spec))
    assert (who.canonical_id, who.problem) == (ANALYTICS.canonical_id, None)


async def test_a_role_is_assumed_by_typed_keys(connections: Connections, demo: S3Server) -> None:
    spec = typed(demo, roles=(RoleSpec(READER_ARN),))
    assert (await why_not(connections, spec)).needs is Need.KEYS
    connections.give_keys(KEY, TYPED, endpoint=demo.endpoint)
    who = await last_identity(connections, spec)
    assert (who.method, who.account, who.detail) == (AuthMethod.ROLE, MEDIA_PROD.number, f"{READER_ARN} from AKIA…S002")


async def test_typed_keys_are_no_other_than_the_ones_named(
    connections: Connections, demo: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys of the environment, which botocore takes first, are not meant."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", MEDIA_PROD.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", MEDIA_PROD.secret_access_key)
    assert (await why_not(connections, typed(demo))).needs is Need.KEYS
    connections.give_keys(KEY, TYPED, endpoint=demo.endpoint)
    assert (await last_identity(connections, typed(demo))).arn == ANALYTICS.user_arn


async def test_the_keys_of_one_server_are_not_those_of_another(connections: Connections, demo: S3Server) -> None:
    """Many servers know an ``admin``."""
    connections.give_keys(KEY, TYPED, endpoint=demo.endpoint)
    connections.give_keys(KEY, "of-another-server", endpoint="http://127.0.0.1:9000")
    assert (await last_identity(connections, typed(demo))).arn == ANALYTICS.user_arn
    nowhere = await why_not(connections, IdentitySpec(access_key=KEY, endpoint="http://127.0.0.1:9001"))
    assert (nowhere.needs, nowhere.subject, nowhere.endpoint) == (Need.KEYS, KEY, "http://127.0.0.1:9001")


def test_what_can_be_no_keys() -> None:
    for wrong, field in [("", 0), ("", 1), *product(("two words", "line\nend", "s\u00e9cret"), range(3))]:
        texts = [KEY, TYPED, "token"]
        texts[field] = wrong
        with pytest.raises(ProblemError) as caught:
            TypedKeyStore().give(KeyName(texts[0]), *texts[1:])
        assert caught.value.problem.kind is ProblemKind.INVALID
        assert TYPED not in repr(caught.value.problem)


async def test_no_repr_shows_a_secret(connections: Connections, demo: S3Server) -> None:
    connections.give_keys(KEY, TYPED, "t0ken", endpoint=demo.endpoint)
    made = await connections.get(connection_id(typed(demo)))
    store = TypedKeyStore()
    store.give(KeyName(KEY), TYPED, "t0ken")
    shown: list[object] = [made, made.settings, made.credentials, vars(made.credentials), store, vars(store)]
    shown.append(GiveKeys(KEY, Secret(TYPED), Secret("t0ken")))
    assert not any(TYPED in repr(each) or "t0ken" in repr(each) for each in shown)
