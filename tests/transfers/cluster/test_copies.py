"""Copies by the workers of a cluster end as those of this machine do."""

from __future__ import annotations

from tests.transfers.cluster.cluster_world import ClusterWorld
from tui.model.transfer import Outcome, TransferState


async def test_every_object_is_copied_once(clustered: ClusterWorld) -> None:
    made = clustered.fill(60)
    transfer, results = await clustered.ended(await clustered.queue.submit(clustered.order(prefixes=("data/",))))
    assert (transfer.state, transfer.problem) == (TransferState.DONE, None)
    assert (transfer.objects_done, transfer.objects_total) == (60, 60)
    assert {each.outcome for each in results} == {Outcome.COPIED}
    clustered.assert_equal(made)
    assert set(clustered.sent().values()) == {1}
    assert sum(each.objects for each in transfer.workers) == 60
