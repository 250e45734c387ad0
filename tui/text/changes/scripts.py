"""A change of a document for somebody else to make: as commands of the AWS CLI, a boto3 script, or Terraform.

No line has a character that a terminal would act on: in documents they are escaped as JSON has it, elsewhere shown.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tui.core.changes import Change, DocumentKind
from tui.core.json_text import escaped
from tui.text.changes.diff import pretty
from tui.text.format import visible


@dataclass(frozen=True, slots=True)
class _Form:
    """How one kind of document is written: operations of a service, with what names the document.

    `put` and `remove` are the operations as the AWS CLI spells them, `names` the parameters that name the document,
    `body` the parameter that takes it. `terraform` is a resource type with its arguments, `{}` for the document's name.
    """

    service: str
    put: str
    remove: str
    names: Callable[[Change], Mapping[str, str]]
    body: str
    terraform: str
    arguments: Callable[[Change], Mapping[str, str]]
    terraform_body: str = "policy"


def _bucket(change: Change) -> Mapping[str, str]:
    return {"Bucket": change.ref.location.bucket}


def _user(change: Change) -> Mapping[str, str]:
    return {"UserName": change.ref.resource, "PolicyName": change.ref.name}


def _role(change: Change) -> Mapping[str, str]:
    return {"RoleName": change.ref.resource, "PolicyName": change.ref.name}


def _trust(change: Change) -> Mapping[str, str]:
    return {"RoleName": change.ref.resource}


def _key(change: Change) -> Mapping[str, str]:
    return {"KeyId": change.ref.resource, "PolicyName": "default"}


_FORMS: Mapping[DocumentKind, _Form] = {
    DocumentKind.BUCKET_POLICY: _Form(
        "s3",
        "put_bucket_policy",
        "delete_bucket_policy",
        _bucket,
        "Policy",
        "aws_s3_bucket_policy",
        lambda change: {"bucket": change.ref.location.bucket},
    ),
    DocumentKind.USER_POLICY: _Form(
        "iam",
        "put_user_policy",
        "delete_user_policy",
        _user,
        "PolicyDocument",
        "aws_iam_user_policy",
        lambda change: {"name": change.ref.name, "user": change.ref.resource},
    ),
    DocumentKind.ROLE_POLICY: _Form(
        "iam",
        "put_role_policy",
        "delete_role_policy",
        _role,
        "PolicyDocument",
        "aws_iam_role_policy",
        lambda change: {"name": change.ref.name, "role": change.ref.resource},
    ),
    DocumentKind.ROLE_TRUST: _Form(
        "iam",
        "create_role",
        "delete_role",
        _trust,
        "AssumeRolePolicyDocument",
        "aws_iam_role",
        lambda change: {"name": change.ref.resource},
        "assume_role_policy",
    ),
    DocumentKind.KEY_POLICY: _Form(
        "kms",
        "put_key_policy",
        "",
        _key,
        "Policy",
        "aws_kms_key_policy",
        lambda change: {"key_id": change.ref.resource},
    ),
}


def as_cli(changes: Sequence[Change]) -> str:
    """Commands of the AWS CLI, one document each, with a comment that says which account applies it."""
    return _visible(f"{_comment(each)}\n{_command(each)}" for each in changes if each.is_needed)


def as_boto3(changes: Sequence[Change]) -> str:
    """A boto3 script; each account's part goes by a session of its own."""
    lines = ["import boto3", ""]
    for each in changes:
        if each.is_needed:
            form = _FORMS[each.ref.kind]
            lines += [_comment(each), f"client = boto3.Session().client({_quoted(form.service)})"]
            lines += [_call(each, form), ""]
    return _visible(lines)


def as_terraform(changes: Sequence[Change]) -> str:
    """Resources of Terraform's AWS provider; what is removed is a comment."""
    return _visible(_resource(each) for each in changes if each.is_needed)


def _visible(parts: Iterable[str]) -> str:
    return "".join(f"{visible(line)}\n" for part in parts for line in part.split("\n"))


def _comment(change: Change) -> str:
    """One line, whatever is in it."""
    return f"# account {visible(change.ref.account or 'of the document')}: {visible(change.ref.title)}"


def _document(text: str) -> str:
    """A document with the same values, in which nothing is hidden or acted on."""
    return "\n".join(escaped(line) for line in text.replace("\t", " ").replace("\r", "\n").split("\n"))


def _operation(change: Change, form: _Form) -> tuple[str, Mapping[str, str]]:
    """The operation with its parameters."""
    names = {name: visible(value) for name, value in form.names(change).items()}
    if change.after is None:
        return form.remove, names
    if change.ref.kind is DocumentKind.ROLE_TRUST and change.before is not None:
        return "update_assume_role_policy", {**names, "PolicyDocument": _document(change.after)}
    return form.put, {**names, form.body: _document(change.after)}


def _command(change: Change) -> str:
    form = _FORMS[change.ref.kind]
    operation, parameters = _operation(change, form)
    service = "s3api" if form.service == "s3" else form.service
    options = " ".join(f"--{_dashed(name)} {shlex.quote(value)}" for name, value in parameters.items())
    return f"aws {service} {operation.replace('_', '-')} {options}"


def _call(change: Change, form: _Form) -> str:
    operation, parameters = _operation(change, form)
    arguments = "".join(f"    {name}={_quoted(value)},\n" for name, value in parameters.items())
    return f"client.{operation}(\n{arguments})"


def _resource(change: Change) -> str:
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


def _dashed(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=True)


def _hcl(text: str) -> str:
    return json.dumps(text).replace("${", "$${").replace("%{", "%%{")
