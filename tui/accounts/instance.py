"""The EC2 instance that this engine runs on, by its metadata service (IMDSv2): asked once, and remembered.

Where and whether to ask is as botocore has it: ``AWS_EC2_METADATA_DISABLED``, ``AWS_EC2_METADATA_SERVICE_ENDPOINT``,
``AWS_METADATA_SERVICE_TIMEOUT`` and what the AWS config file says of them.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from botocore.exceptions import BotoCoreError
from botocore.session import Session
from botocore.utils import METADATA_BASE_URL, resolve_imds_endpoint_mode

from tui.accounts.overrides.instance_metadata import MetadataReader, NoAnswerError
from tui.core.facts import Unknown
from tui.core.network import Instance

LONGEST_WAIT = 1.0
"""Seconds until a machine without a metadata service is known to have none, whatever the settings."""
_LONGEST_READ = 5.0
"""Seconds for all values together, once the service has answered."""

SWITCHED_OFF = "instance metadata is off (AWS_EC2_METADATA_DISABLED)"

_MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5,7}")
_ID = re.compile(r"(?:vpc|subnet)-[0-9a-f]+")
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d+")
_ACCOUNT = re.compile(r"\d{12}")


@dataclass(frozen=True, slots=True)
class _Settings:
    """What botocore's readers of the service are set to."""

    endpoint: str | None
    mode: str | None
    seconds: float
    attempts: int

    def reader(self, seconds: float, attempts: int) -> MetadataReader:
        """A reader; making it takes some milliseconds."""
        config = {"ec2_metadata_service_endpoint": self.endpoint, "ec2_metadata_service_endpoint_mode": self.mode}
        return MetadataReader(
            timeout=seconds,  # type: ignore[arg-type]  # its stub knows whole seconds only
            num_attempts=attempts,
            base_url=METADATA_BASE_URL,
            config=config,
        )


def _settings_of(session: Session) -> _Settings:
    """Raises botocore's errors, and `ValueError` for a number that is none."""
    return _Settings(
        endpoint=session.get_config_variable("ec2_metadata_service_endpoint"),
        mode=resolve_imds_endpoint_mode(session),
        seconds=float(session.get_config_variable("metadata_service_timeout")),
        attempts=int(session.get_config_variable("metadata_service_num_attempts")),
    )


class InstanceMetadata:
    """What the metadata service says; one request for each value, once per engine. Used from one event loop."""

    def __init__(self, longest: float = LONGEST_WAIT) -> None:
        """`longest`: seconds until there is taken to be no service."""
        self._longest = longest
        self._asked: dict[_Settings, asyncio.Task[Instance | Unknown]] = {}

    def forget_failures(self) -> None:
        """Ask again where nothing was learned; an instance stays in its subnet."""
        learned = {key: task for key, task in self._asked.items() if not task.done() or _is_known(task)}
        self._asked = learned

    async def instance(self, session: Session) -> Instance | Unknown:
        """The instance, or why it is not known; by the settings of a session."""
        try:
            settings = _settings_of(session)
        except (BotoCoreError, ValueError) as error:
            return _unreadable(error)
        if settings not in self._asked:
            self._asked[settings] = asyncio.create_task(_asked(settings, self._longest))
        return await asyncio.shield(self._asked[settings])  # who leaves does not end it for the others


def _is_known(task: asyncio.Task[Instance | Unknown]) -> bool:
    return not task.cancelled() and task.exception() is None and isinstance(task.result(), Instance)


async def _asked(settings: _Settings, longest: float) -> Instance | Unknown:
    try:
        token = await asyncio.wait_for(asyncio.to_thread(_token, settings, longest), longest)
        if isinstance(token, Unknown):
            return token
        return await asyncio.wait_for(asyncio.to_thread(_read_all, settings, token), _LONGEST_READ)
    except TimeoutError:
        return Unknown(f"no instance metadata: no answer within {longest:g} s")
    except (BotoCoreError, NoAnswerError) as error:
        return _unreadable(error)


def _unreadable(error: Exception) -> Unknown:
    return Unknown(f"instance metadata cannot be read: {str(error) or 'no answer'}")


def _token(settings: _Settings, longest: float) -> str | Unknown:
    """A token, or why there is none; runs in a worker thread."""
    reader = settings.reader(min(settings.seconds, longest), attempts=1)
    if reader.disabled:
        return Unknown(SWITCHED_OFF)
    return reader.token() or Unknown(f"no instance metadata: {reader.get_base_url()} gives no token")


def _read_all(settings: _Settings, token: str) -> Instance | Unknown:
    """The instance; runs in a worker thread."""
    return _read(partial(settings.reader(settings.seconds, settings.attempts).value, token=token))


def _read(value: Callable[[str], str]) -> Instance | Unknown:
    """The instance by its first network interface."""
    mac = _fitting(_MAC, value("mac"))
    interface = f"network/interfaces/macs/{mac}"
    vpc, subnet = (_fitting(_ID, value(f"{interface}/{name}")) if mac else "" for name in ("vpc-id", "subnet-id"))
    if not vpc or not subnet:
        return Unknown("instance metadata names no VPC and subnet")
    zone = value("placement/availability-zone")
    region = _fitting(_REGION, value("placement/region")) or _fitting(
        _REGION, zone.rstrip("abcdefghijklmnopqrstuvwxyz")
    )
    return Instance(
        vpc=vpc,
        subnet=subnet,
        region=region,
        zone=zone if region and zone.startswith(region) else "",
        account=_fitting(_ACCOUNT, value(f"{interface}/owner-id")),
        local_ip=_address(value("local-ipv4")),
        public_ip=_address(value("public-ipv4")),
    )


def _fitting(pattern: re.Pattern[str], text: str) -> str:
    return text if pattern.fullmatch(text) else ""


def _address(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        return ""
