"""The identities that can be chosen, as rows of a list in sections. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from msgspec import structs

from tui.core.identity import LOCAL_LABEL, AuthMethod, IdentitySpec, ProfileSummary
from tui.messages.identity_requests import Profiles
from tui.panes.news import Side
from tui.saved.last_session import Pair, known_by_now
from tui.settings import IdentitySettings, Settings
from tui.text.format import visible
from tui.text.listing_lines import hangs_on, label_of, method_of


class Section(StrEnum):
    """The parts of the list, in their order; the values are their headings."""

    RECENT = "recent pairs"
    ACTING = "in use"
    KEPT = "saved in the settings"
    AWS = "AWS config files and environment"
    PLAIN = "no profile"
    NEW = "new"


class New(StrEnum):
    """What can be added; the values are the names in the list."""

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
class AccountChoice:
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


def account_choices(
    profiles: Profiles, settings: Settings, pairs: Sequence[Pair], acting: Sequence[IdentitySpec], side: Side
) -> list[AccountChoice]:
    """All sections one after another; of the panes' identities, those that are in no other section.

    The region of a pair is that of the identity on `side`.
    """
    known = _known_rows(profiles, settings)
    listed = {_as_listed(row.takes) for row in known}
    unlisted = dict.fromkeys(spec for spec in acting if _as_listed(spec) not in listed)
    return [
        *(_pair(_today(pair, settings), side) for pair in pairs),
        *(_row(spec, Section.ACTING) for spec in unlisted),
        *known,
    ]


def _known_rows(profiles: Profiles, settings: Settings) -> list[AccountChoice]:
    return [
        *(_kept(name, kept) for name, kept in settings.identities.items()),
        *(_profile(entry) for entry in profiles.profiles),
        *([_ambient(profiles.ambient)] if profiles.ambient else []),
        *(row for row in PLAIN_ROWS if not (profiles.ambient and row is DEFAULT_CHAIN)),
        *(AccountChoice(Section.NEW, new, new.value, detail=words) for new, words in NEW_WORDS.items()),
    ]


DEFAULT_CHAIN = AccountChoice(
    Section.PLAIN,
    IdentitySpec(),
    "default chain",
    "",
    detail="default credential chain: environment variables, AWS_PROFILE, the default profile, "
    "container or instance role",
)
ANONYMOUS = AccountChoice(
    Section.PLAIN,
    IdentitySpec(anonymous=True),
    AuthMethod.ANONYMOUS.value,
    "",
    detail="unsigned requests: public buckets only, open them by name",
)
LOCAL_DISK = AccountChoice(
    Section.PLAIN,
    IdentitySpec(local=True),
    LOCAL_LABEL,
    "",
    detail="files and directories from the current directory, to upload and download",
)
PLAIN_ROWS = (DEFAULT_CHAIN, ANONYMOUS, LOCAL_DISK)


def _today(pair: Pair, settings: Settings) -> Pair:
    """An identity from the settings is as they define it now; one that they no longer define loses its name."""
    left, right = (known_by_now(spec, settings) or structs.replace(spec, name="") for spec in (pair.left, pair.right))
    return Pair(left, right)


def _pair(pair: Pair, side: Side) -> AccountChoice:
    labels = visible(label_of(pair.left)), visible(label_of(pair.right))
    first = pair.left if side is Side.LEFT else pair.right
    return AccountChoice(
        Section.RECENT,
        pair,
        " │ ".join(labels),
        detail=" │ ".join(visible(words) for spec in (pair.left, pair.right) if (words := hangs_on(spec))),
        region=visible(first.region or ""),
    )


def _kept(name: str, kept: IdentitySettings) -> AccountChoice:
    row = _row(kept.spec(name), Section.KEPT)
    return replace(row, detail=" · ".join(filter(None, (row.detail, "read-only" if kept.read_only else ""))))


def _row(spec: IdentitySpec, section: Section) -> AccountChoice:
    return AccountChoice(
        section,
        spec,
        visible(label_of(spec)),
        visible(method_of(spec)),
        visible(spec.region or ""),
        visible(spec.endpoint or ""),
        visible(hangs_on(spec)),
    )


def _profile(entry: ProfileSummary) -> AccountChoice:
    return AccountChoice(
        Section.AWS,
        IdentitySpec(entry.name),
        visible(entry.name),
        entry.method.value,
        visible(entry.region),
        visible(entry.endpoint),
        visible(entry.detail),
    )


def _ambient(found: ProfileSummary) -> AccountChoice:
    words = "the default credential chain"
    return AccountChoice(
        Section.AWS,
        IdentitySpec(),
        visible(found.name) or "environment",
        found.method.value,
        visible(found.region),
        visible(found.endpoint),
        visible(f"{found.detail} · {words}" if found.detail else words),
    )


def row_of(rows: Sequence[AccountChoice], takes: IdentitySpec | Pair | New | None) -> AccountChoice | None:
    """The row of an identity or pair: equal, or equal except for endpoint and region."""
    exact = (row for row in rows if row.takes == takes)
    alike = (row for row in rows if _as_listed(row.takes) == _as_listed(takes))
    return next(exact, next(alike, None))


def _as_listed(takes: IdentitySpec | Pair | New | None) -> IdentitySpec | Pair | New | None:
    return structs.replace(takes, endpoint=None, region=None) if isinstance(takes, IdentitySpec) else takes


def overridden(spec: IdentitySpec, endpoint: str | None, region: str | None) -> IdentitySpec:
    """An identity with the overrides that were typed; they are for S3 only."""
    if spec.local:
        return spec
    return structs.replace(spec, endpoint=endpoint or spec.endpoint, region=region or spec.region)
