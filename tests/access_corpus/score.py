"""How often the explanation is right over the corpus, and the page that says so."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.access_corpus.applying import applied
from tests.access_corpus.case import RECORDED, Case, read_family
from tests.access_corpus.evaluator import allowed
from tests.access_corpus.reading import explained, question_of
from tui.model.access.evaluation import Evaluation
from tui.model.facts import Verdict

PAGE = Path(__file__).parents[2] / "docs" / "access-explanations.md"

TEXT = """\
# How good explanations of access are

`python -m tests.access_corpus.record` lays out each case of `tests/access_corpus/recorded` on MiniStack (real IAM and
STS) and on the demo (owners and ACLs as AWS has them), sends the request, and writes this page. A test fails if the
page is not current, or if a figure falls.

{requests} requests, {denied} of them denied. Answers: {ministack} by MiniStack, {demo} by the demo.

* **Verdict**: the answer that AWS documents, found without any answer of the server. What no document tells, such as
  the caller's organization, is not known, and counts as not right.
* **Cause**: once the request is denied, exactly the policies and the statement that stand against it.
* **Remedy**: after the proposed changes an evaluator that shares no code with the product allows the request. Where no
  policy is to change, the right step is named: https, a header, an endpoint, the owner.

| family | requests | verdict | opposite verdict | cause | remedy |
|---|---|---|---|---|---|
{rows}

## Where a server answers otherwise than AWS documents

AWS's documented answer counts. Each of these answers stands in the corpus with the rule that it breaks:

{rules}
"""


@dataclass(frozen=True)
class Scored:
    """One case: what is right. `cause` and `remedy` are None for allowed requests."""

    case: Case
    verdict: Verdict
    cause: bool | None = None
    remedy: bool | None = None

    @property
    def is_wrong(self) -> bool:
        """Whether the verdict is the opposite of AWS's documented answer."""
        return self.verdict is (Verdict.DENIED if self.case.expected.allowed else Verdict.ALLOWED)

    @property
    def is_known(self) -> bool:
        """Whether the verdict is AWS's documented answer."""
        return self.verdict is not Verdict.UNKNOWN and not self.is_wrong


def scored(case: Case) -> Scored:
    """The verdict without any live answer; cause and remedy once the request has been denied."""
    verdict = explained(case).verdict
    if case.expected.allowed:
        return Scored(case, verdict)
    seen = explained(case, denied=True)
    cause = seen.cause is not None and (list(seen.cause.layers), seen.cause.sid) == (
        case.expected.layers,
        case.expected.sid,
    )
    return Scored(case, verdict, cause, remedy_is_right(case, seen))


def remedy_is_right(case: Case, seen: Evaluation) -> bool:
    """Whether the machine form makes the independent evaluator allow the request; else whether the words are right."""
    if case.expected.words:
        return case.expected.words in " ".join(one.sentence for one in seen.remedies)
    edits = [one.edit for one in seen.remedies if one.edit]
    for edit in edits:
        case = applied(case, edit)
    return bool(edits) and allowed(question_of(case))


def score_page() -> str:
    """The page with the score."""
    families = {file.stem: [scored(one) for one in read_family(file)] for file in sorted(RECORDED.glob("*.json"))}
    every = [one for found in families.values() for one in found]
    answers = Counter(server for one in every for server in one.case.answers)
    rules = Counter(answer.rule for one in every for answer in one.case.answers.values() if answer.rule)
    rows = [_row(name, found) for name, found in families.items()]
    return TEXT.format(
        requests=len(every),
        denied=sum(not one.case.expected.allowed for one in every),
        ministack=answers["ministack"],
        demo=answers["demo"],
        rows="\n".join([*rows, _row("**all**", every)]),
        rules="\n".join(f"* {rule}: {times}" for rule, times in sorted(rules.items())),
    )


def _row(name: str, found: list[Scored]) -> str:
    denied = [one for one in found if one.cause is not None]
    cause, remedy = sum(one.cause is True for one in denied), sum(one.remedy is True for one in denied)
    known, wrong = sum(one.is_known for one in found), sum(one.is_wrong for one in found)
    return (
        f"| {name} | {len(found)} | {known} of {len(found)} | {wrong} | "
        f"{cause} of {len(denied)} | {remedy} of {len(denied)} |"
    )


def write_score() -> None:
    """Write the page."""
    PAGE.write_text(score_page(), encoding="utf-8")
