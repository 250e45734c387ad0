"""``xs3-tui demo serve``: only the embedded S3 with two accounts, for the AWS CLI, rclone or anything else."""

from __future__ import annotations

import shlex
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click

from tui.cli.parameter_types import PathParameter
from tui.demo.demo_profiles import ACCOUNTS, ANALYTICS, MEDIA_PROD, ROLE_PROFILE
from tui.demo.launch import DemoServer, start


@click.group()
def demo() -> None:
    """Run the embedded demo S3 with two accounts."""


@demo.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1. Default: any free port.")
@click.option(
    "--dir",
    "directory",
    type=PathParameter(file_okay=False, path_type=Path),
    help="Directory for the AWS config and credentials files. Default: a temporary directory.",
)
def serve(port: int, directory: Path | None) -> None:
    """Run the demo S3 on 127.0.0.1 until stopped, and print how to use it."""
    from tui.demo.launch import DemoError

    try:
        code = serve_demo(directory, port)
    except DemoError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{directory}: {error.strerror or error}") from error
    sys.exit(code)


def serve_demo(directory: Path | None, port: int) -> int:
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
