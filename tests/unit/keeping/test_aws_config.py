"""A profile for the AWS config file: its lines, read again by botocore, and their way into the file."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
from botocore.configloader import load_config
from msgspec import structs

from tui.keeping.aws_config import Ways, append_profile, config_file, no_profile, profile_text
from tui.model.identity import IdentitySpec, RoleSpec
from tui.model.problem import ProblemError, ProblemKind

ROLE = RoleSpec(
    "arn:aws:iam::111111111111:role/deploy",
    external_id="partner-7",
    session_name="ann",
    duration=3600,
    mfa_serial="arn:aws:iam::222222222222:mfa/ann",
)
SPEC = IdentitySpec("analytics", "https://s3.example.com", "eu-west-1", roles=(ROLE,))


def test_botocore_reads_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "config"
    append_profile(path, "media", profile_text("media", structs.replace(SPEC, path_style=True)))
    assert load_config(str(path))["profiles"]["media"] == {
        "role_arn": ROLE.arn,
        "source_profile": "analytics",
        "external_id": "partner-7",
        "role_session_name": "ann",
        "duration_seconds": "3600",
        "mfa_serial": ROLE.mfa_serial,
        "region": "eu-west-1",
        "endpoint_url": "https://s3.example.com",
        "s3": {"addressing_style": "path"},
    }


def test_what_is_not_given_is_not_written() -> None:
    spec = IdentitySpec("analytics", roles=(RoleSpec("arn:aws:iam::1:role/x"),))
    assert profile_text("default", spec) == "[default]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = analytics\n"


SOURCE: Ways = {
    "region": "us-east-1",
    "endpoint_url": "http://127.0.0.1:1",
    "services": "lab",
    "s3": {"use_accelerate_endpoint": "true"},
}


def test_what_the_source_says_of_the_way_is_repeated(tmp_path: Path) -> None:
    path = tmp_path / "config"
    spec = IdentitySpec("analytics", roles=(RoleSpec("arn:aws:iam::1:role/x"),), path_style=True)
    append_profile(path, "media", profile_text("media", spec, SOURCE))
    written = load_config(str(path))["profiles"]["media"]
    assert {key: written[key] for key in SOURCE} == {
        **SOURCE,
        "s3": {"use_accelerate_endpoint": "true", "addressing_style": "path"},
    }


def test_what_is_given_is_stronger_than_what_the_source_says(tmp_path: Path) -> None:
    path = tmp_path / "config"
    append_profile(path, "media", profile_text("media", SPEC, SOURCE))
    written = load_config(str(path))["profiles"]["media"]
    assert (written["region"], written["endpoint_url"]) == (SPEC.region, SPEC.endpoint)
    assert "services" not in written


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        (SPEC, ""),
        (structs.replace(SPEC, profile=None), "not a named profile"),
        (structs.replace(SPEC, profile=None, access_key="AKIA"), "secret"),
        (structs.replace(SPEC, roles=()), "only a role"),
        (structs.replace(SPEC, roles=(ROLE, ROLE)), "one role"),
        (structs.replace(SPEC, roles=(structs.replace(ROLE, policy="{}"),)), "session policy"),
        (structs.replace(SPEC, region="x\n[profile other]"), "control characters"),
        (IdentitySpec(anonymous=True), "anonymous"),
    ],
)
def test_what_no_profile_can_express_is_said(spec: IdentitySpec, reason: str) -> None:
    assert reason in no_profile(spec) if reason else not no_profile(spec)


def test_the_file_is_the_one_that_the_environment_names() -> None:
    assert config_file({"AWS_CONFIG_FILE": "/etc/aws"}) == Path("/etc/aws")
    assert config_file({}) == Path("~/.aws/config").expanduser()


def test_a_new_file_is_for_this_user_only(tmp_path: Path) -> None:
    path = tmp_path / ".aws" / "config"
    append_profile(path, "media", profile_text("media", SPEC))
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_what_stands_there_stays_with_its_mode(tmp_path: Path) -> None:
    target, path = tmp_path / "dotfiles", tmp_path / "config"
    target.write_text("# mine\n[default]\nregion = eu-west-1")
    target.chmod(0o644)
    path.symlink_to(target)
    append_profile(path, "media", profile_text("media", SPEC))
    assert path.is_symlink()
    assert target.read_text() == (
        "# mine\n[default]\nregion = eu-west-1\n\n[profile media]\n"
        "role_arn = arn:aws:iam::111111111111:role/deploy\nsource_profile = analytics\nexternal_id = partner-7\n"
        "role_session_name = ann\nduration_seconds = 3600\nmfa_serial = arn:aws:iam::222222222222:mfa/ann\n"
        "region = eu-west-1\nendpoint_url = https://s3.example.com\n"
    )
    assert target.stat().st_mode & 0o777 == 0o644
    assert set(load_config(str(path))["profiles"]) == {"default", "media"}


@pytest.mark.parametrize(
    "head", ["[profile media]", '[profile "media"]', "[ profile   media ]", "[profile 'media'] # x"]
)
def test_a_section_that_exists_is_never_written_again(tmp_path: Path, head: str) -> None:
    path = tmp_path / "config"
    path.write_text(before := f"{head}\nregion = eu-west-1\n")
    with pytest.raises(ProblemError) as refused:
        append_profile(path, "media", profile_text("media", SPEC))
    assert refused.value.problem.kind is ProblemKind.EXISTS
    assert path.read_text() == before


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProblemError) as refused:
        append_profile(tmp_path, "media", profile_text("media", SPEC))
    assert str(tmp_path) in refused.value.problem.title


def test_a_file_that_has_no_room_for_all_of_it_is_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("[default]\n")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (15, limits[1]))  # five bytes more than it has
    try:
        with pytest.raises(ProblemError) as refused:
            append_profile(path, "media", profile_text("media", SPEC))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert refused.value.problem.remedy == "nothing was changed"
    assert path.read_text() == "[default]\n"
