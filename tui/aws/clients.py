"""The S3 and STS clients of a connection: fast model loading, the client pool, allowed hosts."""

from __future__ import annotations

import asyncio
import gzip
import os
import re
import threading
import weakref
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec
from botocore.loaders import JSONFileLoader, Loader
from botocore.session import Session

from tui.aws.connection import is_aws
from tui.aws.refusals import ForeignHostError

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

# Service models, read in a fraction of botocore's time. botocore makes an `OrderedDict` of every JSON object, and looks
# into the directories of all 400 services before it reads the model of one.

SERVICES = ("s3", "sts")
"""The services that every connection needs."""


class ServiceEndpoints(dict[str, Any]):
    """The endpoints of a partition's 300 services, each read when it is asked for: all of them take 4 MB."""

    def __getitem__(self, service: str) -> Any:
        return msgspec.json.decode(super().__getitem__(service))

    def get(self, service: str, otherwise: Any = None) -> Any:
        return self[service] if service in self else otherwise  # noqa: SIM401  # this is that method


class _EndpointsFile(msgspec.Struct):
    partitions: list[dict[str, msgspec.Raw]]


def _endpoints(content: bytes) -> Any:
    return {
        "partitions": [
            {
                name: ServiceEndpoints(msgspec.json.decode(raw, type=dict[str, msgspec.Raw]))
                if name == "services"
                else msgspec.json.decode(raw)
                for name, raw in partition.items()
            }
            for partition in msgspec.json.decode(content, type=_EndpointsFile).partitions
        ]
    }


class ModelFiles(JSONFileLoader):
    """Reads model files as plain dictionaries."""

    def load_file(self, file_path: str) -> Any:
        """A file's content by its path without suffix; None if missing. Raises `ValueError` for invalid JSON."""
        for ending, unpacked in ((".json", bytes), (".json.gz", gzip.decompress)):
            try:
                packed = Path(file_path + ending).read_bytes()
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
                continue
            try:
                content = unpacked(packed)
                return _endpoints(content) if Path(file_path).name == "endpoints" else msgspec.json.decode(content)
            except msgspec.DecodeError as error:
                raise ValueError(f"{file_path}{ending}: {error}") from error
        return None


class ModelLoader(Loader):
    """Finds service models like botocore: in the user's directories, then in its own."""

    def __init__(self, data_path: str | None) -> None:
        """`data_path` is the AWS setting of that name: directories to search first."""
        paths = [os.path.expandvars(path) for path in data_path.split(os.pathsep)] if data_path is not None else []
        super().__init__([os.path.expanduser(path) for path in paths], ModelFiles())  # noqa: PTH111  # reason: as botocore
        self._services: list[str] | None = None

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002  # reason: botocore's parameter
        """Services that may have a model; its file is only looked for when it is read."""
        if self._services is None:
            self._services = sorted({name for path in self.search_paths for name in _directories(path)})
        return self._services


def _directories(path: str) -> list[str]:
    try:
        with os.scandir(path) as entries:
            return [entry.name for entry in entries if entry.is_dir()]
    except OSError:  # the user has no models
        return []


_filled: Final[dict[str | None, Loader]] = {}
_filling: Final = threading.Lock()


async def models(data_path: str | None) -> Loader:
    """The model loader that all sessions of one `data_path` share; a new one is filled in a thread."""
    return _filled[data_path] if data_path in _filled else await asyncio.to_thread(load_models, data_path)


def load_models(data_path: str | None) -> Loader:
    """Read the models that every connection needs, once per process."""
    with _filling:
        if data_path not in _filled:
            loader = ModelLoader(data_path)
            for service in SERVICES:
                for kind in ("service-2", "endpoint-rule-set-1"):
                    loader.load_service_model(service, kind)
            for name in ("endpoints", "partitions", "sdk-default-configuration"):
                loader.load_data(name)
            _filled[data_path] = loader
        return _filled[data_path]


class ClientPool:
    """Keeps a client open while its owner exists. Used from one event loop.

    A replaced connection may still be in use, so it cannot be closed at once; but it must not stay open for ever.
    """

    def __init__(self) -> None:
        self._open: set[AbstractAsyncContextManager[Any]] = set()
        self._closing: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._open)

    async def open(self, creating: AbstractAsyncContextManager[Any]) -> S3Client:
        """Open a client. Unless tied to an owner, it stays open until the end."""
        client: S3Client = await creating.__aenter__()
        self._open.add(creating)
        return client

    def tie(self, creating: AbstractAsyncContextManager[Any], owner: object) -> None:
        """Close the client when `owner` is garbage-collected."""
        finalizer = weakref.finalize(owner, self._ownerless, asyncio.get_running_loop(), creating)
        finalizer.atexit = False

    async def close(self) -> None:
        while self._open:
            await self._open.pop().__aexit__(None, None, None)
        await asyncio.gather(*self._closing)

    def _ownerless(self, loop: asyncio.AbstractEventLoop, creating: AbstractAsyncContextManager[Any]) -> None:
        """The garbage collector calls this, in any thread."""
        if creating in self._open and not loop.is_closed():
            loop.call_soon_threadsafe(self._close_one, creating)

    def _close_one(self, creating: AbstractAsyncContextManager[Any]) -> None:
        if creating not in self._open:
            return
        self._open.remove(creating)
        task = asyncio.ensure_future(self._exit(creating))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _exit(self, creating: AbstractAsyncContextManager[Any]) -> None:
        await creating.__aexit__(None, None, None)


_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class _Partition:
    """The domains of an AWS partition, and the region names of the others."""

    domains: tuple[str, ...]
    foreign_regions: tuple[re.Pattern[str], ...]

    def has(self, host: str) -> bool:
        """Whether a host is AWS's in this partition. Two partitions share a domain, but no region."""
        strange = any(each.match(label) for each in self.foreign_regions for label in host.split("."))
        return host.endswith(self.domains) and not strange


def only_own_hosts(endpoint: str, session: Session, partition: str, *, configured: bool) -> Callable[..., None]:
    """A ``before-send`` handler for botocore that allows requests only to the endpoint's own hosts.

    These are the endpoint and names below it; also the partition's domains if the endpoint is AWS's or none is
    `configured`. The handler raises `ForeignHostError`.
    """
    own = urlsplit(endpoint)
    of_aws = _partition(session, partition) if is_aws(endpoint) or not configured else None

    def check(request: Any, **_: Any) -> None:
        asked = urlsplit(request.url)
        host, home = asked.hostname or "", own.hostname or ""
        ports = (asked.port or _PORTS.get(asked.scheme), own.port or _PORTS.get(own.scheme))
        same_port = asked.scheme == own.scheme and ports[0] == ports[1]
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
