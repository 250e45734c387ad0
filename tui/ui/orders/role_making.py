"""How a card has the role of a job made."""

from __future__ import annotations

from collections.abc import Callable, Coroutine

from tui.core.orders import BatchOrder

MakeRole = Callable[[BatchOrder, Callable[[str], None]], Coroutine[None, None, None]]
"""Opens the dialog for the role of a job, which calls back with its ARN once it has all that the job needs."""
