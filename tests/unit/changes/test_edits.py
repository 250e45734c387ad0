"""A remedy's change of one statement: where the statement stands, what stays, what is refused."""

from __future__ import annotations

import json

import pytest

from tui.changes.edits import as_edit, document_of
from tui.model.access.policy_edit import PolicyEdit, PolicyKind
from tui.model.change import DocumentKind
from tui.model.identity import AuthMethod, Identity, IdentitySpec
from tui.model.problem import ProblemError, ProblemKind

FIRST, SECOND = {"Sid": "One", "Effect": "Allow"}, {"Effect": "Deny"}
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [FIRST, SECOND]})
NEW = {"Sid": "New", "Effect": "Allow"}
ALICE = Identity("a", "alice", AuthMethod.KEYS, IdentitySpec("alice"), account="111111111111")
BOB = Identity("b", "bob", AuthMethod.KEYS, IdentitySpec("bob"), account="222222222222")


def edit(statement: object = NEW, replaces: str = "", kind: PolicyKind = PolicyKind.BUCKET_POLICY) -> PolicyEdit:
    return PolicyEdit(kind, ALICE.account, "media", json.dumps(statement) if statement else "", replaces)


def statements(text: str | None) -> object:
    return json.loads(text)["Statement"] if text else None


def test_a_statement_is_added_once() -> None:
    added = as_edit(edit())(DOCUMENT)
    assert statements(added) == [FIRST, SECOND, NEW]
    assert as_edit(edit())(added) == added


def test_a_statement_is_replaced_or_removed_where_it_stands() -> None:
    assert statements(as_edit(edit(replaces="One"))(DOCUMENT)) == [NEW, SECOND]
    assert statements(as_edit(edit(replaces="#2"))(DOCUMENT)) == [FIRST, NEW]
    assert statements(as_edit(edit(None, "One"))(DOCUMENT)) == [SECOND]


def test_a_document_that_is_not_there_or_not_read_gets_the_statement() -> None:
    assert statements(as_edit(edit())(None)) == [NEW]
    assert statements(as_edit(edit(replaces="One"))(None)) == [NEW]
    assert as_edit(edit(None, "One"))(None) is None


def test_the_last_statement_takes_its_document_with_it() -> None:
    assert as_edit(edit(None, "One"))(json.dumps({"Statement": FIRST})) is None


def test_a_statement_that_is_no_more_is_named() -> None:
    with pytest.raises(ProblemError) as caught:
        as_edit(edit(replaces="Gone"))(DOCUMENT)
    assert (caught.value.problem.kind, "Gone" in caught.value.problem.title) == (ProblemKind.CHANGED, True)


def test_the_document_is_changed_by_an_identity_of_its_account() -> None:
    ref = document_of(edit(), ALICE)
    assert (ref.kind, ref.location.bucket, ref.connection) == (DocumentKind.BUCKET_POLICY, "media", "a")
    assert document_of(edit(), None).connection == ""
    own = PolicyEdit(PolicyKind.USER_POLICY, BOB.account, "bob", "{}", policy_name="mine")
    assert (document_of(own, BOB).resource, document_of(own, BOB).name) == ("bob", "mine")


@pytest.mark.parametrize("kind", [PolicyKind.MANAGED_POLICY, PolicyKind.GROUP_POLICY, PolicyKind.ENDPOINT_POLICY])
def test_what_others_share_is_not_changed_from_here(kind: PolicyKind) -> None:
    with pytest.raises(ProblemError) as caught:
        document_of(edit(kind=kind), ALICE)
    assert caught.value.problem.remedy
