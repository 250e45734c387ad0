"""The identities that can be chosen, as rows of a list in sections. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from msgspec import structs

from tui.keeping.keeping import known_by_now
from tui.keeping.last import Pair
from tui.model.identity import LOCAL_LABEL, AuthMethod, IdentitySpec, ProfileSummary
from tui.protocol.messages import Profiles
from tui.settings import IdentitySettings, Settings
from tui.ui.format import visible
from tui.ui.messages import Side
from tui.ui.spec_words import hangs_on, label_of, method_of


class Section(StrEnum):
    """The parts of the list, in their order; the values are their headings."""

    RECENT = "recently side by side"
    ACTING = "acting now"
    KEPT = "kept in the settings"
    AWS = "AWS config files and environment"
    PLAIN = "without a profile"
    NEW = "new"


class New(StrEnum):
    """What can be added; the values are the names in the list."""

    KEYS = "access keys…"
    ROLE = "role…"
    ENDPOINT = "S3-compatible endpoint…"
    ANONYMOUS = "anonymous endpoint…"


NEW_WORDS = {
    New.KEYS: "an access key id and its secret, which stays in memory",
    New.ROLE: "by its ARN, assumed from any identity of this list",
    New.ENDPOINT: "another server than AWS, by its URL",
    New.ANONYMOUS: "unsigned requests to another server than AWS",
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


def account_rows(
    profiles: Profiles, settings: Settings, pairs: Sequence[Pair], acting: Sequence[IdentitySpec], side: Side
) -> list[AccountRow]:
    """All sections one after another; of those who act now, whoever stands in no other section.

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


def _known_rows(profiles: Profiles, settings: Settings) -> list[AccountRow]:
    return [
        *(_kept(name, kept) for name, kept in settings.identities.items()),
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


def _today(pair: Pair, settings: Settings) -> Pair:
    """Whom the settings keep is who they say now; whom they keep no longer goes without the name."""
    left, right = (known_by_now(spec, settings) or structs.replace(spec, name="") for spec in (pair.left, pair.right))
    return Pair(left, right)


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


def _kept(name: str, kept: IdentitySettings) -> AccountRow:
    row = _row(kept.spec(name), Section.KEPT)
    return replace(row, detail=" · ".join(filter(None, (row.detail, "read-only" if kept.read_only else ""))))


def _row(spec: IdentitySpec, section: Section) -> AccountRow:
    return AccountRow(
        section,
        spec,
        visible(label_of(spec)),
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


def row_of(rows: Sequence[AccountRow], takes: IdentitySpec | Pair | New | None) -> AccountRow | None:
    """The row for somebody: exactly so, or whatever endpoint and region override it."""
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
