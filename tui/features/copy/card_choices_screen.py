"""What the user chose on a route card, as typed, and what it means for the order. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from msgspec import structs

from tui.core.orders import AclChoice, ConflictPolicy, CopyOptions, CopyOrder, Filters, RestoreTier
from tui.text import typed

STORAGE_CLASSES = (
    "STANDARD",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
)

KMS = "aws:kms"


@dataclass(frozen=True, slots=True)
class CardChoices:
    """Texts as they were typed; empty ones choose nothing."""

    conflict: ConflictPolicy = ConflictPolicy.ASK
    include: str = ""
    exclude: str = ""
    newer: str = ""
    older: str = ""
    smallest: str = ""
    largest: str = ""
    acl: AclChoice = AclChoice.AUTO
    storage_class: str = ""
    encryption: str = ""
    kms_key: str = ""
    receipt: str = ""
    restore: str = ""
    """The tier by which archived objects are restored first; empty: they are not."""

    def filters(self, now: float) -> Filters:
        """What the filters mean at the time `now` (seconds since the epoch); raise `TypedError`."""
        filters = Filters(
            include=typed.patterns(self.include),
            exclude=typed.patterns(self.exclude),
            newer_than=typed.instant(self.newer, now),
            older_than=typed.instant(self.older, now),
            min_size=typed.size(self.smallest),
            max_size=typed.size(self.largest),
        )
        if _crossed(filters.min_size, filters.max_size):
            raise typed.TypedError("the minimum size is above the maximum: swap them")
        if _crossed(filters.newer_than, filters.older_than):
            raise typed.TypedError("the two times exclude every object: swap them")
        return filters

    def options(self, options: CopyOptions) -> CopyOptions:
        """`options` with these choices; raise `TypedError`."""
        return structs.replace(
            options,
            conflict=self.conflict,
            acl=self.acl,
            storage_class=self.storage_class,
            encryption=self.encryption,
            kms_key=self.kms_key.strip() if self.encryption == KMS else "",
            receipt=typed.receipt_path(self.receipt),
            restore=RestoreTier(self.restore) if self.restore else None,
        )

    def order(self, order: CopyOrder, now: float) -> CopyOrder:
        """`order` with these choices; raise `TypedError`."""
        selection = structs.replace(order.selection, filters=self.filters(now))
        return structs.replace(order, selection=selection, options=self.options(order.options))

    @property
    def filter_words(self) -> list[str]:
        """The filters, a few words each: ``include *.mp4``."""
        texts = (
            ("include", self.include),
            ("exclude", self.exclude),
            ("newer than", self.newer),
            ("older than", self.older),
            ("min size", self.smallest),
            ("max size", self.largest),
        )
        return [f"{word} {text.strip()}" for word, text in texts if text.strip()]

    @property
    def words(self) -> list[str]:
        """All that differs from what the card does by itself."""
        rest = (
            ("acl", "" if self.acl is AclChoice.AUTO else self.acl.value),
            ("class", self.storage_class),
            ("encryption", self.encryption),
            ("restore", self.restore),
            ("receipt", self.receipt.strip()),
        )
        return [*self.filter_words, *(f"{word} {text}" for word, text in rest if text)]


class CardMemory:
    """What was chosen last between two connections, as long as the app lives.

    How objects are written, that is. Which of them, and what happens to those that exist, is asked for every order:
    a filter, or a choice to overwrite, must not outlive the copy that it was made for. Nor are a receipt's file and a
    restore chosen again.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CardChoices] = {}

    def recall(self, order: CopyOrder) -> CardChoices:
        return replace(self._kept.get(_accounts(order), CardChoices()), conflict=order.options.conflict)

    def keep(self, order: CopyOrder, choices: CardChoices) -> None:
        self._kept[_accounts(order)] = CardChoices(
            acl=choices.acl, storage_class=choices.storage_class, encryption=choices.encryption, kms_key=choices.kms_key
        )


def _crossed(least: float | None, most: float | None) -> bool:
    return least is not None and most is not None and least > most


def _accounts(order: CopyOrder) -> tuple[str, str]:
    return order.selection.connection, order.destination.connection
