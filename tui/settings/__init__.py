"""The user's settings: one TOML file (XDG config), and what one start of the app was asked for."""

from tui.settings.on_disk import (
    forget_identity,
    keep_identity,
    read_settings,
    set_account,
    set_bucket,
    set_columns,
    settings_file,
)
from tui.settings.schema import (
    AccountSettings,
    AppStart,
    BucketSettings,
    ColumnSettings,
    IdentitySettings,
    PaneSettings,
    PaneStart,
    RoleSettings,
    SafetySettings,
    ScaleSettings,
    Settings,
    TabList,
    TransferSettings,
)

__all__ = [
    "AccountSettings",
    "AppStart",
    "BucketSettings",
    "ColumnSettings",
    "IdentitySettings",
    "PaneSettings",
    "PaneStart",
    "RoleSettings",
    "SafetySettings",
    "ScaleSettings",
    "Settings",
    "TabList",
    "TransferSettings",
    "forget_identity",
    "keep_identity",
    "read_settings",
    "set_account",
    "set_bucket",
    "set_columns",
    "settings_file",
]
