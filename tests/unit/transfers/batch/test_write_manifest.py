"""A manifest that is not finished: why is what is raised, whatever aborting it meets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import cast

import pytest

from tui.model.location import Location
from tui.model.plan import Tally
from tui.model.problem import Problem, ProblemError, ProblemKind
from tui.stores.base import Store
from tui.stores.values import Capabilities
from tui.transfers.batch.choosing import Chosen
from tui.transfers.batch.manifest import ManifestWriter, write_manifest


class Refusing(ManifestWriter):
    """Its upload cannot be aborted."""

    async def abort(self) -> None:
        raise ProblemError(Problem(kind=ProblemKind.DENIED, title="s3:AbortMultipartUpload is missing"))


class Nowhere:
    """A store that is asked nothing."""

    capabilities = Capabilities()


async def written(failure: BaseException) -> None:
    async def pages() -> AsyncGenerator[Chosen]:
        yield Chosen(1)
        raise failure

    async def take(chosen: Chosen) -> Chosen:
        return chosen

    async def tell(_: Tally) -> None:
        return

    writer = Refusing(cast(Store, Nowhere()), Location("reports", "m.csv"), "source", "role")
    await write_manifest(writer, pages(), take, tell)


async def test_the_first_failure_counts() -> None:
    with pytest.raises(ProblemError, match="the listing is denied"):
        await written(ProblemError(Problem(kind=ProblemKind.DENIED, title="the listing is denied")))


async def test_a_cancellation_stays_one() -> None:
    with pytest.raises(asyncio.CancelledError):
        await written(asyncio.CancelledError())
