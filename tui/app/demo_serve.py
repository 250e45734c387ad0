"""``xs3-tui demo serve``: only the embedded S3 with two accounts, for the AWS CLI, rclone or anything else."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tui.cli.parameter_types import PathParameter


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
    from tui.demo.serve import serve as serve_demo

    try:
        code = serve_demo(directory, port)
    except DemoError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{directory}: {error.strerror or error}") from error
    sys.exit(code)
