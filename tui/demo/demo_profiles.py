"""The demo's accounts and the AWS profiles that reach them. Standard library only."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROLE_NAME: Final = "partner-read"


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One account of the demo with its only user, an administrator."""

    number: str
    """Twelve digits."""
    label: str
    """Also the name of the profile."""
    user: str
    region: str
    access_key_id: str

    @property
    def secret_access_key(self) -> str:
        """Nobody can mistake it for the secret of a real account."""
        return f"demo-only-not-a-secret-{self.label}"

    @property
    def user_arn(self) -> str:
        return f"arn:aws:iam::{self.number}:user/{self.user}"

    @property
    def mfa_serial(self) -> str:
        return f"arn:aws:iam::{self.number}:mfa/{self.user}"

    @property
    def canonical_id(self) -> str:
        return canonical_id(self.number)


def canonical_id(account: str) -> str:
    """64 hexadecimal digits, as S3 names owners and grantees."""
    import hashlib  # OpenSSL takes longer to load than everything else here, and no profile needs it

    return hashlib.sha256(f"canonical user of {account}".encode()).hexdigest()


MEDIA_PROD: Final = DemoAccount("111111111111", "media-prod", "deploy", "ap-northeast-1", "AKIADEMOMEDIAPROD001")
ANALYTICS: Final = DemoAccount("222222222222", "analytics", "bob", "us-east-1", "AKIADEMOANALYTICS002")
ACCOUNTS: Final = (MEDIA_PROD, ANALYTICS)

ROLE_ARN: Final = f"arn:aws:iam::{MEDIA_PROD.number}:role/{ROLE_NAME}"
ROLE_PROFILE: Final = "analytics-as-media-reader"


def write_profiles(directory: Path, port: int) -> dict[str, str]:
    """Write `config` and `credentials` for the server on 127.0.0.1:`port` into `directory`.

    The files get mode 0600, the directory 0700. Returns the environment variables that point any AWS tool to them.
    Raises `OSError` if the directory cannot be written.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    config, credentials = directory / "config", directory / "credentials"
    write_private(config, _config_text(f"http://127.0.0.1:{port}"))
    write_private(credentials, _credentials_text())
    return {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(credentials)}


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whatever the umask and its previous mode."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, 0o600)
        file.write(text)


def _config_text(endpoint: str) -> str:
    sections = [
        _section(f"profile {account.label}", region=account.region, endpoint_url=endpoint) for account in ACCOUNTS
    ]
    # botocore calls STS at the endpoint of the profile that assumes the role, not of its source.
    sections.append(
        _section(
            f"profile {ROLE_PROFILE}",
            role_arn=ROLE_ARN,
            source_profile=ANALYTICS.label,
            role_session_name="xs3-tui-demo",
            region=MEDIA_PROD.region,
            endpoint_url=endpoint,
        )
    )
    return "\n".join(sections)


def _credentials_text() -> str:
    return "\n".join(
        _section(
            account.label, aws_access_key_id=account.access_key_id, aws_secret_access_key=account.secret_access_key
        )
        for account in ACCOUNTS
    )


def _section(name: str, **settings: str) -> str:
    lines = [f"[{name}]", *(f"{key} = {value}" for key, value in settings.items())]
    return "\n".join(lines) + "\n"
