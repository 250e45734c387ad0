import json
import os
import subprocess
import sys
from pathlib import Path

from tests.servers.sign_in.oidc import SCOPE, START_URL
from tests.stores.refusals import problem_of as refusal_of
from tui.aws.connections import Connections
from tui.aws.ids import connection_id
from tui.aws.sso import DeviceCode, sign_in
from tui.core.identity import IdentitySpec
from tui.core.problem import Problem

ACCOUNT, ROLE = "222222222222", "Read"
PROFILES = f"""\
[profile work]
sso_session = corp
sso_account_id = {ACCOUNT}
sso_role_name = {ROLE}
region = eu-west-1

[profile other]
sso_session = corp
sso_account_id = {ACCOUNT}
sso_role_name = Admin

[profile "old form"]
sso_start_url = {START_URL}
sso_region = eu-west-1
sso_account_id = {ACCOUNT}
sso_role_name = {ROLE}

[profile chained]
role_arn = arn:aws:iam::111111111111:role/deploy
source_profile = between

[profile between]
role_arn = arn:aws:iam::{ACCOUNT}:role/between
source_profile = work

[profile keys]
aws_access_key_id = AKIAKEYS
aws_secret_access_key = s3cr3t

[profile unfinished]
sso_session = half
sso_account_id = {ACCOUNT}
sso_role_name = {ROLE}

[sso-session corp]
sso_start_url = {START_URL}
sso_region = eu-west-1
sso_registration_scopes = {SCOPE}

[sso-session half]
sso_region = eu-west-1
"""
PLAIN_BOTOCORE = """
import sys
import botocore.session
session = botocore.session.Session(profile=sys.argv[1])
keys = session.get_credentials().get_frozen_credentials()
print(keys.access_key, keys.secret_key, keys.token)
"""


class Clock:
    """A time that passes when somebody sleeps, and only then."""

    def __init__(self) -> None:
        self.time = 1e9
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


def work(profile: str = "work") -> str:
    return connection_id(IdentitySpec(profile))


async def signed_in(connections: Connections, clock: Clock, profile: str = "work") -> DeviceCode:
    """Sign in; returns the one code that was given."""
    settings = await connections.settings(work(profile))
    [code] = [code async for code in sign_in(settings, clock.sleep, clock.now)]
    return code


async def refused(connections: Connections, clock: Clock, profile: str = "work") -> Problem:
    return await refusal_of(signed_in(connections, clock, profile))


async def problem_of(connections: Connections, profile: str = "work") -> Problem:
    return await refusal_of(connections.renew(work(profile)))


def cached(directory: Path) -> list[Path]:
    return sorted((directory / "home/.aws/sso/cache").glob("*.json"))


def tokens(directory: Path) -> list[dict[str, str]]:
    texts = [json.loads(file.read_text()) for file in cached(directory)]
    return [text for text in texts if "accessToken" in text]


def plain_botocore(profile: str) -> list[str]:
    """What an SDK of another program finds."""
    command = [sys.executable, "-c", PLAIN_BOTOCORE, profile]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ).stdout.split()
