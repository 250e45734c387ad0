"""Remedies for conditions on the source address: they open no more than one address, and name what they remove."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.inspection.people import A_OWNER, FROM_B, absent, endpoint, evaluated, found, owners, policy, statement
from tui.inspection.evaluation.documents import Documents, Policies, PolicyText
from tui.model.access.evaluation import Remedy
from tui.model.access.policy_edit import PolicyKind
from tui.model.facts import FactName
from tui.model.network.endpoint import Reach

READ_ALL = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}'
OWN = Policies((PolicyText(PolicyKind.USER_POLICY, "222222222222", "bob", READ_ALL, "mine"),))


def remedy_of(*statements: dict[str, Any]) -> Remedy:
    """The remedy for a read from 127.0.0.1."""
    way = endpoint("http://127.0.0.1:80", Reach.LOOPBACK)
    facts = [*owners(A_OWNER), absent(FactName.PUBLIC_ACCESS), way, policy(*statements)]
    documents = Documents(OWN, None, None, None, None, account_block=None)
    (remedy,) = evaluated("s3:GetObject", facts, documents=documents).remedies
    return remedy


@pytest.mark.parametrize(
    ("before", "spared"),
    [({}, "127.0.0.1/32"), ({"NotIpAddress": {"aws:SourceIp": "127.0.0.9/32"}}, ["127.0.0.9/32", "127.0.0.1/32"])],
)
def test_a_deny_of_a_network_spares_one_address(before: dict[str, Any], spared: str | list[str]) -> None:
    network = {"IpAddress": {"aws:SourceIp": ["127.0.0.0/8", "203.0.113.0/24"]}}
    remedy = remedy_of(statement(), statement(Sid="Never", Effect="Deny", Condition=network | before))
    assert "exclude 127.0.0.1 (NotIpAddress) from aws:SourceIp in statement Never" in remedy.sentence
    assert remedy.edit is not None
    changed = json.loads(remedy.edit.statement_json)
    assert changed["Condition"] == network | {"NotIpAddress": {"aws:SourceIp": spared}}


def test_what_is_removed_from_a_list_is_named() -> None:
    networks = {"NotIpAddress": {"aws:SourceIp": ["127.0.0.0/8", "203.0.113.0/24"]}}
    remedy = remedy_of(statement(Condition=networks))
    assert "remove 127.0.0.0/8 from aws:SourceIp in statement Partner" in remedy.sentence


def test_the_inspector_says_so_too() -> None:
    way = endpoint("http://127.0.0.1:80", Reach.LOOPBACK)
    never = statement(Sid="Never", Effect="Deny", Condition={"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}})
    finding = found([*owners(A_OWNER), way, policy(statement(), never)], FROM_B)["policy-denies"]
    assert "exclude 127.0.0.1 (NotIpAddress) from aws:SourceIp in Never" in finding.remedy
