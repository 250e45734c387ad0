"""The fixtures all suites share: the servers, buckets on them, and surroundings that hold nothing of the user's."""

import os
import tempfile
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.servers.buckets import BucketPair, fresh_bucket
from tests.servers.ceph.accounts import running_ceph
from tests.servers.daemon import ServerError
from tests.servers.demo import running_demo
from tests.servers.forks import Forks, running_forks, used
from tests.servers.ministack.server import running_ministack
from tests.servers.server import S3Server
from tests.servers.standin.standin import Standin, running_standin
from tests.servers.surroundings import scratch_surroundings, use
from tui.link.process import EngineProcess, spawn

FORKS = pytest.StashKey[Forks]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, bool, bool]:
    """While the tests run, one process has imported all that their programs need."""
    getattr(session.config, "_tmp_path_factory").getbasetemp()  # noqa: B009  # one for all workers, pytest's own name
    with scratch_surroundings() as directory, running_forks(directory) as forks:
        session.stash[FORKS] = forks
        if session.config.option.workers:
            forks.start()  # its imports take as long as some tests
        return (yield)


@pytest.fixture(scope="session", autouse=True)
def session_surroundings() -> Iterator[Path]:
    """Keep the user's own settings from the servers, which live as long as the session."""
    with scratch_surroundings() as directory:
        yield directory


@pytest.fixture(autouse=True)
def surroundings(session_surroundings: Path) -> Iterator[Path]:
    """Give every test a home, XDG directories, a TMPDIR and AWS settings of its own; return the directory of all.

    Nothing may be left in its TMPDIR when it has ended.
    """
    with scratch_surroundings() as directory, pytest.MonkeyPatch.context() as patch:
        temporary = directory / "temporary"
        temporary.mkdir(0o700)
        patch.setenv("TMPDIR", str(temporary))
        patch.setattr(tempfile, "tempdir", str(temporary))
        yield directory
        # Where there is no runtime directory, the sockets' own stays for the next engine.
        sockets = temporary / f"xs3-tui-{os.getuid()}"
        left = sorted(str(path.relative_to(temporary)) for path in temporary.rglob("*") if path != sockets)
    assert not left, f"left behind in TMPDIR: {left}"


@pytest.fixture(scope="session", autouse=True)
def forks(session_surroundings: Path, pytestconfig: pytest.Config, request: pytest.FixtureRequest) -> Iterator[Forks]:
    """Have the engines, demos and screens of this process forked; yield what forks them, for commands."""
    forks = request.session.stash[FORKS]
    with ExitStack() as stack:
        if pytestconfig.option.workers:
            forks = stack.enter_context(forks.branch(session_surroundings))
        stack.enter_context(used(forks))
        yield forks


@pytest.fixture
def engines_by_exec(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this test's engines started as users have them."""
    monkeypatch.setattr(EngineProcess, "spawn", spawn)


@pytest.fixture(scope="session")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """Yield an embedded demo of this session's own, world and all."""
    with running_demo(tmp_path_factory.mktemp("demo") / "profiles") as (server, _):
        yield server


@contextmanager
def installed() -> Iterator[None]:
    """Fail, with the command that installs it, where a server is missing: a suite that skips proves nothing."""
    try:
        yield
    except ServerError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standin]:
    """Yield the stand-in, on a line without delay, with the buckets `wide`, `small`, `big` and `million`.

    Mark the tests that use it with `server` or `bench`: it needs a C compiler.
    """
    with installed(), running_standin(tmp_path_factory.mktemp("standin")) as standin:
        yield standin


@pytest.fixture(scope="session")
def ceph_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """Yield a Ceph Object Gateway of this session's own. Mark the tests that use it with `server`."""
    with installed(), running_ceph(tmp_path_factory.mktemp("ceph")) as server:
        yield server


@pytest.fixture(scope="session")
def ministack_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """Yield a MiniStack of this session's own, with IAM and STS. Mark the tests that use it with `server`."""
    with installed(), running_ministack(tmp_path_factory.mktemp("ministack")) as (server, _):
        yield server


@pytest.fixture(scope="session", params=["demo", pytest.param("ceph", marks=pytest.mark.server)])
def s3_server(request: pytest.FixtureRequest) -> S3Server:
    """Every S3 server that runs here with two accounts; `-m 'not server'` leaves only the embedded one."""
    server = request.getfixturevalue(f"{request.param}_server")
    assert isinstance(server, S3Server)
    return server


@pytest.fixture(scope="session", params=["demo", pytest.param("ministack", marks=pytest.mark.server)])
def iam_server(request: pytest.FixtureRequest) -> S3Server:
    """Every server that has IAM and STS."""
    server = request.getfixturevalue(f"{request.param}_server")
    assert isinstance(server, S3Server)
    return server


@pytest.fixture
def server_environment(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """Make `s3_server` the one that AWS's own settings name, for this process and those it starts."""
    use(monkeypatch, s3_server.environment)
    return s3_server


@pytest.fixture
def bucket_pair(s3_server: S3Server) -> Iterator[BucketPair]:
    """Yield a bucket of A and one of B, both empty, in which the uploader owns the objects."""
    with fresh_bucket(s3_server, s3_server.a) as a, fresh_bucket(s3_server, s3_server.b) as b:
        yield BucketPair(s3_server, a, b)
