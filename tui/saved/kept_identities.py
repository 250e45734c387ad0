"""Identities that the user saves: in the settings, or as a profile in the AWS config file."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import structs

from tui.core.identity import IdentitySpec
from tui.core.problem import Problem, ProblemError, ProblemKind
from tui.link.private_files import make_directories
from tui.settings import Settings
from tui.settings.on_disk import forget_identity, keep_identity
from tui.settings.schema import without_settings


class IdentityKeeper:
    """Writes both files, and has the settings as they are then. No secret comes here."""

    def __init__(
        self, settings: Settings, file: Path, aws_config: Path | None, changed: Callable[[Settings], None]
    ) -> None:
        """`file` is that of the settings; `aws_config` None: not the user's own. `changed` gets the new settings."""
        self.settings, self.file, self.aws_config = settings, file, aws_config
        self._changed = changed

    def keep(self, name: str, spec: IdentitySpec) -> IdentitySpec:
        """Keep an identity under a name, in place of that of the same name; raise `ProblemError`."""
        self._take(keep_identity(self.file, name, spec))
        return structs.replace(without_settings(spec), name=name)

    def forget(self, name: str) -> None:
        """Keep it no longer; raise `ProblemError`."""
        self._take(forget_identity(self.file, name))

    def write_profile(self, name: str, text: str) -> IdentitySpec:
        """Append a profile's section to the AWS config file (see `tui.saved.kept_identities`); raise `ProblemError`."""
        if self.aws_config:
            append_profile(self.aws_config, name, text)
        return IdentitySpec(name)

    def _take(self, settings: Settings) -> None:
        self.settings = settings
        self._changed(settings)


Ways = Mapping[str, str | Mapping[str, str]]
"""Settings of a profile (`ProfileSummary.ways`)."""


def config_file(environment: Mapping[str, str]) -> Path:
    """The config file that every AWS tool reads; it need not exist."""
    return Path(environment.get("AWS_CONFIG_FILE") or "~/.aws/config").expanduser()


def no_profile(spec: IdentitySpec) -> str:
    """Why a profile cannot express an identity; empty if it can.

    A changed copy of another profile would need that profile's credentials, and cannot refer to them.
    """
    if spec.access_key:
        return "typed keys stay in memory: a profile would contain their secret"
    if spec.anonymous or not spec.kind.has_accounts:
        return "a profile cannot be anonymous"
    if not spec.roles:
        return "only a role can use another profile as its source"
    if not spec.profile:
        return "the role's source is not a named profile"
    if len(spec.roles) > 1:
        return "a profile has one role: write the first role as a profile, then add the next"
    if spec.roles[0].policy:
        return "a profile cannot contain a session policy: without it the role could do more"
    if not all(value.isprintable() for value in _settings(spec).values()):
        return "it contains control characters"
    return ""


def profile_text(name: str, spec: IdentitySpec, source: Ways | None = None) -> str:
    """The section of the config file for a role built on a named profile (see `no_profile`), with its line ends.

    Of `source`, the ways of that profile, it repeats what `spec` does not say itself.
    """
    settings: dict[str, str | Mapping[str, str]] = {**_settings(spec)}
    settings |= {key: value for key, value in (source or {}).items() if key not in settings}
    if spec.endpoint:
        settings.pop("services", "")  # it would be stronger
    if spec.path_style:
        own = settings.get("s3", {})
        settings["s3"] = {**(own if isinstance(own, Mapping) else {}), "addressing_style": "path"}
    lines = [line for key, value in settings.items() for line in _lines(key, value)]
    return "\n".join([f"[{section_of(name)}]", *lines]) + "\n"


def _lines(key: str, value: str | Mapping[str, str]) -> list[str]:
    if isinstance(value, str):
        return [f"{key} = {value}"]
    return [f"{key} =", *(f"    {nested} = {each}" for nested, each in value.items())]


def _settings(spec: IdentitySpec) -> dict[str, str]:
    (role,) = spec.roles
    settings = {
        "role_arn": role.arn,
        "source_profile": spec.profile or "",
        "external_id": role.external_id,
        "role_session_name": role.session_name,
        "duration_seconds": str(role.duration or ""),
        "mfa_serial": role.mfa_serial,
        "region": spec.region or "",
        "endpoint_url": spec.endpoint or "",
    }
    return {key: value for key, value in settings.items() if value}


def section_of(name: str) -> str:
    return name if name == "default" else f"profile {name}"


def append_profile(path: Path, name: str, text: str) -> None:
    """Put the section of a profile at the end of the file, whose mode stays; a new one is for this user only.

    Raises `ProblemError` when the section is there already, or the file cannot be written; then nothing has changed.
    """
    try:
        make_directories(path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            before = file.readall()
            if _has_section(before.decode(errors="replace"), name):
                title = f"{path} already has a section [{section_of(name)}]"
                raise ProblemError(Problem(ProblemKind.EXISTS, title, remedy="choose another name"))
            addition = _gap(before) + text.encode()
            if file.write(addition) != len(addition):
                file.truncate(len(before))
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError as error:
        title, cause = f"{path} cannot be written", error.strerror or str(error)
        raise ProblemError(Problem(ProblemKind.INVALID, title, cause, "nothing was changed")) from error


def _gap(before: bytes) -> bytes:
    """What keeps the new section apart from what is there."""
    if not before:
        return b""
    return b"\n" if before.endswith(b"\n") else b"\n\n"


def _has_section(text: str, name: str) -> bool:
    """Names are quoted or not, with any space between the words."""
    heads = re.findall(r"^\s*\[\s*(.+?)\s*\]", text, re.MULTILINE)
    known = {" ".join(head.replace('"', " ").replace("'", " ").split()) for head in heads}
    return section_of(name) in known or f"profile {name}" in known
