"""What the user's settings forbid, as an engine's clients meet it."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from tui.accounts.ids import connection_id
from tui.model.facts import FactName
from tui.model.identity import IdentitySpec, Safety
from tui.model.location import LOCAL_BUCKET, Location
from tui.model.orders import CopyOrder, DeleteOrder, Destination, Selection
from tui.model.plan import PlannedAction
from tui.model.problem import ProblemError, ProblemKind
from tui.model.upload import Upload
from tui.protocol.messages.base import Request
from tui.protocol.messages.inspecting import Inspect
from tui.protocol.messages.places import CreateBucket, CreatePrefix, DeleteBucket, ListBuckets
from tui.protocol.messages.transfers import DryRun, PlanCopy, SubmitCopy, SubmitDelete
from tui.protocol.messages.uploads import AbortUploads
from tui.protocol.session import EngineSession

READ_ONLY = Safety(read_only=True)
MINE = connection_id(IdentitySpec("media-prod", safety=READ_ONLY))


def names_in(directory: Path) -> list[str]:
    return [each.name for each in directory.iterdir()]


async def test_every_way_to_write_is_refused_and_looking_is_not(session: EngineSession) -> None:
    listed = (await session.ask(ListBuckets(MINE))).buckets
    place = Location(listed[0].name, "new/")
    selection = Selection(MINE, Location(place.bucket), prefixes=["new/"])
    copy = CopyOrder(selection, Destination(MINE, Location(listed[1].name)))
    requests: list[Request[Any]] = [
        CreatePrefix(MINE, place),
        CreateBucket(MINE, "a-new-bucket"),
        DeleteBucket(MINE, listed[1].name),
        SubmitDelete(DeleteOrder(selection)),
        SubmitCopy(copy),
    ]
    for request in requests:
        with pytest.raises(ProblemError) as caught:
            await session.ask(request)
        assert caught.value.problem.kind is ProblemKind.READ_ONLY
    aborted = await session.ask(AbortUploads(MINE, [Upload(place.bucket, "k", "id", 0.0)]))
    assert (aborted.count, aborted.problems["id"].kind) == (0, ProblemKind.READ_ONLY)
    *_, card = [each async for each in session.follow(PlanCopy(copy))]
    assert card.problem
    assert card.problem.kind is ProblemKind.READ_ONLY


async def test_a_read_only_disk_is_looked_at_and_left_as_it_is(session: EngineSession, tmp_path: Path) -> None:
    mine = connection_id(IdentitySpec(local=True, safety=READ_ONLY))
    (tmp_path / "file").write_text("text")
    directory = f"{tmp_path}/".lstrip("/")
    file = Location(LOCAL_BUCKET, directory + "file")
    async with aclosing(session.follow(Inspect(mine, file))) as updates:
        names = {fact.name async for update in updates for fact in update.facts}
    assert {FactName.PATH, FactName.SIZE} < names
    deletion = DeleteOrder(Selection(mine, Location(LOCAL_BUCKET, directory), [file.key]))
    planned = [each.action async for each in session.follow(DryRun(deletion))]
    assert planned == [PlannedAction.REFUSE]
    with pytest.raises(ProblemError, match="as local disk"):
        await session.ask(SubmitDelete(deletion))
    assert names_in(tmp_path) == ["file"]
