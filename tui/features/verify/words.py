"""Verifications in words, for screen and command."""

from __future__ import annotations

from tui.features.verify.values import VerificationStage, Verified, VerifiedState, VerifyTally
from tui.text.format import counted, number, size


def verified_line(result: Verified) -> str:
    """One object: ``differs  s3://a/x → s3://b/x (CRC64NVME)``; not escaped for a terminal."""
    evidence = f" ({result.evidence})" if result.evidence else ""
    return f"{result.state:<7}  {result.source} → {result.target}{evidence}"


def counts(tally: VerifyTally) -> str:
    """``1,204 same, 3 differs, 1 missing``: states that occur, and always the same ones."""
    found = [
        f"{number(tally.count(state))} {state}"
        for state in VerifiedState
        if state is VerifiedState.SAME or tally.count(state)
    ]
    left_out = [f"{number(tally.left_out)} not copied"] if tally.left_out else []
    skipped = [f"{number(tally.skipped)} skipped"] if tally.skipped else []
    return ", ".join([*found, *left_out, *skipped])


def to_read(tally: VerifyTally) -> str:
    """The state before reading content."""
    proven = f"{counts(tally)} without reading content"
    return f"{proven}; {counted(tally.unproven, 'object')} left, {size(tally.bytes_to_read)} to read"


def progress(tally: VerifyTally) -> str:
    match tally.stage:
        case VerificationStage.LOOKING:
            left = f", {number(tally.unproven)} to read ({size(tally.bytes_to_read)})" if tally.unproven else ""
            return f"{counts(tally)}{left}…"
        case VerificationStage.ASKING:
            return to_read(tally)
        case VerificationStage.READING:
            return f"{counts(tally)}; {size(tally.bytes_read)} of {size(tally.bytes_to_read)} read…"
        case VerificationStage.DONE:
            read = f"; {size(tally.bytes_read)} read" if tally.bytes_read else "; no content was read"
            cut = f"; the receipt has {number(tally.named)} of its {counted(tally.promised, 'object')}"
            return f"{counts(tally)}{read}{cut if tally.promised else ''}"
