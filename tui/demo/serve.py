"""`xs3-tui demo serve`: only the demo's server, for any S3 tool. Standard library only."""

import shlex
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from tui.demo.demo_profiles import ACCOUNTS, ANALYTICS, MEDIA_PROD, ROLE_PROFILE
from tui.demo.launch import DemoServer, start


def serve(directory: Path | None, port: int) -> int:
    """Run the server until SIGINT, SIGTERM or SIGHUP; returns 0 then, and 1 if the server died.

    Writes the profiles into `directory`; without one, into a temporary directory.
    Raises the `DemoError`s of `launch.start`.
    """
    with _directory_for_profiles(directory) as chosen, _stopped_by_signals():
        server = start(chosen, port)
        try:
            sys.stdout.write(_introduction(server))
            sys.stdout.flush()
            server.wait()
        except KeyboardInterrupt:
            return 0
        finally:
            server.stop()
        sys.stderr.write(f"The server stopped; the reason is in {server.log}.\n")
        return 1


@contextmanager
def _directory_for_profiles(directory: Path | None) -> Iterator[Path]:
    if directory is not None:
        yield directory.absolute()
        return
    made = Path(tempfile.mkdtemp(prefix="xs3-tui-demo-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = [(number, signal.signal(number, interrupt)) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _introduction(server: DemoServer) -> str:
    exports = [f"export {name}={shlex.quote(value)}" for name, value in server.environment.items()]
    profiles = [f"  {account.label:<26} {account.user_arn}" for account in ACCOUNTS]
    return "\n".join(
        [
            f"S3 with two accounts at http://127.0.0.1:{server.port}; Ctrl-C stops it. In another terminal:",
            "",
            *exports,
            "",
            "There is no default profile: choose one (--profile, or AWS_PROFILE).",
            *profiles,
            f"  {ROLE_PROFILE:<26} {ANALYTICS.label}, with a role in {MEDIA_PROD.label}",
            "",
            "For example:",
            "  aws --profile analytics s3 ls s3://media-prod-assets",
            f"  aws --profile {ROLE_PROFILE} s3 ls s3://media-prod-private",
            "  xs3-tui --left media-prod --right analytics",
            "",
        ]
    )
