"""The user's settings: one TOML file (XDG config), and what one start of the app was asked for."""

from __future__ import annotations

from pathlib import Path

import msgspec
import platformdirs
from msgspec import Struct

from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.protocol.places import APP_NAME


class TransferSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How copies are cut. Sizes in bytes; None leaves them to the engine."""

    multipart_threshold: int | None = None
    part_size: int | None = None


class SafetySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What the app refuses to write, before any request. See `tui.model.identity.Safety`."""

    read_only: list[str] = []
    """Globs on names, account numbers, account labels, ARNs and buckets."""
    write_accounts: list[str] = []
    """Account numbers that alone may write and be written to; empty: all."""


class AccountSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How an account is shown wherever it appears, by its number; `read_only`: nothing is written as or to it."""

    label: str = ""
    colour: str = ""
    read_only: bool = False


class BucketSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """A bucket, by its name; `requester_pays`: whoever asks pays for it, which S3 wants to hear with every request."""

    requester_pays: bool = False


class RoleSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """A role to assume; the fields are those of `tui.model.identity.RoleSpec`."""

    arn: str
    external_id: str = ""
    session_name: str = ""
    duration: int | None = None
    mfa_serial: str = ""
    policy: str = ""


class IdentitySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """An identity of our own, by its name; the fields are those of `tui.model.identity.IdentitySpec`; no secret."""

    profile: str = ""
    endpoint: str = ""
    region: str = ""
    anonymous: bool = False
    access_key: str = ""
    path_style: bool = False
    read_only: bool = False
    roles: list[RoleSettings] = []


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that can be set; each field is a key of the file, each struct a table."""

    theme: str = "textual-dark"
    left_accent: str = ""
    """A colour (``#5fafff``, ``orange``) that marks the left account; empty: the theme's own."""
    right_accent: str = ""
    restore: bool = True
    """Begin where the last one ended, when nothing is named."""
    transfers: TransferSettings = TransferSettings()
    safety: SafetySettings = SafetySettings()
    accounts: dict[str, AccountSettings] = {}
    buckets: dict[str, BucketSettings] = {}
    identities: dict[str, IdentitySettings] = {}


class PaneStart(Struct, frozen=True):
    """What one pane shows first; no `spec` lets the chooser ask."""

    spec: IdentitySpec | None = None
    location: Location = Location()


class Start(Struct, frozen=True):
    """One start of the app."""

    left: PaneStart = PaneStart()
    right: PaneStart = PaneStart()
    demo: bool = False


def settings_file() -> Path:
    """Where the settings are looked for; it need not exist."""
    return Path(platformdirs.user_config_path(APP_NAME)) / "config.toml"


def read_settings(path: Path) -> Settings:
    """The settings in `path`, or the defaults without it; raise `ProblemError` that names the file and the key."""
    if not path.exists():
        return Settings()

    import tomllib  # not needed by the many who have no such file

    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Settings)
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _unusable(path, f"not TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise _unusable(path, str(error).replace("`$.", "`")) from error


def _unusable(path: Path, cause: str) -> ProblemError:
    return ProblemError(
        Problem(
            kind=ProblemKind.INVALID,
            title=f"the settings in {path} cannot be used",
            cause=cause,
            remedy="mend or remove the file",
        )
    )
