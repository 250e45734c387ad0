"""Start the engine: ``python -m tui.engine``."""

from __future__ import annotations

import gc

RARELY = (20_000, 20, 100)
"""Thresholds of the garbage collector: a transfer creates a hundred objects for each one that it copies, hardly any of
them in cycles."""


def main() -> None:
    """Import the engine and run it.

    Collections during the imports would find nothing, and take an eighth of their time. Later ones skip what was
    imported.
    """
    gc.disable()
    from tui.engine.run_engine import main as run

    gc.freeze()
    gc.enable()
    gc.set_threshold(*RARELY)
    run()


if __name__ == "__main__":
    main()
