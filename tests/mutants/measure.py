"""Runs all tests and keeps which lines of some files they reach: ``python -m tests.mutants.measure FILE…``."""

import json
import sys

import pytest

from tests.mutants import reach


def main() -> int:
    durations = reach.Durations()
    coverage = ["--cov", f"--cov-config={reach.SETTINGS}", "--cov-report="]
    pytest_arguments = ["-q", "--workers", "6", "-m", "not server and not bench", "-p", "no:cacheprovider", *coverage]
    files = sys.argv[1:]
    reach.settle(files)
    pytest.main(pytest_arguments, plugins=[reach, durations])
    lines = reach.reached(durations.seconds)
    reach.REACH.write_text(json.dumps({"files": files, "lines": lines, "seconds": durations.seconds}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
