"""For hatchling: the wheel installs the man pages and completions that `make dist` has written, if it has."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class InstalledFiles(BuildHookInterface[Any]):
    """Adds ``build/share``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        share = Path(self.root, "build", "share")
        if version == "standard" and share.is_dir():
            build_data["shared_data"][str(share)] = "share"
