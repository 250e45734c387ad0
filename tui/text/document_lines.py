"""A planned change and the results of probes in lines: the screen colours them, commands print them plain."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tui.core.changes import DocumentKind, DocumentRef, PlannedChange
from tui.core.json_text import escaped as escaped_json
from tui.text.diff import diff, pretty
from tui.text.format import StyledLine, Tone, counted, outside, plain, visible

_TONES = {"+": Tone.GOOD, "-": Tone.BAD, " ": Tone.PLAIN, "…": Tone.MUTED}


def change_spans(change: PlannedChange) -> Iterator[StyledLine]:
    """What changes in which account, the difference, and what speaks against it.

    All lines but the first begin with a stretch of four cells that contains the mark: ``  + ``.
    """
    account = f"account {change.ref.account}" if change.ref.account else "its account"
    quota = f" · {change.size:,} of {counted(change.limit, 'byte')}" if change.limit else ""
    yield [outside(f"Change in {account}: ", Tone.MUTED), outside(change.ref.title, Tone.STRONG), (quota, Tone.MUTED)]
    if not change.is_needed:
        yield _marked(" ", "no change", Tone.MUTED)
        return
    if change.unread:
        wanted = "add this to the existing document" if change.after else "remove the statements of this grant from it"
        yield _marked("!", f"cannot be read from here, so {wanted}: {change.unread.sentence()}", Tone.WARNING)
    for mark, text in diff(change.before, change.after):
        yield _marked(mark, text, _TONES[mark])
    for stop in change.stops:
        yield _marked("✗", stop, Tone.BAD)
    for note in change.notes:
        yield _marked("!", note, Tone.WARNING)


def change_lines(change: PlannedChange) -> Iterator[str]:
    return map(plain, change_spans(change))


def _marked(mark: str, text: str, tone: Tone) -> StyledLine:
    return [(f"  {mark} ", tone), outside(text, tone)]


def document_lines(change: PlannedChange) -> Iterator[str]:
    """A document as it is, and whether the planned change is in it already."""
    if change.unread:
        yield f"? {change.ref.title}: {change.unread.sentence()}"
        return
    yield f"{'✗ without this grant' if change.is_needed else '✓ with this grant'}: {change.ref.title}"
    for line in pretty(change.before).splitlines() if change.before is not None else ["none"]:
        yield f"    {line}"


def document_files(changes: Sequence[PlannedChange]) -> dict[str, str]:
    """The text of each planned document, by file name; a removed one has none."""
    return {
        _name(number, change): pretty(change.after) + "\n"
        for number, change in enumerate(changes, start=1)
        if change.after is not None
    }


def _name(number: int, change: PlannedChange) -> str:
    kind = change.ref.kind.replace(" ", "-")
    return f"{number}-{kind}-{change.ref.resource or change.ref.location.bucket}.json".replace("/", "_")


# A change of a document for somebody else to make: as commands of the AWS CLI, a boto3 script, or Terraform.
#
# No line has a character that a terminal would act on: in documents they are escaped as JSON has it, elsewhere shown.


@dataclass(frozen=True, slots=True)
class _Form:
    """How one kind of document is written: operations of a service, and the parameters that name the document.

    `put` and `remove` are the operations as the AWS CLI spells them, `names` the parameters that name the document,
    `body` the parameter that takes it. `terraform` is a resource type with its arguments, `{}` for the document's name.
    """

    service: str
    put: str
    remove: str
    names: Callable[[PlannedChange], Mapping[str, str]]
    body: str
    terraform: str
    arguments: Callable[[PlannedChange], Mapping[str, str]]
    terraform_body: str = "policy"


_FORMS: Mapping[DocumentKind, _Form] = {
    DocumentKind.BUCKET_POLICY: _Form(
        "s3",
        "put_bucket_policy",
        "delete_bucket_policy",
        lambda change: {"Bucket": change.ref.location.bucket},
        "Policy",
        "aws_s3_bucket_policy",
        lambda change: {"bucket": change.ref.location.bucket},
    ),
    DocumentKind.USER_POLICY: _Form(
        "iam",
        "put_user_policy",
        "delete_user_policy",
        lambda change: {"UserName": change.ref.resource, "PolicyName": change.ref.name},
        "PolicyDocument",
        "aws_iam_user_policy",
        lambda change: {"name": change.ref.name, "user": change.ref.resource},
    ),
    DocumentKind.ROLE_POLICY: _Form(
        "iam",
        "put_role_policy",
        "delete_role_policy",
        lambda change: {"RoleName": change.ref.resource, "PolicyName": change.ref.name},
        "PolicyDocument",
        "aws_iam_role_policy",
        lambda change: {"name": change.ref.name, "role": change.ref.resource},
    ),
    DocumentKind.ROLE_TRUST: _Form(
        "iam",
        "create_role",
        "delete_role",
        lambda change: {"RoleName": change.ref.resource},
        "AssumeRolePolicyDocument",
        "aws_iam_role",
        lambda change: {"name": change.ref.resource},
        "assume_role_policy",
    ),
    DocumentKind.KEY_POLICY: _Form(
        "kms",
        "put_key_policy",
        "",
        lambda change: {"KeyId": change.ref.resource, "PolicyName": "default"},
        "Policy",
        "aws_kms_key_policy",
        lambda change: {"key_id": change.ref.resource},
    ),
}


def as_cli(changes: Sequence[PlannedChange]) -> str:
    """AWS CLI commands, one per document, each with a comment that names the account."""
    return _visible(f"{_comment(each)}\n{_command(each)}" for each in changes if each.is_needed)


def as_boto3(changes: Sequence[PlannedChange]) -> str:
    """A boto3 script with a session for each account."""
    lines = ["import boto3", ""]
    for each in changes:
        if each.is_needed:
            form = _FORMS[each.ref.kind]
            operation, parameters = _operation(each, form)
            arguments = "".join(f"    {name}={_quoted(value)},\n" for name, value in parameters.items())
            lines += [_comment(each), f"client = boto3.Session().client({_quoted(form.service)})"]
            lines += [f"client.{operation}(\n{arguments})", ""]
    return _visible(lines)


def as_terraform(changes: Sequence[PlannedChange]) -> str:
    """Resources for Terraform's AWS provider; a removal is a comment."""
    return _visible(_resource(each) for each in changes if each.is_needed)


def _visible(parts: Iterable[str]) -> str:
    return "".join(f"{visible(line)}\n" for part in parts for line in part.split("\n"))


def _comment(change: PlannedChange) -> str:
    return f"# account {visible(change.ref.account or 'of the document')}: {visible(change.ref.title)}"


def _document(text: str) -> str:
    """A document with the same values, in which every character is visible."""
    return "\n".join(escaped_json(line) for line in text.replace("\t", " ").replace("\r", "\n").split("\n"))


def _operation(change: PlannedChange, form: _Form) -> tuple[str, Mapping[str, str]]:
    names = {name: visible(value) for name, value in form.names(change).items()}
    if change.after is None:
        return form.remove, names
    if change.ref.kind is DocumentKind.ROLE_TRUST and change.before is not None:
        return "update_assume_role_policy", {**names, "PolicyDocument": _document(change.after)}
    return form.put, {**names, form.body: _document(change.after)}


def _command(change: PlannedChange) -> str:
    form = _FORMS[change.ref.kind]
    operation, parameters = _operation(change, form)
    service = "s3api" if form.service == "s3" else form.service
    dashed = {re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower(): value for name, value in parameters.items()}
    options = " ".join(f"--{name} {shlex.quote(value)}" for name, value in dashed.items())
    return f"aws {service} {operation.replace('_', '-')} {options}"


def _resource(change: PlannedChange) -> str:
    form = _FORMS[change.ref.kind]
    name = re.sub(r"\W+", "_", f"{change.ref.resource or change.ref.location.bucket}_{change.ref.name}").strip("_")
    if change.after is None:
        return f"{_comment(change)}: remove {form.terraform}.{name}\n"
    arguments = "".join(f"  {key} = {_hcl(value)}\n" for key, value in form.arguments(change).items())
    body = _document(pretty(change.after)).replace("${", "$${").replace("%{", "%%{")
    return (
        f"{_comment(change)}\n"
        f'resource "{form.terraform}" "{name}" {{\n{arguments}  {form.terraform_body} = <<-JSON\n{body}\nJSON\n}}\n'
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=True)


def _hcl(text: str) -> str:
    return json.dumps(text).replace("${", "$${").replace("%{", "%%{")


_DRAFTS: Mapping[DocumentKind, object] = {
    DocumentKind.VERSIONING: {"Status": "Enabled"},
    DocumentKind.ENCRYPTION: {"SSEAlgorithm": "aws:kms", "BucketKeyEnabled": True},
    DocumentKind.OBJECT_OWNERSHIP: {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    DocumentKind.PUBLIC_ACCESS_BLOCK: {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": True,
    },
}

_GRANTEES = 'grantee: canonical id, account label or number; or "group"; or {"canned": "private"}'

HINTS: Mapping[DocumentKind, str] = {
    DocumentKind.OBJECT_TAGS: "names and values, 10 at most",
    DocumentKind.BUCKET_TAGS: "names and values, 50 at most",
    DocumentKind.OBJECT_ACL: _GRANTEES,
    DocumentKind.BUCKET_ACL: _GRANTEES,
    DocumentKind.HEADERS: "Content-Type, Cache-Control …; metadata without x-amz-meta-; copied in place",
    DocumentKind.STORAGE_CLASS: "STANDARD, STANDARD_IA, INTELLIGENT_TIERING, GLACIER_IR …; copied in place",
    DocumentKind.VERSIONING: "Enabled or Suspended",
    DocumentKind.ENCRYPTION: "AES256, aws:kms or aws:kms:dsse; an empty text removes it",
    DocumentKind.OBJECT_OWNERSHIP: "BucketOwnerEnforced (ACLs off), BucketOwnerPreferred, ObjectWriter",
    DocumentKind.PUBLIC_ACCESS_BLOCK: "true or false; an empty text removes it",
    DocumentKind.BUCKET_POLICY: "an empty text removes the policy",
}
"""What the author of a document should know, in at most 76 cells."""


def draft(ref: DocumentRef, document: str | None) -> str:
    """The text to edit: the present document, or a draft. Control characters are escaped, as JSON has it."""
    if document is not None:
        return escaped(pretty(document))
    if ref.kind is DocumentKind.BUCKET_POLICY:
        return json.dumps(_policy(ref.location.bucket), indent=2)
    return json.dumps(_DRAFTS.get(ref.kind, {}), indent=2)


def escaped(text: str) -> str:
    """A JSON text in which every character is one that can be seen: the others as ``\\u001b``."""
    return "".join(each if each == "\n" or visible(each) == each else json.dumps(each)[1:-1] for each in text)


def _policy(bucket: str) -> object:
    statement = {
        "Sid": "ReadByAnotherAccount",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::ACCOUNT:root"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
