"""What is known of a file or directory of the local disk: what the system says, and nothing of S3."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from tui.core.facts import Fact, FactName, FactValue, Instant, Known, Size, Text, Unknown
from tui.core.identity import LOCAL_LABEL
from tui.core.location import Location
from tui.core.problem import ProblemError
from tui.stores.local.disk_errors import to_the_end
from tui.stores.local.disk_names import Description, describe

OPERATION = "stat"


async def local_facts(location: Location) -> AsyncGenerator[Fact, None]:
    """Path, size, time, mode and (of a link) where it leads; a file that cannot be looked at says why."""
    try:
        described = await to_the_end(describe, location.bucket, location.key)
    except ProblemError as error:
        yield Fact(FactName.PATH, Unknown(error.problem.sentence()), OPERATION, LOCAL_LABEL)
        return
    for name, value in _values(described).items():
        yield Fact(name, Known(value), OPERATION, LOCAL_LABEL)


def _values(described: Description) -> dict[FactName, FactValue]:
    values: dict[FactName, FactValue] = {
        FactName.MODIFIED: Instant(described.modified),
        FactName.PATH: Text(described.path),
        FactName.MODE: Text(described.mode),
    }
    if described.size is not None:
        values[FactName.SIZE] = Size(described.size)
    if described.leads_to:
        values[FactName.LEADS_TO] = Text(described.leads_to)
    return values
