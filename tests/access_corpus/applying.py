"""Applies the machine form of a remedy to the documents of a case."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from msgspec import structs

from tests.access_corpus.case import BUCKET, CANONICAL, Case, Statements
from tui.model.access.policy_edit import PolicyEdit, PolicyKind


def applied(case: Case, edit: PolicyEdit) -> Case:
    """The case after the change. Fails where the edit names no document of the case, or no statement of it."""
    caller, world = case.caller, case.world
    match edit.kind:
        case PolicyKind.BUCKET_POLICY:
            return structs.replace(case, world=structs.replace(world, policy=_changed(world.policy, edit, case)))
        case PolicyKind.TRUST_POLICY:
            return structs.replace(case, world=structs.replace(world, trust=_changed(world.trust, edit, case)))
        case PolicyKind.USER_POLICY | PolicyKind.ROLE_POLICY:
            policies = _policies(caller.policies, edit, case)
            return structs.replace(case, caller=structs.replace(caller, policies=policies))
        case PolicyKind.GROUP_POLICY:
            return structs.replace(case, caller=structs.replace(caller, group=_changed(caller.group, edit, case)))
        case PolicyKind.MANAGED_POLICY:
            return structs.replace(case, caller=structs.replace(caller, boundary=_changed(caller.boundary, edit, case)))
        case PolicyKind.SESSION_POLICY:
            return structs.replace(case, caller=structs.replace(caller, session=_changed(caller.session, edit, case)))
        case _:
            raise AssertionError(edit)


def portable(case: Case) -> Case:
    """The case with what differs from server to server as names again: an edit names the corpus's own bucket."""
    text = msgspec.json.encode(case).decode().replace(f"arn:aws:s3:::{BUCKET}", "arn:aws:s3:::{bucket}")
    for account in CANONICAL:
        text = text.replace(CANONICAL[account], f"{{canonical_{account}}}")
    return msgspec.json.decode(text, type=Case)


def _policies(policies: list[Statements], edit: PolicyEdit, case: Case) -> list[Statements]:
    if not edit.policy_name:
        assert not edit.replaces_sid
        return [*policies, _changed([], edit, case)]
    at = int(edit.policy_name.partition("-")[2]) - 1
    return [*policies[:at], _changed(policies[at], edit, case), *policies[at + 1 :]]


def _changed(statements: Statements | None, edit: PolicyEdit, case: Case) -> Statements:
    before = case.filled(statements)
    after: Any = [json.loads(edit.statement_json)] if edit.statement_json else []
    if not edit.replaces_sid:
        return [*before, *after]
    sids = [one.get("Sid") or f"#{number}" for number, one in enumerate(before, 1)]
    by_number = edit.replaces_sid.startswith("#")
    at = int(edit.replaces_sid[1:]) - 1 if by_number else sids.index(edit.replaces_sid)
    return [*before[:at], *after, *before[at + 1 :]]
