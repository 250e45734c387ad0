import configparser
import stat
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from tui.demo.launch import DemoServer
from tui.demo.profiles import ACCOUNTS, ROLE_PROFILE, write_profiles


def test_files_are_private_even_over_files_that_were_not(tmp_path: Path) -> None:
    directory = tmp_path / "deep" / "profiles"
    directory.mkdir(parents=True, mode=0o755)
    (directory / "credentials").write_text("old")
    (directory / "credentials").chmod(0o644)
    environment = write_profiles(directory, 4711)
    assert environment == {
        "AWS_CONFIG_FILE": str(directory / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(directory / "credentials"),
    }
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()} == {0o600}


def test_every_profile_names_the_endpoint_and_a_region(tmp_path: Path) -> None:
    write_profiles(tmp_path, 4711)
    config = configparser.ConfigParser()
    config.read(tmp_path / "config")
    assert {config[name]["endpoint_url"] for name in config.sections()} == {"http://127.0.0.1:4711"}
    assert config["profile media-prod"]["region"] == "ap-northeast-1"
    assert config["profile analytics"]["region"] == "us-east-1"
    assert config[f"profile {ROLE_PROFILE}"]["source_profile"] == "analytics"


def test_canonical_ids_are_64_hexadecimal_digits_and_differ() -> None:
    ids = {account.canonical_id for account in ACCOUNTS}
    assert len(ids) == len(ACCOUNTS)
    assert all(len(one) == 64 and int(one, 16) for one in ids)


@pytest.mark.parametrize(
    ("profile", "arn"),
    [
        ("media-prod", "arn:aws:iam::111111111111:user/deploy"),
        ("analytics", "arn:aws:iam::222222222222:user/bob"),
        (ROLE_PROFILE, "arn:aws:sts::111111111111:assumed-role/partner-read/xs3-tui-demo"),
    ],
)
def test_profiles_work_as_they_are_written(
    demo: DemoServer, monkeypatch: pytest.MonkeyPatch, profile: str, arn: str
) -> None:
    for name, value in demo.environment.items():
        monkeypatch.setenv(name, value)
    session = boto3.Session(profile_name=profile)
    assert session.client("sts").get_caller_identity()["Arn"] == arn
    listed = session.client("s3").list_objects_v2(Bucket="media-prod-assets", MaxKeys=1)
    assert listed["KeyCount"] == 1


def test_what_runs_before_first_paint_imports_no_server() -> None:
    script = (
        "import sys, tui.demo.profiles, tui.demo.launch, tui.demo.serve\n"
        "heavy = {'moto', 'boto3', 'botocore', 'flask', 'werkzeug', 'textual'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
