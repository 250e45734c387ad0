"""The profiles of the AWS config files; no request is sent."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from botocore.configloader import raw_config_parse
from botocore.credentials import ContainerProvider, EnvProvider
from botocore.exceptions import BotoCoreError, ConfigNotFound
from botocore.session import Session

from tui.aws.connection import region_of, s3_endpoint, services_endpoint
from tui.aws.problems import problem_of
from tui.aws.refusals import Attempt, without_passwords
from tui.aws.sign_ins import role_name
from tui.core.identity import AuthMethod, IdentitySpec, ProfileSummary, short_key
from tui.core.naming import counted
from tui.core.problem import Problem, ProblemError, ProblemKind

ENDPOINT_KEYS = (
    *("region", "endpoint_url", "services", "ignore_configured_endpoint_urls", "use_fips_endpoint"),
    *("use_dualstack_endpoint", "sts_regional_endpoints", "ca_bundle", "s3"),
)
"""Profile settings that determine where requests go; none is a secret. AWS SDKs and Tools Reference Guide."""


def list_profiles() -> tuple[list[ProfileSummary], list[str]]:
    """The profiles in file order, and the existing files they were read from.

    Raises `ProblemError` naming a file that cannot be read.
    """
    session = Session()
    files = [_path(session, name) for name in ("config_file", "credentials_file")]
    full = read_settings(session)
    with_keys = profiles_with_keys(session)
    summaries = [summarize(name, full, name in with_keys) for name in full["profiles"]]
    return summaries, [str(file) for file in files if file.is_file()]


def read_settings(session: Session) -> Mapping[str, Any]:
    """Both files, by profile; raises `ProblemError` naming a file that cannot be parsed."""
    try:
        return session.full_config
    except BotoCoreError as error:
        raise ProblemError(problem_of(error, Attempt("the AWS settings"))) from error


def summarize(name: str, full: Mapping[str, Any], keys_in_credentials: bool) -> ProfileSummary:
    profile = full["profiles"][name]
    method, detail = method_of(profile, full, keys_in_credentials)
    return ProfileSummary(
        name=name,
        method=method,
        region=str(profile.get("region", "")),
        endpoint=without_passwords(services_endpoint(full, profile) or str(profile.get("endpoint_url", ""))),
        detail=detail,
        ways={key: profile[key] for key in ENDPOINT_KEYS if key in profile},
    )


def profiles_with_keys(session: Session) -> set[str]:
    """Profiles with keys in the credentials file, which take precedence over a credential process."""
    try:
        sections = raw_config_parse(str(_path(session, "credentials_file")))
    except ConfigNotFound:
        return set()
    return {name for name, settings in sections.items() if "aws_access_key_id" in settings}


def method_of(
    profile: Mapping[str, Any], full: Mapping[str, Any], keys_in_credentials: bool = False
) -> tuple[AuthMethod, str]:
    """The credential source of a profile in botocore's order, and its detail."""
    role = str(profile.get("role_arn", ""))
    if role and "web_identity_token_file" not in profile:
        origin = profile.get("source_profile") or profile.get("credential_source") or ""
        return AuthMethod.ROLE, f"{role} from {origin}" if origin else role
    if role:
        return AuthMethod.WEB_IDENTITY, role
    if "sso_session" in profile or "sso_start_url" in profile:
        return AuthMethod.SSO, _sso_detail(profile, full)
    if keys_in_credentials:
        return AuthMethod.KEYS, ""
    if "login_session" in profile:
        return AuthMethod.LOGIN, str(profile["login_session"])
    if words := str(profile.get("credential_process", "")).split():
        return AuthMethod.PROCESS, words[0]  # never the arguments: they may contain a secret
    return (AuthMethod.KEYS, "") if "aws_access_key_id" in profile else (AuthMethod.UNKNOWN, "")


def no_profile(name: str, known: Iterable[str]) -> Problem:
    names = list(known)
    near = difflib.get_close_matches(name, names, n=3)
    some = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    remedy = f"did you mean {', '.join(near)}?" if near else f"choose another: {some}"
    return Problem(
        kind=ProblemKind.NO_PROFILE,
        title=f"no profile {name!r}",
        cause=f"the AWS config files have {counted(len(names), 'profile')}"
        if names
        else "the AWS config files have no profile",
        remedy=remedy if names else "create one with `aws configure`",
        identity=name,
    )


def _sso_detail(profile: Mapping[str, Any], full: Mapping[str, Any]) -> str:
    session_name = str(profile.get("sso_session", ""))
    start = full.get("sso_sessions", {}).get(session_name, {}).get("sso_start_url") or profile.get("sso_start_url", "")
    account, role = profile.get("sso_account_id", ""), profile.get("sso_role_name", "")
    return " ".join(str(part) for part in (account, role, "via", session_name or start) if part)


def _path(session: Session, variable: str) -> Path:
    return Path(str(session.get_config_variable(variable))).expanduser()


AMBIENT = "environment"
"""The name of the environment's identity among the profiles."""

DEFAULT = "default"
"""The SDKs' name for the profile if none is given."""

MethodDetail = tuple[AuthMethod, str]
"""`Identity.method` and `Identity.detail`."""


def label_of(spec: IdentitySpec, session: Session) -> str:
    """An identity's label. A role has its own name: its source is another identity."""
    if spec.name or spec.anonymous:
        return spec.name or "anonymous"
    if spec.roles:
        return role_name(spec.roles[-1].arn)
    if spec.access_key:
        return short_key(spec.access_key)
    return AMBIENT if not spec.profile and environment_method(session) else session.profile or DEFAULT


def method_and_detail(spec: IdentitySpec, session: Session) -> MethodDetail:
    if spec.anonymous:
        return AuthMethod.ANONYMOUS, ""
    if spec.roles:
        base = label_of(msgspec.structs.replace(spec, name="", roles=()), session)
        names = [role_name(role.arn) for role in reversed(spec.roles[:-1])]
        return AuthMethod.ROLE, " from ".join([spec.roles[-1].arn, *names, base])
    if spec.access_key:
        return AuthMethod.KEYS, f"{short_key(spec.access_key)}, typed"
    ambient = None if spec.profile else environment_method(session)
    return ambient or _profile_method(session)


def environment_profile() -> ProfileSummary | None:
    """What the environment alone gives, None if that is nothing; raise `ProblemError` as `list_profiles` does."""
    session = Session()
    full = read_settings(session)
    if session.profile and session.profile not in full["profiles"]:
        return None  # connecting without a profile says which one is missing
    way = environment_method(session)
    if way is None:
        return None
    spec = IdentitySpec()
    method, detail = way
    return ProfileSummary(AMBIENT, method, region_of(session, spec), s3_endpoint(session, spec).url, detail)


def environment_method(session: Session) -> MethodDetail | None:
    """How the default chain obtains credentials from the environment, None if it finds them elsewhere, or none.

    The order is botocore's: keys of the environment before the profile, a role of the profile before a web identity
    of the environment, everything that a profile can name before the container's role.
    """
    environment = os.environ
    if key := environment.get(EnvProvider.ACCESS_KEY):
        return AuthMethod.ENVIRONMENT, f"{EnvProvider.ACCESS_KEY} {short_key(key)}"
    of_profile, _ = _profile_method(session)
    if of_profile is not AuthMethod.ROLE and environment.get("AWS_WEB_IDENTITY_TOKEN_FILE"):
        return AuthMethod.WEB_IDENTITY, environment.get("AWS_ROLE_ARN", "")
    uris = (ContainerProvider.ENV_VAR, ContainerProvider.ENV_VAR_FULL)
    if of_profile is AuthMethod.UNKNOWN and (uri := next((name for name in uris if environment.get(name)), "")):
        return AuthMethod.CONTAINER, uri
    return None


def _profile_method(session: Session) -> MethodDetail:
    full: Mapping[str, Any] = read_settings(session)
    name = session.profile or DEFAULT
    return method_of(full["profiles"].get(name, {}), full, name in profiles_with_keys(session))
