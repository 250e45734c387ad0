"""The models of services that botocore makes its clients of, read in a fraction of the time that botocore takes.

botocore makes an `OrderedDict` of every JSON object, and looks into the directories of all 400 services before it reads
the model of one.
"""

from __future__ import annotations

import asyncio
import gzip
import os
import threading
from pathlib import Path
from typing import Any, Final

import msgspec
from botocore.loaders import JSONFileLoader, Loader

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
