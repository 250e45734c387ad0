"""The page that says what was verified where."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.assumptions.claims import CLAIMS
from tests.assumptions.registry import Assumption, Verdict, assumptions
from tests.assumptions.servers import LACKS, expected

PAGE: Final = Path(__file__).parents[2] / "docs" / "verification.md"
SERVERS: Final = {"demo": "demo", "ministack": "MiniStack", "ceph": "Ceph"}
NEVER: Final = "not run yet"


def page() -> str:
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    every = list(assumptions().values())
    yield from ["# What was verified where", "", "<!-- `make verification` writes this page. -->", ""]
    yield from [
        f"xs3-tui relies on {len(every)} facts about AWS. Each is a test in `tests/assumptions`, with its source in",
        "AWS's documentation. The tests run against the embedded demo, MiniStack 1.5 and Ceph RADOS Gateway 18.",
        "",
        "**Nothing on this page has been run against AWS itself.** What AWS does was read there, not seen.",
        "",
        "| server | as AWS | differs | not applicable |",
        "|---|---|---|---|",
    ]
    for server, title in SERVERS.items():
        found = [expected(server, each).verdict for each in every]
        yield _row(title, *(str(found.count(verdict)) for verdict in Verdict))
    yield _row("AWS", *(NEVER for _ in Verdict))
    yield from ["", "In the tables, `yes` means that the server does it as AWS; `n/a` that it cannot be checked there,"]
    yield from ["because:", ""]
    for server, title in SERVERS.items():
        yield f"- {title}: {'; '.join(dict.fromkeys(LACKS[server].values()))}"
    yield from ["", "Other cells say what the server does, and what AWS does."]
    for subject in dict.fromkeys(each.subject for each in every):
        yield from _subject([each for each in every if each.subject == subject])
    yield from _claims()


def _subject(every: list[Assumption]) -> Iterator[str]:
    yield from ["", f"## {every[0].title}", ""]
    yield _row("on AWS", "used in", *SERVERS.values(), "AWS")
    yield f"|{'---|' * (len(SERVERS) + 3)}"
    for each in every:
        found = [_cell(server, each) for server in SERVERS]
        yield _row(f"[{_prose(each.says)}]({each.source})", f"`{each.used}`", *found, NEVER)


def _cell(server: str, assumption: Assumption) -> str:
    found = expected(server, assumption)
    match found.verdict:
        case Verdict.AGREES:
            return "yes"
        case Verdict.NOT_APPLICABLE:
            return "n/a"
        case Verdict.DIFFERS:
            return _prose(found.said)


def _claims() -> Iterator[str]:
    without = [each for each in CLAIMS if not each.assumptions]
    yield from ["", "## Claims without a test", ""]
    yield f"The manual makes {len(CLAIMS)} claims about AWS. {len(without)} of them have no test above:"
    yield from ["", "| claim | page | why |", "|---|---|---|"]
    for each in without:
        yield _row(_prose(each.says), f"[{each.page}]({each.page})", each.why)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _prose(text: str) -> str:
    """As Markdown, within a cell and within a link."""
    return text.replace("|", "\\|").replace("[", "\\[").replace("]", "\\]").replace("*", "\\*").replace("_", "\\_")
