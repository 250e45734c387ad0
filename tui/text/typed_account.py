"""What a user types about an account, as values: keys, roles, durations, endpoints. Pure but for `policy`.

Each raises `TypedError`. What the settings file knows, too, is checked as there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from tui.core.identity import IN_CLEAR, in_clear
from tui.core.json_text import read_json
from tui.settings import checks
from tui.text.format import HOUR, MINUTE, counted
from tui.text.typed import TypedError, path_of

ACCESS_KEY = re.compile(r"[A-Z0-9]{16,128}")
"""AWS IAM API Reference, AccessKey; long-lived ones have 20 characters today."""
NAME = re.compile(r"\w[\w.@+-]{0,63}", re.ASCII)

SPANS = {"": 1, "s": 1, "m": MINUTE, "min": MINUTE, "h": HOUR}
LONGEST_POLICY = 2048
"""Characters of a session policy that AssumeRole allows."""


def access_key(text: str) -> str:
    """An access key ID; servers other than AWS have forms of their own."""
    if not text.strip():
        raise TypedError("enter the access key ID")
    return _word(text)


def access_key_remark(typed: str) -> str:
    """What is unusual about an access key ID; empty: nothing."""
    if not ACCESS_KEY.fullmatch(typed):
        return "AWS key IDs have 16 to 128 of A-Z and 0-9; other servers may differ"
    if typed.startswith("ASIA"):
        return "temporary keys: also enter their session token"
    return ""


def secret(text: str) -> str:
    """A secret access key; error messages do not contain it."""
    typed = text.strip()
    if not typed:
        raise TypedError("type or paste the secret access key")
    return token(typed)


def token(text: str) -> str:
    if not re.fullmatch(r"[!-~]*", text.strip()):
        raise TypedError("it contains a space or an unusual character: was more than the secret pasted?")
    return text.strip()


def resource_id(text: str, example: str) -> str:
    """An ID like the example; whether AWS has it is not asked."""
    typed = text.strip()
    if not re.fullmatch(example.partition("-")[0] + "-[0-9a-z]+", typed):
        raise TypedError(f"{typed!r} is not an ID of this kind: write {example}")
    return typed


def network(text: str) -> str:
    """An IP address or a network, as ``aws:SourceIp`` has it."""
    from ipaddress import ip_network  # few name one

    try:
        ip_network(text.strip(), strict=False)
    except ValueError as error:
        raise TypedError(f"{text!r} is not an IP address or network: write 192.0.2.0/24") from error
    return text.strip()


def role_arn(text: str) -> str:
    if not text.strip():
        raise TypedError("enter the role ARN")
    return _checked(text, checks.role_arn)


def role_account(arn: str) -> str:
    """The account in a role ARN; empty if it names none, as on some servers."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 else ""


def duration(text: str) -> int | None:
    """Seconds of ``1h``, ``90 min``, ``3600``; None for an empty text."""
    if not text.strip():
        return None
    found = re.fullmatch(r"\s*(\d{1,6}(?:\.\d+)?)\s*(h|min|m|s|)\s*", text.lower(), re.ASCII)
    if found is None:
        raise TypedError(f"{text!r} is not a duration: write 1h, 90m or 3600")
    seconds = round(float(found[1]) * SPANS[found[2]])
    if seconds not in checks.DURATIONS:
        raise TypedError("a session lasts 15m to 12h, at most the role's maximum session duration")
    return seconds


def external_id(text: str) -> str:
    """The external ID that the trust policy requires, or an empty text."""
    return _checked(text, checks.external_id)


def session_name(text: str) -> str:
    """The session's name in logs, or an empty text."""
    return _checked(text, checks.session_name)


def mfa_serial(text: str) -> str:
    """The serial number or ARN of an MFA device, or an empty text."""
    return _word(text)


def region(text: str) -> str | None:
    """A region's name; None for an empty text."""
    return _checked(text, checks.region) or None


def name(text: str) -> str:
    if not NAME.fullmatch(text.strip()):
        raise TypedError("use letters, digits and . _ @ + -, at most 64")
    return text.strip()


def endpoint(text: str) -> str | None:
    """A server's URL; None for an empty text."""
    typed = _checked(text, checks.endpoint)
    parts = urlsplit(typed)
    if parts.query or parts.fragment:
        raise TypedError("an endpoint URL has no ? or # part")
    return typed or None


def needed_endpoint(text: str) -> str | None:
    """A server's URL, which is required."""
    if not text.strip():
        raise TypedError("enter the server's URL")
    return endpoint(text)


def endpoint_remark(typed: str) -> str:
    """A warning about a valid endpoint; empty: none."""
    return IN_CLEAR if in_clear(typed) else ""


def policy(text: str) -> str:
    """A session policy as compact JSON, typed or read from a file (``@/path``); or an empty text."""
    typed = text.strip()
    if not typed:
        return ""
    if typed.startswith("@"):
        typed = _file(path_of(typed[1:]))
    try:
        document = read_json(typed)
    except ValueError as error:
        raise TypedError(f"not JSON: {error}; or write @/path/to/file") from error
    if not isinstance(document, dict) or not document.get("Statement"):
        raise TypedError('a policy is {"Version": "2012-10-17", "Statement": […]}')
    compact = json.dumps(document, separators=(",", ":"))
    if len(compact) > LONGEST_POLICY:
        raise TypedError(f"{counted(len(compact), 'character')}: AssumeRole allows {LONGEST_POLICY:,}")
    return compact


def _file(path: Path) -> str:
    try:
        if not path.is_file():  # a pipe or a terminal would have to be waited for
            raise TypedError(f"no file {path}")
        with path.open(encoding="utf-8") as file:
            return file.read(LONGEST_POLICY * 32)
    except OSError as error:
        raise TypedError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise TypedError(f"{path} is not a text file") from error


def _word(text: str) -> str:
    return _checked(text, checks.one_word)


def _checked(text: str, check: Callable[[str], str]) -> str:
    try:
        return check(text.strip())
    except ValueError as error:
        raise TypedError(str(error)) from error
