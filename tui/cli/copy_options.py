"""Options of cp and mv: which objects (rm takes these, too), how they are copied, and how fast."""

from __future__ import annotations

from typing import TypedDict

import click

from tui.cli.identity_options import BACKGROUND, RECEIPT, F, with_options
from tui.cli.parameter_types import ENGINE, FILE, RATE, SIZE, STORAGE_CLASS, TEXT, WHEN
from tui.core.engines import LOCAL, ClusterOptions, Engine, WorkerCredentials
from tui.core.orders import USUAL_DAYS, AclChoice, ConflictPolicy, CopyOptions, CopyRoute, Filters, RestoreTier
from tui.core.transfer import Limits
from tui.settings import TransferSettings


class TypedCluster(TypedDict):
    """The values of the options of `cluster_options`."""

    worker_credentials: str
    cluster_ca: str | None
    cluster_cert: str | None
    cluster_key: str | None
    insecure_cluster: bool


def cluster_options(command: F) -> F:
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


KMS = "aws:kms"

ENCRYPTIONS = ["AES256", KMS]


class TypedFilters(TypedDict):
    """The values of the options of `filter_options`."""

    include: tuple[str, ...]
    exclude: tuple[str, ...]
    newer_than: float | None
    older_than: float | None
    min_size: int | None
    max_size: int | None


class TypedAttributes(TypedDict):
    """The values of the options of `attribute_options`."""

    route: str | None
    multipart_threshold: int | None
    part_size: int | None
    acl: str
    storage_class: str | None
    encryption: str | None
    kms_key: str
    receipt: str | None
    annotations: bool
    object_lock: bool
    restore: bool
    restore_tier: str
    restore_days: int


class TypedCopy(TypedAttributes, TypedCluster):
    """The values of the options of `copy_options`."""

    on_conflict: str
    engine: Engine


class TypedPace(TypedDict):
    """The values of the options of `pace_options`."""

    limit_rate: int | None
    at_once: int | None
    background: bool
    quiet: bool


def filter_options(command: F) -> F:
    """Which objects below a prefix are meant."""
    return with_options(
        command,
        click.option(
            "--include",
            type=TEXT,
            multiple=True,
            metavar="GLOB",
            help="Include only names below the prefix that match; * crosses /. A pattern without / also matches the "
            "last part of a name: README means docs/README, too. Repeatable.",
        ),
        click.option(
            "--exclude",
            type=TEXT,
            multiple=True,
            metavar="GLOB",
            help="Exclude names that match, read as those of --include, over which it takes precedence. Repeatable.",
        ),
        click.option(
            "--newer-than",
            type=WHEN,
            metavar="TIME",
            help="Modified after this time: 2026-11-01, or 7d for seven days ago.",
        ),
        click.option("--older-than", type=WHEN, metavar="TIME", help="Modified before this time."),
        click.option("--min-size", type=SIZE, metavar="SIZE", help="Minimum size: 4096, 10M, 1.5G."),
        click.option("--max-size", type=SIZE, metavar="SIZE", help="Maximum size."),
    )


def copy_options(command: F) -> F:
    """How objects are copied, and what copies get."""
    return with_options(
        command,
        click.option(
            "--on-conflict",
            type=click.Choice([policy.value for policy in ConflictPolicy]),
            default=ConflictPolicy.ASK.value,
            show_default=True,
            help="What to do with objects that exist at the target. Without a terminal, 'ask' keeps them and exits "
            "with 1; 'skip' keeps them and exits with 0.",
        ),
        click.option(
            "--engine",
            type=ENGINE,
            default=LOCAL,
            show_default=True,
            help="What carries it out: this machine (local), a job of S3 Batch Operations (batch), or the workers of a "
            "Dask scheduler (dask://HOST:PORT, tls://HOST:PORT).",
        ),
        cluster_options,
        attribute_options,
    )


def attribute_options(command: F) -> F:
    """The same without what happens to objects that exist at the target."""
    return with_options(
        command,
        click.option("--route", type=click.Choice([route.value for route in CopyRoute]), help="Use only this route."),
        click.option(
            "--multipart-threshold", type=SIZE, metavar="SIZE", help="Use a multipart copy for larger objects."
        ),
        click.option("--part-size", type=SIZE, metavar="SIZE", help="Size of each part."),
        click.option(
            "--acl",
            type=click.Choice([acl.value for acl in AclChoice]),
            default=AclChoice.AUTO.value,
            show_default=True,
            help="ACL of the copies; 'copy' keeps the grants of the source.",
        ),
        click.option(
            "--storage-class",
            type=STORAGE_CLASS,
            metavar="CLASS",
            help="Storage class of the copies, such as GLACIER_IR; one that only another server has: other:NAME. "
            "Without it: that of the source.",
        ),
        click.option(
            "--encryption",
            type=click.Choice(ENCRYPTIONS),
            help="Encryption of the copies. Without it: the target bucket's default.",
        ),
        click.option(
            "--kms-key", type=TEXT, default="", metavar="KEY", help="With aws:kms: id, ARN or alias of the KMS key."
        ),
        click.option(
            "--annotations/--no-annotations", default=True, show_default=True, help="Copy object annotations, or not."
        ),
        click.option("--object-lock", is_flag=True, help="Copy Object Lock retention and holds."),
        click.option(
            "--restore", is_flag=True, help="Restore archived sources first, and copy when all of it can be read."
        ),
        click.option(
            "--restore-tier",
            type=click.Choice([tier.value for tier in RestoreTier], case_sensitive=False),
            default=RestoreTier.STANDARD.value,
            show_default=True,
            help="With --restore: how fast, and how dear.",
        ),
        click.option(
            "--restore-days",
            type=click.IntRange(1),
            default=USUAL_DAYS,
            show_default=True,
            help="With --restore: how long the restored copies are kept.",
        ),
        RECEIPT,
    )


def pace_options(command: F) -> F:
    """How fast, whether to wait for the end, and how much is printed until then."""
    return with_options(
        command,
        click.option(
            "--limit-rate",
            type=RATE,
            metavar="RATE",
            help="Maximum bytes per second through this machine, such as 10M.",
        ),
        click.option(
            "--at-once", type=click.IntRange(1), metavar="N", help="Maximum number of objects copied at the same time."
        ),
        BACKGROUND,
        click.option("-q", "--quiet", is_flag=True, help="Print only what failed, and the last line."),
    )


def filters(typed: TypedFilters) -> Filters:
    return Filters(
        include=list(typed["include"]),
        exclude=list(typed["exclude"]),
        newer_than=typed["newer_than"],
        older_than=typed["older_than"],
        min_size=typed["min_size"],
        max_size=typed["max_size"],
    )


def options(typed: TypedAttributes, cut: TransferSettings, *, move: bool, conflict: ConflictPolicy) -> CopyOptions:
    """The options that were typed; how objects are cut is taken from the settings where it was not.

    Raises a usage error as `need_kms` does.
    """
    need_kms(typed["kms_key"], typed["encryption"])
    return CopyOptions(
        conflict=conflict,
        route=CopyRoute(typed["route"]) if typed["route"] else None,
        multipart_threshold=typed["multipart_threshold"] or cut.multipart_threshold,
        part_size=typed["part_size"] or cut.part_size,
        move=move,
        acl=AclChoice(typed["acl"]),
        storage_class=typed["storage_class"] or "",
        encryption=typed["encryption"] or "",
        kms_key=typed["kms_key"],
        receipt=typed["receipt"] or "",
        annotations=typed["annotations"],
        object_lock=typed["object_lock"],
        restore=RestoreTier(typed["restore_tier"]) if typed["restore"] else None,
        restore_days=typed["restore_days"],
    )


def need_kms(key: str, encryption: str | None) -> None:
    """Raise a usage error for a KMS key that would not be used; S3 refuses it, too."""
    if key and encryption != KMS:
        raise click.UsageError(f"--kms-key needs --encryption {KMS}")


def limits(typed: TypedPace) -> Limits:
    return Limits(rate=typed["limit_rate"], objects=typed["at_once"])
