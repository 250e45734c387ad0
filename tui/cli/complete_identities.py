"""The names of identities as the files have them: read fast, for a shell that waits for completions."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from tui.settings import settings_file

HEADER = re.compile(r"^\s*\[([^\]\n]+)\]", re.MULTILINE)


def identity_names() -> list[tuple[str, str]]:
    """The identities of our settings, then the AWS profiles, with what each is; what cannot be read has none."""
    names = dict.fromkeys(_ours(), "identity in the settings")
    names.update((name, "AWS profile") for name in _profiles() if name not in names)
    return list(names.items())


def _ours() -> list[str]:
    text = _text(settings_file())
    if not text:
        return []

    import tomllib  # most users have no such file

    try:
        identities = tomllib.loads(text).get("identities")
    except tomllib.TOMLDecodeError:
        return []
    return list(identities) if isinstance(identities, dict) else []


def _profiles() -> Iterator[str]:
    """The sections that are profiles: ``[profile NAME]`` and ``[default]`` of one file, all of the other."""
    for section in HEADER.findall(_text(_file("AWS_CONFIG_FILE", "config"))):
        words = _words(section)
        if words == ["default"]:
            yield "default"
        elif words[:1] == ["profile"] and len(words) == 2:
            yield words[1]
    for section in HEADER.findall(_text(_file("AWS_SHARED_CREDENTIALS_FILE", "credentials"))):
        yield section.strip()


def _words(section: str) -> list[str]:
    try:
        return shlex.split(section)
    except ValueError:  # a quote without its end
        return []


def _file(variable: str, name: str) -> Path:
    return Path(os.environ.get(variable) or f"~/.aws/{name}").expanduser()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
