"""What real servers said in a situation: the facts, and whether each identity got in."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from tui.inspection.context import Context
from tui.model.facts import Fact
from tui.model.identity import AddressBook, Identity
from tui.model.location import Location, parse_location

DIRECTORY = Path(__file__).parent / "recorded"


class Recording(Struct, frozen=True, omit_defaults=True):
    """One situation on one server. `answers`: by label, whether GetObject or ListObjectsV2 was allowed just then."""

    situation: str
    uri: str
    mine: Identity
    other: Identity | None
    book: AddressBook
    now: float
    facts: list[Fact]
    answers: dict[str, bool]

    @property
    def location(self) -> Location:
        """What was looked at."""
        return parse_location(self.uri)

    @property
    def context(self) -> Context:
        """Who looked."""
        return Context(self.mine, self.other, self.book, self.now)


def read(server: str) -> list[Recording]:
    """The recordings of a server."""
    return msgspec.json.decode((DIRECTORY / f"{server}.json").read_bytes(), type=list[Recording])


def write(server: str, recordings: list[Recording]) -> None:
    """Keep recordings, one a line, instead of those there are."""
    lines = ",\n".join(msgspec.json.encode(one).decode() for one in recordings)
    DIRECTORY.mkdir(exist_ok=True)
    (DIRECTORY / f"{server}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
