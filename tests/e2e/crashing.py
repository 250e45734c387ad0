"""The app with a defect: its help raises, with a secret at hand. Run by a test in a terminal of its own."""

import sys

from tui.app.app import XS3App
from tui.app.main import main

PYTHON = sys.executable
DEFECT = "a defect of the tests"
SECRET = "s3cret/at-hand-when+it-happens"


def fail(self: XS3App, at_hand: str = SECRET) -> None:
    raise RuntimeError(DEFECT)


if __name__ == "__main__":
    XS3App.action_help = fail  # type: ignore[method-assign]  # reason: that is the defect
    sys.argv[1:] = []
    main()
