"""The S3 and STS clients of a connection: models that are read fast, the pool of them, redirects."""

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

# The models of services that botocore makes its clients of, read in a fraction of the time that botocore takes.
#
# botocore makes an `OrderedDict` of every JSON object, and looks into the directories of all 400 services before it
# reads
# the model of one.

SERVICES = ("s3", "sts")
"""The services that every connection needs."""


class ModelFiles(JSONFileLoader):
    """Reads files of models as plain dictionaries, which keep their order as well."""

    def load_file(self, file_path: str) -> Any:
        """The content of a file, whose path is given without its ending; None if there is no such file.

        Raises `ValueError` for one that is no JSON.
        """
        for ending, unpacked in ((".json", bytes), (".json.gz", gzip.decompress)):
            try:
                packed = Path(file_path + ending).read_bytes()
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
                continue
            try:
                return msgspec.json.decode(unpacked(packed))
            except msgspec.DecodeError as error:
                raise ValueError(f"{file_path}{ending}: {error}") from error
        return None


class ModelLoader(Loader):
    """Finds a service's model where botocore does: in the user's directories, then in its own."""

    def __init__(self, data_path: str | None) -> None:
        """`data_path` is the AWS setting of that name: directories that are looked into first."""
        paths = [os.path.expandvars(path) for path in data_path.split(os.pathsep)] if data_path is not None else []
        super().__init__([os.path.expanduser(path) for path in paths], ModelFiles())  # noqa: PTH111  # reason: as botocore
        self._services: list[str] | None = None

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002  # reason: botocore's parameter
        """The services that there may be a model of: its file is looked for when it is to be read."""
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
    """The loader of service models that all sessions of one `data_path` share, filled in a thread if it is new."""
    return _filled[data_path] if data_path in _filled else await asyncio.to_thread(load_models, data_path)


def load_models(data_path: str | None) -> Loader:
    """Read the models that every connection needs, once in this process."""
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
    """Keeps a client open as long as its owner is referred to. Used from one event loop.

    A connection that was replaced may still be at work: it cannot be closed at once, nor may it stay open for ever.
    """

    def __init__(self) -> None:
        self._open: set[AbstractAsyncContextManager[Any]] = set()
        self._closing: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._open)

    async def open(self, creating: AbstractAsyncContextManager[Any]) -> S3Client:
        """Open a client. It stays open until the end unless it is tied to an owner."""
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
        """Called by the garbage collector, wherever that runs."""
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
