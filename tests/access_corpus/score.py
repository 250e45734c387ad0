"""How often the explanation is right over the corpus, where servers differ from AWS, and the page that says so."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.access_corpus.case import RECORDED, Case, read_family
from tests.access_corpus.evaluator import allowed
from tests.access_corpus.reading import applied, explained, question_of
from tui.core.facts import AccessVerdict
from tui.core.policy import Evaluation

EVALUATION = 'IAM user guide, "Policy evaluation logic"'
BLOCK = 'Amazon S3 user guide, "Blocking public access to your Amazon S3 storage"'
ACLS = 'Amazon S3 user guide, "Access control list (ACL) overview"'
NOT_PRINCIPAL = 'IAM user guide, "AWS JSON policy elements: NotPrincipal"'
PRINCIPAL = 'IAM user guide, "AWS JSON policy elements: Principal"'


def _policy(case: Case) -> str:
    return json.dumps(case.world.policy)


def _is_cross_account(case: Case) -> bool:
    return case.caller.account == "b"


def _names_closely(case: Case) -> bool:
    """Whether the bucket policy is about more of the caller than its account."""
    words = ("{caller}", "{role}", "{session}", "canonical", "PrincipalArn", "PrincipalType", ":user/", ":role/")
    return _is_cross_account(case) and any(one in _policy(case) for one in words)


NAMED = "also where a trust policy of the own account names the caller, the caller's own policies have to allow it"


def _is_named_by_role(case: Case) -> bool:
    return case.world.trust is not None and case.caller.account == "a" and "{caller}" in json.dumps(case.world.trust)


RULES: dict[str, list[tuple[Callable[[Case], bool], str]]] = {
    "ministack": [
        (_is_named_by_role, f"{EVALUATION}: on MiniStack {NAMED}"),
        (
            lambda case: "NotPrincipal" in _policy(case),
            f"{NOT_PRINCIPAL}: MiniStack ignores statements with NotPrincipal",
        ),
        (
            _names_closely,
            f"{PRINCIPAL}: MiniStack evaluates the bucket policy of another account for the caller's root user",
        ),
        (
            lambda case: bool(case.world.grants) and "Deny" in _policy(case),
            f"{EVALUATION}: on MiniStack a grant goes before an explicit Deny",
        ),
        (lambda case: bool(case.world.bucket_grants), f"{ACLS}: MiniStack knows grants of a bucket to groups only"),
    ],
    "demo": [
        (_is_named_by_role, f"{EVALUATION}: on the demo {NAMED}"),
        (lambda case: bool(case.world.block), f"{BLOCK}: the demo keeps these settings, and does not apply them"),
        (
            lambda case: case.caller.session is not None and "{session}" in _policy(case),
            f"{EVALUATION}: on the demo a session policy limits also what a bucket policy allows to the session itself",
        ),
        (
            lambda case: case.asked.action == "s3:GetObjectTagging" and bool(case.world.acl),
            f"{ACLS}: on the demo full control lets read the tags, too",
        ),
    ],
}


def rule_for(server: str, case: Case) -> str:
    """The rule that explains a deviation; empty: none is known."""
    return next((rule for is_so, rule in RULES[server] if is_so(case)), "")


PAGE = Path(__file__).parents[2] / "docs" / "access-explanations.md"

TEXT = Path(__file__).with_name("page.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Scored:
    """One case: what is right. `cause` and `remedy` are None for allowed requests."""

    case: Case
    verdict: AccessVerdict
    cause: bool | None = None
    remedy: bool | None = None

    @property
    def is_wrong(self) -> bool:
        """Whether the verdict is the opposite of AWS's documented answer."""
        return self.verdict is (AccessVerdict.DENIED if self.case.expected.allowed else AccessVerdict.ALLOWED)

    @property
    def is_known(self) -> bool:
        """Whether the verdict is AWS's documented answer."""
        return self.verdict is not AccessVerdict.UNKNOWN and not self.is_wrong


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
    PAGE.write_text(score_page(), encoding="utf-8")
