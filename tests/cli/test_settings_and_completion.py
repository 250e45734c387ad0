"""The settings at the command line: what holds, who a command acts as by them, and what a shell completes."""

import asyncio
import io
import json
import os
import re
import shutil
import signal
import subprocess
import termios
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, cast

import click
import pytest
from click.shell_completion import CompletionItem
from click.testing import CliRunner, Result
from msgspec import structs

from tests.aws.demo import OPERATOR, SERIAL, present_code
from tests.cli.conftest import Run, answered, ask_engine, until_engine_has_ended
from tests.cli.places import write_aws_config, write_settings
from tests.e2e.terminal import COMMAND, Terminal
from tests.servers.server import S3Server
from tests.servers.sign_in.oidc import IdentityCenter, RoleKeys, identity_center
from tests.servers.surroundings import use
from tui.app.command_table import COMPLETE, PROGRAM
from tui.app.main import cli
from tui.app.open import demo_settings, demo_start
from tui.app.shells import SHELLS, Bash
from tui.cli import complete as complete_locations
from tui.cli.command_identity import identity, identity_at
from tui.cli.copy_options import options
from tui.cli.identity_options import Typed, end_identities, end_options, identity_options, typed_identity
from tui.cli.prompts import give, read_hidden
from tui.core.identity import IdentitySpec, RoleSpec, Safety
from tui.core.location import Location
from tui.core.orders import CopyOptions
from tui.core.problem import Need, Problem, ProblemError, ProblemKind
from tui.link.process import EngineProcess
from tui.link.request import Stay
from tui.link.session import EngineAccess
from tui.messages.identity_requests import GiveCode
from tui.saved.bookmarks import Bookmark, Bookmarks, bookmarks_file
from tui.settings import (
    AccountSettings,
    AppStart,
    BucketSettings,
    IdentitySettings,
    PaneStart,
    RoleSettings,
    SafetySettings,
    Settings,
    TransferSettings,
)
from tui.settings.parsing import parse


def config(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["config", *arguments])


def test_says_what_holds_and_on_which_line_it_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "ambient")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cr3t")
    monkeypatch.setenv("HTTPS_PROXY", "http://me:s3cr3t@proxy")
    path = write_settings(
        'theme = "nord"\n\n[accounts.123456789012]\nlabel = "\\u0041"\n[transfers]\npart_size = "16M"\n'
    )
    lines = config().output.splitlines()
    assert lines[0] == f"# {path}"
    assert {
        'theme = "nord"  # config.toml:1',
        'left_accent = ""  # default',
        'accounts."123456789012".label = "A"  # config.toml:4',
        'accounts."123456789012".read_only = false  # default',
        "transfers.part_size = 16777216  # config.toml:6",
        'environment.AWS_PROFILE = "ambient"  # environment variable',
        'environment.AWS_SECRET_ACCESS_KEY = "(set)"  # environment variable',
    } <= set(lines)
    assert "s3cr3t" not in config().output


def test_says_it_as_json() -> None:
    write_settings("restore = false\n")
    found = {line["key"]: line for line in map(json.loads, config("--json").output.splitlines())}
    assert found["restore"] == {"key": "restore", "value": False, "source": "config.toml:1"}
    assert found["theme"] == {"key": "theme", "value": "textual-dark", "source": "default"}


def test_says_where_the_file_is_looked_for() -> None:
    assert config("--path").output == f"{os.environ['XDG_CONFIG_HOME']}/xs3-tui/config.toml\n"
    assert "no such file" in config().output
    assert "no such file" in config("--check").output


def test_check_says_every_mistake_with_its_line() -> None:
    write_settings("theme = 1\n[safety]\nreadonly = []\n")
    ended = config("--check")
    assert ended.exit_code == 2
    assert ended.stderr.splitlines() == [
        "config.toml:1: theme: Expected `str`, got `int`",
        "config.toml:3: safety.readonly: unknown key; did you mean read_only?",
    ]
    assert "(and 1 more: xs3-tui config --check)" in config().stderr
    write_settings("restore = true\n")
    assert config("--check").exit_code == 0


def test_check_says_what_is_wrong_with_the_keys_beside_other_mistakes() -> None:
    write_settings('mouse = 3\n[keys]\nbla = ["x"]\nmark = "f5"\nfilter = 3\ncopy = "f5"\n')
    assert [line.split(": ")[:2] for line in config("--check").stderr.splitlines()] == [
        ["config.toml:1", "mouse"],
        ["config.toml:3", "keys.bla"],
        ["config.toml:4", "keys.mark"],
        ["config.toml:5", "keys.filter"],
        ["config.toml:6", "keys.copy"],
    ]
    write_settings("keys = 3\nmouse = 3\n")
    assert len(config("--check").stderr.splitlines()) == 2


def test_lists_the_keys_in_force_and_says_which_commands_cannot_have_theirs() -> None:
    write_settings('[keys]\nfilter = "Ctrl+F"\n')
    assert 'pane.filter = ["ctrl+f"]' in config("--keys").output
    found = {line["command"]: line for line in map(json.loads, config("--keys", "--json").output.splitlines())}
    assert (found["pane.filter"]["keys"], found["pane.filter"]["source"]) == (["ctrl+f"], "settings")
    assert found["browser.copy"]["keys"] == ["f5", "C"]
    write_settings('[keys]\nmark = "f5"\nfliter = "x"\ncopy = "f5"\n')
    assert config("--check").stderr.splitlines() == [
        "config.toml:2: keys.mark: f5 is also the key of browser.copy: give one of them another key",
        "config.toml:3: keys.fliter: no such command; did you mean filter?",
        "config.toml:4: keys.copy: f5 is also the key of pane.mark: give one of them another key",
    ]
    write_settings('[keys]\nmark = "f5"\n')
    assert 'browser.copy = ["C"]' in config("--keys").output, "it is taken from the command that had it"
    write_settings('[keys]\nmark = "f5"\ncopy = "f5"\n')
    assert "f5 is also the key of browser.copy: give one of them another key" in config("--keys").stderr


def test_the_documented_file_has_every_key_and_is_valid() -> None:
    text = config("--schema").output
    assert parse(text) == (Settings(), [])
    settings, mistakes = parse(re.sub(r"(?m)^#(?=\S)", "", text))
    assert mistakes == []
    assert settings.accounts
    assert settings.buckets
    (identity,) = settings.identities.values()
    assert identity.roles
    tables = (
        Settings,
        TransferSettings,
        SafetySettings,
        AccountSettings,
        BucketSettings,
        IdentitySettings,
        RoleSettings,
    )
    for name in {field.name for table in tables for field in structs.fields(table)}:
        assert re.search(rf"(?m)^#({name} = |\[+([\w.-]+\.)?{name}\b)", text), name
    assert "#  (" not in text, "a key without its meaning"


def test_says_where_the_requests_of_an_identity_go(run: Run, demo_environment: S3Server) -> None:
    write_settings('[identities.theirs]\nprofile = "analytics"\nregion = "eu-west-3"\n')
    ended = run("config", "--profile", "theirs").ended(0, out='aws.identity = "theirs"  # --profile')
    assert 'aws.region = "eu-west-3"  # settings' in ended.out
    assert f'aws.endpoint = "{demo_environment.endpoint}"  # endpoint_url of the profile' in ended.out


PARTNER = "111111111111", "partner-read"
PRIVATE = "s3://media-prod-private"
HERE, THERE, DISK = Location("a", "x"), Location("b", "x"), Location("/", "tmp/x")
URL = "http://127.0.0.1:1"
ROLE = "arn:aws:iam::123456789012:role/deploy"
DEPLOY = f"""
[safety]
read_only = ["*prod*"]
[accounts.111111111111]
read_only = true
[buckets.theirs]
requester_pays = true
[identities.deploy]
profile = "me"
region = "eu-west-1"
[[identities.deploy.roles]]
arn = "{ROLE}"
"""


def typed(*arguments: str) -> IdentitySpec:
    return typed_identity(Typed(**_read(identity_options, arguments)), Location("bucket"))


def _read(decorate: Callable[[Callable[..., None]], Callable[..., None]], arguments: Sequence[str]) -> dict[str, Any]:
    return click.command()(decorate(lambda **_: None)).make_context("command", list(arguments)).params


def typed_ends(source: Location, target: Location, *arguments: str) -> tuple[str | None, str | None]:
    """The profiles that the options of a command with two places make, each with ``@`` and its endpoint, if any."""
    ends = end_identities(Typed(**_read(end_options, arguments)), source, target)
    first, second = (f"{spec.profile}@{spec.endpoint}" if spec.endpoint else spec.profile for spec in ends)
    return first, second


def test_one_profile_serves_both_places_and_a_disk_has_none() -> None:
    assert typed_ends(HERE, THERE, "--profile", "me") == ("me", "me")
    assert typed_ends(HERE, DISK, "--profile", "me") == ("me", None)
    assert typed_ends(DISK, THERE, "--profile", "me", "--to-endpoint", URL) == (None, f"me@{URL}")
    assert typed_ends(HERE, THERE, "--from", "me", "--to", "you", "--endpoint", URL) == (f"me@{URL}", f"you@{URL}")


def test_an_identity_for_both_places_and_one_for_one_is_a_usage_error() -> None:
    for source, arguments, says in (
        (HERE, ["--profile", "me", "--from", "you"], "--profile is for both places: leave out --from, or --profile"),
        (HERE, ["--profile", "me", "--from", "a", "--to", "b"], "leave out --from and --to, or --profile"),
        (HERE, ["--endpoint", URL, "--to-endpoint", URL], "--endpoint is for both places: leave out --to-endpoint"),
        (DISK, ["--profile", "me"], "both places are local paths"),
    ):
        with pytest.raises(click.UsageError, match=says):
            typed_ends(source, DISK if source is DISK else THERE, *arguments)


def test_without_settings_a_profile_is_a_profile_as_one_of_the_environment_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert identity("me", "http://127.0.0.1:1") == IdentitySpec("me", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_PROFILE", "ambient")
    assert identity(None) == IdentitySpec("ambient")


def test_an_identity_of_the_settings_comes_first_and_can_have_another_endpoint() -> None:
    write_settings(DEPLOY)
    safety = Safety(patterns=("*prod*", "111111111111"))
    whole = IdentitySpec(
        "me", None, "eu-west-1", roles=(RoleSpec(ROLE),), name="deploy", safety=safety, requester_pays=("theirs",)
    )
    assert identity("deploy") == whole
    elsewhere = identity("deploy", "http://127.0.0.1:1", "us-east-1")
    assert (elsewhere.endpoint, elsewhere.region, elsewhere.name) == ("http://127.0.0.1:1", "us-east-1", "deploy")
    assert identity("other").safety == safety


def test_copies_are_cut_by_the_settings_unless_it_is_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    write_settings('[transfers]\nmultipart_threshold = "64M"\npart_size = "16M"\n')
    made: list[CopyOptions] = []

    def read(*typed: Any, **more: Any) -> CopyOptions:
        made.append(options(*typed, **more))
        raise click.Abort

    monkeypatch.setattr("tui.features.copy.command.options", read)
    for name in ("cp", "mv"):
        for typed in ([], ["--part-size", "32M", "--storage-class", "glacier_ir"]):
            CliRunner().invoke(cli, [name, "s3://a/k", "s3://b/k", *typed], catch_exceptions=False)
    assert [each.part_size for each in made] == [16 << 20, 32 << 20] * 2
    assert [each.storage_class for each in made] == ["", "GLACIER_IR"] * 2
    assert [each.multipart_threshold for each in made] == [64 << 20] * 4


def test_read_only_holds_for_disks_too() -> None:
    assert identity("me", read_only=True).safety.read_only
    assert identity_at(Location("/", "tmp/"), None, read_only=True).safety.read_only


def test_a_role_is_assumed_by_the_named_identity() -> None:
    write_settings(DEPLOY)
    more = "arn:aws:iam::210987654321:role/more"
    options = ("--external-id", "xy", "--mfa-serial", "arn:m", "--role-session-name", "me", "--duration", "15m")
    assert typed("--profile", "deploy", "--role-arn", more, *options).roles == (
        RoleSpec(ROLE),
        RoleSpec(more, "xy", "me", 900, "arn:m"),
    )


def test_what_is_no_role_is_a_usage_error() -> None:
    for arguments, says in (
        (["--role-arn", "arn:aws:iam::1:user/x"], "is not a role"),
        (["--role-arn", ROLE, "--duration", "5"], "15m to 12h"),
        (["--role-arn", ROLE, "--duration", "soon"], "write 1h, 90m or 3600"),
        (["--role-arn", ROLE, "--external-id", "a b"], "is not an external ID"),
        (["--external-id", "xy"], "name the role"),
        (["--endpoint", "s3.example.com"], "is not an endpoint: write https://host"),
        (["--region", "https://s3.example.com"], "is not a region"),
        (["--role-arn", ROLE, "--anonymous"], "cannot assume a role"),
    ):
        with pytest.raises(click.UsageError, match=says):
            typed(*arguments)


def test_settings_that_cannot_be_used_end_every_command() -> None:
    write_settings("\ntheme = 1\n")
    for command in (["ls"], ["mb", "s3://new"], ["cp", "s3://a/b", "s3://c/"], ["login"]):
        ended = CliRunner().invoke(cli, command)
        assert ended.exit_code == 2
        assert "cause: config.toml:2: theme: Expected `str`, got `int`" in ended.stderr
    problem = json.loads(CliRunner().invoke(cli, ["ls", "--json"]).stdout)["problem"]
    assert problem["cause"].startswith("config.toml:2: theme")


def test_the_demo_knows_nothing_of_the_users_accounts() -> None:
    write_settings(DEPLOY)
    start = demo_start(AppStart(PaneStart(identity("media-prod")), demo=True), "media-prod", "analytics")
    assert start.left.spec == IdentitySpec("media-prod")
    known = Settings(theme="nord", safety=SafetySettings(["*prod*"]), accounts={"1": AccountSettings("a")})
    assert demo_settings(known) == Settings(theme="nord")


def test_an_endpoint_alone_goes_with_the_demos_profile() -> None:
    start = AppStart(
        PaneStart(IdentitySpec(endpoint="http://127.0.0.1:9")), PaneStart(IdentitySpec("other")), demo=True
    )
    filled = demo_start(start, "media-prod", "analytics")
    assert filled.left.spec == IdentitySpec("media-prod", "http://127.0.0.1:9")
    assert filled.right.spec == IdentitySpec("other")


def test_the_secret_of_typed_keys_is_asked_for_and_not_shown(demo_environment: S3Server, run: Run) -> None:
    keys, endpoint = demo_environment.a, demo_environment.endpoint
    write_settings(
        f'[identities.typed]\naccess_key = "{keys.access_key}"\nendpoint = "{endpoint}"\nregion = "{keys.region}"\n'
    )
    assert "next step" in run("ls", "--profile", "typed").ended(3, err=keys.access_key[-4:]).err
    words = ["ls", "--profile", "typed"]
    assert "next step" in answered(words, ("secret access key of", "\n"), code=3), "the problem as it was"
    with Terminal(words, os.environ, columns=120) as terminal:
        terminal.until_shown(f"secret access key of {keys.access_key}:")
        terminal.send(keys.secret_key + "\n", then="session token (Enter for none):")
        terminal.send("\n", then="media-prod-assets")
        assert terminal.until_ended() == 0
        assert keys.secret_key.encode() not in terminal.output
    until_engine_has_ended()  # which knows the secret


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


class Typing(io.StringIO):
    """The stderr of a terminal whose user types a line at each question for a code."""

    def __init__(self, terminal: int, lines: Iterable[bytes]) -> None:
        super().__init__()
        self._terminal, self._lines = terminal, iter(lines)

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if text.startswith("MFA code of"):
            os.write(self._terminal, next(self._lines))
        return super().write(text)


async def test_a_code_that_is_refused_is_said_on_stderr_and_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    needed = Problem(ProblemKind.DENIED, "a code is needed", needs=Need.MFA_CODE, subject=SERIAL, connection="c")
    given: list[str] = []

    class Engine:
        async def ask(self, request: GiveCode) -> None:
            given.append(request.code.text)
            if given[-1] == "000000":
                raise ProblemError(structs.replace(needed, title="the MFA code was rejected"))

    master, slave = os.openpty()
    with os.fdopen(slave) as terminal, os.fdopen(master):
        stderr = Typing(master, [b"000000\n", b"123456\n"])
        monkeypatch.setattr("sys.stdin", terminal)
        monkeypatch.setattr("sys.stderr", stderr)
        assert await give(cast(EngineAccess, Engine()), needed)
    assert given == ["000000", "123456"]
    assert "\n✗ the MFA code was rejected\nMFA code of" in stderr.getvalue()
    assert capsys.readouterr().out == ""


def test_who_has_logged_in_with_a_code_needs_none_afterwards(demo_environment: S3Server, run: Run) -> None:
    write_settings(
        f'[identities.operator]\nprofile = "analytics"\n'
        f'[[identities.operator.roles]]\narn = "{OPERATOR.arn}"\nmfa_serial = "{SERIAL}"\n'
    )
    with Terminal(["login", "operator"], os.environ, columns=120) as terminal:
        terminal.until_shown(f"code of {SERIAL}:")
        terminal.send("000000\n", then="✗ the MFA code was rejected")
        terminal.until(lambda: terminal.text.count(f"code of {SERIAL}:") == 2, "it is asked for again")
        assert "MFA MFA" not in terminal.text
        code = present_code()
        terminal.send(code + "\n", then="in the engine's memory for ")
        assert terminal.until_ended() == 0
        assert code.encode() not in terminal.output
    run("ls", "--profile", "operator", PRIVATE).succeeded()
    assert EngineProcess().running, "it was asked to stay"
    ask_engine(Stay(0))
    until_engine_has_ended()


@pytest.fixture
async def center(demo_environment: S3Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[IdentityCenter]:
    """A company's IAM Identity Center that gives sessions of a role in the demo."""
    server = demo_environment
    write_aws_config(
        f"[profile work]\nsso_session = corp\nsso_account_id = {PARTNER[0]}\nsso_role_name = {PARTNER[1]}\n"
        f"region = {server.a.region}\nendpoint_url = {server.endpoint}\n"
        "[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n"
        "sso_registration_scopes = sso:account:access\n"
    )
    async with identity_center() as service:
        sts = server.client(server.b, "sts")
        arn = f"arn:aws:iam::{PARTNER[0]}:role/{PARTNER[1]}"
        keys = sts.assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
        service.roles[PARTNER] = RoleKeys(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        use(monkeypatch, service.environment)
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
    assert (await asyncio.to_thread(run, "ls", "--profile", "work", PRIVATE)).code == 3
    center.approved = True
    ended = await asyncio.to_thread(run, "login", "work")
    ended.ended(0, err="and enter the code", out=f"work: arn:aws:sts::{PARTNER[0]}:assumed-role/{PARTNER[1]}/")
    assert (await asyncio.to_thread(run, "ls", "--profile", "work", PRIVATE)).code == 0


async def test_no_text_of_a_sign_in_is_acted_on_by_the_terminal(center: IdentityCenter, run: Run) -> None:
    center.said = "\x1b]0;x\x07\x9b2J\u202e\rsigned in\n\u2028"
    center.answers.append("AccessDeniedException")
    ended = (await asyncio.to_thread(run, "login", "work")).ended(3, err="it is said: AccessDeniedException")
    assert all(each == "\n" or each.isprintable() for each in ended.out + ended.err), ended
    assert not any(line.startswith("signed in") for line in ended.err.splitlines())


@pytest.mark.thorough
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


@pytest.fixture
def named() -> None:
    write_settings("[identities.deploy]\n[identities.'de bug']\n")
    write_aws_config('[default]\n[profile prod]\n[profile "of many words"]\n[sso-session corp]\n[services x]\n')
    Path(os.environ["AWS_SHARED_CREDENTIALS_FILE"]).write_text("[prod]\n[ old ]\naws_secret_access_key = s\n")


def complete(*words: str) -> list[str]:
    return [item.value for item in Bash(cli, {}, PROGRAM, COMPLETE).get_completions(list(words[:-1]), words[-1])]


def test_commands_options_and_choices() -> None:
    assert {"ls", "cp", "login", "config", "completion"} <= set(complete(""))
    assert complete("lo") == ["login"]
    assert complete("--left-e") == ["--left-endpoint"], "a line without a command is that of the panes"
    assert complete("ls", "--rec") == ["--recursive"]
    assert complete("--left", "prod", "--read-only", "") == ["left", "right", "both"]
    assert complete("completion", "") == ["bash", "zsh", "fish"]
    for shell in SHELLS:
        script = CliRunner().invoke(cli, ["completion", shell]).output
        assert f"{COMPLETE}={shell}_complete" in script, "what the command is asked by"


@pytest.mark.usefixtures("named")
def test_identities_wherever_one_is_named() -> None:
    for words in (["ls", "--profile"], ["cp", "--from"], ["cp", "--to"], ["--left"], ["login"]):
        assert complete(*words, "") == ["deploy", "de bug", "default", "prod", "of many words", "old"]
        assert complete(*words, "de") == ["deploy", "de bug", "default"]


def test_broken_files_complete_nothing() -> None:
    write_settings("[identities\n")
    write_aws_config('[profile "x]\n[]\n[profile]\n')
    assert complete("ls", "--profile", "") == []


def test_bookmarks() -> None:
    Bookmarks(bookmarks_file()).add(Bookmark("every day"))
    assert complete("--bookmark", "e") == ["every day"]
    assert "bookmarks: every day" in CliRunner().invoke(cli, ["open", "--bookmark", "none"]).stderr


def test_completion_imports_neither_the_screen_nor_aws() -> None:
    code = (
        "import sys; from tui.app.command_table import COMPLETE, PROGRAM; from tui.app.main import cli;"
        "from tui.app.shells import Bash;"
        "Bash(cli, {}, PROGRAM, COMPLETE).get_completions(['ls', '--profile'], '');"
        "print([name for name in ('textual', 'botocore', 'aiobotocore', 'uvloop') if name in sys.modules])"
    )
    done = subprocess.run([COMMAND.with_name("python"), "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.usefixtures("lasting_engine")
def test_uris_one_level_deep_with_the_identity_of_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(complete_locations, "SECONDS", 60)  # a shell that has time
    for words, expected in (
        (["ls", "--profile", "analytics", "s3://analytics-l"], ["s3://analytics-landing/"]),
        (["ls", "--profile", "analytics", "S3://analytics-l"], ["S3://analytics-landing/"]),
        (
            ["ls", "--profile", "analytics", "s3://media-prod-assets/vi"],
            ["s3://media-prod-assets/video/", "s3://media-prod-assets/video.mp4"],
        ),
        (["--right", "analytics", "s3://x", "s3://analytics-la"], ["s3://analytics-landing/"]),
        (["cp", "--from", "media-prod", "--to", "analytics", "s3://media-prod-of"], ["s3://media-prod-office/"]),
        (["ls", "--profile", "analytics", "s3://media-prod-private/"], []),
        (["ls", "--profile", "nobody", "s3://"], []),
    ):
        assert complete(*words) == expected, words


def test_a_server_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(complete_locations, "SECONDS", 0.01)
    assert complete("ls", "s3://") == []


def test_what_a_location_begins_with() -> None:
    for typed, expected in (("", ["s3://"]), ("s3:", ["s3://"]), ("/tm", ["/tm"]), ("x", [])):
        assert complete("ls", typed)[: len(expected) or None] == expected


def test_bash_gets_only_what_follows_its_word_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    for line, word, value, reply in (
        ("xs3-tui ls s3:", "", "s3://", "//"),
        ("xs3-tui ls s3://b/da", "//b/da", "s3://b/date=1/", "//b/date=1/"),
        ("xs3-tui ls s3://b/date=", "", "s3://b/date=1/", "1/"),
        ("xs3-tui ls s3://b/a@c", "@c", "s3://b/a@cd", "@cd"),
        ("xs3-tui ls s3://b/a\\ b", "//b/a\\ b", "s3://b/a b*,c", "//b/a\\ b\\*,c"),
        ("xs3-tui ls s3://a\\ b:c", "c", "s3://a b:cd", "cd"),
        ('xs3-tui ls "s3://b/a b', "s3://b/a b", "s3://b/a b c", "s3://b/a b c"),
        ("xs3-tui ls --profile=de", "de", "deploy", "deploy"),
        ("xs3-tui ls --profile ", "", "de bug", "de\\ bug"),
        ("xs3-tui ls s3://b/", "//b/", "s3://b/$(id)`", "//b/\\$\\(id\\)\\`"),
        (
            'xs3-tui ls "s3://b/',
            "s3://b/",
            's3://b/a";id;$(id)`id`!!\\',
            's3://b/a\\";id;\\$(id)\\`id\\`"\'!\'""\'!\'"\\\\',
        ),
        ("xs3-tui ls 's3://b/", "s3://b/", "s3://b/a';$(id);'", r"s3://b/a'\'';$(id);'\''"),
        ("xs3-tui ls 's3://b'/", "/", "s3://b/$(id)", r"/\$\(id\)"),
        ("xs3-tui ls s3:'//b/", "//b/", "s3://b/$(id) '", r"//b/$(id) '\''"),
    ):
        monkeypatch.setenv("COMP_LINE", line)
        monkeypatch.setenv("COMP_WORD", word)
        assert Bash(cli, {}, PROGRAM, COMPLETE).format_completion(CompletionItem(value)) == f"plain,{reply}", line


@pytest.mark.thorough
@pytest.mark.usefixtures("named")
def test_a_real_bash_completes_a_line(surroundings: Path) -> None:
    (surroundings / "script").write_text(CliRunner().invoke(cli, ["completion", "bash"]).output)
    Bookmarks(bookmarks_file()).add(Bookmark('x"; echo `id` $HOME; "'))
    environment = {**os.environ, "PATH": f"{COMMAND.parent}:{os.environ['PATH']}", "PS1": "ready:"}
    with Terminal(["--norc", "--noprofile", "-i"], environment, program=Path("/bin/bash"), columns=120) as bash:
        bash.until_shown("ready:")
        bash.send(f". {surroundings}/script\nxs3-tui ls --profile of\t--rec\ts3\t")
        bash.until_shown(r"xs3-tui ls --profile of\ many\ words --recursive s3://")
        bash.send('\x15xs3-tui --bookmark "x\t', then=r'xs3-tui --bookmark "x\"; echo \`id\` \$HOME; \"')


def test_the_script_is_one_that_the_shell_can_read() -> None:
    for shell in SHELLS:
        script = CliRunner().invoke(cli, ["completion", shell]).output
        assert "part" in script
        if shutil.which(shell):  # a machine has those that its users use
            done = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True)
            assert (done.returncode, done.stderr) == (0, "")
