"""What the AWS config files hold."""

import re
from pathlib import Path

import pytest

from tests.accounts.conftest import WriteSettings
from tui.accounts.profiles import list_profiles, no_profile
from tui.model.identity import AuthMethod
from tui.model.problem import ProblemError, ProblemKind

CONFIG = """\
[default]
region = eu-central-1

[profile role]
role_arn = arn:aws:iam::111111111111:role/deploy
source_profile = default
endpoint_url = https://all.example

[profile sso]
sso_session = corp
sso_account_id = 222222222222
sso_role_name = ReadOnly
services = local

[profile process]
credential_process = /usr/bin/vault --token s3cr3t

[profile process-with-keys]
credential_process = /usr/bin/vault

[profile web]
role_arn = arn:aws:iam::111111111111:role/ci
web_identity_token_file = /token

[profile "with blanks"]
aws_access_key_id = AKIA
aws_secret_access_key = s3cr3t

[profile empty]

[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1

[services local]
s3 =
  endpoint_url = http://127.0.0.1:9000
"""

CREDENTIALS = """\
[default]
aws_access_key_id = AKIA
aws_secret_access_key = s3cr3t

[process-with-keys]
aws_access_key_id = AKIA
aws_secret_access_key = s3cr3t

[only-here]
aws_access_key_id = AKIA
aws_secret_access_key = s3cr3t
"""


def test_every_way_to_credentials(write_settings: WriteSettings) -> None:
    files = write_settings(CONFIG, CREDENTIALS)
    profiles, read = list_profiles()
    assert read == [str(file) for file in files]
    assert [(each.name, each.method, each.detail) for each in profiles] == [
        ("default", AuthMethod.KEYS, ""),
        ("role", AuthMethod.ROLE, "arn:aws:iam::111111111111:role/deploy from default"),
        ("sso", AuthMethod.SSO, "222222222222 ReadOnly via corp"),
        ("process", AuthMethod.PROCESS, "/usr/bin/vault"),
        ("process-with-keys", AuthMethod.KEYS, ""),
        ("web", AuthMethod.WEB_IDENTITY, "arn:aws:iam::111111111111:role/ci"),
        ("with blanks", AuthMethod.KEYS, ""),
        ("empty", AuthMethod.UNKNOWN, ""),
        ("only-here", AuthMethod.KEYS, ""),
    ]
    assert "s3cr3t" not in repr(profiles)


def test_region_and_endpoint(write_settings: WriteSettings) -> None:
    write_settings(CONFIG, CREDENTIALS)
    by_name = {each.name: each for each in list_profiles()[0]}
    assert by_name["default"].region == "eu-central-1"
    assert by_name["role"].endpoint == "https://all.example"
    assert by_name["sso"].endpoint == "http://127.0.0.1:9000"


def test_no_files_is_no_profiles(surroundings: Path) -> None:
    assert list_profiles() == ([], [])


@pytest.mark.parametrize("broken", ["[default\nregion = x", "[default]\ns3 =\n  not a pair\n", "region = no section"])
@pytest.mark.parametrize("which", [0, 1])
def test_a_broken_file_is_named(write_settings: WriteSettings, broken: str, which: int) -> None:
    texts = ["", ""]
    texts[which] = broken
    files = write_settings(*texts)
    with pytest.raises(ProblemError) as caught:
        list_profiles()
    assert caught.value.problem.kind is ProblemKind.INVALID
    assert str(files[which]) in caught.value.problem.cause


@pytest.mark.parametrize("text", ["[default]\n[oops\nx", "[default]\nhush\n", "[a]\nx = 1\nx = 2\n", "hush\n[default]"])
def test_a_broken_line_is_named_and_not_shown(write_settings: WriteSettings, text: str) -> None:
    write_settings("", text)
    with pytest.raises(ProblemError) as caught:
        list_profiles()
    assert re.search(r"credentials, line [123]$", caught.value.problem.cause)
    assert "hush" not in caught.value.problem.sentence()


def test_a_binary_file_is_named(write_settings: WriteSettings) -> None:
    files = write_settings("", "")
    files[0].write_bytes(b"\xff\xfe\x00[")
    with pytest.raises(ProblemError, match="AWS config"):
        list_profiles()


def test_the_endpoint_is_listed_and_no_secret(write_settings: WriteSettings) -> None:
    ways = "region = eu-west-1\nservices = lab\ns3 =\n  addressing_style = path\n"
    write_settings(f"[default]\n{ways}aws_secret_access_key = hush\n", "[default]\naws_session_token = hush\n")
    [profile], _ = list_profiles()
    assert profile.ways == {"region": "eu-west-1", "services": "lab", "s3": {"addressing_style": "path"}}


def test_a_missing_profile_names_near_ones() -> None:
    problem = no_profile("media-prd", ["media-prod", "analytics", "media-dev"])
    assert problem.kind is ProblemKind.NO_PROFILE
    assert "media-prod" in problem.remedy
    assert "analytics" not in problem.remedy
    assert no_profile("zzz", ["analytics"]).remedy == "choose another: analytics"
    assert no_profile("zzz", list("abcdef")).remedy == "choose another: a, b, c, d, e, …"
    assert "aws configure" in no_profile("zzz", []).remedy
