"""What is told of an identity before anybody was asked: its name, how it is had, what the environment gives."""

import pytest
from botocore.session import Session

from tests.accounts.conftest import WriteSettings
from tui.accounts.auth_methods import environment_profile, label_of, method_and_detail
from tui.model.identity import AuthMethod, IdentitySpec, ProfileSummary, RoleSpec

DEPLOY, READ = (RoleSpec(f"arn:aws:iam::111111111111:role/{name}") for name in ("ops/deploy", "read"))
WEB = {"AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": DEPLOY.arn}
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAENVIRONMENT1", "AWS_SECRET_ACCESS_KEY": "s3cr3t"}
RELATIVE = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/role"}
FULL = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/role"}


@pytest.mark.parametrize(
    ("spec", "label", "method", "detail"),
    [
        (IdentitySpec(), "default", AuthMethod.KEYS, ""),
        (IdentitySpec("process"), "process", AuthMethod.PROCESS, "/usr/bin/vault"),
        (IdentitySpec("process", name="vault"), "vault", AuthMethod.PROCESS, "/usr/bin/vault"),
        (IdentitySpec("process", anonymous=True), "anonymous", AuthMethod.ANONYMOUS, ""),
        (IdentitySpec("process", roles=(DEPLOY,)), "deploy", AuthMethod.ROLE, f"{DEPLOY.arn} from process"),
        (IdentitySpec(roles=(DEPLOY, READ)), "read", AuthMethod.ROLE, f"{READ.arn} from deploy from default"),
        (IdentitySpec(roles=(READ,), name="ours"), "ours", AuthMethod.ROLE, f"{READ.arn} from default"),
        (IdentitySpec(access_key="AKIATYPEDTYPED"), "AKIA…YPED", AuthMethod.KEYS, "AKIA…YPED, typed"),
        (
            IdentitySpec(access_key="AKIATYPEDTYPED", roles=(READ,)),
            "read",
            AuthMethod.ROLE,
            f"{READ.arn} from AKIA…YPED",
        ),
    ],
)
def test_names_and_methods(
    write_settings: WriteSettings, spec: IdentitySpec, label: str, method: AuthMethod, detail: str
) -> None:
    write_settings(
        "[profile process]\ncredential_process = /usr/bin/vault --token s3cr3t\n",
        "[default]\naws_access_key_id = AKIA\naws_secret_access_key = s3cr3t\n",
    )
    session = Session(profile=spec.profile)
    assert (label_of(spec, session), method_and_detail(spec, session)) == (label, (method, detail))


@pytest.mark.parametrize(
    ("variables", "method", "detail"),
    [
        (KEYS, AuthMethod.ENVIRONMENT, "AWS_ACCESS_KEY_ID AKIA…ENT1"),
        (KEYS | WEB | FULL, AuthMethod.ENVIRONMENT, "AWS_ACCESS_KEY_ID AKIA…ENT1"),
        (WEB | RELATIVE, AuthMethod.WEB_IDENTITY, DEPLOY.arn),
        (RELATIVE, AuthMethod.CONTAINER, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
        (FULL, AuthMethod.CONTAINER, "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
    ],
)
def test_what_the_environment_gives(
    write_settings: WriteSettings,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    method: AuthMethod,
    detail: str,
) -> None:
    write_settings("[default]\nregion = eu-west-1\n", "")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9000")
    assert environment_profile() == ProfileSummary("environment", method, "eu-west-1", "http://127.0.0.1:9000", detail)
    session = Session()
    assert (label_of(IdentitySpec(), session), method_and_detail(IdentitySpec(), session)) == (
        "environment",
        (method, detail),
    )
    assert "s3cr3t" not in repr(environment_profile())


def test_an_environment_that_gives_nothing(write_settings: WriteSettings) -> None:
    write_settings("", "")
    assert environment_profile() is None


@pytest.mark.parametrize(
    ("profile", "variables"),
    [
        (f"role_arn = {READ.arn}\nsource_profile = default", WEB),
        ("credential_process = /usr/bin/vault", RELATIVE),
        ("aws_access_key_id = AKIA\naws_secret_access_key = s3cr3t", FULL),
    ],
)
def test_a_default_profile_that_comes_first(
    write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch, profile: str, variables: dict[str, str]
) -> None:
    write_settings(f"[default]\n{profile}\n", "")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert environment_profile() is None


def test_a_profile_that_is_named_is_no_environment(
    write_settings: WriteSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_settings("[profile process]\ncredential_process = /usr/bin/vault\n", "")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT1")
    spec = IdentitySpec("process")
    assert method_and_detail(spec, Session(profile="process")) == (AuthMethod.PROCESS, "/usr/bin/vault")
    assert label_of(spec, Session(profile="process")) == "process"
