"""A directory of the test's own, as a local disk's prefix."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tui.core.listing import ObjectSummary
from tui.stores.local.local_store import LocalStore
from tui.stores.store_values import CompletedPart, ObjectAttributes

ROOT = "/"


@dataclass(frozen=True)
class Disk:
    store: LocalStore
    directory: Path

    @property
    def prefix(self) -> str:
        return f"{self.directory}/".removeprefix("/")

    def key(self, name: str) -> str:
        return self.prefix + name

    def path(self, name: str) -> Path:
        return self.directory / name

    def write(self, name: str, body: bytes = b"content") -> str:
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        return self.key(name)

    async def begin(self, name: str, *bodies: bytes, below: str = "") -> tuple[str, str, list[CompletedPart]]:
        key, start, parts = self.key(name), 0, list[CompletedPart]()
        upload = await self.store.create_upload(ROOT, key, ObjectAttributes(below=below and self.key(below)))
        for number, body in enumerate(bodies, start=1):
            parts.append(await self.store.upload_part(ROOT, key, upload, number, body, start=start))
            start += len(body)
        return key, upload, parts

    async def write_in_parts(self, name: str, body: bytes, below: str = "") -> None:
        key, upload, parts = await self.begin(name, body, below=below)
        await self.store.complete_upload(ROOT, key, upload, parts)

    async def objects(self, prefix: str = "", start_after: str = "") -> list[ObjectSummary]:
        pages = self.store.pages(ROOT, self.key(prefix), recursive=True, start_after=start_after)
        return [entry async for page in pages for entry in page.objects()]

    async def names(self, prefix: str = "", start_after: str = "") -> list[str]:
        return [entry.key.removeprefix(self.prefix) for entry in await self.objects(prefix, start_after)]

    def everything(self) -> list[str]:
        return sorted(str(path.relative_to(self.directory)) for path in self.directory.rglob("*"))


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(LocalStore(), tmp_path)
