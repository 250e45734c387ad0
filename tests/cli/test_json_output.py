"""What ``--json`` prints, and the schemas of it; `tests.cli.conftest` checks the output of every other test by them."""

import json
from collections.abc import Iterator
from typing import Any

import click
import pytest
from jsonschema import Draft202012Validator

from tests.cli.conftest import AS_A, ASSETS, Run
from tests.cli.test_command_line import BY_WORDS
from tests.schemas import check_lines, validator_of
from tests.servers.server import S3Server
from tui.app.main import cli
from tui.cli.exits import say_json
from tui.cli.json_schema import JSON_VERSION, all_lines, schema
from tui.cli.listing_rows import ObjectJson
from tui.core.changes import DocumentKind
from tui.features.edit_documents.command import DocumentJson

pytestmark = pytest.mark.usefixtures("lasting_engine")


def test_every_command_with_json_has_a_schema(run: Run) -> None:
    found = {path.removeprefix("xs3-tui "): lines for path, lines in all_lines(click.Context(cli, info_name="xs3-tui"))}
    assert found.keys() == {
        words for words, command in BY_WORDS.items() if any("--json" in each.opts for each in command.params)
    }
    printed = [json.loads(line) for line in run("--json-schema").succeeded().out.splitlines()]
    assert printed == [schema(f"xs3-tui {words}", lines) for words, lines in found.items()]
    kinds = {name: kind for each in printed for name, kind in each["$defs"].items()}
    for each in [{"$defs": kinds}, *(each | {"$defs": {}} for each in printed)]:
        Draft202012Validator.check_schema(each)
    for each in printed:
        assert (each["$id"].rpartition(":")[2], each["version"]) == (JSON_VERSION, JSON_VERSION)
        assert not [name for name in each["$defs"] if "." in name], "two types have one name"
    for words in ("ls", "access grant", "tag set"):
        [alone] = run(*words.split(), "--json-schema").succeeded().objects
        assert alone in printed, "and it needs no location"


def test_a_schema_refuses_what_is_not_printed(run: Run, demo_environment: S3Server) -> None:
    for arguments in (
        ("ls", *AS_A, ASSETS, "--json"),
        ("inspect", *AS_A, ASSETS, "--json"),
        ("explain", *AS_A, ASSETS, "--json"),
        ("cp", "--from", "media-prod", f"{ASSETS}**", "/tmp/nowhere/", "--dry-run", "--json"),
    ):
        validator, lines = validator_of(arguments), run(*arguments).objects[-3:]
        assert lines
        for line in lines:
            assert validator.is_valid(line)
            for place, wrong in damaged(line):
                assert not validator.is_valid(wrong), f"{arguments[0]}: {place} of {line}"
    with pytest.raises(AssertionError, match="nobody"):
        check_lines(["ls"], '{"type": "nobody"}')


def damaged(value: Any, of: str = "") -> Iterator[tuple[str, Any]]:
    """The same value with one field less, one more, or one of another type, anywhere in it; and the place."""
    if isinstance(value, dict):
        if of.endswith((".actions", ".bytes_by_action")):  # any names
            return
        yield f"{of} and more", value | {"and_more": 1}
        for name, part in value.items():
            yield f"{of}.{name} missing", {each: there for each, there in value.items() if each != name}
            yield f"{of}.{name} of another type", value | {name: [part] if not isinstance(part, list) else {"a": part}}
            for place, wrong in damaged(part, f"{of}.{name}"):
                yield place, value | {name: wrong}
    if isinstance(value, list) and value:
        for place, wrong in damaged(value[0], f"{of}[0]"):
            yield place, [wrong, *value[1:]]


ODD = ("\0", "\x1b]0;x\a", "\x9b31m", "\u202e", "\ud800", "\udcff", '"\\', "\u2028", "名" * 300, "")


def test_odd_names_and_numbers_are_valid(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ODD:
        say_json(ObjectJson(f"s3://b/{name}", name, 10**20, None, name, None))
    check_lines(["ls"], out := capsys.readouterr().out)
    assert [json.loads(line)["key"] for line in out.splitlines()] == list(ODD)
    assert out.isprintable() or out.replace("\n", "").isprintable()
    values: tuple[Any, ...] = (float("nan"), float("inf"), 10**400, {"\ud800": [None, {}]}, "\0", None)
    for value in values:
        say_json(DocumentJson("s3://b", DocumentKind.BUCKET_POLICY, value))
    check_lines(["policy", "get"], capsys.readouterr().out)


def test_a_failure_is_valid_for_every_command(run: Run) -> None:
    problem = run("ls", "--profile", "nobody", "s3://b", "--json").ended(2).objects
    assert problem[0]["problem"]["kind"] == "no such profile"
    for words in BY_WORDS:
        if any("--json" in each.opts for each in BY_WORDS[words].params):
            check_lines(words.split(), json.dumps(problem[0]))
