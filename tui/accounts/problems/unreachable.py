"""The problems of the network: what could not be reached, and what the system says of that."""

from __future__ import annotations

import os
import socket
import ssl
from urllib.parse import urlsplit

import aiohttp
from botocore import exceptions as boto

from tui.accounts.problems.attempt import Attempt
from tui.accounts.problems.errors import UnreadableAnswerError
from tui.core.problem import Problem, ProblemKind

_EXPIRED, _NOT_YET = 10, 9
_OTHER_NAME = (62, 64)
_UNKNOWN = (18, 19, 20, 21)
"""Codes of OpenSSL (``x509_vfy.h``): self-signed, or of an issuer that is not trusted here."""


def unreachable(error: Exception, attempt: Attempt) -> Problem:
    """The problem of a connection that was not made, or broke off."""
    where = _where(error, attempt)
    inner = getattr(error, "kwargs", {}).get("error") or error
    if isinstance(inner, aiohttp.ClientResponseError):  # it was reached, and does not speak HTTP
        return attempt.problem(ProblemKind.SERVER, "the server's response cannot be read", inner.message, "try again")
    if isinstance(inner, UnreadableAnswerError):
        return attempt.problem(ProblemKind.SERVER, "the server's response cannot be read", str(inner), "try again")
    if isinstance(inner, aiohttp.ClientPayloadError):
        return attempt.problem(ProblemKind.SERVER, f"the response of {where} was cut short", str(inner), "try again")
    if isinstance(error, boto.ConnectTimeoutError):
        cause, remedy = "connection timed out", "check the network, the proxy and the endpoint"
    elif isinstance(error, boto.ReadTimeoutError | TimeoutError):
        cause, remedy = "read timed out: connected, but no response", "try again"
    elif isinstance(error, boto.SSLError):
        cause, remedy = _refused_certificate(inner)
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
    system = getattr(error, "os_error", None) or error
    if isinstance(system, socket.gaierror):
        return f"the host name cannot be resolved: {system.strerror}"
    if isinstance(system, OSError) and system.errno:
        return os.strerror(system.errno)
    return str(error) or type(error).__name__


def _refused_certificate(error: object) -> tuple[str, str]:
    """Cause and remedy of a TLS failure, as aiohttp reports it."""
    found = getattr(error, "certificate_error", error)
    if not isinstance(found, ssl.SSLCertVerificationError):
        return str(error), "check AWS_CA_BUNDLE and the endpoint's certificate"
    code, words = found.verify_code, found.verify_message
    if code == _EXPIRED:
        return "the endpoint's certificate has expired", "its operator must renew it; or check this machine's clock"
    if code == _NOT_YET:
        return "the endpoint's certificate is not valid yet", "check this machine's clock"
    if code in _OTHER_NAME:
        return f"the endpoint's certificate is for another name: {words}", "use the host name in the certificate"
    if code in _UNKNOWN:
        return (
            f"the endpoint's certificate is not signed by a trusted CA: {words}",
            "set AWS_CA_BUNDLE, or ca_bundle in the profile, to the CA certificate",
        )
    return f"the endpoint's certificate was rejected: {words}", "check AWS_CA_BUNDLE and the endpoint's certificate"
