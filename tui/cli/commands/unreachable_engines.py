"""What ``xs3-tui transfers`` says beside the list: of engines that it cannot ask."""

from __future__ import annotations

from collections.abc import Iterator

from tui.link.process import EngineProcess
from tui.protocol.every_engine import EveryEngine
from tui.protocol.journals import count_transfers, damaged_copies
from tui.protocol.other_engines import OtherEngine, other_engines, unfinished_transfers_of
from tui.text.format import counted


def has_transfers(process: EngineProcess) -> bool:
    """Whether this engine has, or may have, transfers to show; if not, it need not be started."""
    if process.running:
        return True
    named = count_transfers(process.journal)
    return named is None or named.all > 0 or bool(damaged_copies(process.journal))


def not_shown(every: EveryEngine, process: EngineProcess) -> Iterator[str]:
    """Transfers that no list can name: of engines of another version, and of those that are not running."""
    met = {each.other.lock: each for each in every.met}
    for other in other_engines(process.places):
        if other.lock not in met:
            if count := unfinished_transfers_of(other):
                yield (
                    f"{counted(count, 'unfinished transfer')} of an engine that is not running, started with other AWS "
                    f"settings ({other.settings}): set these variables and run xs3-tui transfers"
                )
            elif count := _ended_transfers_of(other):
                yield (
                    f"{counted(count, 'ended transfer')} made with other AWS settings ({other.settings}): set these "
                    "variables to list them"
                )
        elif met[other.lock].client is None and met[other.lock].welcome.unfinished:
            count, program = met[other.lock].welcome.unfinished, met[other.lock].welcome.program
            yield (
                f"{counted(count, 'unfinished transfer')} of an engine of another version: run the transfers command "
                f"of xs3-tui {program or 'that version'}"
            )


def _ended_transfers_of(other: OtherEngine) -> int:
    named = count_transfers(other.journal)
    return named.all if named else 0
