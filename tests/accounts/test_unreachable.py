"""What the system says of a connection that was not made is said in its words, without those of the libraries."""

from __future__ import annotations

import errno
import os
import socket

import pytest

from tui.accounts.problems.attempt import Attempt
from tui.accounts.problems.unreachable import unreachable
from tui.model.problem import ProblemKind

ATTEMPT = Attempt("me", endpoint="https://s3.example.com")


class WrappedError(Exception):
    """As aiohttp wraps what the system said."""

    def __init__(self, os_error: OSError | None, words: str = "") -> None:
        super().__init__(words)
        self.os_error = os_error


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (WrappedError(OSError(errno.ECONNREFUSED, "words of the library")), os.strerror(errno.ECONNREFUSED)),
        (WrappedError(socket.gaierror(-2, "Name or service not known")), "the host name cannot be resolved: "),
        (WrappedError(OSError("without a number"), "as it was wrapped"), "as it was wrapped"),
        (WrappedError(None, "some words"), "some words"),
        (ConnectionError(), "ConnectionError"),
    ],
)
def test_the_cause_is_what_the_system_says(error: Exception, cause: str) -> None:
    problem = unreachable(error, ATTEMPT)
    assert problem.kind is ProblemKind.UNREACHABLE
    assert problem.title == "cannot reach https://s3.example.com"
    assert problem.cause.startswith(cause)
    assert problem.remedy == "check the endpoint, the network and the proxy"
