"""Viewing objects, versions and links."""

from __future__ import annotations

from tui.ui.kit.commands.command import Command

VIEWING: tuple[Command, ...] = ()
