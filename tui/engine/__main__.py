"""Start the engine: ``python -m tui.engine``."""

from __future__ import annotations

import gc

RARELY = (20_000, 20, 100)
"""New objects after which the youngest are looked through, and how often the older ones are: a transfer makes a hundred
objects for each that it copies, hardly any of them in a cycle."""


def main() -> None:
    """Import the engine and run it.

    The garbage collector would look through everything that is imported, an eighth of the time that the imports take,
    and find nothing; what they leave stays, and it need not look there later.
    """
    gc.disable()
    from tui.engine.run_engine import main as run

    gc.freeze()
    gc.enable()
    gc.set_threshold(*RARELY)
    run()


if __name__ == "__main__":
    main()
