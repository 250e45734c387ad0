"""The local disk as one side of a transfer, for tests."""

from __future__ import annotations

from pathlib import Path

from tests.transfers.world import World
from tui.model.location import Location
from tui.model.orders import CopyOptions, CopyOrder, Destination, Selection
from tui.stores.local import LocalStore

ROOT = "/"


class DiskWorld:
    """A world in which one side, or both, is a directory."""

    def __init__(self, world: World, directory: Path) -> None:
        self.world, self.directory = world, directory
        self.prefix = f"{directory}/".removeprefix("/")

    def write(self, name: str, body: bytes = b"content") -> Path:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        return path

    def download(self, *keys: str, prefixes: tuple[str, ...] = (), base: str = "", **options: object) -> CopyOrder:
        """A's objects to the directory."""
        self.world.target = LocalStore()
        return CopyOrder(
            Selection("a", Location(self.world.buckets.a, base), list(keys), list(prefixes)),
            Destination("b", Location(ROOT, self.prefix)),
            CopyOptions(**options),  # type: ignore[arg-type]  # the test names what it sets
        )

    def upload(self, *names: str, prefixes: tuple[str, ...] = (), to: str = "", **options: object) -> CopyOrder:
        """Files of the directory to B's bucket."""
        self.world.source = LocalStore()
        return CopyOrder(
            Selection(
                "a",
                Location(ROOT, self.prefix),
                [self.prefix + name for name in names],
                [self.prefix + name for name in prefixes],
            ),
            Destination("b", Location(self.world.buckets.b, to)),
            CopyOptions(**options),  # type: ignore[arg-type]  # the test names what it sets
        )

    def everything(self) -> list[str]:
        return sorted(str(path.relative_to(self.directory)) for path in self.directory.rglob("*"))
