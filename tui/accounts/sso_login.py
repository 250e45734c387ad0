"""The sign-in to IAM Identity Center that a profile's credentials come from, as in the AWS config file."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SCOPES = ("sso:account:access",)
"""What an sso-session without `sso_registration_scopes` asks for; only with a scope are tokens renewed."""


@dataclass(frozen=True, slots=True)
class Login:
    """A sign-in, and the role that the profile uses with it. What the file does not have is empty."""

    profile: str
    """The profile that signs in: the one asked about, or the first of its chain of roles."""
    session: str
    """The sso-session's name; empty: a profile of the older form, which has none."""
    start_url: str
    region: str
    scopes: tuple[str, ...] = ()
    account: str = ""
    role: str = ""

    @property
    def name(self) -> str:
        """What to call it: the sso-session, or else the start URL."""
        return self.session or self.start_url

    @property
    def command(self) -> str:
        """The AWS CLI's way to sign in."""
        return f"aws sso login --profile {shlex.quote(self.profile)}"


def login_of(full: Mapping[str, Any], profile: str) -> Login | None:
    """The sign-in behind a profile, along `source_profile`; None: there is none. `full` is both files, parsed."""
    profiles = full.get("profiles", {})
    seen: set[str] = set()
    while profile in profiles and profile not in seen:
        seen.add(profile)
        settings = profiles[profile]
        if "role_arn" not in settings or "web_identity_token_file" in settings:
            return _login(profile, settings, full.get("sso_sessions", {}))
        profile = str(settings.get("source_profile", ""))
    return None


def _login(profile: str, settings: Mapping[str, Any], sessions: Mapping[str, Any]) -> Login | None:
    session = str(settings.get("sso_session", ""))
    if not session and "sso_start_url" not in settings:
        return None
    source = sessions.get(session, {}) if session else settings
    wanted = str(source.get("sso_registration_scopes", ""))
    scopes = tuple(each.strip() for each in wanted.split(",") if each.strip()) or _SCOPES
    return Login(
        profile=profile,
        session=session,
        start_url=str(source.get("sso_start_url", "")),
        region=str(source.get("sso_region", "")),
        scopes=scopes if session else (),
        account=str(settings.get("sso_account_id", "")),
        role=str(settings.get("sso_role_name", "")),
    )
