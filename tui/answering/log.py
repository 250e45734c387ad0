"""The engine's log: errors with their request IDs, never a secret.

Only `Problem`s and tracebacks are logged. SDK loggers stay at WARNING: at DEBUG botocore logs signatures and headers.
"""

from __future__ import annotations

import logging
import os
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from tui.aws.problems import FAILURES
from tui.core.problem import Problem, ProblemError
from tui.link.private_files import private_descriptor

MAX_BYTES = 2 * 1024 * 1024
"""The log rotates at this size; one older file is kept."""

log = logging.getLogger("tui.engine")


class PrivateRotatingHandler(RotatingFileHandler):
    """A rotating log that only this user can read."""

    def _open(self) -> TextIOWrapper:
        descriptor = private_descriptor(Path(self.baseFilename), os.O_WRONLY | os.O_APPEND)
        return os.fdopen(descriptor, "a", encoding="utf-8")


def start_logging(path: Path) -> None:
    """Write this process's log to `path`: WARNING and above, INFO for our own."""
    handler = PrivateRotatingHandler(path, maxBytes=MAX_BYTES, backupCount=1)
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    log.setLevel(logging.INFO)
    for renewing in ("aiobotocore.credentials", "aiobotocore.tokens"):
        logging.getLogger(renewing).addFilter(_tell_problem)


def _tell_problem(record: logging.LogRecord) -> bool:
    """Log a failed renewal of credentials as its problem, without botocore's traceback.

    An identity that waits for its user fails at every check; each failure takes one line.
    """
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, ProblemError):
        log_problem(error.problem)
        return False
    if isinstance(error, FAILURES):
        record.msg = f"{record.getMessage()} {type(error).__name__}: {str(error)!r}"
        record.args, record.exc_info = (), None
    return True


def log_problem(problem: Problem) -> None:
    """One line with everything that identifies the request; control characters are escaped."""
    level = logging.INFO if problem.kind.meaning.expected else logging.WARNING
    fields = {
        "kind": problem.kind.value,
        "operation": problem.operation,
        "resource": problem.resource,
        "identity": problem.identity,
        "request_id": problem.request_id,
        "status": problem.status or "",
        "title": problem.title,
        "cause": problem.cause,
    }
    log.log(level, " ".join(f"{name}={value!r}" for name, value in fields.items() if value))
