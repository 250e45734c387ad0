"""The list of what each object was: written before, read again after an interruption."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.stores.refusals import problem_of
from tui.model.facts import Grant
from tui.model.identity import Owner
from tui.model.problem import ProblemKind
from tui.stores.values import Acl, ObjectHead
from tui.transfers.repair.rollback import Rollback, Was

B = Owner("b" * 64)
HEAD = ObjectHead(7, '"etag"', 1.0, {"ContentType": "text/csv"}, {"m": "ü"}, version="v1")


def was(key: str, **values: object) -> Was:
    return Was(uri=f"s3://bucket/{key}", key=key, owner=B.id, acl=Acl(B, [Grant(B, "FULL_CONTROL")]), **values)  # type: ignore[arg-type]  # as the fields have them


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def link(path: Path, target: Path) -> None:
    path.symlink_to(target)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rollback.jsonl"


async def continued(path: Path) -> Rollback:
    """The list as the next engine has it."""
    made = Rollback(str(path))
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


async def test_every_line_is_json_with_owner_grants_version_and_etag(path: Path) -> None:
    await Rollback(str(path)).record(was("a", head=HEAD))
    [line] = lines(path)
    assert (line["type"], line["owner"], line["head"]["version"], line["head"]["etag"]) == ("was", B.id, "v1", '"etag"')
    assert line["acl"]["grants"] == [
        {"grantee": {"id": B.id, "name": ""}, "permission": "FULL_CONTROL", "is_group": False}
    ]


async def test_the_latest_line_of_an_object_counts(path: Path) -> None:
    first = Rollback(str(path))
    await first.record(was("a"))
    await first.record(was("b"))
    await first.record(was("a", head=HEAD))
    assert await (await continued(path)).recorded("a") == was("a", head=HEAD)


async def test_a_line_that_was_cut_is_passed_over_and_the_next_one_is_whole(path: Path) -> None:
    await Rollback(str(path)).record(was("a"))
    with path.open("ab") as file:
        file.write(b'{"type":"was","uri":"s3://buck')
    await Rollback(str(path)).record(was("b"))
    again = await continued(path)
    assert await again.recorded("a") == was("a")
    assert await again.recorded("b") == was("b")


async def test_a_link_in_its_place_is_not_followed(path: Path, tmp_path: Path) -> None:
    link(path, tmp_path / "elsewhere")
    problem = await problem_of(Rollback(str(path)).record(was("a")))
    assert problem.kind is ProblemKind.INVALID
    assert not (tmp_path / "elsewhere").exists()


async def test_without_a_directory_nothing_is_recorded_and_it_is_said(tmp_path: Path) -> None:
    problem = await problem_of(Rollback(str(tmp_path / "gone" / "list")).record(was("a")))
    assert "cannot be used" in problem.title


async def test_without_a_path_nothing_is_kept() -> None:
    kept = await continued_without()
    await kept.record(was("a"))
    assert await kept.recorded("a") is None


async def continued_without() -> Rollback:
    made = Rollback("")
    await made.load()
    return made
