"""The choices of a route card: what they mean for the order, how they are said, what is remembered."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from tests.ui.dialogs.world import ORDER
from tui.model.orders import AclChoice, ConflictPolicy, CopyOptions, Filters
from tui.text.typed import TypedError
from tui.ui.orders.card_choices import KMS, CardChoices, CardMemory

NOW = 1_764_025_200.0


def test_nothing_chosen_leaves_the_order_as_it_is() -> None:
    assert CardChoices().order(ORDER, NOW) == ORDER
    assert CardChoices().words == []


def test_choices_become_filters_and_options(tmp_path: Path) -> None:
    chosen = CardChoices(
        ConflictPolicy.NEWER, "*.mp4,*.mov", "raw/*", "7d", "", "1k", "2G", AclChoice.PRIVATE, "GLACIER_IR", KMS,
        " alias/x ", str(tmp_path / "r"),
    )  # fmt: skip
    order = chosen.order(ORDER, NOW)
    assert order.selection.filters == Filters(["*.mp4", "*.mov"], ["raw/*"], NOW - 7 * 86_400, None, 1024, 2 * 2**30)
    assert order.options == CopyOptions(
        ConflictPolicy.NEWER,
        acl=AclChoice.PRIVATE,
        storage_class="GLACIER_IR",
        encryption=KMS,
        kms_key="alias/x",
        receipt=str(tmp_path / "r"),
    )
    assert chosen.words[:2] == ["include *.mp4,*.mov", "exclude raw/*"]
    assert {"acl private", "class GLACIER_IR", "encryption aws:kms"} < set(chosen.words)


def test_a_key_without_its_encryption_is_not_sent() -> None:
    assert CardChoices(encryption="AES256", kms_key="alias/x").order(ORDER, NOW).options.kms_key == ""


@pytest.mark.parametrize(
    "chosen",
    [CardChoices(smallest="2M", largest="1M"), CardChoices(newer="1d", older="2d"), CardChoices(older="soon")],
)
def test_filters_that_leave_nothing_are_refused(chosen: CardChoices) -> None:
    with pytest.raises(TypedError):
        chosen.filters(NOW)


def test_choices_are_remembered_for_the_pair_of_accounts_but_not_a_receipts_file() -> None:
    memory = CardMemory()
    chosen = CardChoices(include="*.mp4", receipt="/tmp/r")
    memory.keep(ORDER, chosen)
    assert memory.recall(ORDER) == CardChoices(include="*.mp4")
    back = structs.replace(
        ORDER,
        selection=structs.replace(ORDER.selection, connection=ORDER.destination.connection),
        destination=structs.replace(ORDER.destination, connection=ORDER.selection.connection),
    )
    assert memory.recall(back) == CardChoices()


@pytest.mark.parametrize("policy", list(ConflictPolicy))
@pytest.mark.parametrize("move", [False, True])
def test_what_happens_to_existing_objects_is_never_remembered(policy: ConflictPolicy, move: bool) -> None:
    memory = CardMemory()
    memory.keep(ORDER, CardChoices(policy, include="*.mp4"))
    later = structs.replace(ORDER, options=structs.replace(ORDER.options, move=move))
    assert memory.recall(later) == CardChoices(ConflictPolicy.ASK, include="*.mp4")
    asked = structs.replace(ORDER, options=structs.replace(ORDER.options, conflict=ConflictPolicy.NEWER))
    assert memory.recall(asked).conflict is ConflictPolicy.NEWER
