"""The command ``xs3-tui``: the app, and its headless commands on the same engine."""

from tui.cli.main import main

__all__ = ["main"]
