"""Both accounts of a run: who they are, their clients, which the guard checks, and their keys for the product."""

import json
import os
import shlex
import socketserver
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any, Final

from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from tests.aws_account.request_filter import RequestFilter

SOCKET: Final = "keys.sock"
CONFIG: Final = "aws-config"
ROOT: Final = Path(__file__).parents[2]

Client = Any
_KEYS: Final = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
Keys = tuple[str, str, str | None]
"""Access key, secret key, session token."""


class AccountError(Exception):
    """The accounts cannot be used; the message is for the user."""


@dataclass(frozen=True, slots=True)
class Login:
    """A profile of the user's AWS config files, with its credentials, which renew themselves."""

    profile: str
    credentials: Any = field(repr=False)

    @property
    def keys(self) -> Keys:
        frozen = self.credentials.get_frozen_credentials()
        return frozen.access_key, frozen.secret_key, frozen.token

    @property
    def expires(self) -> str:
        """When the keys do, in ISO 8601; "" for never."""
        end = getattr(self.credentials, "_expiry_time", None)
        return end.isoformat() if end else ""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a login is: account number, canonical ID and ARN."""

    number: str
    canonical_id: str
    arn: str


def login(profile: str) -> Login:
    """Raises `AccountError`. May ask for an MFA code."""
    try:
        credentials = Session(profile=profile).get_credentials()
        if credentials is None:
            raise AccountError(f"the profile {profile} has no credentials")
        found = Login(profile, credentials)
        found.keys  # noqa: B018  # they are fetched now
    except (BotoCoreError, ClientError) as error:
        raise AccountError(f"the profile {profile} cannot be used: {error}") from error
    return found


class Clients:
    """Makes botocore clients, each behind the guard. The same arguments give the same client."""

    def __init__(self, requests: RequestFilter, logins: Mapping[str, Login], region: str, endpoint: str) -> None:
        self.requests, self.region, self.endpoint = requests, region, endpoint
        self._logins = logins
        self._made: dict[tuple[Any, ...], Client] = {}
        self._sessions = {name: self._session(each.credentials) for name, each in logins.items()}

    def _session(self, credentials: Any) -> Session:
        session = Session()
        session.set_config_variable("config_file", str(self.requests.directory / CONFIG))
        session.set_config_variable("credentials_file", os.devnull)
        session.set_config_variable("profile", "a")
        # The stubs know neither: handlers take any parameters, and credentials may come from elsewhere.
        unknown: Any = session
        unknown.register("before-send", self.requests.check_prepared)
        unknown._credentials = credentials
        return session

    def of(
        self, name: str | None, service: str = "s3", *, region: str = "", keys: Keys | None = None, **config: Any
    ) -> Client:
        """A client of a login (`None`: unsigned requests), or one with other `keys`. No retries of throttled calls."""
        made = (name, service, region, keys, tuple(sorted(config.items())))
        if made not in self._made:
            settings: dict[str, Any] = {"retries": {"total_max_attempts": 1}, **config}
            if name is None:
                settings["signature_version"] = UNSIGNED
            given = dict(zip(_KEYS, keys, strict=True)) if keys else {}
            create: Any = self._sessions[name or "a"].create_client
            self._made[made] = create(
                service,
                region_name=region or self.region,
                endpoint_url=self.endpoint or None,
                config=Config(**settings),
                **given,
            )
            if service == "s3control" and self.endpoint:
                self._made[made].meta.events.register("before-sign.s3-control", _at_the_host_itself)
        return self._made[made]

    def caller(self, name: str) -> Caller:
        """Raises `AccountError`."""
        try:
            who = self.of(name, "sts").get_caller_identity()
            owner = self.of(name).list_buckets(MaxBuckets=1)["Owner"]["ID"]
        except (BotoCoreError, ClientError) as error:
            raise AccountError(f"{name.upper()} cannot be identified: {error}") from error
        return Caller(who["Account"], owner, who["Arn"])

    def close(self) -> None:
        for client in self._made.values():
            client.close()


def _at_the_host_itself(request: Any, **_: Any) -> None:
    """Only AWS has a host name for each account, before which botocore writes its number."""
    request.url = request.url.replace(f"://{request.headers['x-amz-account-id']}.", "://", 1)


def write_config(directory: Path, names: list[str], region: str, endpoint: str) -> None:
    """Write an AWS config file whose profiles ask this process for their keys: no file has any."""
    process = shlex.join([sys.executable, "-P", "-m", f"{__package__}.keys"])
    ours = f"endpoint_url = {endpoint}\n" if endpoint else ""
    profiles = "".join(
        f"[profile {name}]\nregion = {region}\ncredential_process = {process} {name}\n{ours}\n" for name in names
    )
    with os.fdopen(os.open(directory / CONFIG, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(profiles)


@contextmanager
def keys_on_request(directory: Path, keys_of: Callable[[str], Mapping[str, str]]) -> Iterator[None]:
    """Answer processes of this user that ask for the keys of a name, on a socket in a directory of this user's."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            name = self.rfile.readline(64).decode().strip()
            self.wfile.write(json.dumps({"Version": 1, **keys_of(name)}).encode())

    class Server(socketserver.ThreadingUnixStreamServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """What asks sees that there are no keys; the error may have some."""

    before = os.umask(0o177)
    try:
        server = Server(str(directory / SOCKET), Handler)
    finally:
        os.umask(before)
    with server:
        thread = Thread(target=server.serve_forever, args=(0.05,), name="keys")
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def process_keys(keys: Keys, expires: str = "") -> dict[str, str]:
    """Keys as a `credential_process` prints them."""
    access, secret, token = keys
    more = {"SessionToken": token} if token else {}
    return {"AccessKeyId": access, "SecretAccessKey": secret, **more, **({"Expiration": expires} if expires else {})}
