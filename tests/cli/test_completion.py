"""Shell completion: the scripts in real shells, and what they are answered."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.shell_completion import CompletionItem
from click.testing import CliRunner

from tests.cli.places import write_aws_config, write_settings
from tests.e2e.terminal import COMMAND, Terminal
from tests.servers.server import S3Server
from tui.cli import complete_locations as complete_locations
from tui.cli.command_table import COMPLETE, PROGRAM
from tui.cli.main import cli
from tui.cli.shells import SHELLS, Bash
from tui.keeping.bookmarks import Bookmark, Bookmarks, bookmarks_file
from tui.protocol.messages.greeting import Hello
from tui.protocol.process import EngineProcess
from tui.protocol.session import EngineSession


@pytest.fixture
def named() -> None:
    write_settings("[identities.deploy]\n[identities.'de bug']\n")
    write_aws_config('[default]\n[profile prod]\n[profile "of many words"]\n[sso-session corp]\n[services x]\n')
    Path(os.environ["AWS_SHARED_CREDENTIALS_FILE"]).write_text("[prod]\n[ old ]\naws_secret_access_key = s\n")


def complete(*words: str) -> list[str]:
    """What may stand in place of the last word."""
    bash = Bash(cli, {}, PROGRAM, COMPLETE)
    return [item.value for item in bash.get_completions(list(words[:-1]), words[-1])]


def test_commands_options_and_choices() -> None:
    assert {"ls", "cp", "login", "config", "completion"} <= set(complete(""))
    assert complete("lo") == ["login"]
    assert complete("--left-e") == ["--left-endpoint"], "a line without a command is that of the panes"
    assert complete("ls", "--rec") == ["--recursive"]
    assert complete("--left", "prod", "--read-only", "") == ["left", "right", "both"]
    assert complete("completion", "") == ["bash", "zsh", "fish"]


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize("words", [["ls", "--profile"], ["cp", "--from"], ["cp", "--to"], ["--left"], ["login"]])
def test_identities_wherever_one_is_named(words: list[str]) -> None:
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
        "import sys; from tui.cli.command_table import COMPLETE, PROGRAM; from tui.cli.main import cli;"
        "from tui.cli.shells import Bash;"
        "Bash(cli, {}, PROGRAM, COMPLETE).get_completions(['ls', '--profile'], '');"
        "print([name for name in ('textual', 'botocore', 'aiobotocore', 'uvloop') if name in sys.modules])"
    )
    done = subprocess.run([COMMAND.with_name("python"), "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.fixture
async def engine(demo_environment: S3Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """An engine that lives already, and a shell that has time."""
    monkeypatch.setattr(complete_locations, "SECONDS", 60)
    session = EngineSession(EngineProcess())
    await session.ask(Hello())
    yield
    await session.close()


@pytest.mark.usefixtures("engine")
async def test_uris_one_level_deep_with_the_identity_of_the_line() -> None:
    def all_of_them() -> list[list[str]]:
        return [
            complete("ls", "--profile", "analytics", "s3://analytics-l"),
            complete("ls", "--profile", "analytics", "s3://media-prod-assets/vi"),
            complete("--right", "analytics", "s3://x", "s3://analytics-la"),
            complete("cp", "--from", "media-prod", "--to", "analytics", "s3://media-prod-of"),
            complete("ls", "--profile", "analytics", "s3://media-prod-private/"),
            complete("ls", "--profile", "nobody", "s3://"),
            complete("ls", "--profile", "analytics", "S3://analytics-l"),
        ]

    own, theirs, left, source, denied, nobody, upper = await asyncio.to_thread(all_of_them)
    assert own == ["s3://analytics-landing/"]
    assert upper == ["S3://analytics-landing/"]
    assert theirs == ["s3://media-prod-assets/video/", "s3://media-prod-assets/video.mp4"]
    assert left == ["s3://analytics-landing/"]
    assert source == ["s3://media-prod-office/"]
    assert denied == nobody == []


def test_a_server_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(complete_locations, "SECONDS", 0.01)
    assert complete("ls", "s3://") == []


@pytest.mark.parametrize(("typed", "expected"), [("", ["s3://"]), ("s3:", ["s3://"]), ("/tm", ["/tm"]), ("x", [])])
def test_what_a_location_begins_with(typed: str, expected: list[str]) -> None:
    assert complete("ls", typed)[: len(expected) or None] == expected


@pytest.mark.parametrize(
    ("line", "word", "value", "reply"),
    [
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
    ],
)
def test_bash_gets_only_what_follows_its_word_breaks(
    monkeypatch: pytest.MonkeyPatch, line: str, word: str, value: str, reply: str
) -> None:
    monkeypatch.setenv("COMP_LINE", line)
    monkeypatch.setenv("COMP_WORD", word)
    bash = Bash(cli, {}, PROGRAM, COMPLETE)
    assert bash.format_completion(CompletionItem(value)) == f"plain,{reply}"


@pytest.mark.usefixtures("named")
def test_a_real_bash_completes_a_line(surroundings: Path) -> None:
    script = CliRunner().invoke(cli, ["completion", "bash"]).output
    (surroundings / "script").write_text(script)
    Bookmarks(bookmarks_file()).add(Bookmark('x"; echo `id` $HOME; "'))
    environment = {**os.environ, "PATH": f"{COMMAND.parent}:{os.environ['PATH']}", "PS1": "ready:"}
    with Terminal(["--norc", "--noprofile", "-i"], environment, program=Path("/bin/bash"), columns=120) as bash:
        bash.until_shown("ready:")
        bash.send(f". {surroundings}/script\nxs3-tui ls --profile of\t--rec\ts3\t")
        bash.until_shown(r"xs3-tui ls --profile of\ many\ words --recursive s3://")
        bash.send('\x15xs3-tui --bookmark "x\t')
        bash.until_shown(r'xs3-tui --bookmark "x\"; echo \`id\` \$HOME; \"')


@pytest.mark.parametrize("shell", list(SHELLS))
def test_the_script_is_one_that_the_shell_can_read(shell: str) -> None:
    script = CliRunner().invoke(cli, ["completion", shell]).output
    assert "part" in script
    if shutil.which(shell):  # a machine has those that its users use
        done = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
