"""``xs3-tui access batch``: create, extend, revoke and check the IAM role of S3 Batch Operations jobs."""

from __future__ import annotations

import click
from msgspec.structs import replace

from tui.cli.copy_options import ENCRYPTIONS, need_kms
from tui.cli.exits import say_json
from tui.cli.identity_options import F, Typed, identity_options, other_identity, typed_identity, with_options
from tui.cli.json_output import AppliedJson, json_option
from tui.cli.parameter_types import ENDPOINT, PROFILE, S3_URI, TEXT
from tui.cli.running import connect, with_engine
from tui.core.changes import AppliedChange
from tui.core.jobs import AUTO_ACL, BatchOperation, BatchRoleOrder, JobAccess, JobPlace, RoleCheck, job_folder
from tui.core.location import Location
from tui.core.orders import AclChoice, CopyOptions
from tui.core.problem import Exit
from tui.features.access.plans_command import FORMAT, SAVE, carry_out, hand_over, plan_options
from tui.features.access.values import AccessPlan, CheckBatchRole, PlanBatchRole, PlanRevokeBatchRole
from tui.link.session import EngineAccess
from tui.text.format import visible


def job_options(command: F) -> F:
    return with_options(
        command,
        click.argument("source", metavar="SOURCE", type=S3_URI),
        click.argument("target", metavar="[TARGET]", type=S3_URI, required=False),
        click.option(
            "--operation",
            type=click.Choice([each.value for each in BatchOperation]),
            default=BatchOperation.COPY.value,
            show_default=True,
            help="What the job does to each object; only a copy has a TARGET.",
        ),
        click.option("--reports", type=S3_URI, required=True, help="Where manifests and reports are written."),
        click.option("--manifest", type=S3_URI, help="The manifest, if it is not below --reports."),
        click.option("--inventory", is_flag=True, help="The manifest is an S3 Inventory report."),
        click.option("--generated", is_flag=True, help="S3 generates the manifest."),
        click.option("--versions", is_flag=True, help="The manifest contains version IDs."),
        click.option("--no-tags", is_flag=True, help="Copies get no tags."),
        click.option(
            "--annotations/--no-annotations",
            default=CopyOptions().annotations,
            show_default=True,
            help="Copies get annotations, as with cp.",
        ),
        click.option("--object-lock", is_flag=True, help="Copies get retention and legal hold."),
        click.option(
            "--acl",
            type=TEXT,
            default="",
            metavar="NAME",
            help="Canned ACL that the job sends, or none. Default, as with cp: bucket-owner-full-control if the "
            "target bucket is of another account and has ACLs.",
        ),
        click.option(
            "--job-role", type=TEXT, default="", metavar="NAME", help="Name or ARN of the role; it may exist already."
        ),
        click.option("--other", type=PROFILE, help="Identity of the other account, which changes its policies."),
        click.option("--other-endpoint", type=ENDPOINT, metavar="URL", help="Endpoint URL of that identity."),
        click.option(
            "--encryption", type=click.Choice(ENCRYPTIONS), help="Encryption that the job requests, as with cp."
        ),
        click.option(
            "--kms-key", type=TEXT, default="", metavar="KEY", help="With aws:kms: ID, ARN or alias of the KMS key."
        ),
        click.option("--source-key", type=TEXT, multiple=True, metavar="ARN", help="KMS key of the source's objects."),
        click.option("--target-key", type=TEXT, multiple=True, metavar="ARN", help="KMS key of the copies."),
        click.option("--report-key", type=TEXT, multiple=True, metavar="ARN", help="KMS key of manifests and reports."),
        identity_options,
    )


def job_access(typed: Typed) -> JobAccess:
    operation, source, target = BatchOperation(typed.operation), typed.source, typed.target
    if operation is BatchOperation.COPY and target is None:
        raise click.UsageError("name the target of the copy: SOURCE TARGET; or another --operation")
    for each in filter(None, (source, target, typed.reports, typed.manifest)):
        if not each.in_s3:
            raise click.UsageError("name buckets or prefixes: s3://bucket/prefix/")
    if typed.inventory and not typed.manifest:
        raise click.UsageError("name the report's manifest.json: --manifest s3://bucket/…/manifest.json")
    if typed.encryption and target is None:
        raise click.UsageError("only a copy is encrypted: --encryption needs a TARGET")
    need_kms(typed.kms_key, typed.encryption)
    ours = job_folder(typed.reports)
    keys = list(typed.report_key)
    return JobAccess(
        operation,
        account="",
        source=JobPlace(source, kms_keys=list(typed.source_key)),
        target=_target(target, typed) if target else None,
        manifest=JobPlace(typed.manifest or (typed.reports if typed.generated else ours), kms_keys=keys),
        report=JobPlace(ours, kms_keys=keys),
        region=typed.region or "",
        role=typed.job_role,
        versions=typed.versions,
        inventory=typed.inventory,
        generated=typed.generated,
        tags=not typed.no_tags,
        annotations=typed.annotations,
        object_lock=typed.object_lock,
        acl=_acl(typed.acl, operation),
    )


def _acl(typed: str, operation: BatchOperation) -> str:
    if not typed and operation is BatchOperation.COPY:
        return AUTO_ACL
    return "" if typed == AclChoice.NONE.value else typed


def _target(target: Location, typed: Typed) -> JobPlace:
    keys = list(typed.target_key)
    return JobPlace(target, kms_keys=keys, encryption=typed.encryption or "", kms_key=typed.kms_key)


async def role_order(engine: EngineAccess, typed: Typed) -> BatchRoleOrder:
    """The order; connects the identities. The first belongs to the job's account."""
    job = job_access(typed)
    spec = other_identity(typed) if typed.other else None
    owner = await connect(engine, typed_identity(typed, typed.source))
    others = [(await connect(engine, spec)).connection] if spec else []
    return BatchRoleOrder(replace(job, account=owner.account), owner.connection, others)


@click.group()
def batch() -> None:
    """Create, extend, check and revoke the IAM role of S3 Batch Operations jobs.

    --profile is an identity of the account that creates the job; for a copy, preferably the account of TARGET. --other
    is an identity of the other account, if a bucket belongs to one.
    """


@batch.command()
@job_options
@plan_options
@FORMAT
@SAVE
@json_option(AccessPlan, AppliedJson, RoleCheck)
@with_engine
async def grant(engine: EngineAccess, typed: Typed) -> Exit:
    """Create a role with exactly the permissions of this job, or add them to an existing role.

    Prints the difference of each policy that has to change: the role's trust policy and permissions, and bucket and key
    policies of other accounts. On a terminal it asks before it applies the changes; without a terminal, add --yes. Then
    it checks the role.
    """
    order = await role_order(engine, typed)
    plan = await engine.ask(PlanBatchRole(order))
    if hand_over(plan, typed):
        return Exit.DONE

    async def check(_made: list[AppliedChange]) -> Exit:
        if not typed.as_json:
            click.echo(visible(f"role {plan.role_arn}"))
        return _say_check(await engine.ask(CheckBatchRole(order)), as_json=typed.as_json)

    return await carry_out(engine, plan, typed, check)


@batch.command()
@job_options
@plan_options
@json_option(AccessPlan, AppliedJson)
@with_engine
async def revoke(engine: EngineAccess, typed: Typed) -> Exit:
    """Revoke what 'access batch grant' with the same options has granted; deletes the role with its last statement."""
    return await carry_out(engine, await engine.ask(PlanRevokeBatchRole(await role_order(engine, typed))), typed)


@batch.command()
@job_options
@json_option(RoleCheck)
@with_engine
async def check(engine: EngineAccess, typed: Typed) -> Exit:
    """List what keeps the job from running with the role, and what is not known; changes nothing."""
    return _say_check(await engine.ask(CheckBatchRole(await role_order(engine, typed))), as_json=typed.as_json)


def _say_check(check: RoleCheck, *, as_json: bool) -> Exit:
    if as_json:
        say_json(check)
    else:
        for mark, problems in (("✗", check.missing), ("?", check.unknown)):
            for problem in problems:
                click.echo(visible(f"{mark} {problem.sentence()}"))
        if not check.missing:
            role = check.job.role_arn
            doubtful = f"? checked as far as possible: no problem with {role}"
            click.echo(visible(doubtful if check.unknown else f"✓ {role} has all that the job needs"))
    return Exit.SOME_FAILED if check.missing else Exit.DONE
