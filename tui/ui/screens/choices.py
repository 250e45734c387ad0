"""The identities that can be chosen, as rows; finding them by what was typed. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content
from textual.fuzzy import FuzzySearch

from tui.model.identity import LOCAL_LABEL, AuthMethod, IdentitySpec, ProfileSummary
from tui.ui.format import cut_end, short_region, visible
from tui.ui.tones import MUTED, STRONG

METHOD_WIDTH = 16
REGION_WIDTH = 13


@dataclass(frozen=True, slots=True)
class Choice:
    """One row of the chooser; `profile` None is the default chain."""

    title: str
    profile: str | None
    method: str
    region: str = ""
    endpoint: str = ""
    detail: str = ""
    anonymous: bool = False
    from_file: bool = False
    local: bool = False

    def spec(self, endpoint: str | None, region: str | None) -> IdentitySpec:
        """What is asked for; the overrides are for S3 only."""
        if self.local:
            return IdentitySpec(local=True)
        return IdentitySpec(self.profile, endpoint, region, self.anonymous)


DEFAULT_CHAIN = Choice(
    title="default chain",
    profile=None,
    method="as the SDK finds",
    detail="environment variables, AWS_PROFILE, the default profile, container or instance role",
)

ANONYMOUS = Choice(
    title="anonymous",
    profile=None,
    method=AuthMethod.ANONYMOUS.value,
    detail="unsigned requests: public buckets only, opened by name",
    anonymous=True,
)


LOCAL_DISK = Choice(
    title=LOCAL_LABEL,
    profile=None,
    method="this machine",
    detail="files and directories, from where xs3-tui was started: to upload and to download",
    local=True,
)


def choices(profiles: list[ProfileSummary]) -> list[Choice]:
    """The profiles in the order of their files, then the default chain, the anonymous identity and the local disk."""
    named = [
        Choice(entry.name, entry.name, entry.method.value, entry.region, entry.endpoint, entry.detail, from_file=True)
        for entry in profiles
    ]
    return [*named, DEFAULT_CHAIN, ANONYMOUS, LOCAL_DISK]


def matching(offered: list[Choice], typed: str) -> list[Choice]:
    """The choices that match, best first; all of them in their order when nothing was typed."""
    if not typed:
        return offered
    search = FuzzySearch()
    scored = [(search.match(typed, _searched(choice))[0], choice) for choice in offered]
    found = [pair for pair in scored if pair[0] > 0]
    return [choice for _, choice in sorted(found, key=lambda pair: -pair[0])]


def _searched(choice: Choice) -> str:
    return " ".join((choice.title, choice.method, choice.region))


def row(choice: Choice, name_width: int) -> Content:
    """A choice in one line: name, method, region, and what the method hangs on."""
    return Content.assemble(
        (_column(choice.title, name_width), STRONG if choice.from_file else ""),
        "  ",
        _column(choice.method, METHOD_WIDTH),
        "  ",
        (_column(short_region(choice.region), REGION_WIDTH), MUTED),
        "  ",
        (visible(choice.detail), MUTED),
    )


def _column(text: str, width: int) -> str:
    shown = cut_end(visible(text), width)
    return shown + " " * (width - cell_len(shown))
