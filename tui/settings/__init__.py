"""The user's settings: one TOML file (XDG config), and what one start of the app was asked for."""

from tui.settings.reading import read_settings, settings_file
from tui.settings.schema import (
    AccountSettings,
    BucketSettings,
    IdentitySettings,
    RoleSettings,
    SafetySettings,
    Settings,
    TransferSettings,
)
from tui.settings.start import PaneStart, Start

__all__ = [
    "AccountSettings",
    "BucketSettings",
    "IdentitySettings",
    "PaneStart",
    "RoleSettings",
    "SafetySettings",
    "Settings",
    "Start",
    "TransferSettings",
    "read_settings",
    "settings_file",
]
