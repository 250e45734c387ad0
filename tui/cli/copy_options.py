"""Options of cp and mv: which objects (rm takes these, too), how they are copied, and how fast."""

from __future__ import annotations

import re
from typing import Any

import click

from tui.cli.command_identity import settings
from tui.cli.exits import refuse_if
from tui.cli.identity_options import BACKGROUND, QUIET, RECEIPT, F, Typed, taken, with_options
from tui.cli.parameter_types import ENGINE, EXPIRES, FILE, HEADER, METADATA, RATE, SIZE, STORAGE_CLASS, TEXT, WHEN
from tui.core import orders
from tui.core.engines import LOCAL, ClusterOptions, WorkerCredentials
from tui.core.location import Location
from tui.core.transfer import Limits
from tui.settings import TransferSettings

_EVERYDAY = """
    profile from_profile to_profile recursive dry_run include exclude conflict storage_class content_type metadata
    limit_rate background quiet as_json delete yes checksum help_all _click_default_help
"""


class CopyCommand(click.Command):
    """A command with many options: ``--help`` has those of every day, ``--help-all`` every one."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        text = "Show all options: filters, headers, limits, engines (S3 Batch Operations, Dask)."
        self.params.append(
            click.Option(["--help-all"], is_flag=True, is_eager=True, expose_value=False, callback=_show_all, help=text)
        )

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        shown = [each for each in self.get_params(ctx) if _ALL in ctx.meta or each.name in _EVERYDAY.split()]
        records = [record for each in shown if (record := each.get_help_record(ctx))]
        if _ALL not in ctx.meta:
            records = [(name, _FIRST.sub(r".\1", text, count=1)) for name, text in records]
        with formatter.section("Options"):
            formatter.write_dl(records)


_ALL = "tui.all"

_FIRST = re.compile(r"(?:[.;] .*?)?\.?((?:  \[default: [^]]*\])?)$", re.DOTALL)
"""What follows the first sentence of a help, but for the default."""


def _show_all(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        ctx.meta[_ALL] = True
        click.echo(ctx.get_help())
        ctx.exit()


def cluster_options(command: F) -> F:
    return with_options(
        command,
        click.option(
            "--worker-credentials",
            "credentials",
            type=click.Choice([each.value for each in WorkerCredentials]),
            default=WorkerCredentials.SESSION.value,
            show_default=True,
            help="Credentials of Dask workers. session: temporary credentials for this copy, sent to them over TLS. "
            "profiles: their own profiles of the same names, which may have long-term keys.",
        ),
        click.option(
            "--cluster-ca",
            "ca",
            type=FILE,
            metavar="FILE",
            help="CA certificate of the Dask cluster. Default: as in Dask's configuration.",
        ),
        click.option(
            "--cluster-cert", "certificate", type=FILE, metavar="FILE", help="Client certificate for the Dask cluster."
        ),
        click.option("--cluster-key", "key", type=FILE, metavar="FILE", help="Private key of the client certificate."),
        click.option(
            "--insecure-cluster",
            "insecure",
            is_flag=True,
            help="Use a Dask scheduler on another machine without TLS: anyone who reaches it can run programs on its "
            "workers.",
        ),
    )


def cluster(typed: Typed) -> ClusterOptions:
    return taken(ClusterOptions, typed)


KMS = "aws:kms"

ENCRYPTIONS = ["AES256", KMS]


class PatternOption(click.Option):
    """``--include`` or ``--exclude``: if both are given, ``rules`` are their patterns in the typed order."""

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        super().add_to_parser(parser, ctx)
        ctx.meta[_RULES] = []
        parsed = parser._long_opt[self.opts[0]]  # click does not keep the order of two options
        process = parsed.process

        def noting(value: str, state: Any) -> None:
            ctx.meta[_RULES].append((self.name == "include", value))
            process(value, state)

        parsed.process = noting

    def handle_parse_result(self, ctx: click.Context, opts: Any, args: list[str]) -> Any:
        rules: list[tuple[bool, str]] = ctx.meta.get(_RULES, [])
        ctx.params["rules"] = rules if len({include for include, _ in rules}) > 1 else []
        return super().handle_parse_result(ctx, opts, args)


_RULES = "tui.rules"


def filter_options(command: F) -> F:
    return with_options(
        command,
        click.option(
            "--include",
            cls=PatternOption,
            type=TEXT,
            multiple=True,
            metavar="GLOB",
            help="Include only names that match, relative to the prefix; * also matches /. A pattern without / also "
            "matches the last part of a name: README matches docs/README. Repeatable.",
        ),
        click.option(
            "--exclude",
            cls=PatternOption,
            type=TEXT,
            multiple=True,
            metavar="GLOB",
            help="Exclude names that match; patterns work as in --include. If both are given, the last that matches "
            "counts, as in 'aws s3'; if none does, a name is in if the first was --exclude. Repeatable.",
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


def on_conflict(command: F) -> F:
    return with_options(
        command,
        click.option(
            "--on-conflict",
            "conflict",
            type=click.Choice([policy.value for policy in orders.ConflictPolicy]),
            default=None,
            callback=lambda _context, _option, value: value or settings().transfers.on_conflict,
            help="What to do with objects that exist at the target (-f, --force: overwrite). Without a terminal, 'ask' "
            "keeps them and exits with 1; 'skip' keeps them and exits with 0. Default: ask, or on_conflict of the "
            "settings.",
        ),
        click.option("-f", "--force", "conflict", flag_value=_OVERWRITE, hidden=True),
        click.option("-n", "--no-clobber", "--no-overwrite", "conflict", flag_value=_SKIP, hidden=True),
    )


_OVERWRITE, _SKIP = orders.ConflictPolicy.OVERWRITE.value, orders.ConflictPolicy.SKIP.value


def copy_options(command: F) -> F:
    return with_options(
        command,
        on_conflict,
        click.option(
            "--engine",
            type=ENGINE,
            default=LOCAL,
            show_default=True,
            help="Where the copy runs: on this machine (local), as an S3 Batch Operations job (batch), or on the "
            "workers of a Dask scheduler (dask://HOST:PORT, tls://HOST:PORT).",
        ),
        cluster_options,
        attribute_options,
    )


_HEADERS = {
    "ContentType": ("--content-type", "Content type of the copies. Default: the source's; of a file by its name."),
    "CacheControl": ("--cache-control", "Cache-Control of the copies, such as max-age=3600."),
    "ContentEncoding": ("--content-encoding", "Content-Encoding of the copies, such as gzip."),
    "ContentDisposition": ("--content-disposition", "Content-Disposition of the copies, such as attachment."),
    "ContentLanguage": ("--content-language", "Content-Language of the copies, such as de."),
    "Expires": ("--expires", "Expires header of the copies: 2027-01-31 or 2027-01-31T12:00:00Z."),
}
"""Headers by their PutObject parameter: option and help."""


def header_options(command: F) -> F:
    return with_options(
        command,
        *(
            click.option(
                option,
                type=EXPIRES if name == "Expires" else HEADER,
                metavar="TIME" if name == "Expires" else "TEXT",
                help=text,
            )
            for name, (option, text) in _HEADERS.items()
        ),
        click.option(
            "--metadata",
            type=METADATA,
            multiple=True,
            metavar="NAME=VALUE",
            help="User-defined metadata of the copies; other metadata of the source stays. Repeatable, or with commas.",
        ),
    )


def typed_headers(typed: Typed, target: Location) -> dict[str, dict[str, str]]:
    """Headers and metadata as `CopyOptions` has them. Raise a usage error if `target` is a file, which has none."""
    given = {name: getattr(typed, option[2:].replace("-", "_")) for name, (option, _) in _HEADERS.items()}
    found = {name: value for name, value in given.items() if value is not None}
    named = [_HEADERS[name][0] for name in found] + ["--metadata"] * bool(typed.metadata)
    refuse_if(named and not target.in_s3, f"{', '.join(named)}: for objects in S3; local files have no such attributes")
    return {"headers": found, "metadata": {name: value for each in typed.metadata for name, value in each.items()}}


def attribute_options(command: F) -> F:
    """The options of `copy_options` that a sync has, too."""
    return with_options(
        command,
        header_options,
        click.option(
            "--route", type=click.Choice([route.value for route in orders.CopyRoute]), help="Use only this route."
        ),
        click.option(
            "--multipart-threshold", type=SIZE, metavar="SIZE", help="Copy objects larger than this in parts."
        ),
        click.option("--part-size", type=SIZE, metavar="SIZE", help="Size of each part."),
        click.option(
            "--acl",
            type=click.Choice([acl.value for acl in orders.AclChoice]),
            default=orders.AclChoice.AUTO.value,
            show_default=True,
            help="ACL of the copies; 'copy' keeps the grants of the source.",
        ),
        click.option(
            "--storage-class",
            type=STORAGE_CLASS,
            metavar="CLASS",
            help="Storage class of the copies, such as GLACIER_IR; other:NAME for a class that AWS does not have. "
            "Default: the class of the source.",
        ),
        click.option(
            "--encryption",
            type=click.Choice(ENCRYPTIONS),
            is_flag=False,
            flag_value=ENCRYPTIONS[0],
            help="Encryption of the copies. Default: the default encryption of the target bucket.",
        ),
        click.option(
            "--kms-key", type=TEXT, default="", metavar="KEY", help="With aws:kms: ID, ARN or alias of the KMS key."
        ),
        click.option(
            "--annotations/--no-annotations", default=True, show_default=True, help="Copy object annotations, or not."
        ),
        click.option("--object-lock", is_flag=True, help="Copy Object Lock retention and holds."),
        click.option(
            "--restore", is_flag=True, help="Restore archived source objects first; copy when all of them can be read."
        ),
        click.option(
            "--restore-tier",
            type=click.Choice([tier.value for tier in orders.RestoreTier], case_sensitive=False),
            default=orders.RestoreTier.STANDARD.value,
            show_default=True,
            help="With --restore: retrieval tier, which sets time and cost.",
        ),
        click.option(
            "--restore-days",
            type=click.IntRange(1),
            default=orders.USUAL_DAYS,
            show_default=True,
            help="With --restore: days that S3 keeps the restored copies.",
        ),
        RECEIPT,
    )


def pace_options(command: F) -> F:
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
        QUIET,
    )


def selection(typed: Typed, connection: str, place: Location, *, recursive: bool) -> orders.Selection:
    """The object at `place`, or everything below it, with the filters. A local path without a trailing / is a file."""
    filters = taken(orders.Filters, typed)
    if not recursive or (place.kind.has_directories and not place.is_prefix):
        return orders.Selection(connection, place.parent, keys=[place.key], filters=filters, version=typed.version_id)
    base = place.as_prefix
    return orders.Selection(connection, base, prefixes=[base.key], filters=filters)


def options(typed: Typed, cut: TransferSettings, target: Location, **more: object) -> orders.CopyOptions:
    """The typed options and `more`; part size and threshold default to the settings `cut`.

    Raises a usage error as `need_kms` and `typed_headers` do.
    """
    need_kms(typed.kms_key, typed.encryption)
    return taken(
        orders.CopyOptions,
        typed,
        multipart_threshold=typed.multipart_threshold or cut.multipart_threshold,
        part_size=typed.part_size or cut.part_size,
        restore=typed.restore_tier if typed.restore else None,
        **typed_headers(typed, target),
        **more,
    )


def need_kms(key: str, encryption: str | None) -> None:
    """Raise a usage error for a KMS key without aws:kms; S3 refuses that, too."""
    if key and encryption != KMS:
        raise click.UsageError(f"--kms-key needs --encryption {KMS}")


def limits(typed: Typed) -> Limits:
    return Limits(rate=typed.limit_rate, objects=typed.at_once)
