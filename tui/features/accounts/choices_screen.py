"""The rows of the accounts screen as lines, and finding them by what was typed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from msgspec import structs
from rich.cells import cell_len
from textual.content import Content

from tui.core.identity import LOCAL_LABEL, AuthMethod, IdentitySpec, ProfileSummary
from tui.kit.lines import ACCENT, MUTED, STRONG
from tui.messages.identity_requests import Profiles
from tui.panes.news import PaneSide
from tui.saved.last_session import IdentityPair, known_by_now
from tui.settings import IdentitySettings, Settings
from tui.text import typed as fuzzy
from tui.text.format import cut_end, visible
from tui.text.listing_lines import hangs_on, in_words, label_of, method_of

WIDEST_TITLE = 28
METHOD_WIDTH = 16
REGION_WIDTH = 14
GAP = "  "


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row that matches; `letters` are the matching letters of each of its texts."""

    row: AccountOption
    letters: tuple[frozenset[int], ...] = (frozenset(),) * 4


def matching(rows: Sequence[AccountOption], typed: str) -> list[ShownRow]:
    """The rows that match, best first; without a search all, in their order."""
    if not typed.strip():
        return [ShownRow(row) for row in rows]
    found = [(row, hit) for row in rows if (hit := fuzzy.find(typed, row.texts))]
    return [ShownRow(row, hit.letters) for row, hit in sorted(found, key=lambda each: -each[1].score)]


def title_width(rows: Sequence[AccountOption]) -> int:
    """Cells of the first column; pairs extend over the next ones."""
    widths = [cell_len(row.title) for row in rows if row.section is not AccountSection.RECENT]
    return min(max(widths, default=0), WIDEST_TITLE)


def row_line(shown: ShownRow, name_width: int) -> Content:
    """A row in one line: name, method, region, details; letters that match are highlighted."""
    row = shown.row
    title, method, region, detail = shown.letters
    last = _lit(row.detail, detail).stylize_before(MUTED)
    if row.section is AccountSection.RECENT:
        name = _column(row.title, title, name_width + METHOD_WIDTH + REGION_WIDTH + 2 * len(GAP))
        return Content(GAP).join([Content(" ") + name, last])
    if row.section in (AccountSection.PLAIN, AccountSection.NEW):  # no region; the title names the method already
        return Content(GAP).join([Content(" ") + _column(row.title, title, name_width), last])
    return Content(GAP).join(
        [
            Content(" ") + _column(row.title, title, name_width).stylize_before(STRONG),
            _column(row.method, method, METHOD_WIDTH),
            _column(visible(row.region), region, REGION_WIDTH).stylize_before(MUTED),
            last,
        ]
    )


def _column(text: str, letters: frozenset[int], width: int) -> Content:
    shown = cut_end(text, width)
    return _lit(shown + " " * (width - cell_len(shown)), letters)


def _lit(text: str, letters: frozenset[int]) -> Content:
    content = Content(text)
    for at in letters:
        if at < len(text):
            content = content.stylize(f"bold underline {ACCENT}", at, at + 1)
    return content


def detail_lines(row: AccountOption) -> Content:
    if isinstance(row.takes, IdentityPair):
        sides = ((PaneSide.LEFT, row.takes.left), (PaneSide.RIGHT, row.takes.right))
        return Content("\n").join(Content(visible(f"{side}: {in_words(spec)}")) for side, spec in sides)
    return Content(" · ".join(part for part in (row.detail, row.region, row.endpoint) if part))


class AccountSection(StrEnum):
    """The parts of the list, in their order; the values are their headings."""

    RECENT = "recent pairs"
    ACTING = "in use"
    KEPT = "saved in the settings"
    AWS = "AWS config files and environment"
    PLAIN = "no profile"
    NEW = "new"


class New(StrEnum):
    """Identities that can be added; the values are the names in the list."""

    KEYS = "access keys…"
    ROLE = "role…"
    ENDPOINT = "S3-compatible endpoint…"
    ANONYMOUS = "anonymous endpoint…"


NEW_WORDS = {
    New.KEYS: "access key ID and secret; the secret stays in memory",
    New.ROLE: "role ARN, assumed from any identity in this list",
    New.ENDPOINT: "URL of a server other than AWS",
    New.ANONYMOUS: "unsigned requests to a server other than AWS",
}


@dataclass(frozen=True, slots=True)
class AccountOption:
    """One row; its texts can be shown unchanged. `takes` is the meaning of the choice."""

    section: AccountSection
    takes: IdentitySpec | IdentityPair | New
    title: str
    method: str = ""
    region: str = ""
    endpoint: str = ""
    detail: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts that are searched, the name first."""
        return self.title, self.method, self.region, self.detail


def account_choices(
    profiles: Profiles,
    settings: Settings,
    pairs: Sequence[IdentityPair],
    acting: Sequence[IdentitySpec],
    side: PaneSide,
) -> list[AccountOption]:
    """All sections; identities of the panes only if no other section has them. A pair's region is that of `side`."""
    known = _known_rows(profiles, settings)
    listed = {_as_listed(row.takes) for row in known}
    unlisted = dict.fromkeys(spec for spec in acting if _as_listed(spec) not in listed)
    return [
        *(_pair(_today(pair, settings), side) for pair in pairs),
        *(_row(spec, AccountSection.ACTING) for spec in unlisted),
        *known,
    ]


def _known_rows(profiles: Profiles, settings: Settings) -> list[AccountOption]:
    return [
        *(_kept(name, kept) for name, kept in settings.identities.items()),
        *(_profile(entry) for entry in profiles.profiles),
        *([_ambient(profiles.ambient)] if profiles.ambient else []),
        *(row for row in PLAIN_ROWS if not (profiles.ambient and row is DEFAULT_CHAIN)),
        *(AccountOption(AccountSection.NEW, new, new.value, detail=words) for new, words in NEW_WORDS.items()),
    ]


DEFAULT_CHAIN = AccountOption(
    AccountSection.PLAIN,
    IdentitySpec(),
    "default chain",
    detail="default credential chain: environment variables, AWS_PROFILE, the default profile, "
    "container or instance role",
)
ANONYMOUS = AccountOption(
    AccountSection.PLAIN,
    IdentitySpec(anonymous=True),
    AuthMethod.ANONYMOUS.value,
    detail="unsigned requests: public buckets only, open them by name",
)
LOCAL_DISK = AccountOption(
    AccountSection.PLAIN,
    IdentitySpec(local=True),
    LOCAL_LABEL,
    detail="files and directories from the current directory, to upload and download",
)
PLAIN_ROWS = (DEFAULT_CHAIN, ANONYMOUS, LOCAL_DISK)


def _today(pair: IdentityPair, settings: Settings) -> IdentityPair:
    """An identity as the settings define it now; one that they no longer define loses its name."""
    left, right = (known_by_now(spec, settings) or structs.replace(spec, name="") for spec in (pair.left, pair.right))
    return IdentityPair(left, right)


def _pair(pair: IdentityPair, side: PaneSide) -> AccountOption:
    labels = visible(label_of(pair.left)), visible(label_of(pair.right))
    first = pair.left if side is PaneSide.LEFT else pair.right
    return AccountOption(
        AccountSection.RECENT,
        pair,
        " │ ".join(labels),
        detail=" │ ".join(visible(words) for spec in (pair.left, pair.right) if (words := hangs_on(spec))),
        region=visible(first.region or ""),
    )


def _kept(name: str, kept: IdentitySettings) -> AccountOption:
    row = _row(kept.spec(name), AccountSection.KEPT)
    return replace(row, detail=" · ".join(filter(None, (row.detail, "read-only" if kept.read_only else ""))))


def _row(spec: IdentitySpec, section: AccountSection) -> AccountOption:
    return AccountOption(
        section,
        spec,
        visible(label_of(spec)),
        visible(method_of(spec)),
        visible(spec.region or ""),
        visible(spec.endpoint or ""),
        visible(hangs_on(spec)),
    )


def _profile(entry: ProfileSummary) -> AccountOption:
    return AccountOption(
        AccountSection.AWS,
        IdentitySpec(entry.name),
        visible(entry.name),
        entry.method.value,
        visible(entry.region),
        visible(entry.endpoint),
        visible(entry.detail),
    )


def _ambient(found: ProfileSummary) -> AccountOption:
    words = "the default credential chain"
    return AccountOption(
        AccountSection.AWS,
        IdentitySpec(),
        visible(found.name) or "environment",
        found.method.value,
        visible(found.region),
        visible(found.endpoint),
        visible(f"{found.detail} · {words}" if found.detail else words),
    )


def row_of(rows: Sequence[AccountOption], takes: IdentitySpec | IdentityPair | New | None) -> AccountOption | None:
    """The row of an identity or pair; endpoint and region may differ."""
    exact = (row for row in rows if row.takes == takes)
    alike = (row for row in rows if _as_listed(row.takes) == _as_listed(takes))
    return next(exact, next(alike, None))


def _as_listed(takes: IdentitySpec | IdentityPair | New | None) -> IdentitySpec | IdentityPair | New | None:
    return structs.replace(takes, endpoint=None, region=None) if isinstance(takes, IdentitySpec) else takes


def overridden(spec: IdentitySpec, endpoint: str | None, region: str | None) -> IdentitySpec:
    """An identity with the typed overrides, which are for S3 only."""
    if not spec.kind.has_accounts:
        return spec
    return structs.replace(spec, endpoint=endpoint or spec.endpoint, region=region or spec.region)
