"""Identities that the user saves: in our settings, or as a profile of the AWS config file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec import structs

from tui.core.identity import IdentitySpec
from tui.keeping.aws_config import append_profile
from tui.settings import Settings
from tui.settings.schema import without_settings
from tui.settings.writing import forget_identity, keep_identity


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
        """Append a profile's section to the AWS config file (see `tui.keeping.aws_config`); raise `ProblemError`."""
        if self.aws_config:
            append_profile(self.aws_config, name, text)
        return IdentitySpec(name)

    def _take(self, settings: Settings) -> None:
        self.settings = settings
        self._changed(settings)
