"""What botocore's credentials objects know but do not expose, and roles with our own renewal windows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aiobotocore.credentials import AioDeferredRefreshableCredentials


class WindowedCredentials(AioDeferredRefreshableCredentials):
    """Credentials that are renewed in windows before their end that a subclass chooses."""

    def windows(self, life: float) -> tuple[float, float]:
        """From how many seconds before the end on a request may renew, and must; `life` is the whole in seconds."""
        raise NotImplementedError

    def _publish_refresh(self) -> None:
        super()._publish_refresh()  # type: ignore[misc]  # the stubs know public names only
        advisory, mandatory = self.windows(self._seconds_remaining())  # type: ignore[attr-defined]  # the same
        self._advisory_refresh_timeout, self._mandatory_refresh_timeout = advisory, mandatory


def expiry_of(credentials: Any) -> float | None:
    """When they end, in seconds since the epoch; None for credentials without an end (or not fetched yet)."""
    end = getattr(credentials, "_expiry_time", None)
    return end.timestamp() if isinstance(end, datetime) else None


def renewal_windows(credentials: Any) -> tuple[float, float]:
    """From how many seconds before their end on credentials are renewed if that is possible, and from how many on they
    are of no use without it."""
    return credentials._advisory_refresh_timeout, credentials._mandatory_refresh_timeout


def last_fetched(credentials: Any) -> Any:
    """The secrets as they were fetched last: asking refreshable credentials for them would fetch new ones."""
    return getattr(credentials, "_frozen_credentials", None) or credentials
