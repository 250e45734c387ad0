"""The report of a run: JSON and a page, without what would say whose accounts these are."""

import html
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote

FORMAT: Final = 1
SHORTEST: Final = 4
"""Characters of a name that is looked for in texts: shorter ones are in every other word."""


class Verdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Line:
    """One step or assumption. `said` is why it did not pass."""

    group: str
    says: str
    verdict: Verdict
    said: str = ""
    source: str = ""


_PATTERNS: Final = (
    (re.compile(r"arn(?::|%3a|%253a|&#58;)\s*aws\S*", re.IGNORECASE), "<arn>"),
    (re.compile(r"https?(?::|%3a)\S+", re.IGNORECASE), "<url>"),
    (re.compile(r"s3://\S+", re.IGNORECASE), "<uri>"),
    (re.compile(r"(?<![A-Za-z0-9])A[A-Z0-9]{3}[A-Z0-9]{12,}(?![A-Za-z0-9])", re.IGNORECASE), "<key>"),
    (re.compile(r"[^\s@<>]+@[^\s@<>]+"), "<address>"),
    (re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){3,}", re.IGNORECASE), "<address>"),
    (re.compile(r"\S*[\w-]+\.amazonaws\.com\S*", re.IGNORECASE), "<host>"),
    (re.compile(r"(?<!\d)\d{4}[-\s]?\d{4}[-\s]?\d{4}(?!\d)"), "<number>"),
    (re.compile(r"\d{9,}"), "<number>"),
    (re.compile(r"\b(?:vpce?|subnet|eni|i)-[0-9a-f]{8,}", re.IGNORECASE), "<id>"),
    (re.compile(r"(?:/[\w.@~-]+){2,}/?"), "<path>"),
    (re.compile(r"(?=[A-Za-z0-9+/=_.-]*\d)[A-Za-z0-9+/=_.-]{20,}"), "<id>"),
)
"""Replaced whatever run they are of. The last is for signatures, tokens, IDs of requests and versions."""


@dataclass(frozen=True, slots=True)
class Scrubber:
    """Takes `names` out of texts, in every spelling that servers and programs use, and all that looks like them."""

    names: frozenset[str]

    def __call__(self, text: str) -> str:
        plain = html.unescape(text)
        for _ in range(3):  # what is escaped may be escaped again
            plain = _unescaped(plain)
        for name in sorted(self._spelled(), key=len, reverse=True):
            plain = re.sub(_any_escapes(name), "<name>", plain, flags=re.IGNORECASE)
        for pattern, instead in _PATTERNS:
            plain = pattern.sub(instead, plain)
        plain = "".join(each if each.isprintable() else " " for each in plain)
        return " ".join(plain.split())[:300]

    def _spelled(self) -> Iterable[str]:
        for name in self.names:
            if len(name) >= SHORTEST:
                yield from {name, quote(name, safe=""), html.escape(name)}


_ESCAPES: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})")


def _any_escapes(name: str) -> str:
    """The pattern of a name in whose text backslashes are doubled, and quotes have some before them, or not."""
    escaped = {"\\": r"\\+", '"': r"\\*\"", "'": r"\\*'"}
    return "".join(escaped.get(each) or re.escape(each) for each in name)


def _unescaped(text: str) -> str:
    plain = _ESCAPES.sub(lambda found: chr(int(found[1] or found[2], 16)), unquote(text))
    return html.unescape(plain)


def written(directory: Path, stem: str, facts: Mapping[str, Any], lines: Sequence[Line]) -> list[Path]:
    """Write both files, which only the user can read; return their paths. Raises `OSError`."""
    content = {"format": FORMAT, **facts, "lines": [asdict(line) for line in lines]}
    paths = [directory / f"{stem}.json", directory / f"{stem}.md"]
    for path, text in zip(paths, (json.dumps(content, indent=1) + "\n", page(facts, lines)), strict=True):
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w") as file:
            file.write(text)
    return paths


def page(facts: Mapping[str, Any], lines: Sequence[Line]) -> str:
    """The report in Markdown."""
    counts = {verdict: sum(line.verdict is verdict for line in lines) for verdict in Verdict}
    rows = [f"| {_cell(line.group)} | {_cell(line.says)} | {line.verdict} | {_cell(line.said)} |" for line in lines]
    return "\n".join(
        (
            "# xs3-tui on two AWS accounts",
            "",
            ", ".join(f"{count} {verdict}" for verdict, count in counts.items()),
            "",
            *(f"- {_cell(name.replace('_', ' '))}: {_cell(str(value))}" for name, value in facts.items()),
            "",
            "| group | what | result | why |",
            "|---|---|---|---|",
            *rows,
            "",
        )
    )


def _cell(text: str) -> str:
    """Text that is no more than text in a table of Markdown."""
    return re.sub(r"([\\`*_{}\[\]()#+!|~-])", r"\\\1", html.escape(" ".join(text.split()), quote=False))
