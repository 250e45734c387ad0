"""MFA devices: the six digits that one shows (RFC 6238 with its defaults, as virtual devices of AWS have them)."""

import hmac
from datetime import datetime, timedelta
from typing import Final

from tui.demo.cloud.errors import CloudError
from tui.demo.cloud.iam.identities import Identity

STEP_SECONDS: Final = 30


def code_at(secret: bytes, moment: datetime) -> str:
    """What a device with this secret shows."""
    counter = int(moment.timestamp()) // STEP_SECONDS
    digest = hmac.digest(secret, counter.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def is_present(caller: Identity, serial: str, code: str, moment: datetime) -> bool:
    """Whether the caller has shown a device, False if none is named; raise `CloudError` for a wrong one, or code.

    The codes before and after are taken, too, for clocks that differ; and any more than once, which AWS does not.
    """
    if not serial and not code:
        return False
    if not serial or not code:
        raise _failed(", must provide both MFA serial number and one time pass code.")
    if not caller.mfa_serial or serial != caller.mfa_serial:
        raise _failed(
            ", unable to validate MFA code. Please verify your MFA serial number is valid and associated with this "
            "user."
        )
    taken = [code_at(caller.mfa_secret, moment + timedelta(seconds=off)) for off in (-STEP_SECONDS, 0, STEP_SECONDS)]
    if code not in taken:
        raise _failed(" with invalid MFA one time pass code. ")
    return True


def _failed(how: str) -> CloudError:
    return CloudError("AccessDenied", f"MultiFactorAuthentication failed{how}")
