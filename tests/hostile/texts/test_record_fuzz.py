"""Records and keys that anybody may have written: always an answer or a problem with words, never anything else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stores.local.conftest import ROOT, Disk
from tui.model.problem import ProblemError, ProblemKind
from tui.stores.local import LocalStore, uploads
from tui.stores.local.partial_files import data_name, read_record, record_name
from tui.stores.values import ObjectAttributes, Part

LONG = os.environ.get("XS3_FUZZ") == "long"
UPLOAD = "0123456789abcdef"

numbers = st.integers(-(2**70), 2**70) | st.floats() | st.booleans() | st.none()
values = st.recursive(
    numbers | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)
begun = st.fixed_dictionaries(
    {},
    optional={
        "key": st.just("KEY") | values,
        "below": st.sampled_from(["", "/", "..", "a/", "tmp/"]) | values,
        "modified": numbers,
        "made": st.lists(st.sampled_from(["/", "/tmp", "..", "\0"]) | st.text(), max_size=3) | values,
        "began": numbers,
    },
)
parts = st.fixed_dictionaries({}, optional=dict.fromkeys(("number", "start", "size", "etag"), values))
lines = st.one_of(
    begun.map(msgspec.json.encode),
    parts.map(msgspec.json.encode),
    st.binary(max_size=40),
    st.integers(1, 5000).map(lambda depth: b'{"x":' * depth),
    st.integers(1, 5000).map(lambda depth: b"[" * depth),
)


@contextmanager
def problem_or_answer() -> Iterator[None]:
    """A problem with words is as good as an answer; anything else is raised."""
    try:
        yield
    except ProblemError as error:
        problem = error.problem
    else:
        return
    assert problem.kind in (ProblemKind.INVALID, ProblemKind.NO_SUCH_KEY)
    assert problem.sentence().encode()


@settings(max_examples=20_000 if LONG else 80, deadline=None)
@given(content=st.lists(lines, max_size=5).map(b"\n".join), data=st.binary(max_size=20))
def test_whatever_the_record_says_it_is_an_answer_or_a_problem(
    content: bytes, data: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    disk = Disk(LocalStore(), tmp_path_factory.mktemp("record"))
    key = disk.key("dir/x")
    disk.path("dir").mkdir()
    disk.path("beside").mkdir()
    record = disk.path("dir/" + record_name("x", UPLOAD))
    record.write_bytes(content.replace(b'"KEY"', msgspec.json.encode(key)))
    disk.path("dir/" + data_name("x", UPLOAD)).write_bytes(data)
    for call in (
        lambda: uploads.listed(ROOT, disk.prefix),
        lambda: uploads.parts(ROOT, key, UPLOAD),
        lambda: uploads.complete(ROOT, key, UPLOAD, [Part(1, "e")], only_new=False),
        lambda: uploads.write_part(ROOT, key, UPLOAD, 1, b"body", 0),
        lambda: uploads.abort(ROOT, key, UPLOAD),
    ):
        with problem_or_answer():
            call()
    assert disk.path("beside").is_dir()


def test_a_record_is_read_to_its_bound_and_no_further(tmp_path: Path) -> None:
    record = tmp_path / "record"
    record.touch()
    os.truncate(record, 1 << 40)  # sparse
    fd = os.open(record, os.O_RDONLY)
    try:
        with pytest.raises(ProblemError, match="record"):
            read_record(fd, str(record), "read", "k")
    finally:
        os.close(fd)


names = st.text(
    st.sampled_from("./~ab\0\n\\:é\u0301\u202e\ud7ff") | st.characters(exclude_categories=["Cs"]), max_size=12
)


@settings(max_examples=20_000 if LONG else 150, deadline=None)
@given(key=st.lists(names | st.sampled_from(["..", ".", ""]), max_size=5).map("/".join))
async def test_whatever_the_key_nothing_comes_outside(key: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    disk = Disk(LocalStore(), tmp_path_factory.mktemp("keys"))
    disk.path("x/chosen").mkdir(parents=True)
    (disk.path("x/chosen") / "a").symlink_to("..")
    whole, inside = disk.key("x/chosen/" + key), ObjectAttributes(below=disk.key("x/chosen/"))
    store = disk.store.within(disk.key("x/chosen/"))
    for request in (
        disk.store.put(ROOT, whole, b"", inside),
        disk.store.create_upload(ROOT, whole, inside),
        store.delete(ROOT, whole),
    ):
        with problem_or_answer():
            await request
    outside = [path for path in disk.everything() if not path.startswith("x/chosen/")]
    assert outside == ["x", "x/chosen"]
