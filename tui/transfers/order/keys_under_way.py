"""The keys at the target that objects of one transfer are given or wait for, so that none replaces its sibling."""

from __future__ import annotations

from collections import Counter


class KeysUnderWay:
    """Which keys are taken, by objects that run side by side."""

    def __init__(self) -> None:
        self.held: set[str] = set()
        """Keys that objects under way were given or have found free."""
        self._awaited: Counter[str] = Counter()
        """The places of objects that are not decided about yet, or not ended."""
        self._overtaken: set[str] = set()
        """Those of them that another object was renamed to and written at: what was seen there is out of date."""

    def is_taken(self, key: str) -> bool:
        """Whether another object is being written at the key, or was since it was looked at."""
        return key in self.held or key in self._overtaken

    def awaiting(self, key: str) -> _Awaiting:
        """A block from before the look at an object's place to its result: a sibling that is written there is noticed.

        It is a class, as `holding` is: a generator costs more than all else that is done for it.
        """
        return _Awaiting(self, key)

    def holding(self, key: str) -> _Holding:
        """A block that writes an object at the key: no other is renamed to it, and whoever awaits it notices."""
        return _Holding(self, key)

    def hold(self, key: str) -> None:
        """No object is renamed to this key until it is released or free."""
        self.held.add(key)

    def free(self, key: str) -> None:
        """Nothing is written at the key after all."""
        self.held.discard(key)

    def release(self, key: str) -> None:
        """What was to be written at the key has been, or will not be."""
        self.held.discard(key)
        if key in self._awaited:
            self._overtaken.add(key)

    def await_key(self, key: str) -> None:
        """An object that has its place there is not decided about yet."""
        self._awaited[key] += 1

    def leave(self, key: str) -> None:
        """Such an object has ended."""
        self._awaited[key] -= 1
        if not self._awaited[key]:
            del self._awaited[key]
            self._overtaken.discard(key)


class _Awaiting:
    __slots__ = ("_key", "_keys")

    def __init__(self, keys: KeysUnderWay, key: str) -> None:
        self._keys, self._key = keys, key

    def __enter__(self) -> None:
        self._keys.await_key(self._key)

    def __exit__(self, *_: object) -> None:
        self._keys.leave(self._key)


class _Holding:
    __slots__ = ("_key", "_keys")

    def __init__(self, keys: KeysUnderWay, key: str) -> None:
        self._keys, self._key = keys, key

    def __enter__(self) -> None:
        self._keys.hold(self._key)

    def __exit__(self, *_: object) -> None:
        self._keys.release(self._key)
