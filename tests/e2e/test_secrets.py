"""No secret is written anywhere: everything that a full run leaves behind is searched for those it was given."""

import asyncio
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.aws.company import PROFILES
from tests.e2e import crashing
from tests.e2e.terminal import COMMAND, Terminal
from tests.servers.buckets import BucketPair
from tests.servers.server import S3Server
from tests.servers.sign_in.oidc import RoleKeys, identity_center
from tests.waiting import until_true
from tui.link.engine_paths import log_file
from tui.link.process import EngineProcess

TYPED_WRONGLY, TOKEN = "wr0ng/s3cret+that-was-typed", "t0ken/of=the+typed-keys"


@pytest.fixture
def environment(server_environment: S3Server) -> Iterator[Mapping[str, str]]:
    """The server's profiles, in the surroundings of this test; what it has started has ended."""
    yield dict(os.environ)
    until_true(lambda: not EngineProcess().running, "the engine has ended", 30)


@pytest.fixture
def s3_server(demo_server: S3Server) -> S3Server:
    return demo_server


def holding(directory: Path, secrets: Iterable[str]) -> Iterator[str]:
    """The files that hold one of the secrets, by their contents or their names, journals and databases included."""
    for path in directory.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for secret in secrets:
            if secret.encode() in content or secret in path.name:
                yield f"{path.relative_to(directory)} holds {secret}"


def processes_holding(secrets: Iterable[str]) -> Iterator[str]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = path.read_bytes()
        except OSError:
            continue  # it has ended
        for secret in secrets:
            if secret.encode() in arguments:
                yield f"{path.parent.name} is shown with {secret}"


def said_by(*arguments: str) -> str:
    done = subprocess.run([str(COMMAND), *arguments], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def type_keys(terminal: Terminal, *texts: str) -> None:
    terminal.until_shown("session token")
    terminal.send("\t".join(texts))


@pytest.mark.thorough
def test_of_keys_in_files_and_of_typed_ones(
    bucket_pair: BucketPair, environment: Mapping[str, str], surroundings: Path
) -> None:
    server = bucket_pair.server
    server.client(server.a).put_object(Bucket=bucket_pair.a, Key="one.txt", Body=b"one")
    secrets = [server.a.secret_key, server.b.secret_key, TYPED_WRONGLY, TOKEN]
    panes = ["--right", server.b.profile, f"s3://{bucket_pair.a}/", f"s3://{bucket_pair.b}/"]
    with Terminal(panes, environment, 120, 40) as terminal:
        terminal.until_shown("access keys…")
        terminal.send("access keys\r")
        type_keys(terminal, server.a.access_key, TYPED_WRONGLY, TOKEN, server.endpoint)
        terminal.send("\r")
        terminal.until_shown("rejected")  # the server says so
        terminal.send("a", then="access keys…")
        terminal.send("access keys\r")
        type_keys(terminal, server.a.access_key, server.a.secret_key, "", server.endpoint)
        terminal.send(b"\x13")  # ctrl+s keeps it
        terminal.until_shown("Save this identity")
        terminal.send("typed\r", then="saved as typed")
        terminal.send("\r", gone="Access keys")
        terminal.until_shown("one.txt")
        terminal.send("i", then="owner")
        terminal.send("C", then="Copy 1 object")
        terminal.until_shown("relay ✓")
        terminal.send("\r", then="1 done")
        assert list(processes_holding(secrets)) == []
        terminal.quit()
        shown = terminal.output.decode()
    shown += said_by("config") + said_by("transfers", "--json")
    shown += said_by("inspect", "--profile", server.b.profile, "--json", f"s3://{bucket_pair.b}/one.txt")
    shown += said_by("ls", "--profile", "typed", f"s3://{bucket_pair.a}/")
    assert [secret for secret in secrets if secret in shown] == []
    assert list(holding(surroundings, secrets)) == []
    assert "typed" in (surroundings / "config/xs3-tui/config.toml").read_text()
    assert all(path.stat().st_mode & 0o077 == 0 for path in files_of_ours(surroundings))


def files_of_ours(directory: Path) -> list[Path]:
    """All that was written, with the directories that it is in."""
    found = [path for path in directory.rglob("*") if "xs3-tui" in path.parts]
    assert {"config.toml", "xs3-tui.log"} <= {path.name for path in found}
    return found


def test_of_a_crash(environment: Mapping[str, str], surroundings: Path) -> None:
    with Terminal(["-m", crashing.__name__], environment, 120, 40, program=Path(crashing.PYTHON)) as terminal:
        for side in ("left", "right"):
            terminal.until_shown(f"Choose an identity for the {side}")
            terminal.send("\x1b", gone=f"Choose an identity for the {side}")
        terminal.send("?")
        assert terminal.until_ended() != 0
        shown = terminal.output.decode()
    assert "because of a bug in xs3-tui" in shown
    assert crashing.DEFECT in log_file().read_text()
    assert crashing.SECRET not in shown
    assert list(holding(surroundings, [crashing.SECRET])) == []


@pytest.mark.thorough
async def test_of_a_sign_in(
    bucket_pair: BucketPair, environment: Mapping[str, str], surroundings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = bucket_pair.server
    config = surroundings / "config-of-a-company"
    config.write_text(PROFILES)
    async with identity_center() as center:
        center.roles["222222222222", "Read"] = RoleKeys(server.b.access_key, server.b.secret_key)
        center.approved = True
        for name, value in {**center.environment, "AWS_CONFIG_FILE": str(config)}.items():
            monkeypatch.setenv(name, value)
        shown = await asyncio.to_thread(said_by, "login", "work")
        listing = ["ls", "--profile", "work", "--endpoint", server.endpoint, f"s3://{bucket_pair.b}/"]
        shown += await asyncio.to_thread(said_by, *listing)
        secrets = {secret for secret in center.given if len(secret) > len("session")}
    assert "GetRoleCredentials" in center.asked
    assert [secret for secret in secrets if secret in shown] == []
    cache = surroundings / "home/.aws/sso/cache"
    assert list(holding(cache, secrets)), "the AWS CLI finds the sign-in"
    assert all(path.stat().st_mode & 0o077 == 0 for path in cache.iterdir())
    await asyncio.to_thread(
        until_true, lambda: not list((surroundings / "run").rglob("*.sock")), "the engine has ended"
    )
    assert [found for found in holding(surroundings, secrets) if not found.startswith("home/.aws/sso/cache/")] == []
