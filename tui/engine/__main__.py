"""Start the engine: ``python -m tui.engine``."""

from __future__ import annotations

import gc


def main() -> None:
    """Import the engine and run it.

    The garbage collector would look through everything that is imported, an eighth of the time that the imports take,
    and find nothing; what they leave stays, and it need not look there later.
    """
    gc.disable()
    from tui.engine.run import main as run

    gc.freeze()
    gc.enable()
    run()


if __name__ == "__main__":
    main()
