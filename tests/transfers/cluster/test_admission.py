"""Workers with another release, another build or other identities are not used, and each is named."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import tui
from tests.servers.server import write_profiles
from tests.transfers.cluster.blocked import blocked
from tests.transfers.cluster.cluster_world import ClusterWorld
from tests.waiting import until
from tui.model.cluster import Worker, WorkerState
from tui.model.engines import read_engine
from tui.model.problem import Problem, ProblemKind
from tui.model.transfer import TransferState
from tui.transfers.cluster.checking import check_workers
from tui.transfers.cluster.engine import identities_of

COUNT = 60
PREFIXES = tuple(f"data/{at}/" for at in range(8))


def changed_package(directory: Path, module: str, old: str, new: str) -> dict[str, str]:
    """The environment of a worker that has another build: a copy of the package in which one line is another."""
    shutil.copytree(Path(tui.__file__).parent, directory / "tui", ignore=shutil.ignore_patterns("__pycache__"))
    file = directory / module
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))
    return {"PYTHONPATH": str(directory)}


def other_release(world: ClusterWorld, directory: Path) -> dict[str, str]:
    return dict(world.cluster.environment) | changed_package(
        directory, "tui/__init__.py", f'"{tui.__version__}"', '"0.0.1"'
    )


def other_build(world: ClusterWorld, directory: Path) -> dict[str, str]:
    return dict(world.cluster.environment) | changed_package(
        directory, "tui/transfers/cluster/talk.py", "\nVERSION = ", "\nVERSION = 9"
    )


def other_identity(world: ClusterWorld, directory: Path) -> dict[str, str]:
    """The profile of A has the keys of B."""
    server = world.world.buckets.server
    a = replace(server.a, access_key=server.b.access_key, secret_key=server.b.secret_key)
    return dict(write_profiles(directory, server.endpoint, a, server.b))


Other = Callable[[ClusterWorld, Path], dict[str, str]]

OTHERS = pytest.mark.parametrize(
    ("other", "kind", "words"),
    [
        (other_release, ProblemKind.OTHER_VERSION, f"has xs3-tui 0.0.1, not {tui.__version__}"),
        (other_build, ProblemKind.OTHER_VERSION, f"has another build of xs3-tui {tui.__version__}"),
        (other_identity, ProblemKind.INVALID, "is another identity: "),
    ],
    ids=["release", "build", "identity"],
)


async def missing(world: ClusterWorld) -> dict[str, list[Problem]]:
    """What `workers check` says of each worker."""
    order = world.order(prefixes=PREFIXES)
    connections = [order.selection.connection, order.destination.connection]
    engine, options = read_engine(world.cluster.address), world.cluster.options()
    reports = await check_workers(engine, options, identities_of(world.connections), connections)
    return {each.name: each.missing for each in reports}


@OTHERS
async def test_a_worker_that_joins_is_refused(
    clustered: ClusterWorld, tmp_path: Path, other: Other, kind: ProblemKind, words: str
) -> None:
    made = clustered.fill(COUNT)
    held = blocked(clustered, COUNT // 4)
    transfer = await clustered.queue.submit(clustered.order(prefixes=PREFIXES))
    await held.reached()
    directory = tmp_path / "other"
    directory.mkdir()
    name = clustered.cluster.start_worker(other(clustered, directory)).name

    async def joined() -> Worker | None:
        workers = (await clustered.transfer(transfer)).workers
        return next((each for each in workers if each.name == name and each.problem), None)

    async def refused() -> bool:
        return await joined() is not None

    await until(refused, "it is refused", timeout=20)
    worker = await joined()
    assert worker
    assert worker.problem
    assert (worker.state, worker.objects) == (WorkerState.REFUSED, 0)
    assert worker.problem.title.startswith(f"worker {name} ")
    assert words in worker.problem.title
    held.opened.set()
    done, results = await clustered.ended(transfer)
    assert (done.state, done.problem, len(results)) == (TransferState.DONE, None, COUNT)
    clustered.assert_equal(made)

    said = await missing(clustered)
    assert {each for each, problems in said.items() if problems} == {name}
    (problem,) = said[name]
    assert (problem.kind, words in problem.title) == (kind, True)
    assert problem.remedy


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (other_release, ("the cluster runs other versions than this machine", f"0.0.1, not {tui.__version__}")),
        (other_build, ("the cluster runs other versions than this machine", "another build of xs3-tui")),
        (other_identity, ("is another identity: ", "give its profile the same credentials")),
    ],
    ids=["release", "build", "identity"],
)
async def test_nothing_is_copied_where_it_is_seen_beforehand(
    clustered: ClusterWorld, tmp_path: Path, other: Other, words: tuple[str, ...]
) -> None:
    clustered.fill(3)
    directory = tmp_path / "other"
    directory.mkdir()
    environment = other(clustered, directory)
    name = clustered.cluster.start_worker(environment).name
    for each in clustered.cluster.workers[:2]:
        each.kill()

    async def alone() -> bool:
        return set(await missing(clustered)) == {"scheduler", name}

    await until(alone, "the scheduler has one worker", timeout=20)
    done, results = await clustered.ended(await clustered.queue.submit(clustered.order(prefixes=PREFIXES)))
    assert (done.state, results) == (TransferState.FAILED, [])
    assert done.problem
    assert f"worker {name} " in done.problem.sentence()
    assert all(each in done.problem.sentence() for each in words)
    assert clustered.world.target_keys() == []
