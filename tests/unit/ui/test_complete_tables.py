"""Tables by an enum have a row for each of its members."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import pytest

from tui.cli.commands.transfer_words import DONE
from tui.model.plan import Access, PlannedAction
from tui.model.transfer import Outcome, TransferKind, TransferState, Verification
from tui.text.spans import Tone
from tui.ui.kit.tones import STYLES
from tui.ui.orders.planned_lines import ACTION_TONES
from tui.ui.orders.route_lines import CHECK_MARKS
from tui.ui.transfers.details import OUTCOME_MARKS, VERIFICATION_TONES
from tui.ui.transfers.groups import GROUPS
from tui.ui.transfers.words import DONE_WORDS, STATE_MARKS


@pytest.mark.parametrize(
    ("table", "kinds"),
    [
        (STYLES, Tone),
        (ACTION_TONES, PlannedAction),
        (CHECK_MARKS, Access),
        (OUTCOME_MARKS, Outcome),
        (VERIFICATION_TONES, Verification),
        (GROUPS, TransferState),
        (STATE_MARKS, TransferState),
        (DONE_WORDS, TransferKind),
        (DONE, TransferKind),
    ],
)
def test_no_member_is_forgotten(table: Mapping[Enum, object], kinds: type[Enum]) -> None:
    assert set(table) == set(kinds)
