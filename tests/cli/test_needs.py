"""What an identity needs of the user, on a terminal and without one: the secret of typed keys, a sign-in."""

from __future__ import annotations

import asyncio
import os
import signal
import termios
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.accounts.demo import OPERATOR, SERIAL, present_code
from tests.cli.conftest import Run
from tests.cli.places import write_aws_config, write_settings
from tests.e2e.terminal import Terminal
from tests.servers.server import S3Server
from tests.servers.sign_in.oidc import IdentityCenter, RoleKeys, identity_center
from tests.waiting import until, until_true
from tui.cli.prompts import read_hidden
from tui.protocol.messages.greeting import Stay
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession

ROLE = "111111111111", "partner-read"
PRIVATE = "s3://media-prod-private"


@pytest.fixture
def typed_keys(demo_environment: S3Server) -> Iterator[S3Server]:
    """The demo's account A as an identity whose keys were typed; the engine that knows their secret has ended."""
    server = demo_environment
    write_settings(
        f'[identities.typed]\naccess_key = "{server.a.access_key}"\nendpoint = "{server.endpoint}"\n'
        f'region = "{server.a.region}"\n'
    )
    yield server
    until_true(lambda: not EngineProcess().running, "the engine has ended", 30)


def test_the_secret_of_typed_keys_is_asked_for_and_not_shown(typed_keys: S3Server) -> None:
    secret = typed_keys.a.secret_key
    with Terminal(["ls", "--profile", "typed"], os.environ, columns=120) as terminal:
        terminal.until_shown(f"secret access key of {typed_keys.a.access_key}:")
        terminal.send(secret + "\n")
        terminal.until_shown("session token (Enter for none):")
        terminal.send("\n")
        terminal.until_shown("media-prod-assets")
        assert terminal.until_ended() == 0
        assert secret.encode() not in terminal.output


def test_no_answer_is_the_problem_as_it_was(typed_keys: S3Server) -> None:
    with Terminal(["ls", "--profile", "typed"], os.environ, columns=120) as terminal:
        terminal.until_shown("secret access key of")
        terminal.send("\n")
        assert terminal.until_ended() == 3
        assert "next step" in terminal.text


def test_without_a_terminal_the_problem_says_what_is_needed(typed_keys: S3Server, run: Run) -> None:
    ended = run("ls", "--profile", "typed")
    assert ended.code == 3
    assert typed_keys.a.access_key[-4:] in ended.err
    assert "next step" in ended.err


def test_the_code_of_a_role_is_asked_for(demo_environment: S3Server) -> None:
    options = ("--profile", "analytics", "--role-arn", OPERATOR.arn, "--mfa-serial", SERIAL)
    with Terminal(["ls", *options, PRIVATE], os.environ, columns=120) as terminal:
        terminal.until_shown(f"code of {SERIAL}:")
        assert "MFA MFA" not in terminal.text
        code = present_code()
        terminal.send(code + "\n")
        assert terminal.until_ended() == 0
        assert code.encode() not in terminal.output


async def test_nothing_is_shown_of_a_secret_that_is_typed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    master, slave = os.openpty()
    shown: list[bool] = []

    def asked(*_words: str, **_how: bool) -> None:
        shown.append(bool(termios.tcgetattr(slave)[3] & termios.ECHO))
        os.write(master, b"hush\n")

    with os.fdopen(slave) as terminal, os.fdopen(master):
        monkeypatch.setattr("sys.stdin", terminal)
        monkeypatch.setattr("click.echo", asked)
        assert await read_hidden("secret: ") == "hush"
    assert shown[0] is False


@pytest.fixture
async def staying(demo_environment: S3Server) -> AsyncIterator[None]:  # whose settings say which engine it is
    """Ends the engine that was asked to stay."""
    yield
    process = EngineProcess()
    assert process.running
    session = EngineSession(process)
    await session.ask(Stay(0))
    await session.close()
    await until(lambda: not process.running, "the engine has ended", 30)


@pytest.mark.usefixtures("staying")
async def test_who_has_logged_in_with_a_code_needs_none_afterwards(demo_environment: S3Server, run: Run) -> None:
    write_settings(
        f'[identities.operator]\nprofile = "analytics"\n'
        f'[[identities.operator.roles]]\narn = "{OPERATOR.arn}"\nmfa_serial = "{SERIAL}"\n'
    )

    def log_in() -> int:
        with Terminal(["login", "operator"], os.environ, columns=120) as terminal:
            terminal.until_shown(f"code of {SERIAL}:")
            terminal.send("000000\n")
            terminal.until_shown("✗ the MFA code was rejected")
            terminal.until(lambda: terminal.text.count(f"code of {SERIAL}:") == 2, "it is asked for again")
            terminal.send(present_code() + "\n")
            terminal.until_shown("in the engine's memory for ")
            return terminal.until_ended()

    assert await asyncio.to_thread(log_in) == 0
    ended = await asyncio.to_thread(run, "ls", "--profile", "operator", PRIVATE)
    assert ended.code == 0, ended


@pytest.fixture
async def center(demo_environment: S3Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[IdentityCenter]:
    """A company's IAM Identity Center that gives sessions of a role in the demo."""
    server = demo_environment
    write_aws_config(
        f"[profile work]\nsso_session = corp\nsso_account_id = {ROLE[0]}\nsso_role_name = {ROLE[1]}\n"
        f"region = {server.a.region}\nendpoint_url = {server.endpoint}\n"
        "[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n"
        "sso_registration_scopes = sso:account:access\n"
    )
    async with identity_center() as service:
        sts = server.client(server.b, "sts")
        keys = sts.assume_role(RoleArn=f"arn:aws:iam::{ROLE[0]}:role/{ROLE[1]}", RoleSessionName="me")["Credentials"]
        service.roles[ROLE] = RoleKeys(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        yield service


async def test_a_sign_in_says_where_and_waits_and_can_be_given_up(center: IdentityCenter) -> None:
    def give_up() -> int:
        with Terminal(["login", "work"], os.environ, columns=120) as terminal:
            terminal.until_shown("and enter the code")
            terminal.send("\x03")
            code = terminal.until_ended()
            assert "interrupted" in terminal.text
            return code

    def sign_in_where_it_is_needed() -> int:
        with Terminal(["ls", "-r", "--profile", "work", PRIVATE], os.environ, columns=120) as terminal:
            terminal.until_shown("and enter the code")
            center.approved = True
            code = terminal.until_ended()
            assert "signed in" in terminal.text
            return code

    assert await asyncio.to_thread(give_up) == -signal.SIGINT, "130 for a shell"
    assert await asyncio.to_thread(sign_in_where_it_is_needed) == 0


async def test_login_needs_no_terminal(center: IdentityCenter, run: Run) -> None:
    refused = await asyncio.to_thread(run, "ls", "--profile", "work", PRIVATE)
    assert refused.code == 3
    center.approved = True
    ended = await asyncio.to_thread(run, "login", "work")
    assert ended.code == 0, ended
    assert "and enter the code" in ended.err
    assert f"work: arn:aws:sts::{ROLE[0]}:assumed-role/{ROLE[1]}/" in ended.out
    assert (await asyncio.to_thread(run, "ls", "--profile", "work", PRIVATE)).code == 0


async def test_a_copy_that_waits_for_a_sign_in_offers_it(center: IdentityCenter, tmp_path: Path) -> None:
    center.role_seconds = 60  # so short that every request asks for new ones
    center.approved = True

    def copy() -> int:
        slowly = ("--at-once", "1", "--limit-rate", "1K", "--include", "contracts/*")
        with Terminal(
            ["cp", "-r", "--from", "work", *slowly, f"{PRIVATE}/", f"{tmp_path}/"], os.environ, columns=120
        ) as terminal:
            terminal.until_shown("signed in")
            terminal.until_shown("copied")
            center.approved = False
            center.end_tokens()
            terminal.until(lambda: terminal.text.count("and enter the code") == 2, "a second sign-in")
            center.approved = True
            return terminal.until_ended()

    assert await asyncio.to_thread(copy) == 0
