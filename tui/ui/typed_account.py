"""What a user types about an account, as values: keys, roles, durations, endpoints. Pure but for `policy`.

Each raises `TypedError`. What the settings file knows, too, is checked as there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from tui.settings import checks
from tui.ui.format import HOUR, MINUTE
from tui.ui.typed import TypedError

ACCESS_KEY = re.compile(r"[A-Z0-9]{16,128}")
"""AWS IAM API Reference, AccessKey; long-lived ones have 20 characters today."""
NAME = re.compile(r"\w[\w.@+-]{0,63}", re.ASCII)

SPANS = {"": 1, "s": 1, "m": MINUTE, "min": MINUTE, "h": HOUR}
LONGEST_POLICY = 2048
"""Characters of a session policy that AssumeRole takes."""


def access_key(text: str) -> str:
    """The id of access keys; servers other than AWS have forms of their own."""
    if not text.strip():
        raise TypedError("type the access key id")
    return _word(text)


def access_key_remark(typed: str) -> str:
    """What is unusual about an access key's id; empty: nothing."""
    if not ACCESS_KEY.fullmatch(typed):
        return "not the form of AWS, 16 to 128 of A-Z and 0-9; other servers have their own"
    if typed.startswith("ASIA"):
        return "temporary keys: they want their session token, too"
    return ""


def secret(text: str) -> str:
    """A secret access key; what is wrong with one is said without it."""
    typed = text.strip()
    if not typed:
        raise TypedError("type or paste the secret access key")
    return token(typed)


def token(text: str) -> str:
    """A session token; it may be empty."""
    if not re.fullmatch(r"[!-~]*", text.strip()):
        raise TypedError("there is a space or an odd character in it: was more than the secret pasted?")
    return text.strip()


def role_arn(text: str) -> str:
    """The ARN of a role."""
    if not text.strip():
        raise TypedError("type the ARN of the role")
    return _checked(text, checks.role_arn)


def role_account(arn: str) -> str:
    """The account that the ARN of a role names; empty where it names none, as on some servers."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 else ""


def duration(text: str) -> int | None:
    """Seconds of ``1h``, ``90 min``, ``3600``; None for an empty text."""
    if not text.strip():
        return None
    found = re.fullmatch(r"\s*(\d{1,6}(?:\.\d+)?)\s*(h|min|m|s|)\s*", text.lower(), re.ASCII)
    if found is None:
        raise TypedError(f"{text!r} is no duration: write 1h, 90m or 3600")
    seconds = round(float(found[1]) * SPANS[found[2]])
    if seconds not in checks.DURATIONS:
        raise TypedError("a session lasts 15m to 12h, and no longer than the role allows")
    return seconds


def external_id(text: str) -> str:
    """What the trust policy wants to hear; it may be empty."""
    return _checked(text, checks.external_id)


def session_name(text: str) -> str:
    """What the session is called in logs; it may be empty."""
    return _checked(text, checks.session_name)


def mfa_serial(text: str) -> str:
    """The serial number or ARN of an MFA device; it may be empty."""
    return _word(text)


def region(text: str) -> str | None:
    """The name of a region; None for an empty text."""
    return _checked(text, checks.region) or None


def name(text: str) -> str:
    """What an identity, or a profile, is to be called."""
    if not NAME.fullmatch(text.strip()):
        raise TypedError("a name has letters, digits and . _ @ + -, at most 64")
    return text.strip()


def endpoint(text: str) -> str | None:
    """The URL of a server; None for an empty text."""
    typed = _checked(text, checks.endpoint)
    parts = urlsplit(typed)
    if parts.query or parts.fragment:
        raise TypedError("an endpoint ends with its host, port or path: leave out what begins with ? or #")
    return typed or None


def needed_endpoint(text: str) -> str | None:
    """The URL of a server; there must be one."""
    if not text.strip():
        raise TypedError("type the URL of the server")
    return endpoint(text)


def endpoint_remark(typed: str) -> str:
    """What to know about an endpoint that can be used; empty: nothing."""
    parts = urlsplit(typed)
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        return "not encrypted: who listens on the way reads what is sent"
    return ""


def policy(text: str) -> str:
    """A session policy as compact JSON, typed or (``@/path``) read from a file; it may be empty."""
    typed = text.strip()
    if not typed:
        return ""
    if typed.startswith("@"):
        typed = _file(Path(typed[1:]).expanduser())
    try:
        document = json.loads(typed)
    except ValueError as error:
        raise TypedError(f"not JSON: {error}; or write @/path of a file") from error
    except RecursionError as error:
        raise TypedError("no policy nests that deep") from error
    if not isinstance(document, dict) or not document.get("Statement"):
        raise TypedError('a policy is {"Version": "2012-10-17", "Statement": […]}')
    compact = json.dumps(document, separators=(",", ":"))
    if len(compact) > LONGEST_POLICY:
        raise TypedError(f"{len(compact):,} characters: AssumeRole takes {LONGEST_POLICY:,}")
    return compact


def _file(path: Path) -> str:
    if not path.is_file():  # a pipe or a terminal would have to be waited for
        raise TypedError(f"there is no file {path}")
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(LONGEST_POLICY * 32)
    except OSError as error:
        raise TypedError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise TypedError(f"{path} is no text") from error


def _word(text: str) -> str:
    return _checked(text, checks.one_word)


def _checked(text: str, check: Callable[[str], str]) -> str:
    try:
        return check(text.strip())
    except ValueError as error:
        raise TypedError(str(error)) from error
