"""Where a repair of ownership writes what each object was."""

from __future__ import annotations

import secrets
import time

from tui.link.engine_paths import state_directory


def rollback_file(receipt: str = "") -> str:
    """An absolute path: beside the receipt if there is one, else a new file in the state directory.

    Raises `ProblemError` where there is no such directory.
    """
    if receipt:
        return f"{receipt}.rollback"
    name = f"rollback-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}.jsonl"
    return str(state_directory() / name)
