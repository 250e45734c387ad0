"""Keeps requests at the host they are for: botocore follows a bucket into its region, and that is all."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from botocore.session import Session

from tui.accounts.clients.endpoints import is_aws
from tui.accounts.problems.errors import ForeignHostError

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class _Partition:
    """The domains of an AWS partition, and how the regions of the others are named."""

    domains: tuple[str, ...]
    foreign_regions: tuple[re.Pattern[str], ...]

    def has(self, host: str) -> bool:
        """Whether a host is one of AWS's in this partition: two of them share a domain, and no region."""
        strange = any(each.match(label) for each in self.foreign_regions for label in host.split("."))
        return host.endswith(self.domains) and not strange


def only_own_hosts(endpoint: str, session: Session, partition: str, *, configured: bool) -> Callable[..., None]:
    """A handler for botocore's ``before-send`` event that lets requests go to the endpoint's own hosts only.

    These are the endpoint itself and names below it, and where it is AWS's, or none is `configured`, those of the
    partition. The handler raises `ForeignHostError`.
    """
    own = urlsplit(endpoint)
    of_aws = _partition(session, partition) if is_aws(endpoint) or not configured else None

    def check(request: Any, **_: Any) -> None:
        asked = urlsplit(request.url)
        host, home = asked.hostname or "", own.hostname or ""
        same_port = (asked.scheme, asked.port or _PORTS.get(asked.scheme)) == (
            own.scheme,
            own.port or _PORTS.get(own.scheme),
        )
        below = host == home or host.endswith(f".{home}")
        if not (same_port and (below or (of_aws is not None and of_aws.has(host)))):
            raise ForeignHostError(host=asked.netloc, endpoint=endpoint)

    return check


def _partition(session: Session, name: str) -> _Partition:
    data: Any = session.get_component("data_loader").load_data("partitions")
    own = next(each["outputs"] for each in data["partitions"] if each["id"] == name)
    others = [each["regionRegex"] for each in data["partitions"] if each["id"] != name]
    domains = (f".{own['dnsSuffix']}", f".{own['dualStackDnsSuffix']}")
    return _Partition(domains, tuple(re.compile(each) for each in others))
