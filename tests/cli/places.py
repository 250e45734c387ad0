"""Where the files of a test's user are."""

from __future__ import annotations

import os
from pathlib import Path

from tui.settings import settings_file


def write_settings(text: str) -> Path:
    """Make the settings file hold `text`."""
    path = settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def write_aws_config(text: str) -> None:
    """Make the AWS config file hold `text`."""
    Path(os.environ["AWS_CONFIG_FILE"]).write_text(text, encoding="utf-8")
