"""What the engine answers, one module a subject: functions of the rooms and a request, by type of request."""

from __future__ import annotations

from tui.engine.answers import inspecting, ownership
from tui.engine.rooms import Answers, Feeds

ANSWERS: Answers = {**inspecting.ANSWERS, **ownership.ANSWERS}
"""What answers a request once."""

FEEDS: Feeds = {**inspecting.FEEDS, **ownership.FEEDS}
"""What answers a feed."""
