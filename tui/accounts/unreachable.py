"""The problems of the network: what could not be reached, and what the system says of that."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp
from botocore import exceptions as boto

from tui.model.problem import Problem, ProblemKind

if TYPE_CHECKING:
    from tui.accounts.problems import Attempt


def unreachable(error: Exception, attempt: Attempt) -> Problem:
    """The problem of a connection that was not made, or broke off."""
    where = _where(error, attempt)
    inner = getattr(error, "kwargs", {}).get("error") or error
    if isinstance(inner, aiohttp.ClientResponseError):  # it was reached, and does not speak HTTP
        return attempt.problem(ProblemKind.SERVER, "the server's answer cannot be read", inner.message, "try again")
    if isinstance(error, boto.ConnectTimeoutError):
        cause, remedy = "no connection within the time allowed", "check the network, the proxy and the endpoint"
    elif isinstance(error, boto.ReadTimeoutError | TimeoutError):
        cause, remedy = "connected, but no answer within the time allowed", "try again"
    elif isinstance(error, boto.SSLError):
        cause, remedy = str(inner), "check AWS_CA_BUNDLE and the endpoint's certificate"
    elif isinstance(error, boto.ProxyConnectionError):
        cause, remedy = str(inner), "check HTTPS_PROXY and NO_PROXY"
    else:
        cause, remedy = _connect_cause(inner), "check the endpoint, the network and the proxy"
    return attempt.problem(ProblemKind.UNREACHABLE, f"cannot reach {where}", cause, remedy)


def _where(error: Exception, attempt: Attempt) -> str:
    """What was not reached: the attempt's endpoint, or another service that was to give its credentials."""
    url = str(getattr(error, "kwargs", {}).get("endpoint_url", ""))  # aiobotocore gives some errors a URL object
    asked, own = urlsplit(url), urlsplit(attempt.endpoint).hostname
    if asked.hostname and (not attempt.endpoint or (own and not asked.hostname.endswith(own))):
        return f"{asked.scheme}://{asked.netloc}"
    return attempt.endpoint or "the endpoint"


def _connect_cause(error: Exception) -> str:
    """What the system said, without the words that aiohttp puts around it."""
    system = getattr(error, "os_error", None)
    if isinstance(system, socket.gaierror):
        return f"the host's name cannot be resolved: {system.strerror}"
    if isinstance(system, OSError) and system.errno:
        return os.strerror(system.errno)
    return str(error) or type(error).__name__
