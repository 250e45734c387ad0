"""An identity that was asked for, in words: before anybody has connected as it. Pure.

The texts come from outside: what shows them makes their control characters visible.
"""

from __future__ import annotations

from tui.core.identity import LOCAL_LABEL, AuthMethod, IdentitySpec, RoleSpec


def label_of(spec: IdentitySpec) -> str:
    """What it goes by: ``media-prod``, ``deploy of media-prod``, ``AKIA…``."""
    if spec.name:
        return spec.name
    base = base_label(spec)
    return f"{role_name(spec.roles[-1])} of {base}" if spec.roles else base


def base_label(spec: IdentitySpec) -> str:
    """Who it is before any role."""
    if spec.local:
        return LOCAL_LABEL
    if spec.anonymous:
        return AuthMethod.ANONYMOUS.value
    return spec.access_key or spec.profile or "default chain"


def method_of(spec: IdentitySpec) -> str:
    """How its credentials are had, as far as that is known; empty for a profile."""
    if spec.local:
        return "this machine"
    if spec.roles:
        return AuthMethod.ROLE.value
    if spec.anonymous:
        return AuthMethod.ANONYMOUS.value
    if spec.access_key:
        return "typed keys"
    return "profile" if spec.profile else "default credential chain"


def hangs_on(spec: IdentitySpec) -> str:
    """What the method hangs on: the roles and whom they start from, the keys' id, the profile."""
    steps = [f"{role.arn}{_wants(role)}" for role in reversed(spec.roles)]
    base = base_label(spec) if steps or (spec.name and not spec.local and not spec.anonymous) else ""
    return " from ".join([*steps, base] if base else steps)


def role_name(role: RoleSpec) -> str:
    """The last part of a role's ARN."""
    return role.arn.rsplit("/", 1)[-1]


def _wants(role: RoleSpec) -> str:
    return " with MFA" if role.mfa_serial else ""


def in_words(spec: IdentitySpec) -> str:
    """An identity in full: ``admin · role/deploy in 111111111111 · eu-west-1``. It may contain control characters."""
    parts = (label_of(spec), method_of(spec), hangs_on(spec), spec.region, spec.endpoint)
    return " · ".join(dict.fromkeys(part for part in parts if part))
