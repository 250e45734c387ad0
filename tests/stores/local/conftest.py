"""A directory of the test's own, as a local disk's prefix."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tui.model.listing import ObjectSummary
from tui.stores.local import LocalStore

ROOT = "/"


@dataclass(frozen=True)
class Disk:
    """`key` makes keys of names below the test's directory, `path` paths."""

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
        """Make a file with its directories; returns its key."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        return self.key(name)

    async def objects(self, prefix: str = "", start_after: str = "") -> list[ObjectSummary]:
        """Everything below, names relative to the test's directory."""
        pages = self.store.pages(ROOT, self.key(prefix), recursive=True, start_after=start_after)
        return [entry async for page in pages for entry in page.objects()]

    async def names(self, prefix: str = "", start_after: str = "") -> list[str]:
        return [entry.key.removeprefix(self.prefix) for entry in await self.objects(prefix, start_after)]

    def everything(self) -> list[str]:
        """All that is really there, hidden or not."""
        return sorted(str(path.relative_to(self.directory)) for path in self.directory.rglob("*"))


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(LocalStore(), tmp_path)
