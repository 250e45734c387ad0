"""Frames, settings, typed values, records and keys of any content: a value, or a problem with words."""

import asyncio
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.stores.local.conftest import ROOT, Disk
from tui.core.location import LocationError, parse_location, typed_location
from tui.core.problem import ProblemError, ProblemKind
from tui.link.frames import MAX_FRAME, AnswerFrame, ToScreen, decode_to_screen, frame, read_message
from tui.settings import checks
from tui.settings.parsing import parse
from tui.stores.local import partial_uploads
from tui.stores.local.disk_names import data_name, record_name
from tui.stores.local.local_store import LocalStore
from tui.stores.store_values import CompletedPart, ObjectAttributes
from tui.text.typed import instant, rate
from tui.text.typed_account import duration

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=9)
    | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=8,
)
TAGS = st.sampled_from(["answer", "end", "failed", "waiting", "call", "stop"])


async def read(body: bytes) -> ToScreen | None:
    reader = asyncio.StreamReader()
    reader.feed_data(struct.pack(">I", len(body)) + body)
    reader.feed_eof()
    return await read_message(reader, decode_to_screen)


def test_a_frame_that_would_not_be_read_is_not_sent() -> None:
    with pytest.raises(ProblemError, match="too large") as caught:
        frame(AnswerFrame(1, msgspec.Raw(msgspec.msgpack.encode(b"x" * (MAX_FRAME + 1)))))
    assert str(MAX_FRAME) in caught.value.problem.cause
    assert caught.value.problem.remedy


@given(st.dictionaries(st.sampled_from(["id", "body", "problem", "host", "seconds", "x"]), VALUES), TAGS, st.binary())
def test_any_map_is_a_message_or_a_problem(fields: dict[str, object], tag: str, behind: bytes) -> None:
    for body in (msgspec.msgpack.encode({"type": tag, **fields}), msgspec.msgpack.encode(fields) + behind):
        try:
            message = asyncio.run(read(body))
        except ProblemError as error:
            assert error.problem.kind is ProblemKind.ENGINE  # noqa: PT017  # it need not be raised
        else:
            assert message is not None


TEXTS = st.text(st.characters(exclude_categories=[]), max_size=60)
TOML_VALUES = st.one_of(
    st.sampled_from(["true", "1e400", "-1", "9999999999999999999999", "[]", "{}", "[[1]]", "1979-05-27", '"x"', "nan"]),
    TEXTS.map(lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'),
)
KEYS = st.sampled_from(
    ["safety.read_only", "theme", "left_accent", "part_size", "identities.a.profile", "identities.a.roles", "restore",
     "accounts.1.colour", "buckets.b.requester_pays", "identities", "accounts", "safety", "no.such"]
)  # fmt: skip


@given(st.one_of(TEXTS, st.lists(st.tuples(KEYS, TOML_VALUES), max_size=6).map(
    lambda lines: "\n".join(f"{key} = {value}" for key, value in lines))))  # fmt: skip
def test_every_settings_file_is_read_or_says_its_mistakes(text: str) -> None:
    settings, mistakes = parse(text)
    assert settings is not None
    assert all(str(mistake) for mistake in mistakes)


CHECKS: list[Callable[[str], object]] = [
    checks.size, checks.part_size, checks.account_number, checks.glob, checks.name, checks.label, checks.one_word,
    checks.region, checks.access_key, checks.colour, checks.theme, checks.endpoint, checks.role_arn,
    checks.external_id, checks.session_name, checks.policy, duration, rate, lambda text: instant(text, 1e9),
]  # fmt: skip


@pytest.mark.parametrize("check", CHECKS)
@given(TEXTS)
def test_a_typed_value_is_taken_or_refused_with_words(check: Callable[[str], object], text: str) -> None:
    with suppress(ValueError):
        check(text)


STARTS = st.sampled_from(["s3://", "https://", "http://[", "arn:aws:s3:", "file://", "./"])


@given(st.one_of(TEXTS, st.tuples(STARTS, TEXTS).map("".join)))
@example("https://[x")
@example("s3://arn:aws:s3:::")
def test_a_typed_location_is_one_or_is_refused(text: str) -> None:
    with suppress(LocationError):
        assert typed_location(text).uri
    try:
        location = parse_location(text)
    except LocationError as error:
        assert str(error)  # noqa: PT017  # it need not be raised
    else:
        assert parse_location(location.uri) == location


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
        lambda: partial_uploads.listed(ROOT, disk.prefix),
        lambda: partial_uploads.parts(ROOT, key, UPLOAD),
        lambda: partial_uploads.complete(ROOT, key, UPLOAD, [CompletedPart(1, "e")], only_new=False),
        lambda: partial_uploads.write_part(ROOT, key, UPLOAD, 1, b"body", 0),
        lambda: partial_uploads.abort(ROOT, key, UPLOAD),
    ):
        with problem_or_answer():
            call()
    assert disk.path("beside").is_dir()


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
    assert [path for path in disk.everything() if not path.startswith("x/chosen/")] == ["x", "x/chosen"]
