"""What the system says of a connection that was not made is said in its words; so is what befell an answer."""

from __future__ import annotations

import errno
import os
import socket

import pytest
from botocore.exceptions import FlexibleChecksumError, IncompleteReadError, ParamValidationError

from tui.accounts.problems.attempt import Attempt
from tui.accounts.problems.mapping import problem_of
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


@pytest.mark.parametrize(
    ("error", "title"),
    [
        (IncompleteReadError(actual_bytes=3, expected_bytes=7), "the response was cut short"),
        (FlexibleChecksumError(error_msg="CRC32 differs"), "the response was damaged in transit"),
    ],
)
def test_an_answer_that_did_not_arrive_as_it_was_sent_may_be_asked_for_again(error: Exception, title: str) -> None:
    problem = problem_of(error, ATTEMPT)
    assert (problem.kind, problem.title, problem.cause) == (ProblemKind.SERVER, title, str(error))
    assert problem.remedy == "try again"


@pytest.mark.parametrize(
    ("report", "name", "cause"),
    [
        (
            "Invalid length for parameter JobId, value: 3, valid min length: 5",
            "JobId",
            "it has 3 characters, and AWS takes no fewer than 5",
        ),
        (
            "Invalid value for parameter MaxKeys, value: -1, valid min value: 0",
            "MaxKeys",
            "it is -1, and AWS takes no less than 0",
        ),
        (
            "Invalid type for parameter Tagging.Key, value: hush, type: <class 'str'>, valid types: <class 'int'>",
            "Tagging.Key",
            "it is not of the form that the request takes",
        ),
        ("something new", "a parameter", "it is not of the form that the request takes"),
    ],
)
def test_a_request_that_botocore_does_not_send_names_its_parameter(report: str, name: str, cause: str) -> None:
    problem = problem_of(ParamValidationError(report=report), ATTEMPT)
    assert (problem.kind, problem.cause) == (ProblemKind.INVALID, cause)
    assert problem.title == f"the request cannot be sent: {name} is not valid"
    assert not {"hush", "Parameter validation failed"} & set(problem.sentence().split())
