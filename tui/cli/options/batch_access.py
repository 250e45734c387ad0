"""Options that say what a job of S3 Batch Operations does, where, and as which role: of ``access batch``."""

from __future__ import annotations

import click

from tui.cli.copy_options import ENCRYPTIONS, need_kms
from tui.cli.identity_options import Command, TypedIdentity, identity_options, with_options
from tui.cli.parameter_types import ENDPOINT, PROFILE, S3_URI, TEXT
from tui.core.jobs import AUTO_ACL, BatchOperation, JobAccess, JobPlace, job_folder
from tui.core.location import Location
from tui.core.orders import AclChoice, CopyOptions


class TypedJob(TypedIdentity):
    """The values of the options of `job_options`."""

    target: Location | None
    operation: str
    reports: Location
    manifest: Location | None
    inventory: bool
    generated: bool
    versions: bool
    no_tags: bool
    annotations: bool
    object_lock: bool
    acl: str
    job_role: str
    other: str | None
    other_endpoint: str | None
    encryption: str | None
    kms_key: str
    source_key: tuple[str, ...]
    target_key: tuple[str, ...]
    report_key: tuple[str, ...]


def job_options(command: Command) -> Command:
    """What a job does, where, and as which role; beside the options of `identity_options`."""
    return with_options(
        command,
        click.argument("source", metavar="SOURCE", type=S3_URI),
        click.argument("target", metavar="[TARGET]", type=S3_URI, required=False),
        click.option(
            "--operation",
            type=click.Choice([each.value for each in BatchOperation]),
            default=BatchOperation.COPY.value,
            show_default=True,
            help="What is done to each object; only a copy has a TARGET.",
        ),
        click.option("--reports", type=S3_URI, required=True, help="Where manifests and reports are written."),
        click.option("--manifest", type=S3_URI, help="The manifest, if it is not below --reports."),
        click.option("--inventory", is_flag=True, help="The manifest is an S3 Inventory report."),
        click.option("--generated", is_flag=True, help="S3 generates the manifest."),
        click.option("--versions", is_flag=True, help="The manifest names versions."),
        click.option("--no-tags", is_flag=True, help="Copies get no tags."),
        click.option(
            "--annotations/--no-annotations",
            default=CopyOptions().annotations,
            show_default=True,
            help="Copies get annotations, as cp has it.",
        ),
        click.option("--object-lock", is_flag=True, help="Copies get a retention and a legal hold."),
        click.option(
            "--acl",
            type=TEXT,
            default="",
            metavar="NAME",
            help="The canned ACL that the job sends, or none. Without it, a copy into a bucket of another account with "
            "ACLs sends bucket-owner-full-control, as cp does.",
        ),
        click.option(
            "--job-role", type=TEXT, default="", metavar="NAME", help="The role, by name or ARN; it may exist."
        ),
        click.option("--other", type=PROFILE, help="An identity of the other account, for its policies."),
        click.option("--other-endpoint", type=ENDPOINT, metavar="URL", help="Endpoint URL of that identity."),
        click.option(
            "--encryption", type=click.Choice(ENCRYPTIONS), help="Encryption that the job asks for, as cp does."
        ),
        click.option(
            "--kms-key", type=TEXT, default="", metavar="KEY", help="With aws:kms: id, ARN or alias of the KMS key."
        ),
        click.option("--source-key", type=TEXT, multiple=True, metavar="ARN", help="KMS key of the source's objects."),
        click.option("--target-key", type=TEXT, multiple=True, metavar="ARN", help="KMS key of the copies."),
        click.option("--report-key", type=TEXT, multiple=True, metavar="ARN", help="KMS key of manifests and reports."),
        identity_options,
    )


def job_access(source: Location, typed: TypedJob) -> JobAccess:
    """The job, without its account."""
    operation, target = BatchOperation(typed["operation"]), typed["target"]
    if operation is BatchOperation.COPY and target is None:
        raise click.UsageError("name the target of the copy: SOURCE TARGET; or another --operation")
    for each in filter(None, (source, target, typed["reports"], typed["manifest"])):
        if not each.bucket or each.is_local:
            raise click.UsageError("name buckets or prefixes: s3://bucket/prefix/")
    if typed["inventory"] and not typed["manifest"]:
        raise click.UsageError("name the report's manifest.json: --manifest s3://bucket/…/manifest.json")
    if typed["encryption"] and target is None:
        raise click.UsageError("only a copy is encrypted: --encryption needs a TARGET")
    need_kms(typed["kms_key"], typed["encryption"])
    ours = job_folder(typed["reports"])
    keys = list(typed["report_key"])
    return JobAccess(
        operation,
        account="",
        source=JobPlace(source, kms_keys=list(typed["source_key"])),
        target=_target(target, typed) if target else None,
        manifest=JobPlace(typed["manifest"] or (typed["reports"] if typed["generated"] else ours), kms_keys=keys),
        report=JobPlace(ours, kms_keys=keys),
        region=typed["region"] or "",
        role=typed["job_role"],
        versions=typed["versions"],
        inventory=typed["inventory"],
        generated=typed["generated"],
        tags=not typed["no_tags"],
        annotations=typed["annotations"],
        object_lock=typed["object_lock"],
        acl=_acl(typed["acl"], operation),
    )


def _acl(typed: str, operation: BatchOperation) -> str:
    """What is sent, as `JobAccess.acl`."""
    if not typed and operation is BatchOperation.COPY:
        return AUTO_ACL
    return "" if typed == AclChoice.NONE.value else typed


def _target(target: Location, typed: TypedJob) -> JobPlace:
    keys = list(typed["target_key"])
    return JobPlace(target, kms_keys=keys, encryption=typed["encryption"] or "", kms_key=typed["kms_key"])
