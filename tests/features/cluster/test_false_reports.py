"""Workers that lie, over TLS: what they say is not believed, nothing is deleted, and who they are is asked first."""

from pathlib import Path

import pytest

from tests.features.cluster.conftest import ClusterWorld
from tests.features.cluster.test_admission import changed_package
from tests.stores.faults import certificate
from tests.transfers.world import why
from tui.core.engines import ClusterOptions, read_engine
from tui.core.transfer import TransferState
from tui.features.cluster import cluster_engine
from tui.features.cluster.scheduler_connection import SchedulerLost, scheduler_client

COUNT = 24
PREFIXES = tuple(f"data/{at}/" for at in range(8))
LIES = {
    "objects of other ranges": (
        "tui/features/cluster/worker_journal.py",
        "self._outbox.put(PackedResult(section, pack_key(key), pack_result(result)))",
        'self._outbox.put(PackedResult(1, b"data/0/elsewhere", pack_result(result)))',
        "has sent a report that cannot be true",
    ),
    "all is done": (
        "tui/features/cluster/worker_run.py",
        "yield SectionPage(section, mine)",
        "yield SectionPage(section, [])",
        "objects that the workers left out: 24",
    ),
}


@pytest.mark.thorough
@pytest.mark.parametrize("lie", list(LIES))
async def test_a_worker_that_lies(
    clustered: ClusterWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lie: str
) -> None:
    """Nothing that was there is changed, at neither side."""
    monkeypatch.setattr(cluster_engine, "CLOCKS", -60.0)  # the objects are made right before the copy
    made = clustered.fill(COUNT)
    module, old, new, words = LIES[lie]
    environment = dict(clustered.cluster.environment) | changed_package(tmp_path, module, old, new)
    for worker in list(clustered.cluster.workers):
        worker.kill()
    clustered.cluster.start_worker(environment)
    done, _ = await clustered.ended(await clustered.queue.submit(clustered.order(prefixes=PREFIXES)))
    assert done.state is TransferState.FAILED
    assert words in why(done).title
    listed = clustered.world.a.list_objects_v2(Bucket=clustered.world.buckets.a)["Contents"]
    assert [each["Key"] for each in listed] == sorted(made)
    assert clustered.proxy.count("DeleteObject") == 0
    clustered.cluster.workers.pop().kill()  # no other test has use for it


@pytest.mark.thorough
async def test_who_has_no_certificate_of_the_authority_is_not_let_in(clustered: ClusterWorld, tmp_path: Path) -> None:
    """Neither this machine, nor a scheduler with another one."""
    other = str(certificate(tmp_path)[0])
    scheduler, ours = read_engine(clustered.cluster.address), str(clustered.cluster.certificate)
    for options in (
        ClusterOptions(ca=ours, certificate=other, key=other),
        ClusterOptions(ca=other, certificate=ours, key=ours),
    ):
        with pytest.raises(SchedulerLost, match="cannot be reached"):
            async with scheduler_client(scheduler, options):
                pass
