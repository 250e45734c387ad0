"""What to say of AWS config files that cannot be used."""

from __future__ import annotations

from botocore.exceptions import ConfigParseError


def settings_cause(error: Exception) -> str:
    """What is wrong with them, with the line where it is known; never the line itself, which may hold a secret."""
    line = _line(error.kwargs.get("error")) if isinstance(error, ConfigParseError) else 0
    return f"{error}, line {line}" if line else str(error)


def settings_remedy(error: Exception) -> str:
    """Where to mend them."""
    if isinstance(error, ConfigParseError):
        return "mend that file, then try again"
    return "mend it in the AWS config file, or in the AWS_ variables of the environment"


def _line(cause: object) -> int:
    """Of one of configparser's errors: one knows its line, one a list of lines and their texts."""
    if found := getattr(cause, "errors", None):
        return int(found[0][0])
    return getattr(cause, "lineno", None) or 0
