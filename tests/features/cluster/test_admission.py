"""Workers with another release, another build or other identities are not used, and each is named."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

import tui
from tests.features.cluster.conftest import ClusterWorld, blocked
from tests.servers.server import write_profiles
from tests.transfers.world import ONLY_DEMO, until_it, why
from tui.core.engines import WorkerCredentials, WorkerState, read_engine
from tui.core.problem import Problem, ProblemKind
from tui.core.transfer import ObjectResult, Transfer, TransferState
from tui.features.cluster.cluster_engine import identities_of
from tui.features.cluster.worker_checks import SILENT, check_workers

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
        directory, "tui/features/cluster/worker_messages.py", "\nVERSION = ", "\nVERSION = 9"
    )


def other_identity(world: ClusterWorld, directory: Path) -> dict[str, str]:
    """The profile of A has the keys of B."""
    server = world.world.buckets.server
    a = replace(server.a, access_key=server.b.access_key, secret_key=server.b.secret_key)
    return dict(write_profiles(directory, server.endpoint, a, server.b))


async def missing(world: ClusterWorld) -> dict[str, list[Problem]]:
    order = world.order(prefixes=PREFIXES)
    connections = [order.selection.connection, order.destination.connection]
    engine, options = read_engine(world.cluster.address), world.cluster.options(WorkerCredentials.PROFILES)
    reports = await check_workers(engine, options, identities_of(world.connections), connections)
    return {each.name: each.missing for each in reports}


@ONLY_DEMO
async def test_what_is_said_of_workers_that_are_somebody_else(
    here: ClusterWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a copy, where one may be silent, and by the copy."""
    here.fill(3)
    a, b = "tcp://127.0.0.1:1", "tcp://127.0.0.1:2"
    assert await missing(here) == {"scheduler": [], a: [], b: []}
    for variable, value in other_identity(here, tmp_path).items():
        monkeypatch.setenv(variable, value)
    done, results = await ended(here)
    words = f"worker {a} has another identity: arn:aws:iam::222222222222:user/bob instead of arn:aws:iam::1111"
    assert (done.state, results, why(done).title[: len(words)]) == (TransferState.FAILED, [], words)
    assert [each.state for each in done.workers] == [WorkerState.REFUSED] * 2
    assert here.sent() == {}
    cast("Any", here.cluster).silent.add(b)
    assert await missing(here) == {"scheduler": [], a: [done.problem], b: [SILENT]}


async def ended(world: ClusterWorld) -> tuple[Transfer, list[ObjectResult]]:
    return await world.ended(await world.queue.submit(world.order(prefixes=PREFIXES)))


@pytest.mark.thorough
async def test_a_worker_that_is_another_is_refused_when_it_joins(clustered: ClusterWorld, tmp_path: Path) -> None:
    made = clustered.fill(COUNT)
    held = blocked(clustered, COUNT // 4)
    transfer = await clustered.queue.submit(clustered.order(prefixes=PREFIXES))
    await held.are_waiting(1)
    cluster, good, expected = clustered.cluster, list(clustered.cluster.workers), {}
    for number, (other, kind, words) in enumerate(
        (
            (other_release, ProblemKind.OTHER_VERSION, f"has xs3-tui 0.0.1, not {tui.__version__}"),
            (other_build, ProblemKind.OTHER_VERSION, f"has another build of xs3-tui {tui.__version__}"),
            (other_identity, ProblemKind.INVALID, "has another identity: "),
        )
    ):
        directory = tmp_path / str(number)
        directory.mkdir()
        name = cluster.start_worker(other(clustered, directory)).name
        expected[name] = (kind, words)

        def refused(now: Transfer, name: str = name) -> bool:
            return WorkerState.REFUSED in [each.state for each in now.workers if each.name == name]

        now = await until_it(clustered.queue, transfer, "it is refused", refused, 20)
        [worker] = [each for each in now.workers if each.name == name]
        assert worker.objects == 0
        assert why(worker).title.startswith(f"worker {name} ")
        assert words in why(worker).title
    held.open()
    done, results = await clustered.ended(transfer)
    assert (done.state, done.problem, len(results)) == (TransferState.DONE, None, COUNT)
    clustered.assert_equal(made)

    said = {each: problems for each, problems in (await missing(clustered)).items() if problems}
    assert said.keys() == expected.keys()
    for name, (kind, words) in expected.items():
        [problem] = said[name]
        assert (problem.kind, words in problem.title, bool(problem.remedy)) == (kind, True, True)

    versions = cluster.workers[len(good) : -1]
    sent = clustered.sent()
    done, results = await ended(clustered)
    assert (done.state, results) == (TransferState.FAILED, [])
    assert why(done).title == "the cluster runs other versions than this machine"
    assert all(f"worker {each.name} {expected[each.name][1]}" in why(done).cause for each in versions)
    assert clustered.sent() == sent, "nothing more is copied"
