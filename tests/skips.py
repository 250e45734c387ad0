"""In CI a test of which no case ran fails the run by its name: what is skipped everywhere is tested nowhere.

A case may be skipped, with a reason, where another case of the same function runs: on another server, say.
"""

import os
from typing import Any

import pytest

_ran: dict[str, bool] = {}
"""By function, whether a case of it ran: what workers report arrives in the process that collected."""


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    function = report.nodeid.partition("[")[0]
    ran = report.when == "call" and (not report.skipped or hasattr(report, "wasxfail"))
    _ran[function] = _ran.get(function, False) or ran or report.failed


def never() -> list[str]:
    """The functions whose cases were all skipped."""
    return sorted(function for function, ran in _ran.items() if not ran) if os.environ.get("CI") else []


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if never() and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for function in never():
        terminalreporter.write_line(f"SKIPPED EVERYWHERE {function}", red=True)
