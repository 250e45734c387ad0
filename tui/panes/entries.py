"""The entries of one level of a bucket, an array for each property: about 100 bytes an object besides its name."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TypeVar

from msgspec import structs

from tui.core.identity import Owner
from tui.core.listing import UNKNOWN_INDEX, Bucket, Page

V = TypeVar("V")

DEFAULT_CLASS = "STANDARD"


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a listing reaches, or a position in it: counts of containers and of objects."""

    containers: int = 0
    objects: int = 0

    def __add__(self, other: Extent) -> Extent:
        return Extent(self.containers + other.containers, self.objects + other.objects)

    @property
    def total(self) -> int:
        return self.containers + self.objects


class Entries:
    """Containers (buckets or prefixes) and objects in the order they were listed.

    Names are relative to the level. `created` and `modified` are seconds since the epoch (0: unknown), `sizes` bytes.
    """

    __slots__ = (
        "_class_numbers",
        "_owner_numbers",
        "class_index",
        "classes",
        "containers",
        "created",
        "modified",
        "names",
        "owner_index",
        "owners",
        "sizes",
        "sorted",
    )

    def __init__(self) -> None:
        self.containers: list[str] = []
        self.created = array("q")
        self.names: list[str] = []
        self.sizes = array("q")
        self.modified = array("q")
        self.class_index = array("H")
        self.owner_index = array("H")
        self.classes: list[str] = []
        self.owners: list[Owner] = []
        self.sorted = True
        """Whether both lists of names ascend as S3 lists them (by UTF-8, which is how `str` compares)."""
        self._class_numbers: dict[str, int] = {}
        self._owner_numbers: dict[Owner, int] = {}

    @property
    def extent(self) -> Extent:
        return Extent(len(self.containers), len(self.names))

    def append_page(self, page: Page) -> None:
        """Add a page at the end. An object with the prefix itself as its key (a folder's marker) is no entry."""
        if page.names and not page.names[0]:
            page = _without_marker(page)
        before = self.extent
        self.containers += page.prefixes
        self.created.frombytes(bytes(8 * len(page.prefixes)))
        self.names += page.names
        self.sizes.frombytes(page.sizes)
        self.modified.frombytes(page.modified)
        self.class_index += self._renumbered(page.class_index, [self._class_number(name) for name in page.classes])
        self.owner_index += self._renumbered(page.owner_index, [self._owner_number(owner) for owner in page.owners])
        self._check_order(before, self.extent)

    def append_buckets(self, buckets: list[Bucket]) -> None:
        before = self.extent
        self.containers += [bucket.name for bucket in buckets]
        self.created.extend(int(bucket.created) for bucket in buckets)
        self._check_order(before, self.extent)

    def splice(self, start: Extent, end: Extent, other: Entries) -> None:
        """Replace the entries from `start` up to `end` by those of `other`."""
        c, o = slice(start.containers, end.containers), slice(start.objects, end.objects)
        self.containers[c] = other.containers
        self.created[c] = other.created
        self.names[o] = other.names
        self.sizes[o] = other.sizes
        self.modified[o] = other.modified
        classes = [self._class_number(name) for name in other.classes]
        owners = [self._owner_number(owner) for owner in other.owners]
        self.class_index[o] = self._renumbered(other.class_index.tobytes(), classes)
        self.owner_index[o] = self._renumbered(other.owner_index.tobytes(), owners)
        self._check_order(start, start + other.extent)

    def head(self, end: Extent) -> Entries:
        """A copy of the entries before `end`."""
        copy = Entries()
        copy.splice(Extent(), Extent(), self)
        copy.splice(end, copy.extent, Entries())
        return copy

    def reach(self, boundary: str, start: Extent) -> Extent:
        """The position behind every entry up to `boundary`, at or behind `start`."""
        if not self.sorted:
            return start
        return Extent(
            bisect_right(self.containers, boundary, start.containers), bisect_right(self.names, boundary, start.objects)
        )

    def find_container(self, name: str) -> int | None:
        return _find(self.containers, name, in_order=self.sorted)

    def find_object(self, name: str) -> int | None:
        return _find(self.names, name, in_order=self.sorted)

    def has_container(self, name: str) -> bool:
        return self.find_container(name) is not None

    def has_object(self, name: str) -> bool:
        return self.find_object(name) is not None

    def storage_class(self, index: int) -> str:
        number = self.class_index[index]
        return DEFAULT_CLASS if number == UNKNOWN_INDEX else self.classes[number]

    def owner(self, index: int) -> Owner | None:
        number = self.owner_index[index]
        return None if number == UNKNOWN_INDEX else self.owners[number]

    def _check_order(self, start: Extent, end: Extent) -> None:
        """Check whether the entries from `start` to `end`, and both joints, ascend."""
        if not self.sorted:
            return
        containers = self.containers[max(0, start.containers - 1) : end.containers + 1]
        names = self.names[max(0, start.objects - 1) : end.objects + 1]
        self.sorted = containers == sorted(containers) and names == sorted(names)

    def _class_number(self, name: str) -> int:
        return _number(name, self.classes, self._class_numbers)

    def _owner_number(self, owner: Owner) -> int:
        return _number(owner, self.owners, self._owner_numbers)

    @staticmethod
    def _renumbered(index: bytes, numbers: list[int]) -> array[int]:
        """A page's index column in this store's numbering."""
        column = array("H", index)
        if numbers == list(range(len(numbers))):
            return column
        table = [*numbers, UNKNOWN_INDEX]
        return array("H", [table[min(number, len(numbers))] for number in column])


def _without_marker(page: Page) -> Page:
    return structs.replace(
        page,
        names=page.names[1:],
        sizes=page.sizes[8:],
        modified=page.modified[8:],
        class_index=page.class_index[2:],
        owner_index=page.owner_index[2:],
    )


def _number(value: V, values: list[V], numbers: dict[V, int]) -> int:
    """The number of a value, a new one if needed; beyond the column's greatest number it stays unknown."""
    number = numbers.get(value)
    if number is None:
        number = len(values)
        if number >= UNKNOWN_INDEX:
            return UNKNOWN_INDEX
        numbers[value] = number
        values.append(value)
    return number


def _find(names: list[str], name: str, *, in_order: bool) -> int | None:
    if not in_order:
        return names.index(name) if name in names else None
    index = bisect_left(names, name)
    return index if index < len(names) and names[index] == name else None
