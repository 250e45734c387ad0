"""What the user can give so that an identity works again, in words. Pure."""

from __future__ import annotations

from tui.core.problem import Need, Problem

WORDS = {Need.MFA_CODE: "enter the code", Need.SIGN_IN: "sign in", Need.KEYS: "enter the secret"}


def need_words(problem: Problem) -> str:
    """``sign in``, ``enter the code``; empty where nothing that the user can give would help."""
    return WORDS[problem.needs] if problem.needs and problem.connection else ""
