"""``xs3-tui workers check``, and a copy by workers as it is typed; scheduler and workers are processes of their own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import tui
from tests.cli.conftest import Run
from tests.servers.server import S3Server
from tests.transfers.cluster.dask_cluster import DaskCluster, running_cluster


@pytest.fixture
def cluster(demo_environment: S3Server, tmp_path: Path) -> Iterator[DaskCluster]:
    """One worker that has the profiles."""
    with running_cluster(tmp_path / "dask", demo_environment.environment, workers=1) as cluster:
        yield cluster


def tls(cluster: DaskCluster) -> list[str]:
    file = str(cluster.certificate)
    return ["--cluster-ca", file, "--cluster-cert", file, "--cluster-key", file]


ENDS = ("--from", "media-prod", "--to", "analytics")


def test_a_cluster_where_nothing_is_missing_copies(run: Run, cluster: DaskCluster) -> None:
    ended = run("workers", "check", cluster.address, *ENDS, *tls(cluster))
    assert ended.code == 0, ended.out
    scheduler, worker = ended.out.splitlines()
    assert scheduler.startswith("scheduler  nothing is missing  python ")
    assert worker.startswith("worker-1")
    assert "nothing is missing" in worker
    assert "xs3-tui" in worker
    copied = run(
        "cp", "-r", "s3://media-prod-assets/video/", "s3://analytics-landing/by-workers/", *ENDS, *tls(cluster),
        "--on-conflict", "overwrite", "--engine", cluster.address, "--json",
    )  # fmt: skip
    assert copied.code == 0, copied.err
    assert copied.total["engine"] == cluster.address
    assert copied.total["objects_done"] == len(copied.results) > 0
    assert [each["failed"] for each in copied.total["workers"]] == [0]


def test_what_is_missing_on_a_worker_is_named(run: Run, cluster: DaskCluster, tmp_path: Path) -> None:
    none = dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), str(tmp_path / "none"))
    cluster.start_worker({**none, "AWS_EC2_METADATA_DISABLED": "true"})
    ended = run("workers", "check", cluster.address, *ENDS, *tls(cluster), "--json")
    assert ended.code == 1
    scheduler, first, second = ended.objects
    assert (scheduler["name"], scheduler["missing"], first["missing"]) == ("scheduler", [], [])
    assert [each["title"] for each in second["missing"]] == ["no profile 'media-prod'", "no profile 'analytics'"]


def test_a_worker_of_another_release_is_named(run: Run, cluster: DaskCluster, tmp_path: Path) -> None:
    shutil.copytree(Path(tui.__file__).parent, tmp_path / "tui", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "tui/__init__.py").write_text('__version__ = "0.0.1"')
    other = cluster.start_worker({**cluster.environment, "PYTHONPATH": str(tmp_path)})
    ended = run("workers", "check", cluster.address, *ENDS, *tls(cluster))
    assert ended.code == 1
    _, first, second, *lines = ended.out.splitlines()
    assert "nothing is missing" in first
    assert second.startswith(other.name)
    title = f"worker {other.name} has xs3-tui 0.0.1, not {tui.__version__}"
    assert lines == [f"  {title} · install xs3-tui {tui.__version__} there"]


def test_there_is_no_scheduler(run: Run, demo_environment: S3Server) -> None:
    ended = run("workers", "check", "dask://127.0.0.1:9", *ENDS)
    assert ended.code == 1
    assert "the Dask scheduler dask://127.0.0.1:9 cannot be reached" in ended.err


def test_an_engine_that_is_none(run: Run, demo_environment: S3Server) -> None:
    assert run("workers", "check", "batch", *ENDS).code == 2
