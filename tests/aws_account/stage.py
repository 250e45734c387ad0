"""What the steps of a run work with: buckets, users and roles under its name, and the product as its users drive it."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from tests.aws_account.accounts import ROOT, Caller, Clients, Keys
from tests.aws_account.request_filter import VARIABLE
from tests.servers.buckets import error_code
from tests.servers.policies import document

PATIENCE: Final = 60.0
"""Seconds that a change in IAM may take until all of AWS knows it."""
COMMAND_SECONDS: Final = 900.0
EXTERNAL_ID: Final = "xs3-tui"


class NotApplicableError(Exception):
    """This server cannot do it, for the reason given. On AWS itself nothing is excused."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines() if line.startswith("{")]

    @property
    def results(self) -> list[dict[str, Any]]:
        return [line["result"] for line in self.lines if line.get("type") == "object"]

    @property
    def total(self) -> dict[str, Any]:
        [total] = [line["transfer"] for line in self.lines if line.get("type") == "transfer"]
        return dict(total)

    def require(self, code: int = 0) -> "Ended":
        said = (self.err or self.out).strip().splitlines()
        assert self.code == code, f"exit code {self.code}, not {code}: {' '.join(said[-4:])[-600:]}"
        return self


@dataclass
class Product:
    """`xs3-tui`, whose engine is behind the guard."""

    environment: Mapping[str, str]

    def __call__(self, *arguments: str) -> Ended:
        command = [sys.executable, "-P", "-m", f"{__package__}.guarded_command", *arguments]
        done = subprocess.run(
            command,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=COMMAND_SECONDS,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)


PLACES: Final = {
    "HOME": "home",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_STATE_HOME": "state",
    "XDG_CACHE_HOME": "cache",
    "XDG_RUNTIME_DIR": "run",
    "TMPDIR": "tmp",
}
KEPT: Final = ("PATH", "LANG", "LC_ALL", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "AWS_EC2_METADATA_DISABLED")


def product_environment(directory: Path, config: str) -> dict[str, str]:
    """An environment with nothing of the user's but the network: no keys, no profiles, no settings."""
    for place in PLACES.values():
        (directory / place).mkdir(mode=0o700)
    kept = {name: value for name, value in os.environ.items() if name in KEPT or name.lower().endswith("_proxy")}
    return {
        **kept,
        **{name: str(directory / place) for name, place in PLACES.items()},
        "AWS_CONFIG_FILE": str(directory / config),
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "PYTHONPATH": str(ROOT),
        "XS3_TUI_ENGINE_WORKERS": "0",  # they would send without the guard
        "XS3_TUI_ENGINE_STAY": "60",
        VARIABLE: str(directory),
    }


@dataclass
class Stage:
    """`a` and `b` are the callers of both accounts; `files` is a directory for local files."""

    run: str
    clients: Clients
    callers: Mapping[str, Caller]
    product: Product
    files: Path
    keys: dict[str, Keys] = field(default_factory=dict, repr=False)
    """Of the users that were made."""
    _buckets: set[str] = field(default_factory=set)

    @property
    def on_aws(self) -> bool:
        return not self.clients.endpoint

    def absent(self, reason: str) -> Exception:
        """What a step raises for what only AWS must be able to do."""
        return AssertionError(reason) if self.on_aws else NotApplicableError(reason)

    def name(self, what: str) -> str:
        return f"{self.run}-{what}"

    def arn(self, login: str, kind: str, what: str) -> str:
        return f"arn:aws:iam::{self.callers[login].number}:{kind}/{self.name(what)}"

    def bucket(self, login: str, what: str, ownership: str = "BucketOwnerEnforced") -> str:
        """A bucket with versioning, made when it is first asked for."""
        client, name = self.clients.of(login), self.name(what)
        if name not in self._buckets:
            region = self.clients.region
            # The one region that S3 does not take as a LocationConstraint
            place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
            client.create_bucket(Bucket=name, ObjectOwnership=ownership, **place)
            client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
            self._buckets.add(name)
        return name

    def allow(self, login: str, bucket: str, *who: str, **condition: Any) -> None:
        """Let these principals do everything in a bucket; replaces its policy."""
        statement: dict[str, Any] = {
            "Effect": "Allow",
            "Principal": {"AWS": list(who)},
            "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        }
        policy = document(statement | ({"Condition": condition} if condition else {}))
        put = self.clients.of(login).put_bucket_policy

        def done() -> bool:
            try:
                put(Bucket=bucket, Policy=policy)
            except ClientError as error:
                if error_code(error) != "MalformedPolicy":  # a principal that S3 does not know yet
                    raise
                return False
            return True

        self.soon(done, "S3 takes the policy")

    def user(self, login: str, what: str) -> str:
        """An IAM user who may do everything with the run's own things, and whose keys the product has; the ARN."""
        iam, name = self.clients.of(login, "iam"), self.name(what)
        if what not in self.keys:
            iam.create_user(UserName=name, Tags=[{"Key": "xs3-tui-test", "Value": self.run}])
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(self.everything()))
            key = iam.create_access_key(UserName=name)["AccessKey"]
            self.keys[what] = key["AccessKeyId"], key["SecretAccessKey"], None
            sts = self.clients.of(login, "sts", keys=self.keys[what])
            self.soon(lambda: answers(sts.get_caller_identity), "the new keys work")
        return self.arn(login, "user", what)

    def role(self, login: str, what: str, trusted: str) -> str:
        """A role that an account may assume with the external ID; the ARN."""
        iam, name = self.clients.of(login, "iam"), self.name(what)
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{trusted}:root"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
        }
        iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=document(trust), Tags=[{"Key": "xs3-tui-test", "Value": self.run}]
        )
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(self.everything()))
        return self.arn(login, "role", what)

    def everything(self) -> dict[str, Any]:
        """A statement that allows everything with the run's own buckets."""
        own = f"arn:aws:s3:::{self.run}-*"
        return {"Effect": "Allow", "Action": "s3:*", "Resource": [own, f"{own}/*"]}

    def file(self, size: int) -> Path:
        """A local file with random bytes."""
        path = self.files / f"{size}-bytes"
        if not path.exists():
            with path.open("wb") as file:
                for start in range(0, size, 1 << 20):
                    file.write(secrets.token_bytes(min(1 << 20, size - start)))
        return path

    def soon(self, holds: Callable[[], bool], what: str) -> None:
        """Ask until it holds: nothing tells when a change has reached all of AWS."""
        deadline = time.monotonic() + (PATIENCE if self.on_aws else 5.0)
        while not holds():
            if time.monotonic() > deadline:
                raise self.absent(f"waited in vain until {what}")
            time.sleep(2.0 if self.on_aws else 0.1)


def answers(call: Callable[..., object], **parameters: Any) -> bool:
    try:
        call(**parameters)
    except (ClientError, BotoCoreError):
        return False
    return True
