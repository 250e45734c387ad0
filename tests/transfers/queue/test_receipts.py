"""Receipts: whole, private, never over another file, and refused before anything begins where they cannot be."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.transfers.world import OVERWRITE, World
from tui.model.problem import ProblemError, ProblemKind
from tui.model.transfer import TransferState


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def names(directory: Path) -> list[str]:
    return sorted(each.name for each in directory.iterdir() if each.is_file())


async def test_it_tells_of_every_object_when_the_transfer_has_ended(world: World, tmp_path: Path) -> None:
    for number in range(3):
        world.put(f"p/{number}", b"content")
    path = tmp_path / "receipt.jsonl"
    order = world.order(prefixes=("p/",), receipt=str(path))
    transfer, results = await world.copy(order)
    head, *objects = lines(path)
    assert (head["type"], head["objects"]) == ("transfer", 3)
    assert head["transfer"]["id"] == transfer.id
    assert head["transfer"]["state"] == TransferState.DONE
    assert [each["result"]["source"] for each in objects] == [result.source for result in results]
    for each in objects:
        result = each["result"]
        assert result["verification"] == "same"
        assert result["outcome"] == "copied"
        assert result["route"]
        assert result["size"] == 7
        assert result["etag"]
        assert 0 < result["began"] <= result["ended"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert names(tmp_path) == ["receipt.jsonl"]


async def test_what_failed_alone(world: World, tmp_path: Path) -> None:
    world.put("there")
    transfer, _ = await world.copy(world.order("there", "missing"))
    assert await world.queue.export(transfer.id, str(tmp_path / "failed"), failed=True) == 1
    head, only = lines(tmp_path / "failed")
    assert (head["objects"], head["transfer"]["objects_failed"]) == (1, 1)
    assert only["result"]["source"].endswith("/missing")
    assert only["result"]["problem"]["remedy"] is not None


@pytest.mark.parametrize("path", ["relative", "/no/such/directory/receipt", "/"])
async def test_a_path_that_cannot_be_is_refused_before_the_transfer_begins(world: World, path: str) -> None:
    world.put("k")
    order = world.order("k", receipt=path)
    with pytest.raises(ProblemError, match="receipt") as caught:
        await world.queue.submit(order)
    assert caught.value.problem.kind is ProblemKind.INVALID
    assert world.target_keys() == []


async def test_another_file_is_never_replaced(world: World, tmp_path: Path) -> None:
    world.put("k")
    path = tmp_path / "precious"
    order = replace(world.order("k"), options=replace(OVERWRITE, receipt=str(path)))
    transfer, _ = await world.copy(order)
    path.write_text("precious")
    with pytest.raises(ProblemError, match="cannot be written"):
        await world.queue.export(transfer.id, str(path))
    assert path.read_text() == "precious"
