"""What changes a bucket, asked of a real engine over its socket: tried out, counted, made, moved and deleted."""

from __future__ import annotations

import pytest

from tui.model.identity import IdentitySpec
from tui.model.location import Location
from tui.model.orders import CopyOptions, CopyOrder, DeleteOrder, Destination, Filters, Selection
from tui.model.plan import PlannedAction, Tally
from tui.model.problem import ProblemError, ProblemKind
from tui.model.transfer import Outcome
from tui.protocol.messages.identities import Connect
from tui.protocol.messages.places import CreateBucket, CreatePrefix, ListBuckets, ListObjects
from tui.protocol.messages.transfers import DryRun, PlanDelete, SubmitCopy, SubmitDelete, WatchResults
from tui.protocol.session import EngineSession

BUCKET = "made-by-the-engine"


async def connected(session: EngineSession) -> str:
    identities = [identity async for identity in session.follow(Connect(IdentitySpec("media-prod")))]
    return identities[-1].connection


async def names(session: EngineSession, connection: str) -> list[str]:
    listing = session.follow(ListObjects(connection, Location(BUCKET), recursive=True))
    return [name async for page in listing for name in page.names]


async def outcomes(session: EngineSession, transfer: str) -> list[Outcome]:
    return [result.outcome async for result in session.follow(WatchResults(transfer))]


async def test_a_bucket_is_made_filled_renamed_and_emptied(session: EngineSession) -> None:
    connection = await connected(session)
    await session.ask(CreateBucket(connection, BUCKET))
    assert BUCKET in [each.name for each in (await session.ask(ListBuckets(connection))).buckets]
    for prefix in ("old/", "old/deep/"):
        await session.ask(CreatePrefix(connection, Location(BUCKET, prefix)))

    selection = Selection(connection, Location(BUCKET, "old/"), prefixes=["old/"])
    move = CopyOrder(selection, Destination(connection, Location(BUCKET, "new/")), CopyOptions(move=True))
    planned = [each async for each in session.follow(DryRun(move))]
    assert [(each.target, each.action) for each in planned] == [
        (f"s3://{BUCKET}/new/", PlannedAction.COPY),
        (f"s3://{BUCKET}/new/deep/", PlannedAction.COPY),
    ]
    assert await names(session, connection) == ["old/", "old/deep/"]
    moving = await session.ask(SubmitCopy(move))
    assert await outcomes(session, moving.transfer) == [Outcome.MOVED, Outcome.MOVED]
    assert await names(session, connection) == ["new/", "new/deep/"]

    deep = Filters(include=["*deep*"])
    deletion = DeleteOrder(Selection(connection, Location(BUCKET), prefixes=["new/"], filters=deep))
    tallies = [tally async for tally in session.follow(PlanDelete(deletion))]
    assert tallies[-1] == Tally(objects=1, bytes=0, filtered=1, complete=True)
    assert [each.source async for each in session.follow(DryRun(deletion))] == [f"s3://{BUCKET}/new/deep/"]
    deleting = await session.ask(SubmitDelete(deletion))
    assert await outcomes(session, deleting.transfer) == [Outcome.DELETED]
    assert await names(session, connection) == ["new/"]


async def test_what_makes_no_sense_is_refused_at_once(session: EngineSession) -> None:
    connection = await connected(session)
    bad = DeleteOrder(Selection(connection, Location("media-prod-assets"), prefixes=["x/"], filters=Filters(["a[b"])))
    with pytest.raises(ProblemError, match="a\\[b"):
        await session.ask(SubmitDelete(bad))
    with pytest.raises(ProblemError, match="a\\[b"):
        await anext(session.follow(PlanDelete(bad)))
    with pytest.raises(ProblemError, match="a\\[b"):
        await anext(session.follow(DryRun(bad)))
    with pytest.raises(ProblemError) as caught:
        await session.ask(CreateBucket(connection, "Not_A_Bucket"))
    assert caught.value.problem.kind is ProblemKind.INVALID
