"""The options that say how a Dask cluster is reached, and where its workers have credentials from."""

from __future__ import annotations

from typing import TypedDict

import click

from tui.cli.options.usual import Command, with_options
from tui.cli.parameter_types import FILE
from tui.core.engines import ClusterOptions, WorkerCredentials


class TypedCluster(TypedDict):
    """The values of the options of `cluster_options`."""

    worker_credentials: str
    cluster_ca: str | None
    cluster_cert: str | None
    cluster_key: str | None
    insecure_cluster: bool


def cluster_options(command: Command) -> Command:
    """How a Dask cluster is reached."""
    return with_options(
        command,
        click.option(
            "--worker-credentials",
            type=click.Choice([each.value for each in WorkerCredentials]),
            default=WorkerCredentials.SESSION.value,
            show_default=True,
            help="Credentials of Dask workers: sessions for this copy that they are given over TLS and that expire, "
            "or profiles of the same names that they have themselves, whose keys may last.",
        ),
        click.option(
            "--cluster-ca",
            type=FILE,
            metavar="FILE",
            help="Authority that signed the certificates of a Dask cluster. Without it: Dask's configuration.",
        ),
        click.option("--cluster-cert", type=FILE, metavar="FILE", help="Certificate to show to a Dask cluster."),
        click.option("--cluster-key", type=FILE, metavar="FILE", help="Key of that certificate."),
        click.option(
            "--insecure-cluster",
            is_flag=True,
            help="Use a Dask scheduler on another machine without TLS: anyone who reaches it can run programs on its "
            "workers.",
        ),
    )


def cluster(typed: TypedCluster) -> ClusterOptions:
    """How it is reached, as the engine takes it."""
    return ClusterOptions(
        credentials=WorkerCredentials(typed["worker_credentials"]),
        ca=typed["cluster_ca"] or "",
        certificate=typed["cluster_cert"] or "",
        key=typed["cluster_key"] or "",
        insecure=typed["insecure_cluster"],
    )
