"""Where the files of a test's user are."""

import os
from pathlib import Path

from tui.settings import settings_file


def write_settings(text: str) -> Path:
    path = settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def write_aws_config(text: str) -> None:
    """Name an AWS config file that holds `text`, of this test alone: the one there was may be its server's."""
    file = Path(os.environ["XDG_CONFIG_HOME"]) / "aws-config"
    file.write_text(text, encoding="utf-8")
    os.environ["AWS_CONFIG_FILE"] = str(file)  # what a test changes of the surroundings ends with it
