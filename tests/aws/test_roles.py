"""Roles with codes of MFA devices; identities whose end is told; sign-ins to IAM Identity Center and their tokens."""

import asyncio
import getpass
import json
import stat
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from inspect import signature
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import msgspec
import pytest
import pytest_asyncio
from aiohttp import web
from botocore.exceptions import LoginRefreshRequired, LoginTokenLoadError

from tests.aws.company import ACCOUNT, PROFILES, Clock, cached, plain_botocore, refused, signed_in, tokens, work
from tests.aws.company import problem_of as sign_in_problem
from tests.aws.conftest import WriteSettings
from tests.aws.demo import (
    ARCHIVIST,
    AUDITOR,
    OPERATOR,
    READER,
    SERIAL,
    end_sessions,
    last_identity,
    present_code,
    problem_of,
    role_of,
    write_bob,
    wrong_code,
)
from tests.servers.daemon import free_ports
from tests.servers.loopback import loopback
from tests.servers.proxy.faults import Answer, Rule
from tests.servers.proxy.proxy import fault_proxy
from tests.servers.server import S3Server
from tests.servers.sign_in.oidc import HOUR, SCOPE, START_URL, IdentityCenter
from tests.stores.refusals import problem_of as refusal_of
from tests.waiting import until
from tui.aws import renewal
from tui.aws.connection import Timeouts
from tui.aws.connections import Connections
from tui.aws.credentials import method_used
from tui.aws.ids import connection_id
from tui.aws.overrides import expiry_of, renewal_windows
from tui.aws.problems import problem_of as problem_of_error
from tui.aws.refusals import Attempt
from tui.aws.renewal import watch_identity
from tui.aws.roles import session_name
from tui.aws.sso import TokenCache, sign_in
from tui.core.identity import AuthMethod, Identity, IdentitySpec, RoleSpec
from tui.core.problem import Need, Problem, ProblemKind
from tui.demo.demo_profiles import ANALYTICS, MEDIA_PROD, ROLE_ARN


def changed(role: RoleSpec, **fields: object) -> RoleSpec:
    return msgspec.structs.replace(role, **fields)


async def test_a_role_on_top_of_a_profile(connections: Connections, demo: S3Server) -> None:
    who = await last_identity(connections, role_of(READER))
    assert (who.method, who.label, who.detail) == (AuthMethod.ROLE, "partner-read", f"{ROLE_ARN} from analytics")
    assert (who.account, who.principal) == (MEDIA_PROD.number, "role/partner-read")
    assert who.arn.endswith(f"/{session_name()}")
    assert who.expires == pytest.approx(time.time() + 3600, abs=60)


async def test_what_a_session_is_given(connections: Connections, demo: S3Server) -> None:
    policy = json.dumps({"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}})
    role = changed(READER, session_name="nightly", duration=1800, policy=policy)
    who = await last_identity(connections, role_of(role))
    assert who.arn.endswith("assumed-role/partner-read/nightly")
    assert who.expires == pytest.approx(time.time() + 1800, abs=60)
    assert who.problem is not None
    assert "no session policy allows the s3:ListAllMyBuckets action" in who.problem.cause


async def test_a_role_without_anybody_to_assume_it(connections: Connections, write_settings: WriteSettings) -> None:
    write_settings("[profile empty]\n", "")
    problem = await problem_of(connections, role_of(READER, profile="empty"))
    assert (problem.kind, problem.identity) == (ProblemKind.NO_CREDENTIALS, "partner-read")
    assert "empty" in problem.remedy


async def test_an_untrusted_role_says_what_its_trust_policy_needs(connections: Connections, demo: S3Server) -> None:
    problem = await problem_of(connections, role_of(READER, profile=MEDIA_PROD.label))
    assert (problem.kind, problem.operation, problem.resource) == (ProblemKind.DENIED, "AssumeRole", ROLE_ARN)
    assert "partner-read" in problem.title
    assert "trust policy" in problem.cause
    assert statement_in(problem) == {
        "Effect": "Allow",
        "Principal": {"AWS": MEDIA_PROD.user_arn},
        "Action": "sts:AssumeRole",
    }
    assert "ExternalId" in problem.cause  # nobody can tell from outside
    assert "the policies of" not in problem.remedy  # user and role are of one account


async def test_a_wrong_external_id(connections: Connections, demo: S3Server) -> None:
    problem = await problem_of(connections, role_of(changed(AUDITOR, external_id="guess")))
    assert problem.kind is ProblemKind.DENIED
    assert "'guess' may not be the ExternalId" in problem.cause
    assert statement_in(problem)["Condition"] == {"StringEquals": {"sts:ExternalId": "guess"}}
    assert f"the policies of {ANALYTICS.user_arn} must also allow sts:AssumeRole" in problem.remedy


async def test_an_untrusted_session_is_named_by_its_role(connections: Connections, demo: S3Server) -> None:
    problem = await problem_of(connections, role_of(READER, changed(AUDITOR, external_id="")))
    assert statement_in(problem)["Principal"] == {"AWS": ROLE_ARN}


async def test_role_chaining_has_an_hour(connections: Connections, demo: S3Server) -> None:
    assert (await problem_of(connections, role_of(ARCHIVIST))).kind is ProblemKind.DENIED, "it is for the other role"
    spec = role_of(OPERATOR, changed(ARCHIVIST, duration=7200))
    assert "at most 3600 s for archive-read" in (await refusal(connections, spec, present_code())).remedy


async def test_a_session_that_cannot_be(connections: Connections, demo: S3Server) -> None:
    problem = await problem_of(connections, role_of(changed(READER, duration=50_000)))
    assert "DurationSeconds" in problem.cause
    problem = await problem_of(connections, role_of(changed(READER, policy="{")))
    assert (problem.kind, problem.remedy) == (ProblemKind.INVALID, "correct the session policy")


def test_the_session_is_called_by_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    user = Mock(side_effect=["bob", "Bob Müller", "b", "x" * 80, OSError("No username set in the environment")])
    monkeypatch.setattr(getpass, "getuser", user)
    assert [session_name() for _ in range(5)] == ["bob", "Bob-M-ller", "xs3-tui", "x" * 64, "xs3-tui"]


async def test_a_short_session_is_not_renewed_for_every_request(connections: Connections, demo: S3Server) -> None:
    made = await connections.get(connection_id(role_of(changed(READER, duration=900))))
    first = await made.credentials.get_frozen_credentials()
    assert await made.credentials.get_frozen_credentials() == first
    advisory, mandatory = renewal_windows(made.credentials)
    assert 900 / 5 < advisory <= 900 / 4
    assert mandatory < advisory


async def test_sessions_of_seconds_are_renewed_while_they_are_used(
    connections: Connections, demo: S3Server, write_settings: WriteSettings
) -> None:
    write_bob(write_settings, demo, "parameter_validation = false\n")  # botocore refuses less than 15 minutes by itself
    made = await connections.get(connection_id(role_of(changed(READER, duration=2), profile="bob")))
    keys, ends = set(), expiry_of(made.credentials) or 0.0
    while time.time() < ends + 1:  # the first one is of no use by now
        await made.client.list_buckets()
        keys.add((await made.credentials.get_frozen_credentials()).access_key)
    assert len(keys) > 1


def statement_in(problem: Problem) -> dict[str, object]:
    """The statement that a remedy tells to add."""
    found: dict[str, object] = json.JSONDecoder().raw_decode(problem.remedy[problem.remedy.index("{") :])[0]
    return found


SPEC = role_of(OPERATOR)


def wants_code(problem: Problem, spec: IdentitySpec) -> bool:
    return (problem.needs, problem.connection, problem.subject) == (Need.MFA_CODE, connection_id(spec), SERIAL)


async def refusal(connections: Connections, spec: IdentitySpec, code: str) -> Problem:
    problem = await refusal_of(connections.give_code(connection_id(spec), code))
    assert code not in repr(problem) or not code
    return problem


async def test_a_code_is_wanted_and_given(connections: Connections, demo: S3Server) -> None:
    problem = await problem_of(connections, SPEC)
    assert problem.kind is ProblemKind.NO_CREDENTIALS
    assert wants_code(problem, SPEC)
    assert SERIAL in problem.cause
    code = present_code()
    await connections.give_code(connection_id(SPEC), f" {code[:3]} {code[3:]}\n")  # as devices show it
    who = await last_identity(connections, SPEC)
    assert (who.method, who.principal, who.problem) == (AuthMethod.ROLE, "role/partner-operator", None)


async def test_a_code_has_six_digits(connections: Connections) -> None:
    for code in ("", "12345", "1234567", "12345a", "１２３４５６"):
        problem = await refusal(connections, SPEC, code)
        assert (problem.kind, problem.needs) == (ProblemKind.INVALID, Need.MFA_CODE)
        assert "six digits" in problem.title


async def test_a_wrong_code_is_said_to_be_one(connections: Connections, demo: S3Server) -> None:
    problem = await refusal(connections, SPEC, wrong_code())
    assert problem.kind is ProblemKind.BAD_CREDENTIALS
    assert wants_code(problem, SPEC)
    assert "code was rejected" in problem.title
    assert wants_code(await problem_of(connections, SPEC), SPEC)


async def test_the_session_is_shared(connections: Connections, demo: S3Server, write_settings: WriteSettings) -> None:
    """By a profile that is the role, the role on top of a profile, and what is assumed by either."""
    operator = f"[profile operator]\nrole_arn = {OPERATOR.arn}\nsource_profile = bob\nmfa_serial = {SERIAL}\n"
    write_bob(write_settings, demo, f"{operator}endpoint_url = {demo.endpoint}\nregion = us-east-1\n")
    profile, role = IdentitySpec("operator"), role_of(OPERATOR, profile="bob")
    assert wants_code(await problem_of(connections, profile), profile)
    assert wants_code(await problem_of(connections, role), role)
    await connections.give_code(connection_id(profile), present_code())
    made = [await connections.get(connection_id(spec)) for spec in (profile, role)]
    keys = {(await each.credentials.get_frozen_credentials()).access_key for each in made}
    assert len(keys) == 1
    assert (await last_identity(connections, role_of(ARCHIVIST, profile="operator"))).principal == "role/archive-read"


async def test_another_role_of_the_same_device_has_a_session_of_its_own(
    connections: Connections, demo: S3Server
) -> None:
    await connections.give_code(connection_id(SPEC), present_code())
    other = role_of(changed(OPERATOR, session_name="other"))
    assert wants_code(await problem_of(connections, other), other)


async def test_the_code_is_wanted_again_when_the_session_ends(connections: Connections, demo: S3Server) -> None:
    await connections.give_code(connection_id(SPEC), present_code())
    made = await connections.get(connection_id(SPEC))
    end_sessions(connections)
    made.credentials._expiry_time = datetime.now(UTC)
    assert wants_code(await refusal_of(made.client.list_buckets()), SPEC)
    await connections.give_code(connection_id(SPEC), present_code())
    await made.client.list_buckets()  # the connection there was has it, too


async def test_codes_that_are_given_at_once_make_one_session(connections: Connections, demo: S3Server) -> None:
    code = present_code()
    await asyncio.gather(*(connections.give_code(connection_id(SPEC), code) for _ in range(3)))
    assert len(connections._sessions._sessions) == 1


async def test_who_needs_no_code_is_none_the_worse_for_one(connections: Connections, demo: S3Server) -> None:
    await connections.give_code(connection_id(role_of(READER)), "123456")
    assert (await last_identity(connections, role_of(READER))).problem is None


async def test_a_device_of_another_user(connections: Connections, demo: S3Server) -> None:
    spec = role_of(changed(OPERATOR, mfa_serial="arn:aws:iam::111111111111:mfa/deploy"))
    problem = await refusal(connections, spec, present_code())
    assert problem.kind is ProblemKind.BAD_CREDENTIALS
    assert "verify your MFA serial number" in problem.cause


async def test_a_role_that_asks_for_mfa_without_a_device(connections: Connections, demo: S3Server) -> None:
    problem = await problem_of(connections, role_of(changed(OPERATOR, mfa_serial="")))
    assert problem.kind is ProblemKind.DENIED
    assert "MFA" in problem.cause


USER = IdentitySpec(ANALYTICS.label)


class Watch:
    def __init__(self, identities: AsyncGenerator[Identity, None]) -> None:
        self.told: list[Identity] = []
        self._task = asyncio.create_task(self._follow(identities))

    async def _follow(self, identities: AsyncGenerator[Identity, None]) -> None:
        async with aclosing(identities):
            async for identity in identities:
                self.told.append(identity)

    @property
    def last(self) -> Identity:
        return self.told[-1]

    def trouble(self) -> Problem | None:
        return self.last.problem

    def needs(self) -> Need | None:
        trouble = self.trouble()
        return trouble.needs if trouble else None

    async def until_told(self, count: int) -> None:
        await until(lambda: len(self.told) >= count or self._task.done(), f"{count} identities were told")
        if self._task.done():
            self._task.result()

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


Watching = Callable[[IdentitySpec], Watch]


@pytest_asyncio.fixture
async def watch(connections: Connections) -> AsyncIterator[Watching]:
    watches: list[Watch] = []

    def begin(spec: IdentitySpec) -> Watch:
        watches.append(Watch(watch_identity(connections, connection_id(spec))))
        return watches[-1]

    yield begin
    for each in watches:
        await each.stop()


@pytest.fixture
def lasting_seconds(demo: S3Server, write_settings: WriteSettings) -> IdentitySpec:
    """A role whose sessions end after two seconds, and one who may assume it."""
    write_bob(write_settings, demo, "parameter_validation = false\n")  # botocore refuses less than 15 minutes by itself
    return IdentitySpec("bob", roles=(type(READER)(READER.arn, duration=2),))


async def test_credentials_without_an_expiry_are_sent_once(
    connections: Connections, demo: S3Server, watch: Watching
) -> None:
    watching = watch(USER)
    await watching.until_told(1)
    assert (watching.last.arn, watching.last.expires) == (ANALYTICS.user_arn, None)
    assert watching.last == await connections.identity(connection_id(USER))


async def test_credentials_are_renewed_without_being_asked(
    connections: Connections, lasting_seconds: IdentitySpec, watch: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, fresh = [0], connections.fresh

    async def counted(connection: str) -> object:
        looks[0] += 1
        return await fresh(connection)

    monkeypatch.setattr(connections, "fresh", counted)
    watching = watch(lasting_seconds)
    await watching.until_told(3)
    ends = [identity.expires or 0.0 for identity in watching.told]
    assert ends == sorted(ends)
    assert len(set(ends)) == 3
    assert ends[-1] > time.time()
    assert [identity.problem for identity in watching.told] == [None] * 3
    assert looks[0] < 30  # it waits for the moments that matter


async def test_credentials_are_renewed_though_the_clock_was_set_back(
    connections: Connections, lasting_seconds: IdentitySpec, watch: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the machine has slept: either way their end comes before the wait for it is over."""
    monkeypatch.setattr(renewal, "time", SimpleNamespace(time=lambda: time.time() - HOUR))
    monkeypatch.setattr(renewal, "LOOKED_AGAIN", 0.1)
    watching = watch(lasting_seconds)
    await watching.until_told(2)
    assert watching.told[0].expires != watching.told[1].expires


def test_a_sign_in_lasts_as_long_whatever_the_clock_says() -> None:
    assert signature(sign_in).parameters["now"].default is time.monotonic


async def test_a_role_that_is_not_trusted_any_more(
    connections: Connections,
    lasting_seconds: IdentitySpec,
    watch: Watching,
    demo: S3Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with fault_proxy(demo.endpoint) as proxy:
        spec = msgspec.structs.replace(lasting_seconds, endpoint=proxy.endpoint)
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", proxy.endpoint)
        watching = watch(spec)
        await watching.until_told(1)
        assert watching.trouble() is None
        denial = Answer(403, "AccessDenied", "no more")
        proxy.rules.append(Rule(denial, when=lambda request: request.method == "POST"))
        await until(lambda: watching.trouble() is not None, "its end is told")
        trouble = watching.trouble()
        assert trouble is not None
        assert (trouble.operation, trouble.needs) == ("AssumeRole", None)
        assert watching.last.principal == "role/partner-read"
        proxy.rules.clear()
        connections.watchers.wake(connection_id(spec))
        await until(lambda: watching.trouble() is None, "it is trusted again")
        await watching.stop()


async def test_what_a_request_renewed_is_sent(connections: Connections, demo: S3Server, watch: Watching) -> None:
    spec = role_of(READER)
    watching = watch(spec)
    await watching.until_told(1)
    await connections.renew(connection_id(spec))  # as a transfer does that waited
    made = await connections.get(connection_id(spec))
    await until(lambda: watching.last.expires == expiry_of(made.credentials), "the new end was told")
    assert watching.trouble() is None


async def test_the_end_of_a_session_that_was_had_by_a_code(
    connections: Connections, demo: S3Server, watch: Watching
) -> None:
    spec = role_of(OPERATOR)
    watching = watch(spec)
    await watching.until_told(1)
    assert watching.needs() is Need.MFA_CODE
    assert watching.last.label == "partner-operator"
    await connections.give_code(connection_id(spec), present_code())
    await watching.until_told(2)
    assert watching.trouble() is None
    assert watching.last.principal == "role/partner-operator"
    made = await connections.get(connection_id(spec))
    end_sessions(connections)
    made.credentials._expiry_time = datetime.now(UTC)
    connections.watchers.wake()  # its timer was set for an hour
    await watching.until_told(3)
    assert watching.needs() is Need.MFA_CODE
    assert watching.last.principal == "role/partner-operator"  # who it was stays known
    await connections.give_code(connection_id(spec), present_code())
    await watching.until_told(4)
    assert watching.trouble() is None


async def test_keys_that_are_typed_while_it_is_watched(
    connections: Connections, demo: S3Server, watch: Watching
) -> None:
    watching = watch(IdentitySpec(endpoint=demo.endpoint, access_key=ANALYTICS.access_key_id))
    await watching.until_told(1)
    assert watching.needs() is Need.KEYS
    connections.give_keys(ANALYTICS.access_key_id, ANALYTICS.secret_access_key, endpoint=demo.endpoint)
    await watching.until_told(2)
    assert watching.trouble() is None
    assert watching.last.arn == ANALYTICS.user_arn


async def test_the_end_of_what_cannot_be_renewed(
    connections: Connections, demo: S3Server, watch: Watching, write_settings: WriteSettings, tmp_path: Path
) -> None:
    """A credential process that gives the same session again."""
    made = demo.client(demo.b, "sts").assume_role(RoleArn=ROLE_ARN, RoleSessionName="kept")["Credentials"]
    end = datetime.now(UTC) + timedelta(seconds=1)
    said = {"Version": 1, "AccessKeyId": made["AccessKeyId"], "SecretAccessKey": made["SecretAccessKey"]}
    answer = tmp_path / "answer.json"
    answer.write_text(json.dumps(said | {"SessionToken": made["SessionToken"], "Expiration": end.isoformat()}))
    program = f"import pathlib; print(pathlib.Path({str(answer)!r}).read_text())"
    write_settings(
        f'[profile kept]\ncredential_process = "{sys.executable}" -c "{program}"\nendpoint_url = {demo.endpoint}\n', ""
    )
    spec = IdentitySpec("kept")
    watching = watch(spec)
    await until(lambda: bool(watching.told) and watching.trouble() is not None, "its end was told")
    trouble = watching.trouble()
    assert trouble is not None
    assert trouble.kind is ProblemKind.EXPIRED
    assert watching.needs() is None
    later = (end + timedelta(hours=1)).isoformat()
    answer.write_text(json.dumps(said | {"SessionToken": made["SessionToken"], "Expiration": later}))
    await last_identity(connections, spec)  # the user connects again
    await until(lambda: watching.trouble() is None, "it works again")


async def test_an_identity_that_the_settings_do_not_hold(
    connections: Connections, write_settings: WriteSettings
) -> None:
    write_settings("", "")
    problem = await refusal_of(anext(watch_identity(connections, connection_id(IdentitySpec("gone")))))
    assert problem.kind is ProblemKind.NO_PROFILE


async def test_who_has_no_credentials(connections: Connections, demo: S3Server, watch: Watching) -> None:
    for spec in (IdentitySpec(local=True), IdentitySpec(endpoint=demo.endpoint, anonymous=True)):
        watching = watch(spec)
        await watching.until_told(1)
        assert (watching.last.spec, watching.last.problem) == (spec, None)


async def test_nobody_is_left_in_the_list_of_watchers(connections: Connections, demo: S3Server) -> None:
    async with aclosing(watch_identity(connections, connection_id(USER))) as identities:
        await anext(identities)
        assert len(connections.watchers._watching) == 1
    assert len(connections.watchers._watching) == 0


REFUSALS = {
    "AccessDeniedException": ProblemKind.DENIED,
    "ExpiredTokenException": ProblemKind.EXPIRED,
    "InternalServerException": ProblemKind.INVALID,
}
ODD: list[tuple[str, object, str]] = [
    ("verificationUri", "javascript:alert(1)", "is not a web page URL"),
    ("verificationUri", "https://x/\nrm -rf ~\n", "is not a web page URL"),
    ("verificationUri", None, "has no"),
    ("verificationUriComplete", "https://x/\x1b]52;c;eA==\x07", "is not a web page URL"),
    ("verificationUriComplete", "https://x/" + "y" * 4000, "is not a web page URL"),
    ("userCode", "AB\x1b[2J", "is not a code"),
    ("userCode", 7, "is not a code"),
    ("expiresIn", -1, "is not a number"),
    ("expiresIn", 1e300, "is not a number"),
    ("interval", -5, "is not a number"),
]


@pytest.mark.parametrize("profile", ["work", "old form", "chained"])
async def test_after_a_sign_in_the_role_is_had_here_and_by_everyone_else(
    center: IdentityCenter, connections: Connections, clock: Clock, surroundings: Path, profile: str
) -> None:
    signing_in = "work" if profile == "chained" else profile
    assert (await sign_in_problem(connections, signing_in)).needs is Need.SIGN_IN
    center.approved = True
    code = await signed_in(connections, clock, profile)
    assert code.url == f"{START_URL}/#/device"
    assert code.complete_url == f"{START_URL}/#/device?user_code={code.code}"
    assert code.expires == pytest.approx(time.time() + center.code_seconds, abs=60)
    made = await connections.renew(work(signing_in))
    assert (await made.credentials.get_frozen_credentials()).access_key == "ASIAREAD"
    assert method_used(made.credentials) is AuthMethod.SSO
    assert expiry_of(made.credentials) == pytest.approx(time.time() + HOUR, abs=60)
    assert await asyncio.to_thread(plain_botocore, signing_in) == ["ASIAREAD", "s3cr3t", "session"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in cached(surroundings)} == {0o600}
    assert stat.S_IMODE(cached(surroundings)[0].parent.stat().st_mode) == 0o700


async def test_the_code_is_waited_for_at_the_pace_of_the_server(
    center: IdentityCenter, connections: Connections, clock: Clock
) -> None:
    center.approved, center.interval = True, 2
    center.answers.extend(["AuthorizationPendingException", "SlowDownException", "AuthorizationPendingException"])
    center.answers.extend(["SlowDownException", "AuthorizationPendingException"])
    await signed_in(connections, clock)
    assert clock.slept == [2, 2, 7, 7, 12, 12]
    assert center.asked.count("CreateToken") == 6


async def test_a_refusal_ends_the_sign_in(
    center: IdentityCenter, connections: Connections, clock: Clock, surroundings: Path
) -> None:
    for number, (answer, kind) in enumerate(REFUSALS.items(), start=1):
        center.answers.extend(["AuthorizationPendingException", answer])
        problem = await refused(connections, clock)
        assert (problem.kind, problem.operation, problem.code) == (kind, "CreateToken", answer)
        assert (problem.needs, problem.subject, problem.connection) == (Need.SIGN_IN, "corp", work())
        assert center.asked.count("CreateToken") == 2 * number
        assert tokens(surroundings) == []


async def test_nothing_odd_of_a_server_gets_to_the_user(
    center: IdentityCenter, connections: Connections, clock: Clock
) -> None:
    for name, value, said in ODD:
        center.odd = {name: value}
        problem = await refused(connections, clock)
        assert (problem.kind, problem.title) == (ProblemKind.SERVER, "the server's response cannot be read")
        assert said in problem.cause
    assert "CreateToken" not in center.asked


async def test_a_code_that_is_not_entered_expires(
    center: IdentityCenter, connections: Connections, clock: Clock
) -> None:
    center.code_seconds, center.interval = 61, 20
    problem = await refused(connections, clock)
    assert (problem.kind, problem.title) == (ProblemKind.EXPIRED, "the sign-in code has expired")
    assert "new code" in problem.remedy
    assert clock.slept == [20, 20, 20, 1]
    assert center.asked.count("CreateToken") == 3


async def test_leaving_gives_the_sign_in_up_at_once(
    center: IdentityCenter, connections: Connections, surroundings: Path
) -> None:
    before = asyncio.all_tasks()
    settings = await connections.settings(work())
    asleep = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        asleep.set()
        await asyncio.Event().wait()

    signing_in = sign_in(settings, sleep)
    await anext(signing_in)
    async with aclosing(signing_in):
        waiting = asyncio.create_task(anext(signing_in))
        await asleep.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    await until(lambda: asyncio.all_tasks() <= before, "nothing of it is left")
    assert "CreateToken" not in center.asked
    assert tokens(surroundings) == []


@pytest.mark.parametrize("profile", ["work", "old form"])
async def test_a_sign_in_that_another_program_completes_counts(
    center: IdentityCenter, connections: Connections, clock: Clock, profile: str
) -> None:
    """The AWS CLI in another shell, or the other pane."""
    center.approved = True
    await signed_in(connections, clock, profile)
    center.end_tokens()
    center.approved, asked = False, center.asked.count("CreateToken")
    here = sign_in(await connections.settings(work(profile)), clock.sleep, clock.now)
    await anext(here)
    center.approved = True
    await signed_in(connections, clock, profile)
    assert [code async for code in here] == []
    assert center.asked.count("CreateToken") == asked + 1
    await connections.renew(work(profile))


async def test_a_registration_is_used_again(center: IdentityCenter, connections: Connections, clock: Clock) -> None:
    center.approved = True
    await signed_in(connections, clock)
    await signed_in(connections, clock)
    [client] = center.clients.values()
    assert (client["clientName"], client["clientType"], client["scopes"]) == ("xs3-tui", "public", [SCOPE])
    center.clients.clear()  # forgotten there
    await signed_in(connections, clock)
    assert center.asked.count("RegisterClient") == 2


async def test_what_cannot_be_signed_in_to(center: IdentityCenter, connections: Connections, clock: Clock) -> None:
    for profile, said in (("keys", "no sign-in is needed"), ("unfinished", "incomplete")):
        problem = await refused(connections, clock, profile)
        assert (problem.kind, problem.needs) == (ProblemKind.INVALID, None)
        assert said in problem.title
    assert center.asked == []


async def test_a_start_url_that_is_wrong(
    center: IdentityCenter, connections: Connections, clock: Clock, write_settings: WriteSettings
) -> None:
    write_settings(PROFILES.replace(START_URL, "https://crop.awsapps.com/start"), "")
    problem = await refused(connections, clock)
    assert (problem.kind, problem.operation) == (ProblemKind.INVALID, "StartDeviceAuthorization")
    assert problem.cause == "no such start URL"


async def test_a_service_that_cannot_be_reached(
    center: IdentityCenter, connections: Connections, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    [port] = free_ports(1)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSO_OIDC", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    problem = await refused(connections, clock)
    assert problem.kind is ProblemKind.UNREACHABLE
    assert "IAM Identity Center in eu-west-1" in problem.title
    assert problem.needs is Need.SIGN_IN


async def test_a_cache_that_cannot_be_written(
    center: IdentityCenter, connections: Connections, clock: Clock, surroundings: Path
) -> None:
    (surroundings / "home/.aws").write_text("in the way")
    problem = await refused(connections, clock)
    assert problem.title == "the sign-in cannot be saved"
    assert ".aws" in problem.cause


async def test_endpoints_of_the_services_section_are_asked(
    center: IdentityCenter,
    connections: Connections,
    clock: Clock,
    write_settings: WriteSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in center.environment:
        monkeypatch.delenv(name)
    section = f"[services loopback]\nsso_oidc =\n  endpoint_url = {center.endpoint}\nsso =\n"
    section += f"  endpoint_url = {center.endpoint}\n"
    write_settings(PROFILES.replace("[profile work]\n", "[profile work]\nservices = loopback\n") + section, "")
    center.approved = True
    await signed_in(connections, clock)
    await connections.renew(work())
    assert center.asked[-1] == "GetRoleCredentials"


async def test_a_token_is_renewed_without_the_user(
    center: IdentityCenter, connections: Connections, clock: Clock, surroundings: Path
) -> None:
    """botocore renews what has less than a quarter of an hour left."""
    center.approved, center.token_seconds = True, 5 * 60
    await signed_in(connections, clock)
    [first] = tokens(surroundings)
    center.token_seconds = HOUR
    await connections.renew(work())
    [second] = tokens(surroundings)
    assert center.asked[-2:] == ["RenewToken", "GetRoleCredentials"]
    assert second["accessToken"] in center.tokens
    assert second["accessToken"] != first["accessToken"]
    assert second["refreshToken"] != first["refreshToken"]
    assert await asyncio.to_thread(plain_botocore, "work") == ["ASIAREAD", "s3cr3t", "session"]


async def test_a_token_that_cannot_be_renewed_needs_a_sign_in(
    center: IdentityCenter, connections: Connections, clock: Clock
) -> None:
    center.approved, center.token_seconds = True, 0
    await signed_in(connections, clock)
    center.end_tokens()
    problem = await sign_in_problem(connections)
    assert center.asked[-1] == "RenewToken"
    assert (problem.kind, problem.needs, problem.subject) == (ProblemKind.EXPIRED, Need.SIGN_IN, "corp")


@pytest.mark.parametrize("profile", ["work", "old form"])
async def test_a_token_that_was_taken_back_needs_a_sign_in(
    center: IdentityCenter, connections: Connections, clock: Clock, profile: str
) -> None:
    center.approved = True
    await signed_in(connections, clock, profile)
    center.end_tokens()
    problem = await sign_in_problem(connections, profile)
    assert center.asked[-1] == "GetRoleCredentials"
    assert (problem.kind, problem.needs, problem.connection) == (ProblemKind.EXPIRED, Need.SIGN_IN, work(profile))
    assert problem.subject == ("corp" if profile == "work" else START_URL)
    assert "sign in" in problem.remedy


async def test_without_a_token_no_request_is_sent(center: IdentityCenter, connections: Connections) -> None:
    for profile, login in (("work", "work"), ("old form", "'old form'"), ("chained", "work")):
        problem = await sign_in_problem(connections, profile)
        assert (problem.kind, problem.needs) == (ProblemKind.EXPIRED, Need.SIGN_IN)
        assert problem.title.startswith("not signed in")
        assert f"aws sso login --profile {login}" in problem.remedy
    assert center.asked == []


async def test_a_broken_token_is_none(
    center: IdentityCenter, connections: Connections, clock: Clock, surroundings: Path
) -> None:
    center.approved = True
    await signed_in(connections, clock)
    for rubbish in ("", "{", "[]", "7", '{"accessToken": "t", "expiresAt": "soon"}'):
        for file in cached(surroundings):
            file.write_text(rubbish)
        assert (await sign_in_problem(connections)).needs is Need.SIGN_IN
        await signed_in(connections, clock)
        await connections.renew(work())


async def test_a_role_that_is_not_assigned(center: IdentityCenter, connections: Connections, clock: Clock) -> None:
    center.approved = True
    await signed_in(connections, clock, "other")
    problem = await sign_in_problem(connections, "other")
    assert (problem.kind, problem.needs, problem.status) == (ProblemKind.DENIED, None, 403)
    assert "Admin" in problem.title
    assert ACCOUNT in problem.title
    assert "sso_role_name" in problem.remedy


async def test_a_service_that_never_answers(
    center: IdentityCenter, connections: Connections, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    center.approved = True
    await signed_in(connections, clock)

    over = asyncio.Event()

    async def silent(_request: web.Request) -> web.Response:
        await over.wait()
        return web.Response()

    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    async with loopback([web.get("/federation/credentials", silent)]) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SSO", endpoint)
        impatient = Connections(timeouts=Timeouts(read=0.2))
        problem = await sign_in_problem(impatient)
        over.set()
    assert (problem.kind, problem.title) == (ProblemKind.UNREACHABLE, f"cannot reach {endpoint}")
    assert "no response" in problem.cause


def test_a_console_sign_in_is_renewed_by_the_aws_cli() -> None:
    for error in (LoginRefreshRequired(), LoginTokenLoadError(error_msg="no token")):
        problem = problem_of_error(error, Attempt("console", profile="console"))
        assert (problem.kind, problem.needs) == (ProblemKind.EXPIRED, None)
        assert "`aws login --profile console`" in problem.remedy


def test_old_times_are_read(surroundings: Path) -> None:
    TokenCache()["key"] = {"accessToken": "t", "expiresAt": "2030-01-01T00:00:00UTC"}
    assert "key" in TokenCache()
