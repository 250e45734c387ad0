"""``xs3-tui explain``: which policy decides a request, and what to change."""

from __future__ import annotations

import shutil
import sys
import textwrap
from difflib import get_close_matches

import click
from msgspec import defstruct
from msgspec.structs import astuple, fields

from tui.cli.exits import refuse_if, say_json
from tui.cli.identity_options import Typed, identity_options
from tui.cli.json_output import json_option
from tui.cli.parameter_types import ENDPOINT, PROFILE, S3_URI, TypedParameter
from tui.cli.running import connected, connected_other, with_engine
from tui.core.facts import AccessVerdict
from tui.core.location import Location
from tui.core.policy import Evaluation, PolicyEdit
from tui.core.problem import Exit
from tui.link.session import EngineAccess
from tui.messages.inspect_requests import Explain
from tui.text.format import visible

ExplainedJson = defstruct(
    "ExplainedJson",
    [("uri", str), *((each.name, each.type) for each in fields(Evaluation))],
    namespace={"__doc__": Evaluation.__doc__},
)

PREFIX = "s3:"

_ACTION_NAMES = """
AbortMultipartUpload AssociateAccessGrantsIdentityCenter BypassGovernanceRetention CreateAccessGrant
CreateAccessGrantsInstance CreateAccessGrantsLocation CreateAccessPoint CreateAccessPointForObjectLambda CreateBucket
CreateBucketMetadataTableConfiguration CreateJob CreateMultiRegionAccessPoint CreateStorageLensGroup DeleteAccessGrant
DeleteAccessGrantsInstance DeleteAccessGrantsInstanceResourcePolicy DeleteAccessGrantsLocation DeleteAccessPoint
DeleteAccessPointForObjectLambda DeleteAccessPointPolicy DeleteAccessPointPolicyForObjectLambda DeleteBucket
DeleteBucketMetadataTableConfiguration DeleteBucketPolicy DeleteBucketWebsite DeleteJobTagging
DeleteMultiRegionAccessPoint DeleteObject DeleteObjectAnnotation DeleteObjectTagging DeleteObjectVersion
DeleteObjectVersionAnnotation DeleteObjectVersionTagging DeleteStorageLensConfiguration
DeleteStorageLensConfigurationTagging DeleteStorageLensGroup DescribeJob DescribeMultiRegionAccessPointOperation
DissociateAccessGrantsIdentityCenter GetAccelerateConfiguration GetAccessGrant GetAccessGrantsInstance
GetAccessGrantsInstanceForPrefix GetAccessGrantsInstanceResourcePolicy GetAccessGrantsLocation GetAccessPoint
GetAccessPointConfigurationForObjectLambda GetAccessPointForObjectLambda GetAccessPointPolicy
GetAccessPointPolicyForObjectLambda GetAccessPointPolicyStatus GetAccessPointPolicyStatusForObjectLambda
GetAccountPublicAccessBlock GetAnalyticsConfiguration GetBucketAbac GetBucketAcl GetBucketCORS GetBucketLocation
GetBucketLogging GetBucketMetadataTableConfiguration GetBucketNotification GetBucketObjectLockConfiguration
GetBucketOwnershipControls GetBucketPolicy GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketRequestPayment
GetBucketTagging GetBucketVersioning GetBucketWebsite GetDataAccess GetEncryptionConfiguration
GetIntelligentTieringConfiguration GetInventoryConfiguration GetJobTagging GetLifecycleConfiguration
GetMetricsConfiguration GetMultiRegionAccessPoint GetMultiRegionAccessPointPolicy GetMultiRegionAccessPointPolicyStatus
GetMultiRegionAccessPointRoutes GetObject GetObjectAcl GetObjectAnnotation GetObjectAttributes GetObjectLegalHold
GetObjectRetention GetObjectTagging GetObjectTorrent GetObjectVersion GetObjectVersionAcl GetObjectVersionAnnotation
GetObjectVersionAttributes GetObjectVersionForReplication GetObjectVersionTagging GetObjectVersionTorrent
GetReplicationConfiguration GetStorageLensConfiguration GetStorageLensConfigurationTagging GetStorageLensDashboard
GetStorageLensGroup InitiateReplication ListAccessGrants ListAccessGrantsInstances ListAccessGrantsLocations
ListAccessPoints ListAccessPointsForObjectLambda ListAllMyBuckets ListBucket ListBucketMultipartUploads
ListBucketVersions ListCallerAccessGrants ListJobs ListMultiRegionAccessPoints ListMultipartUploadParts
ListObjectAnnotations ListObjectVersionAnnotations ListStorageLensConfigurations ListStorageLensGroups
ListTagsForResource ObjectOwnerOverrideToBucketOwner PauseReplication PutAccelerateConfiguration
PutAccessGrantsInstanceResourcePolicy PutAccessPointConfigurationForObjectLambda PutAccessPointPolicy
PutAccessPointPolicyForObjectLambda PutAccessPointPublicAccessBlock PutAccountPublicAccessBlock
PutAnalyticsConfiguration PutBucketAbac PutBucketAcl PutBucketCORS PutBucketLogging PutBucketNotification
PutBucketObjectLockConfiguration PutBucketOwnershipControls PutBucketPolicy PutBucketPublicAccessBlock
PutBucketRequestPayment PutBucketTagging PutBucketVersioning PutBucketWebsite PutEncryptionConfiguration
PutIntelligentTieringConfiguration PutInventoryConfiguration PutJobTagging PutLifecycleConfiguration
PutMetricsConfiguration PutMultiRegionAccessPointPolicy PutObject PutObjectAcl PutObjectAnnotation PutObjectLegalHold
PutObjectRetention PutObjectTagging PutObjectVersionAcl PutObjectVersionAnnotation PutObjectVersionTagging
PutReplicationConfiguration PutStorageLensConfiguration PutStorageLensConfigurationTagging ReplicateDelete
ReplicateObject ReplicateTags RestoreObject SubmitMultiRegionAccessPointRoutes TagResource UntagResource
UpdateAccessGrantsLocation UpdateBucketMetadataInventoryTableConfiguration
UpdateBucketMetadataJournalTableConfiguration UpdateJobPriority UpdateJobStatus UpdateObjectEncryption
UpdateStorageLensGroup
"""

S3_ACTIONS = frozenset(PREFIX + name for name in _ACTION_NAMES.split())
"""Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3"."""


def s3_action(text: str) -> str:
    """An IAM action of S3, in any case, as IAM spells it; raise `ValueError` for any other text."""
    by_lower = {action.lower(): action for action in S3_ACTIONS}
    if action := by_lower.get(text.lower()):
        return action
    typed = text.lower() if ":" in text else PREFIX + text.lower()
    close = get_close_matches(typed, by_lower, n=1) if typed.startswith(PREFIX) else []
    meant = f"did you mean {by_lower[close[0]]}?" if close else "write s3:GetObject"
    raise ValueError(f"{text!r} is not an action of S3: {meant}")


_NAMES, _VERDICTS = 28, 15
"""Cells of the first two columns."""
_WIDE = 1_000
"""Cells of a line in a file or a pipe; lines are not wrapped."""
_EXITS = {AccessVerdict.ALLOWED: Exit.DONE, AccessVerdict.DENIED: Exit.DENIED, AccessVerdict.UNKNOWN: Exit.SOME_FAILED}


@click.command()
@click.argument("location", metavar="S3_URI", type=S3_URI)
@click.option(
    "--action",
    type=TypedParameter("action", s3_action),
    help="IAM action, such as s3:PutObject. Default: the action that reads or lists S3_URI.",
)
@identity_options
@click.option("--as", "as_profile", type=PROFILE, help="The same as --profile: the identity that makes the request.")
@click.option("--other", type=PROFILE, help="Second identity, used where the first is denied access.")
@click.option("--other-endpoint", type=ENDPOINT, metavar="URL", help="Endpoint URL of the second identity.")
@json_option(ExplainedJson, help="Print one JSON object.")
@with_engine
async def explain(engine: EngineAccess, typed: Typed) -> Exit:
    """Show which policy allows or denies a request on S3_URI, and what to change.

    Prints the verdict of each policy, the owner, the ACL and the KMS key, where each comes from, the cause and the
    remedy. Sends no write request. Exits with 0 if the request is allowed, 3 if it is denied, 4 if the bucket or the
    object does not exist, 1 if the answer is unknown.
    """
    location = typed.location
    refuse_if(not location.in_s3, "name a bucket or an object: s3://bucket/key")
    two = typed.as_profile and typed.profile and typed.as_profile != typed.profile
    refuse_if(two, "--as and --profile name the same identity: give one of them")
    typed.profile = typed.as_profile or typed.profile
    connection = await connected(engine, typed)
    other = await connected_other(engine, typed)
    answer = await engine.ask(Explain(location, connection, other, action=typed.action or ""))
    found = answer.evaluation
    if found is None:
        return Exit.SOME_FAILED
    if typed.as_json:
        say_json(ExplainedJson(location.uri, *astuple(found)))
    else:
        _say(location, found)
    return Exit.NOT_FOUND if found.missing else _EXITS[found.verdict]


def _say(location: Location, found: Evaluation) -> None:
    who = f"{found.identity} ({found.principal})" if found.principal else found.identity
    verdict = "not found" if found.missing else found.verdict.value
    sure = "as the server has just answered" if found.live else "according to the policies that can be read"
    click.echo(visible(location.uri))
    click.echo(visible(f"{found.action} as {who}: {verdict}, {sure}"))
    click.echo()
    for layer in found.layers:
        source = " as ".join(filter(None, (layer.operation, layer.identity)))
        row = f"{layer.kind.value:<{_NAMES}} {layer.verdict.value:<{_VERDICTS}} "
        _wrapped(row, layer.why + (f" ({source})" if source else ""))
    click.echo()
    if found.cause:
        _wrapped("cause   ", found.cause.words)
    for number, remedy in enumerate(found.remedies, 1):
        _wrapped(f"remedy  {number}. " if len(found.remedies) > 1 else "remedy  ", remedy.sentence)
        if remedy.edit:
            _say_edit(remedy.edit)
    for note in found.notes:
        _wrapped("note    ", note)
    if found.authorization_id:
        _wrapped("note    ", f"authorization id {found.authorization_id}")


def _say_edit(edit: PolicyEdit) -> None:
    account = f" in account {edit.account}" if edit.account else ""
    name = f" {edit.policy_name}" if edit.policy_name else ""
    where = f"{edit.kind.value}{name} of {edit.resource}{account}"
    what = f"change {edit.replaces_sid}" if edit.replaces_sid else "add"
    what = what if edit.statement_json else f"remove {edit.replaces_sid}"
    click.echo(visible(f"        {where}, {what}:"))
    if edit.statement_json:
        click.echo(visible(f"        {edit.statement_json}"))


def _wrapped(label: str, text: str) -> None:
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDE
    indent = " " * len(label)
    for line in textwrap.wrap(
        visible(text), max(width, len(label) + 20), initial_indent=label, subsequent_indent=indent
    ) or [label.rstrip()]:
        click.echo(line)
