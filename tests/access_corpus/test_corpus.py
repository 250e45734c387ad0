"""The recorded requests: what the explanation says of each, and how often it is right."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest

from tests.access_corpus.case import NOW, Case, read_corpus
from tests.access_corpus.evaluator import allowed
from tests.access_corpus.reading import (
    BOOK,
    OWNER,
    documents_of,
    explained,
    facts_of,
    given_of,
    identity_of,
    location_of,
    question_of,
)
from tests.access_corpus.score import PAGE, score_page, scored
from tui.inspection.context import Context
from tui.inspection.evaluation.assume_role import evaluate_role
from tui.inspection.evaluation.documents import Documents, Policies, Unseen
from tui.inspection.evaluation.evaluate import evaluate
from tui.inspection.evidence import Evidence
from tui.model.access.evaluation import LayerKind, LayerVerdict
from tui.model.facts import Denied, Fact, FactName, Verdict
from tui.model.identity import RoleSpec

CASES = read_corpus()
EACH = pytest.mark.parametrize("case", CASES, ids=[one.name for one in CASES])

LEAST = {"verdict": 392, "cause": 227, "remedy": 227}
"""The score: it may rise, and this with it."""


def test_the_corpus_is_large_and_each_request_was_really_sent() -> None:
    names = [one.name for one in CASES]
    assert len(names) == len(set(names)) >= 200
    assert min(sum(one.expected.allowed for one in CASES), sum(not one.expected.allowed for one in CASES)) >= 100
    assert [one.name for one in CASES if not one.answers] == []


@EACH
def test_an_answer_that_aws_would_not_give_stands_with_the_rule_that_it_breaks(case: Case) -> None:
    for answer in case.answers.values():
        assert bool(answer.rule) is (answer.allowed is not case.expected.allowed)


@EACH
def test_the_independent_evaluator_gives_the_documented_answer(case: Case) -> None:
    assert allowed(question_of(case)) is case.expected.allowed


def test_the_score_does_not_fall() -> None:
    found = [scored(one) for one in CASES]
    assert [one.case.name for one in found if one.is_wrong] == []
    score = {
        "verdict": sum(one.is_known for one in found),
        "cause": sum(one.cause is True for one in found),
        "remedy": sum(one.remedy is True for one in found),
    }
    worse = {name: [one.case.name for one in found if getattr(one, name) is False] for name in ("cause", "remedy")}
    assert {name: score[name] >= least for name, least in LEAST.items()} == dict.fromkeys(LEAST, True), (score, worse)


def test_the_page_with_the_score_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == score_page(), "run python -m tests.access_corpus.record"


_AGAINST = (LayerVerdict.DENIES, LayerVerdict.DOES_NOT_ALLOW)


@EACH
def test_cause_layers_and_remedy_do_not_contradict_one_another(case: Case) -> None:
    seen = explained(case, denied=not case.expected.allowed)
    verdicts: dict[LayerKind, set[LayerVerdict]] = {}
    for layer in seen.layers:
        verdicts.setdefault(layer.kind, set()).add(layer.verdict)
    if case.expected.allowed:
        assert LayerVerdict.DENIES not in set().union(*verdicts.values())
        return
    assert seen.verdict is Verdict.DENIED
    assert seen.cause is not None
    for kind in seen.cause.layers:
        assert verdicts[kind].intersection((*_AGAINST, LayerVerdict.NOT_KNOWN)), (kind, verdicts[kind])
    denying = {kind for kind, found in verdicts.items() if LayerVerdict.DENIES in found}
    assert not denying or denying.intersection(seen.cause.layers), "an explicit Deny is the cause"


HIDDEN = Unseen("it is not allowed", "asked", "caller")
HIDES = {
    "own policies": lambda documents: replace(documents, identity=Policies(unseen=(HIDDEN,))),
    "boundary": lambda documents: replace(documents, boundary=HIDDEN),
    "session": lambda documents: replace(documents, session=HIDDEN),
}
UNREAD = {
    "bucket policy": FactName.POLICY,
    "owner": FactName.OBJECT_OWNER,
    "grants": FactName.GRANTS,
    "ownership": FactName.OWNERSHIP,
    "block": FactName.PUBLIC_ACCESS,
}


ON_S3 = [one for one in CASES if one.world.trust is None]
ROLES = [one for one in CASES if one.world.trust is not None]


@pytest.mark.parametrize("case", ROLES, ids=[one.name for one in ROLES])
def test_whoever_may_read_less_of_a_role_is_never_told_the_opposite(case: Case) -> None:
    wrong = Verdict.DENIED if case.expected.allowed else Verdict.ALLOWED
    context, role = Context(identity_of(case), OWNER, BOOK, NOW), RoleSpec(case.names["target"])
    for name in HIDES:
        seen = evaluate_role(context, role, HIDDEN, HIDES[name](documents_of(case)))
        assert seen.verdict is not wrong, name
        refused = evaluate_role(context, role, HIDDEN, HIDES[name](documents_of(case)), refused=True)
        assert refused.cause is not None
        assert all(one.sentence for one in refused.remedies)


@pytest.mark.parametrize("case", ON_S3, ids=[one.name for one in ON_S3])
def test_whoever_may_read_less_is_never_told_the_opposite(case: Case) -> None:
    """Each document that is hidden makes an answer less certain, and no answer wrong."""
    wrong = Verdict.DENIED if case.expected.allowed else Verdict.ALLOWED
    for hidden in [*combinations([*HIDES, *UNREAD], 1), *combinations([*HIDES, *UNREAD], 2)]:
        documents: Documents = documents_of(case)
        for name in hidden:
            documents = HIDES[name](documents) if name in HIDES else documents
        unread = [UNREAD[name] for name in hidden if name in UNREAD]
        facts = [
            Fact(one.name, Denied("s3:Get"), one.operation, one.identity) if one.name in unread else one
            for one in facts_of(case)
        ]
        identity = identity_of(case)
        evidence = Evidence(location_of(case), facts, Context(identity, OWNER, BOOK, NOW))
        seen = evaluate(evidence, identity, case.asked.action, documents, given=given_of(case))
        assert seen.verdict is not wrong, hidden
