"""What is counted of a repair, what each object was, and the commands for somebody else's shell, without any server."""

import json
import subprocess
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.files import content, link, mode
from tests.stores.refusals import problem_of
from tui.core.facts import Grant, Half
from tui.core.identity import Owner
from tui.core.location import Location
from tui.core.orders import RepairOrder, Selection
from tui.core.problem import ProblemKind
from tui.features.repair.repair_forecast import FIRST_KEYS, Reckoning, commands
from tui.features.repair.repair_parties import OWN, UNLISTED, Parties
from tui.features.repair.rollback import ObjectBefore, Rollback
from tui.stores.base import Store
from tui.stores.store_values import Acl, ObjectHead
from tui.transfers.bucket_owner import TargetBucket
from tui.transfers.selection import SelectedObject

A, B = Owner("a" * 64), Owner("b" * 64)
STORE = cast(Store, object())
"""Nothing is asked of it."""


def parties(keys: list[str] | None = None, prefixes: list[str] | None = None, *, both: bool = True) -> Parties:
    """A owns the bucket, B has uploaded; without `both` A is alone."""
    order = RepairOrder(Selection("a", Location("bucket"), keys or [], prefixes or []), "b" if both else "")
    return Parties(order, STORE, STORE if both else None, STORE, TargetBucket(owner=A), A, B if both else None)


# What is counted of a repair, why objects are left as they are, and the list of what each object was.
GIB = 1 << 30
C = "c" * 64


def test_why_an_object_is_left() -> None:
    archived = SelectedObject("k", 1, archived=True, storage_class="GLACIER", owner=B.id)
    assert [
        parties().why_not(each) for each in (SelectedObject("k", 1, owner=A.id), SelectedObject("k", 1), archived)
    ] == [OWN, UNLISTED, "archived (GLACIER): restore first"]
    assert (
        parties().why_not(SelectedObject("k", 1, owner=C))
        == "owned by cccccccc…, which is neither of the two identities"
    )
    assert parties().why_not(SelectedObject("k", 1, owner=B.id)) == "", "the uploader's"
    assert parties(both=False).why_not(SelectedObject("k", 1, owner=C)) == "", "of whoever has granted"


def test_what_is_counted() -> None:
    reckoning = Reckoning(parties())
    reckoning.add(
        [
            SelectedObject("own", 5, owner=A.id),
            SelectedObject("large", 6 * GIB, owner=B.id),
            SelectedObject("c", 2, owner=C),
        ]
    )
    reckoning.add(SelectedObject(f"{number}", 1, owner=B.id) for number in range(200))
    assert (reckoning.objects, reckoning.bytes, reckoning.large) == (201, 6 * GIB + 200, 1)
    assert (reckoning.tally.objects, reckoning.own) == (202, 1)
    assert len(reckoning.first) == FIRST_KEYS
    seen = reckoning.seen(complete=True)
    assert [(each.owner.id, each.objects) for each in seen.owners] == [(A.id, 1), (B.id, 201), (C, 1)]
    assert [each.owner.id for each in seen.foreign] == [B.id, C]
    reckoning = Reckoning(parties())
    reckoning.add([SelectedObject("large", 6 * GIB, owner=B.id), SelectedObject("k", 1, owner=B.id)])
    reckoning.leave_out(SelectedObject("large", 6 * GIB, owner=B.id), "locked")
    assert (reckoning.objects, reckoning.bytes, reckoning.large) == (1, 1, 0)
    assert [(each.why, each.objects, each.bytes) for each in reckoning.left_out] == [("locked", 1, 6 * GIB)]


# The list of what each object was: written before, read again after an interruption.
HEAD = ObjectHead(7, '"etag"', 1.0, {"ContentType": "text/csv"}, {"m": "ü"}, version="v1")


def was(key: str, **values: object) -> ObjectBefore:
    return ObjectBefore(uri=f"s3://bucket/{key}", key=key, owner=B.id, acl=Acl(B, [Grant(B, "FULL_CONTROL")]), **values)  # type: ignore[arg-type]  # as the fields have them


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rollback.jsonl"


async def continued(path: Path | None) -> Rollback:
    """The list as the next engine has it."""
    made = Rollback(str(path or ""))
    await made.load()
    return made


async def test_what_was_recorded_is_known_to_the_next_engine(path: Path) -> None:
    first = await continued(path)
    for key in ("a", "line\nbreak", "ü/\x1b", "b"):
        await first.record(was(key, head=HEAD, tags=[("t", "1")]))
    assert not first.has("a"), "what this engine has written it need not read again"
    again = await continued(path)
    assert [again.has(key) for key in ("a", "line\nbreak", "ü/\x1b", "c")] == [True, True, True, False]
    assert await again.recorded("line\nbreak") == was("line\nbreak", head=HEAD, tags=[("t", "1")])
    assert await again.recorded("c") is None
    assert mode(path) == 0o600
    line = json.loads(content(path).splitlines()[0])
    assert (line["type"], line["owner"], line["head"]["version"], line["head"]["etag"]) == ("was", B.id, "v1", '"etag"')
    assert line["acl"]["grants"] == [
        {"grantee": {"id": B.id, "name": ""}, "permission": "FULL_CONTROL", "is_group": False}
    ]


async def test_a_line_that_was_cut_is_passed_over_and_the_next_one_is_whole(path: Path) -> None:
    await Rollback(str(path)).record(was("a"))
    with path.open("ab") as file:
        file.write(b'{"type":"was","uri":"s3://buck')
    later = Rollback(str(path))
    await later.record(was("b"))
    await later.record(was("c"))
    await later.record(was("b", head=HEAD))
    again = await continued(path)
    assert await again.recorded("a") == was("a")
    assert await again.recorded("b") == was("b", head=HEAD), "the latest line of an object counts"


async def test_a_link_in_its_place_is_not_followed(path: Path, tmp_path: Path) -> None:
    link(path, tmp_path / "elsewhere")
    assert (await problem_of(Rollback(str(path)).record(was("a")))).kind is ProblemKind.INVALID
    assert not (tmp_path / "elsewhere").exists()


async def test_without_a_directory_nothing_is_recorded_and_it_is_said(tmp_path: Path) -> None:
    assert "cannot use" in (await problem_of(Rollback(str(tmp_path / "gone" / "list")).record(was("a")))).title
    without_a_path = await continued(None)
    await without_a_path.record(was("a"))
    assert await without_a_path.recorded("a") is None, "nor is that said"


# The commands for somebody else's shell mean the objects that they name, whatever these are called.
KEYS = [
    "plain",
    "it's",
    "a b",
    'q"uote',
    "$HOME `id`",
    "back\\slash",
    "line\nbreak",
    "\x1b[31m",
    "tab\t",
    "ü€😀",
    "a\u202eb",
]

ECHO = 'aws() { printf "%s\\0" "$@"; }; '
"""In place of the AWS CLI: its arguments."""


def arguments(command: str) -> list[str]:
    done = subprocess.run(["bash", "-c", ECHO + command], capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]


@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
def test_a_shell_gets_the_exact_key(key: str) -> None:
    uri = f"s3://bucket/{key}"
    put = ["s3api", "put-object-acl", "--bucket", "bucket", "--key", key, "--acl", "bucket-owner-full-control"]
    for known in ("STANDARD_IA", "IA; touch $(id)\n\x9b"):  # the server names it
        for half, said in ((Half.GRANT, put), (Half.COPY, ["s3", "cp", uri, uri, "--storage-class", known])):
            [command] = commands(half, parties(keys=[key]), [SelectedObject(key, 1, storage_class=known)], 1)
            assert command.isprintable()
            assert arguments(command) == said


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20))
def test_any_key_is_one_printable_line(key: str) -> None:
    [command] = commands(Half.GRANT, parties(keys=[key]), [SelectedObject(key, 1)], 1)
    assert command.isprintable()


def test_many_objects_are_a_loop_that_calls_it_for_each() -> None:
    listing = 'if [ "$2" = list-objects-v2 ]; then printf "GLACIER\\tin/a b\\nSTANDARD\\tin/c\\n"; '
    for half, said in (
        (Half.GRANT, "--key|in/a b|--acl|bucket-owner-full-control|"),
        (Half.COPY, "s3|cp|s3://bucket/in/a b|s3://bucket/in/a b|--storage-class|GLACIER|"),
    ):
        [loop] = commands(half, parties(prefixes=["in/"]), [SelectedObject("in/a", 1)], 1000)
        script = f'aws() {{ {listing} else printf "%s|" "$@"; echo; fi; }}; {loop}'
        done = subprocess.run(["bash", "-c", script], capture_output=True, check=True, text=True)
        assert said in done.stdout
        assert len(done.stdout.splitlines()) == 2
