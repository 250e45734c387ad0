"""How often requests are sent: as the AWS settings say (``retry_mode``, ``max_attempts``), else as is best here."""

from __future__ import annotations

from botocore.configprovider import ConstantProvider
from botocore.exceptions import InvalidConfigError
from botocore.session import Session

ATTEMPTS = 4
"""Requests that are sent, in all, before a failure is seen; for callers that need the answer at once."""

ONE_ATTEMPT = 1
"""For transfers: they retry by themselves, so that each retry and each SlowDown is counted."""

MODE = "standard"
"""botocore's own default is ``legacy``, which waits longer and knows fewer errors that pass."""


def set_retry_defaults(session: Session) -> None:
    """Let all clients of a session retry by our defaults where the user's settings name none.

    Raises botocore's `InvalidConfigError` for a number of attempts that is none.
    """
    store = session.get_component("config_store")
    for name, value in (("retry_mode", MODE), ("max_attempts", ATTEMPTS)):
        store.get_config_provider(name).set_default_provider(ConstantProvider(value))
    try:
        attempts = store.get_config_variable("max_attempts")
    except ValueError as error:
        raise InvalidConfigError(error_msg=f"max_attempts (AWS_MAX_ATTEMPTS) is not a number: {error}") from error
    if attempts < 1:
        raise InvalidConfigError(error_msg=f"max_attempts (AWS_MAX_ATTEMPTS) is {attempts}: set 1 or more")
