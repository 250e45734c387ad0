"""Access keys that were typed: they are in this process's memory for as long as it lives, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from aiobotocore.credentials import AioCredentials
from botocore.credentials import ReadOnlyCredentials

from tui.accounts.problems.typed_keys import no_key
from tui.core.identity import IdentitySpec
from tui.core.problem import Problem, ProblemError


@dataclass(frozen=True, slots=True)
class TypedKeys:
    """What belongs to an access key id."""

    secret: str = field(repr=False)
    session_token: str = field(default="", repr=False)
    access_key: str = ""
    """The id that is signed with, where it is not that of the name: it changes with each renewal."""


class KeyName(NamedTuple):
    """What distinguishes typed keys: two servers may both have an ``admin``."""

    access_key: str
    endpoint: str = ""
    """As the spec has it; empty: it has none."""

    @classmethod
    def of(cls, spec: IdentitySpec) -> KeyName:
        """The name of the keys that a spec asks for."""
        return cls(spec.access_key, spec.endpoint or "")


class TypedKeyStore:
    """The typed keys, by their name. Used from one event loop."""

    def __init__(self) -> None:
        self._keys: dict[KeyName, TypedKeys] = {}

    def give(self, name: KeyName, secret: str, session_token: str = "", access_key: str = "") -> None:
        """Keep keys, in place of those of the same name; `access_key`: what is signed with, if that is not in the name.

        Raises `ProblemError` for texts that can be none.
        """
        for what, text in (("access key id", access_key or name.access_key), ("secret access key", secret)):
            if not _is_word(text):
                raise ProblemError(no_key(what))
        if session_token and not _is_word(session_token):
            raise ProblemError(no_key("session token"))
        self._keys[name] = TypedKeys(secret, session_token, access_key)

    def get(self, name: KeyName) -> TypedKeys | None:
        """The keys of that name, None if they were not typed."""
        return self._keys.get(name)


class TypedCredentials(AioCredentials):
    """Credentials of the store of typed keys: every request is signed with what was given last."""

    def __init__(self, name: KeyName, typed_keys: TypedKeyStore, missing: Callable[[], Problem]) -> None:
        super().__init__(name.access_key, "", method="explicit")
        self._name, self._typed_keys, self._missing = name, typed_keys, missing

    async def get_frozen_credentials(self) -> ReadOnlyCredentials:  # type: ignore[override]  # as aiobotocore does
        """The keys; raise the `ProblemError` of `missing` if they are not known."""
        keys = self._typed_keys.get(self._name)
        if keys is None:
            raise ProblemError(self._missing())
        return ReadOnlyCredentials(keys.access_key or self.access_key, keys.secret, keys.session_token or None)


def _is_word(text: str) -> bool:
    """Whether a text can be signed with and sent in a header."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text
