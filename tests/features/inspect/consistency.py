"""What no set of findings may do: say two things of one identity and action, or other than the server has answered."""

from collections.abc import Iterable, Mapping

from tui.core.facts import AccessVerdict, Finding

GROUPS = ("everyone", "anyone with an AWS account")


def disagreements(findings: Iterable[Finding]) -> list[str]:
    """Each pair of findings on one identity and action whose verdicts differ."""
    said: dict[tuple[str, str], Finding] = {}
    found = []
    for one in findings:
        if one.verdict is None:
            continue
        assert one.identity, one
        assert one.action, one
        first = said.setdefault((one.identity, one.action), one)
        if first.verdict is not one.verdict:
            found.append(f"{first.rule} says {first.verdict}, {one.rule} says {one.verdict}: {one.identity}")
    return found


def against(answers: Mapping[str, bool], findings: Iterable[Finding], action: str) -> list[str]:
    """Each finding that says other than the answers, by label, that the server has just given to an action."""
    found = []
    for one in findings:
        if one.action != action or one.verdict is None:
            continue
        if one.identity in GROUPS:
            wrong = one.verdict is AccessVerdict.ALLOWED and not all(answers.values())
        else:
            seen = answers.get(one.identity)
            wrong = seen is not None and one.verdict is not (AccessVerdict.ALLOWED if seen else AccessVerdict.DENIED)
        if wrong:
            found.append(f"{one.rule} says {one.verdict} of {one.identity}, the server {answers}: {one.sentence}")
    return found
