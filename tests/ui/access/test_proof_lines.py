"""What a test of access says while it waits for a change to take effect, and no longer once it has ended."""

from __future__ import annotations

from tui.ui.access.plan_lines import Proof, proof_lines

WAITING = "tried again, for up to 60 s in all"


def text(proof: Proof) -> str:
    return " ".join(" ".join(line.plain for line in proof_lines(proof, 200)).split())


def test_a_test_says_early_what_it_waits_for_and_for_how_long() -> None:
    assert WAITING in text(Proof("analytics", patience=60.0))
    assert WAITING not in text(Proof("analytics", patience=60.0, complete=True))
    assert "tried again" not in text(Proof("analytics")), "nothing was changed: it does not wait"
