"""Access keys that were typed: they are in this process's memory for as long as it lives, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from aiobotocore.credentials import AioCredentials
from botocore.credentials import ReadOnlyCredentials

from tui.model.problem import Problem, ProblemError, ProblemKind


@dataclass(frozen=True, slots=True)
class TypedKeys:
    """What belongs to an access key id."""

    secret: str = field(repr=False)
    session_token: str = field(default="", repr=False)


class KeyVault:
    """The typed keys, by access key id. Used from one event loop."""

    def __init__(self) -> None:
        self._keys: dict[str, TypedKeys] = {}

    def give(self, access_key: str, secret: str, session_token: str = "") -> None:
        """Keep keys, in place of those of the same id. Raises `ProblemError` for texts that can be none."""
        for name, text in (("access key id", access_key), ("secret access key", secret)):
            if not _is_word(text):
                raise ProblemError(_no_key(name))
        if session_token and not _is_word(session_token):
            raise ProblemError(_no_key("session token"))
        self._keys[access_key] = TypedKeys(secret, session_token)

    def get(self, access_key: str) -> TypedKeys | None:
        """The keys of an id, None if nobody has typed them."""
        return self._keys.get(access_key)


class TypedCredentials(AioCredentials):
    """Credentials that are in a vault: every request is signed with what was given last."""

    def __init__(self, access_key: str, vault: KeyVault, missing: Callable[[], Problem]) -> None:
        super().__init__(access_key, "", method="explicit")
        self._vault, self._missing = vault, missing

    async def get_frozen_credentials(self) -> ReadOnlyCredentials:  # type: ignore[override]  # as aiobotocore does
        """The keys; raise the `ProblemError` of `missing` if they are not known."""
        keys = self._vault.get(self.access_key)
        if keys is None:
            raise ProblemError(self._missing())
        return ReadOnlyCredentials(self.access_key, keys.secret, keys.session_token or None)


def _is_word(text: str) -> bool:
    """Whether a text can be signed with and sent in a header."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def _no_key(what: str) -> Problem:
    return Problem(
        kind=ProblemKind.INVALID,
        title=f"that is no {what}",
        cause="it is empty, or holds blanks or characters that no key has",
        remedy="copy it again, whole",
    )
