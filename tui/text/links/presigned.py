"""What screen and command say of a presigned link, besides the link itself."""

from __future__ import annotations

from datetime import tzinfo

from tui.model.links.presigned import PresignedLink
from tui.text.format import duration, time_exact


def signer(link: PresignedLink) -> str:
    """Who signs it: what the link may do is what this identity may do when the link is used."""
    who = link.arn or (f"account {link.account}" if link.account else "")
    return f"signed by {link.identity}" + (f" ({who})" if who else "")


def lasts(link: PresignedLink, now: float, zone: tzinfo | None = None) -> str:
    """Until when it can be used, and for how long from now."""
    return f"until {time_exact(link.until, zone)}, for {duration(max(0.0, link.until - now))}"


def end(link: PresignedLink) -> str:
    """What ends it sooner than the clock."""
    if link.ends_with_credentials:
        return "it ends with the session that signs it, sooner than asked for: sign with an IAM user's keys for longer"
    return "it ends at once when the keys that sign it are deleted, or lose their permission"


def must_send(link: PresignedLink) -> list[str]:
    """The headers that a request by the link must have, as ``Name: value``."""
    return [f"{name}: {value}" for name, value in link.headers.items()]
