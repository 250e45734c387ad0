"""The identities that can be chosen, as rows of a list in sections; finding them by what was typed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from msgspec import structs
from rich.cells import cell_len
from textual.content import Content

from tui.keeping.last import Pair
from tui.model.identity import LOCAL_LABEL, AuthMethod, IdentitySpec, ProfileSummary
from tui.protocol.messages import Profiles
from tui.settings import Settings
from tui.ui import fuzzy
from tui.ui.format import cut_end, short_region, visible
from tui.ui.messages import Side
from tui.ui.spec_words import hangs_on, label_of, method_of
from tui.ui.tones import ACCENT, MUTED, STRONG

WIDEST_TITLE = 28
METHOD_WIDTH = 16
REGION_WIDTH = 13
GAP = "  "


class Section(StrEnum):
    """The parts of the list, in their order; the values are their headings."""

    RECENT = "recently side by side"
    KEPT = "kept in the settings"
    AWS = "AWS config files and environment"
    PLAIN = "without a profile"
    NEW = "new"


class New(StrEnum):
    """What can be added; the values are the names in the list."""

    KEYS = "access keys…"
    ROLE = "role…"
    ENDPOINT = "S3-compatible endpoint…"
    ANONYMOUS = "anonymous…"


NEW_WORDS = {
    New.KEYS: "an access key id and its secret, which stays in memory",
    New.ROLE: "by its ARN, assumed from any identity of this list",
    New.ENDPOINT: "another server than AWS, by its URL",
    New.ANONYMOUS: "unsigned requests, to AWS or another server",
}


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One row; its texts can be shown as they are. `takes` is what choosing it means."""

    section: Section
    takes: IdentitySpec | Pair | New
    title: str
    method: str = ""
    region: str = ""
    endpoint: str = ""
    detail: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """What is searched, the name first."""
        return self.title, self.method, self.region, self.detail


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row as it was found; `letters` are those that fit what was typed, for each of its texts."""

    row: AccountRow
    letters: tuple[frozenset[int], ...] = (frozenset(),) * 4


def account_rows(profiles: Profiles, settings: Settings, pairs: Sequence[Pair], side: Side) -> list[AccountRow]:
    """All sections one after another. A pair is shown as `side` would have it, the other one behind it."""
    return [
        *(_pair(pair, side) for pair in pairs),
        *(_kept(name, settings) for name in settings.identities),
        *(_profile(entry) for entry in profiles.profiles),
        *([_ambient(profiles.ambient)] if profiles.ambient else []),
        *(row for row in PLAIN_ROWS if not (profiles.ambient and row is DEFAULT_CHAIN)),
        *(AccountRow(Section.NEW, new, new.value, detail=words) for new, words in NEW_WORDS.items()),
    ]


DEFAULT_CHAIN = AccountRow(
    Section.PLAIN,
    IdentitySpec(),
    "default chain",
    "as the SDK finds",
    detail="environment variables, AWS_PROFILE, the default profile, container or instance role",
)
ANONYMOUS = AccountRow(
    Section.PLAIN,
    IdentitySpec(anonymous=True),
    AuthMethod.ANONYMOUS.value,
    AuthMethod.ANONYMOUS.value,
    detail="unsigned requests: public buckets only, opened by name",
)
LOCAL_DISK = AccountRow(
    Section.PLAIN,
    IdentitySpec(local=True),
    LOCAL_LABEL,
    "this machine",
    detail="files and directories, from where xs3-tui was started: to upload and to download",
)
PLAIN_ROWS = (DEFAULT_CHAIN, ANONYMOUS, LOCAL_DISK)


def _pair(pair: Pair, side: Side) -> AccountRow:
    labels = visible(label_of(pair.left)), visible(label_of(pair.right))
    first = pair.left if side is Side.LEFT else pair.right
    return AccountRow(
        Section.RECENT,
        pair,
        " │ ".join(labels),
        detail=" │ ".join(visible(words) for spec in (pair.left, pair.right) if (words := hangs_on(spec))),
        region=visible(first.region or ""),
    )


def _kept(name: str, settings: Settings) -> AccountRow:
    spec = settings.identity(name) or IdentitySpec(name=name)
    return AccountRow(
        Section.KEPT,
        spec,
        visible(name),
        visible(method_of(spec)),
        visible(spec.region or ""),
        visible(spec.endpoint or ""),
        visible(hangs_on(spec)),
    )


def _profile(entry: ProfileSummary) -> AccountRow:
    return AccountRow(
        Section.AWS,
        IdentitySpec(entry.name),
        visible(entry.name),
        entry.method.value,
        visible(entry.region),
        visible(entry.endpoint),
        visible(entry.detail),
    )


def _ambient(found: ProfileSummary) -> AccountRow:
    words = "the default chain of the SDK"
    return AccountRow(
        Section.AWS,
        IdentitySpec(),
        visible(found.name) or "environment",
        found.method.value,
        visible(found.region),
        visible(found.endpoint),
        visible(f"{found.detail} · {words}" if found.detail else words),
    )


def matching(rows: Sequence[AccountRow], typed: str) -> list[ShownRow]:
    """The rows that match, best first; all of them in their order when nothing was typed."""
    if not typed.strip():
        return [ShownRow(row) for row in rows]
    found = [(row, hit) for row in rows if (hit := fuzzy.find(typed, row.texts))]
    return [ShownRow(row, hit.letters) for row, hit in sorted(found, key=lambda each: -each[1].score)]


def row_of(rows: Sequence[AccountRow], takes: IdentitySpec | Pair | New | None) -> AccountRow | None:
    """The row for somebody, whatever endpoint and region override it."""
    wanted = _as_listed(takes)
    return next((row for row in rows if _as_listed(row.takes) == wanted), None)


def _as_listed(takes: IdentitySpec | Pair | New | None) -> IdentitySpec | Pair | New | None:
    return structs.replace(takes, endpoint=None, region=None) if isinstance(takes, IdentitySpec) else takes


def overridden(spec: IdentitySpec, endpoint: str | None, region: str | None) -> IdentitySpec:
    """An identity with the overrides that were typed; they are for S3 only."""
    if spec.local:
        return spec
    return structs.replace(spec, endpoint=endpoint or spec.endpoint, region=region or spec.region)


def title_width(rows: Sequence[AccountRow]) -> int:
    """Cells of the first column; pairs take what they need, over the next ones."""
    widths = [cell_len(row.title) for row in rows if row.section is not Section.RECENT]
    return min(max(widths, default=0), WIDEST_TITLE)


def row_line(shown: ShownRow, name_width: int) -> Content:
    """A row in one line: name, method, region, and what the method hangs on; letters that fit stand out."""
    row = shown.row
    title, method, region, detail = shown.letters
    last = _lit(row.detail, detail).stylize_before(MUTED)
    if row.section is Section.RECENT:
        name = _column(row.title, title, name_width + METHOD_WIDTH + REGION_WIDTH + 2 * len(GAP))
        return Content(GAP).join([Content(" ") + name, last])
    if row.section is Section.NEW:
        return Content(GAP).join([Content(" ") + _column(row.title, title, name_width), last])
    short = short_region(row.region)
    return Content(GAP).join(
        [
            Content(" ") + _column(row.title, title, name_width).stylize_before(_title_tone(row)),
            _column(row.method, method, METHOD_WIDTH),
            _column(short, region if short == row.region else frozenset(), REGION_WIDTH).stylize_before(MUTED),
            last,
        ]
    )


def _title_tone(row: AccountRow) -> str:
    return STRONG if row.section in (Section.KEPT, Section.AWS) else ""


def _column(text: str, letters: frozenset[int], width: int) -> Content:
    shown = cut_end(text, width)
    return _lit(shown + " " * (width - cell_len(shown)), letters)


def _lit(text: str, letters: frozenset[int]) -> Content:
    content = Content(text)
    for at in letters:
        if at < len(text):
            content = content.stylize(f"bold underline {ACCENT}", at, at + 1)
    return content


def detail_lines(row: AccountRow) -> Content:
    """All that is known about a row."""
    if isinstance(row.takes, Pair):
        sides = ((Side.LEFT, row.takes.left), (Side.RIGHT, row.takes.right))
        return Content("\n").join(Content(visible(f"{side}: {in_words(spec)}")) for side, spec in sides)
    return Content(" · ".join(part for part in (row.detail, row.region, row.endpoint) if part))


def in_words(spec: IdentitySpec) -> str:
    """An identity in full: ``admin · role/deploy in 111111111111 · eu-west-1``. It may hold control characters."""
    parts = (label_of(spec), method_of(spec), hangs_on(spec), spec.region, spec.endpoint)
    return " · ".join(dict.fromkeys(part for part in parts if part))
