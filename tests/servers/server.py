"""What a test knows about the S3 server it talks to: where it is, whose keys it has, what it can do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from botocore import UNSIGNED
from botocore.config import Config
from botocore.session import Session

from tests import leaks


class Feature(Enum):
    """What not every S3 server does as AWS does it; a test asks before it relies on one."""

    OWNERSHIP_CONTROLS = "Object Ownership can be read and set"
    POLICY_SPARES_FOREIGN_OBJECTS = "a bucket policy does not reach objects the bucket's owner does not own"
    ROLES = "AssumeRole applies the trust policy, and its sessions act as the role's account"
    CALLER_IDENTITY = "GetCallerIdentity answers"
    CHECKSUMS = "the checksum given with an upload is kept and can be read back"
    DELETE_IF_MATCH = "DeleteObject applies If-Match"


@dataclass(frozen=True, slots=True)
class Account:
    """One account of a server: the profile that signs as it, its keys, its region, its names.

    `canonical_id` is the owner id on its objects, `principal` its name in a policy's `Principal`.
    """

    profile: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str
    canonical_id: str
    principal: str


@dataclass(frozen=True, slots=True)
class S3Server:
    """A running S3 server with two accounts, A and B.

    `environment` makes the AWS CLI, botocore or the product use it: config and credentials files with a profile
    for each account, and no instance metadata.
    """

    name: str
    endpoint: str
    a: Account
    b: Account
    environment: Mapping[str, str]
    features: frozenset[Feature]

    def client(self, account: Account | None, service: str = "s3", **config: Any) -> Any:
        """Return a plain botocore client that signs as `account` (anonymous for `None`), to arrange a test's world.

        `config` are arguments of botocore's `Config`. There are no retries: a refusal is seen at once. The same
        arguments give the same client: to make one takes 50 ms.
        """
        region = (account or self.a).region
        keys = (account.access_key, account.secret_key, "") if account else None
        return client_with_keys(service, self.endpoint, region, keys, tuple(config.items()))


@cache
def _session() -> Session:
    """The one session of all clients, which reads each service's model once."""
    return Session()


@cache
def client_with_keys(
    service: str, endpoint: str, region: str, keys: tuple[str, str, str] | None, config: tuple[tuple[str, Any], ...]
) -> Any:
    """Return a client that signs with an access key, its secret and a session token, if there is one."""
    settings: dict[str, Any] = {"retries": {"total_max_attempts": 1}, **dict(config)}
    if keys is None:
        settings["signature_version"] = UNSIGNED
    access_key, secret_key, token = keys or (None, None, None)
    client = _session().create_client(
        service,
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        aws_session_token=token or None,
        config=Config(**settings),
    )
    leaks.before_looking.append(client.close)  # its idle connections; it opens others when it is used again
    return client


def write_profiles(directory: Path, endpoint: str, *accounts: Account) -> Mapping[str, str]:
    """Write AWS config and credentials files with one profile per account; return the variables that name them."""
    config, credentials = directory / "config", directory / "credentials"
    for path in (config, credentials):
        path.touch(mode=0o600)
    config.write_text(
        "".join(f"[profile {a.profile}]\nregion = {a.region}\nendpoint_url = {endpoint}\n\n" for a in accounts)
    )
    credentials.write_text(
        "".join(
            f"[{a.profile}]\naws_access_key_id = {a.access_key}\naws_secret_access_key = {a.secret_key}\n\n"
            for a in accounts
        )
    )
    return MappingProxyType(
        {
            "AWS_CONFIG_FILE": str(config),
            "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
            "AWS_EC2_METADATA_DISABLED": "true",
        }
    )
