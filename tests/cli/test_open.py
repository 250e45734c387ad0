"""What the command line makes of the panes."""

from __future__ import annotations

from tui.cli.commands.open import demo_start
from tui.model.identity import IdentitySpec
from tui.settings import PaneStart, Start


def test_an_endpoint_alone_goes_with_the_demos_profile() -> None:
    start = Start(PaneStart(IdentitySpec(endpoint="http://127.0.0.1:9")), PaneStart(IdentitySpec("other")), demo=True)
    filled = demo_start(start, "media-prod", "analytics")
    assert filled.left.spec == IdentitySpec("media-prod", "http://127.0.0.1:9")
    assert filled.right.spec == IdentitySpec("other")
