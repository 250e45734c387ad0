"""The recorded requests: what the explanation says of each, how often it is right, and whether its remedies help."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import msgspec
import pytest
from msgspec import structs

from tests.access_corpus.case import NOW, CannotArrangeError, Case, Server, read_corpus
from tests.access_corpus.evaluator import allowed
from tests.access_corpus.on_demo import Demo, running_demo_for_cases
from tests.access_corpus.on_ministack import MiniStack
from tests.access_corpus.reading import (
    BOOK,
    OWNER,
    applied,
    documents_of,
    explained,
    facts_of,
    given_of,
    identity_of,
    location_of,
    portable,
    question_of,
)
from tests.access_corpus.score import PAGE, score_page, scored
from tests.servers.server import S3Server
from tui.core.facts import AccessVerdict, DeniedFact, Fact, FactName
from tui.core.identity import RoleSpec
from tui.core.policy import LayerKind, LayerVerdict
from tui.policies.evaluation.evaluate import evaluate
from tui.policies.evaluation.explain import evaluate_role
from tui.policies.evaluation.policy_documents import Documents, Policies, UnseenPolicy
from tui.policies.evidence import Evidence, EvidenceContext

CASES = read_corpus()

LEAST = {"verdict": 392, "cause": 227, "remedy": 227}
"""The score: it may rise, and this with it."""


def test_the_corpus_is_large_and_each_request_was_really_sent() -> None:
    names = [one.name for one in CASES]
    assert len(names) == len(set(names)) >= 200
    assert min(sum(one.expected.allowed for one in CASES), sum(not one.expected.allowed for one in CASES)) >= 100
    assert [one.name for one in CASES if not one.answers] == []


def test_an_answer_that_aws_would_not_give_stands_with_the_rule_that_it_breaks() -> None:
    answers = [(case, server, answer) for case in CASES for server, answer in case.answers.items()]
    assert [
        (case.name, server)
        for case, server, answer in answers
        if bool(answer.rule) is not (answer.allowed is not case.expected.allowed)
    ] == []


def test_the_independent_evaluator_gives_the_documented_answer() -> None:
    assert [case.name for case in CASES if allowed(question_of(case)) is not case.expected.allowed] == []


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


_AGAINST = (LayerVerdict.DENIES, LayerVerdict.DOES_NOT_ALLOW, LayerVerdict.NOT_KNOWN)


def contradictions(case: Case) -> Iterator[str]:
    seen = explained(case, denied=not case.expected.allowed)
    verdicts: dict[LayerKind, set[LayerVerdict]] = {}
    for layer in seen.layers:
        verdicts.setdefault(layer.kind, set()).add(layer.verdict)
    denying = {kind for kind, found in verdicts.items() if LayerVerdict.DENIES in found}
    if case.expected.allowed:
        yield from (f"{case.name}: {kind} denies" for kind in denying)
        return
    if seen.verdict is not AccessVerdict.DENIED or seen.cause is None:
        yield f"{case.name}: {seen.verdict}, {seen.cause}"
        return
    against = {kind for kind, found in verdicts.items() if found.intersection(_AGAINST)}
    yield from (f"{case.name}: {kind} is a cause, and not against it" for kind in {*seen.cause.layers} - against)
    if denying and not denying.intersection(seen.cause.layers):
        yield f"{case.name}: an explicit Deny is the cause"


def test_cause_layers_and_remedy_do_not_contradict_one_another() -> None:
    assert [wrong for case in CASES for wrong in contradictions(case)] == []


HIDDEN = UnseenPolicy("it is not allowed", "asked", "caller")
HIDES: dict[str, Callable[[Documents], Documents]] = {
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


def opposite(case: Case) -> AccessVerdict:
    return AccessVerdict.DENIED if case.expected.allowed else AccessVerdict.ALLOWED


def test_whoever_may_read_less_of_a_role_is_never_told_the_opposite() -> None:
    wrong = []
    for case in (one for one in CASES if one.world.trust is not None):
        context, role = EvidenceContext(identity_of(case), OWNER, BOOK, NOW), RoleSpec(case.names["target"])
        for name, hide in HIDES.items():
            seen = evaluate_role(context, role, HIDDEN, hide(documents_of(case)))
            refused = evaluate_role(context, role, HIDDEN, hide(documents_of(case)), refused=True)
            named = refused.cause is not None and all(one.sentence for one in refused.remedies)
            wrong += [] if named and seen.verdict is not opposite(case) else [(case.name, name)]
    assert wrong == []


def evaluated(case: Case, hidden: Sequence[str]) -> AccessVerdict:
    """The verdict for somebody who may not read some documents and facts."""
    documents: Documents = documents_of(case)
    for name in (each for each in hidden if each in HIDES):
        documents = HIDES[name](documents)
    unread = [UNREAD[name] for name in hidden if name in UNREAD]
    facts = [
        Fact(one.name, DeniedFact("s3:Get"), one.operation, one.identity) if one.name in unread else one
        for one in facts_of(case)
    ]
    identity = identity_of(case)
    evidence = Evidence(location_of(case), facts, EvidenceContext(identity, OWNER, BOOK, NOW))
    return evaluate(evidence, identity, case.asked.action, documents, given=given_of(case)).verdict


@pytest.mark.thorough
@pytest.mark.parametrize("hidden_at_once", [1, pytest.param(2, marks=pytest.mark.thorough)])
def test_whoever_may_read_less_is_never_told_the_opposite(hidden_at_once: int) -> None:
    """Each document that is hidden makes an answer less certain, and no answer wrong."""
    assert [
        (case.name, hidden)
        for case in CASES
        if case.world.trust is None
        for hidden in combinations([*HIDES, *UNREAD], hidden_at_once)
        if evaluated(case, hidden) is opposite(case)
    ] == []


DENIED = [one for one in CASES if not one.expected.allowed and not one.expected.words]


def denied_by(server: str) -> list[Case]:
    """What a server denied, as AWS does."""
    return [one for one in DENIED if server in one.answers and not one.answers[server].allowed]


def opened(case: Case, server: Server, *, by_account: bool = False) -> bool | None:
    """Whether the request passes after the remedy; None where the server does not have what it takes.

    `by_account`: the server evaluates a bucket policy of another account for the caller's account alone, so the policy
    that is tried names the account where the remedy names the caller.
    """
    after = case
    for remedy in explained(case, denied=True).remedies:
        after = applied(after, remedy.edit) if remedy.edit else after
    assert after is not case, "the remedy has no machine form"
    after = portable(after)
    if by_account and case.caller.account == "b":
        policy = msgspec.json.encode(after.world.policy).decode()
        for name in ("caller", "role", "session"):
            policy = policy.replace(case.names[name], case.names["b"]).replace(f"{{{name}}}", case.names["b"])
        after = structs.replace(after, world=structs.replace(after.world, policy=msgspec.json.decode(policy)))
    try:
        return server.ask(after).allowed
    except CannotArrangeError:
        return None


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with running_demo_for_cases() as running:
        yield running


def results(server: str, asked: Server, *, by_account: bool = False) -> dict[str, bool]:
    found = {one.name: opened(one, asked, by_account=by_account) for one in denied_by(server)}
    return {name: passed for name, passed in found.items() if passed is not None}


def test_on_the_demo_every_request_passes_after_its_remedy(demo: Demo) -> None:
    found = results("demo", demo)
    assert [name for name, passed in found.items() if not passed] == []
    assert len(found) >= 120


@pytest.mark.server
def test_on_ministack_every_request_passes_after_its_remedy(ministack_server: S3Server) -> None:
    found = results("ministack", MiniStack(ministack_server), by_account=True)
    # There the type of every caller from another account is Root.
    assert [name for name, passed in found.items() if not passed] == ["allowed only for another type"]
    assert len(found) >= 130
