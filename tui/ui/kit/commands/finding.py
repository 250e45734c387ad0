"""Finding, comparing and measuring."""

from __future__ import annotations

from tui.ui.kit.commands.command import Command

FINDING: tuple[Command, ...] = ()
