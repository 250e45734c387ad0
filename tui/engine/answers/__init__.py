"""What the engine answers, one module a subject: functions of the rooms and a request, by type of request."""

from __future__ import annotations

from tui.engine.answers import access, changes, inspecting, network
from tui.engine.rooms import Answers, Feeds

ANSWERS: Answers = {**inspecting.ANSWERS, **network.ANSWERS, **changes.ANSWERS, **access.ANSWERS}
"""What answers a request once."""

FEEDS: Feeds = {**inspecting.FEEDS, **changes.FEEDS, **access.FEEDS}
"""What answers a feed."""
