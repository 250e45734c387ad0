"""Every command: its documented lines, its values as they are typed, --json; and what is printed."""

import json
import re
import shlex
import sys
from collections.abc import AsyncGenerator, Iterator
from itertools import product
from pathlib import Path
from typing import Any, cast

import botocore.session
import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.tables import not_said, refusal
from tui.app.command_table import ALIASES, APP, COMMANDS, PROGRAM
from tui.app.main import _command_first, cli
from tui.cli.identity_options import Typed
from tui.cli.listing_rows import json_lines, shown_name, text_lines
from tui.cli.parameter_types import STORAGE_CLASSES, storage_class
from tui.cli.transfer_run import CLEAR_LINE, SaidProblems, copy_words, progress_fields, progress_words, total_words
from tui.core.engines import BATCH, LOCAL, EngineKind, read_engine
from tui.core.identity import Address, AddressBook, Owner
from tui.core.json_text import encode_json
from tui.core.listing import ObjectSummary, make_page
from tui.core.location import LOCAL_BUCKET, Location
from tui.core.orders import CopyRoute
from tui.core.problem import Problem, ProblemKind
from tui.core.searching import SizeProgress, SizesFound
from tui.core.transfer import ObjectResult, Outcome, Transfer, TransferKind, TransferState, VerificationOutcome
from tui.features.find.sizes_command import _measure
from tui.features.transfer_list.command import transfer_lines
from tui.features.transfer_list.transfer_screen import result_line
from tui.link.session import EngineAccess
from tui.messages.listing_requests import MeasureSizes
from tui.text.format import size, time_exact, time_iso, visible
from tui.text.format import storage_class as short_class
from tui.text.order_lines import done_of_all, done_size, object_size, progress
from tui.text.size_lines import SizeTree

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
OPEN = ("...", "…")
"""What stands for the rest of a command line."""

OF_ALL = ("--help", "--version", "--json-schema")
"""The options of ``xs3-tui`` that do not open the panes."""

MEANT = {"ARN": "arn:aws:iam::111122223333:role/jobs"}
"""What the reader puts in the place of a word."""


def blocks(text: str) -> Iterator[str]:
    """The lines of code blocks, indented by four or more, or fenced; a backslash at the end joins two."""
    fenced = False
    for line in re.sub(r"\\\n *", "", text).splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield line.strip()


def words_of(line: str) -> Iterator[list[str]]:
    """The commands of a line of a shell, without comments, pipes and redirections; ``a|b`` stands for two commands."""
    for command in re.split(r" [;|] | > ", re.sub(r"\s#.*", "", line)):
        words = shlex.split(command)
        if words[:1] == [PROGRAM]:
            yield from map(list, product(*(MEANT.get(each, each).split("|") for each in words[1:])))


def whole_commands() -> list[list[str]]:
    found = (words for page in PAGES for line in blocks(page.read_text()) for words in words_of(line))
    return [words for words in found if words and not any(each in OPEN for each in words)]


def mentioned_commands() -> list[list[str]]:
    """Those within sentences, and those that are not whole."""
    texts = [page.read_text() for page in PAGES]
    inline = [each for text in texts for each in re.findall(rf"`({PROGRAM} [^`\n]+)`", text)]
    lines = [line for text in texts for line in blocks(text) if any(each in line for each in OPEN)]
    found = (words for each in [*inline, *lines] for words in words_of(each))
    return [[word for word in words if word not in OPEN] for words in found if not words[0].isupper()]


def reached(words: list[str], *, whole: bool) -> None:
    """Have the parser of the command take the words; raises `click.UsageError`. Nothing is run."""
    if words[0].startswith("-") and words[0] not in OF_ALL:
        words = [APP, *words]
    command: click.Command = cli
    context = click.Context(cli, info_name=PROGRAM)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, below, words = command.resolve_command(context, words)
        assert below is not None
        command, context = below, click.Context(below, parent=context, info_name=name)
    if whole:
        command.make_context(context.info_name, words, parent=context.parent)
    else:
        command.make_parser(context).parse_args(words)


def not_taken(lines: list[list[str]], *, whole: bool) -> dict[str, str]:
    assert lines
    said = {" ".join(words): refusal(Exception, lambda one: reached(one, whole=whole), words) for words in lines}
    return {line: words for line, words in said.items() if words}


def test_a_command_line_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "policy.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    assert not_taken(whole_commands(), whole=True) == {}


def test_a_command_in_a_sentence_has_this_name_and_these_options() -> None:
    assert not_taken(mentioned_commands(), whole=False) == {}


def test_what_the_parser_does_not_take_is_noticed() -> None:
    wrong = [["cp", "--no-such"], ["no-such-command"], ["access", "no-such"]]
    assert len(not_taken(wrong, whole=True)) == len(wrong)


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            below = command.get_command(click.Context(command), name)
            assert below
            yield from commands(below, (*path, name))
    if not isinstance(command, click.Group) or command.invoke_without_command:
        yield path, command


BY_WORDS = {" ".join(path): command for path, command in commands(cli) if path}


def test_helps_say_what_is_meant() -> None:
    def said(*arguments: str) -> str:
        return " ".join(CliRunner().invoke(cli, arguments, prog_name=PROGRAM).output.split())

    rule = "A pattern without / also matches the last part of a name"
    expected = [
        (("mv", "--help"), "Include everything below SOURCE", True),
        (("mv", "--help"), "Copy everything", False),
        (("--help",), "--left PROFILE", True),
        (("--help",), "--demo", True),
        (("ls", "/tmp", "--profile", "p"), "leave them out, or give them to the other location", True),
        (("--help",), "Every day: open Open the two panes. ls", True),
        (("cp", "--help"), "--batch-role", False),
        (("cp", "--help"), "Show all options: filters", True),
        (("cp", "--help-all"), "--batch-role", True),
        *(((command, "--help-all"), rule, True) for command in ("cp", "mv", "sync")),
        *(((command, "--help"), rule, True) for command in ("rm", "find")),
    ]
    assert [(words, text) for words, text, there in expected if (text in said(*words)) is not there] == []
    two_screens = 2 * 24
    for command in ("cp", "mv", "sync"):
        shown = CliRunner().invoke(cli, (command, "--help"), prog_name=PROGRAM, env={"COLUMNS": "80"}).output
        assert shown.count("\n") < two_screens


def test_an_empty_value_is_a_usage_error() -> None:
    """One option of each kind is tried: most are those of many commands."""
    options = {
        (option.opts[0], repr(option.type), option.callback): (command, option)
        for command in BY_WORDS.values()
        for option in command.params
        if isinstance(option, click.Option) and not option.is_flag
    }
    assert len(options) > 90
    taken = []
    for command, option in options.values():
        given = {str(option.name): [""] if option.multiple else ""}
        try:
            option.handle_parse_result(click.Context(command), given, [])
        except click.UsageError as refused:
            about = refused.param if isinstance(refused, click.BadParameter) else None
            if about is option or max(option.opts, key=len) in str(refused):
                continue
        taken.append(f"{command.name} {option.opts[0]}")
    assert taken == []


def of_an_empty(argument: click.Argument, command: click.Command) -> str:
    context, given = click.Context(command), {str(argument.name): ("",) if argument.nargs == -1 else ""}
    return refusal(click.UsageError, lambda each: argument.handle_parse_result(context, each, []), given)


def test_an_empty_argument_is_a_usage_error() -> None:
    arguments = [
        (words, command, one)
        for words, command in BY_WORDS.items()
        for one in command.params
        if isinstance(one, click.Argument)
    ]
    assert len(arguments) > 60
    wrong = {}
    for words, command, argument in arguments:
        said = of_an_empty(argument, command)
        says_what_it_takes = isinstance(argument.type, click.Choice | click.IntRange)
        begins, ends = f"{argument.human_readable_name.strip('[].')} needs a ", ": the one given is empty"
        if not said or not (says_what_it_takes or (begins in said and said.endswith(ends))):
            wrong[f"{words} {argument.name}"] = said
    assert wrong == {}


def test_an_empty_id_is_refused_in_words() -> None:
    says = {
        "access undo": "CHANGE needs a change",
        "undo": "TRANSFER needs a transfer",
        "transfers --cancel": "ID needs a transfer",
        "transfers --pause abc": "ID needs a transfer",
        "batch confirm": "TRANSFER needs a transfer",
        "batch adopt": "JOB needs a job",
    }
    expected = {line: f"{words}: the one given is empty" for line, words in says.items()}
    assert not_said(click.UsageError, lambda line: cli.main([*line.split(), ""], standalone_mode=False), expected) == {}


def test_an_empty_version_id_is_refused_in_words() -> None:
    """The empty default is none that was typed."""

    def read(name: str) -> None:
        places = ["s3://b/k", "s3://b/l"] if name == "cp" else ["s3://b/k"]
        BY_WORDS[name].make_context(name, [*places, "--version-id", ""])

    names = ["cp", "cat", "head", "rm", "presign", "restore"]
    says = dict.fromkeys(names, "--version-id needs a version id: the one given is empty")
    assert not_said(click.UsageError, read, says) == {}
    assert BY_WORDS["rm"].make_context("rm", ["s3://b/k"]).params["version_id"] == ""


INTERACTIVE = {"open", "edit", "login"}
"""They need a user at a terminal."""

NO_ANSWER = {"completion", "demo serve", "engine stop", "run"}
"""They print a script, what to export, nothing, and what other commands answer."""


def test_every_command_that_answers_has_json() -> None:
    without = {
        words for words, command in BY_WORDS.items() if not any("--json" in each.opts for each in command.params)
    }
    assert without - INTERACTIVE - NO_ANSWER == set()
    for words, command in BY_WORDS.items():
        option = next((each for each in command.params if "--json" in each.opts), None)
        if isinstance(option, click.Option):
            assert (option.name, option.is_flag) == ("as_json", True), words
            assert "JSON" in (option.help or ""), words


def test_an_alias_names_a_command() -> None:
    assert set(ALIASES.values()) <= COMMANDS.keys()
    assert not ALIASES.keys() & COMMANDS.keys()


def read(given: tuple[str, str, str]) -> object:
    words, option, value = given
    command = BY_WORDS[words]
    typed = next(each for each in command.params if option in each.opts)
    return typed.type.convert(value, typed, click.Context(command))


def test_what_is_meant() -> None:
    meant = {
        ("cp", "--limit-rate", "10M"): 10 * 2**20,
        ("cp", "--batch-tag", "team=a=b"): ("team", "a=b"),
        ("cp", "--batch-priority", "7"): 7,
        ("find", "--class", "glacier"): "GLACIER",
        ("access grant", "--source-vpce", "vpce-1"): "vpce-1",
        ("access grant", "--source-vpce", "vpce-0123456789abcdef0"): "vpce-0123456789abcdef0",
        ("access revoke", "--source-vpc", "vpc-0aaa"): "vpc-0aaa",
        **{(command, "--storage-class", "glacier_ir"): "GLACIER_IR" for command in ("cp", "mv", "sync")},
    }
    assert {given: read(given) for given in meant} == meant


def test_what_is_wrong() -> None:
    says = {
        ("cp", "--limit-rate", "0"): "sets no limit: leave the option out",
        ("find", "--class", "FOO"): "not a storage class of S3",
        ("access grant", "--source-vpce", "garbage"): "write vpce-0123456789abcdef0",
        ("access grant", "--source-vpce", "vpce-"): "write vpce-0123456789abcdef0",
        ("access grant", "--source-vpc", "vpce-1"): "write vpc-0123456789abcdef0",
        **{
            (command, "--storage-class", name): words
            for command in ("cp", "mv", "sync")
            for name, words in (("GLACEIR", "did you mean GLACIER?"), ("COLD", "other:NAME"))
        },
    }
    assert not_said(click.UsageError, read, says) == {}
    assert "STANDARD_IA" in refusal(click.UsageError, read, ("find", "--class", "FOO"))


def test_what_is_written_is_read_and_written_again() -> None:
    engines = {
        "local": (EngineKind.LOCAL, "", 0, False),
        "batch": (EngineKind.BATCH, "", 0, False),
        "dask://scheduler:8786": (EngineKind.DASK, "scheduler", 8786, False),
        "tls://10.0.0.7:8786": (EngineKind.DASK, "10.0.0.7", 8786, True),
        "tls://[::1]:1": (EngineKind.DASK, "::1", 1, True),
    }
    found = {text: read_engine(text) for text in engines}
    assert {text: (one.kind, one.host, one.port, one.encrypted) for text, one in found.items()} == engines
    assert [one.text for one in found.values()] == list(engines)


def test_what_is_none_is_refused_with_how_to_write_it() -> None:
    says = {
        "": "'' is not an engine: write local, batch, dask://HOST:PORT or tls://HOST:PORT",
        "Batch": "is not an engine",
        "tcp://scheduler:8786": "is not an engine",
        "dask://scheduler": "names no scheduler: write dask://HOST:PORT",
        "dask://:8786": "names no scheduler",
        "tls://user@host:8786": "names no scheduler",
        "tls://[]:8786": "names no scheduler",
        "tls://host:": "has no port: write tls://host:8786",
        **dict.fromkeys(["tls://host:0", "tls://host:65536", "tls://host:８７", "tls://host:8786/path"], "has no port"),
    }
    assert not_said(ValueError, read_engine, says) == {}


def test_what_is_typed() -> None:
    shape: Any = botocore.session.get_session().get_service_model("s3").shape_for("StorageClass")
    assert sorted(STORAGE_CLASSES) == sorted(shape.enum)
    meant = {"GLACIER": "GLACIER", "standard_ia": "STANDARD_IA", "other:Cold": "Cold"}
    assert {text: storage_class(text) for text in meant} == meant
    wrong = dict.fromkeys(["GLACEIR", "COLD", "", "other:"], "not a storage class of S3")
    assert not_said(ValueError, storage_class, wrong) == {}


# What the commands print: pages of ls, progress of transfers, their ends, sizes that are not known.
DONE = Transfer("t", "s3://a/", "s3://b/", TransferState.DONE, None)


def test_a_line_of_progress_repeats_the_numbers_and_what_has_changed() -> None:
    begun = Transfer("t", "s3://a/", "s3://b/", TransferState.RUNNING, None, notes=["a long one"] * 9)
    assert set(progress_fields(begun, None)) == set(Transfer.__struct_fields__)
    later = progress_fields(replace(begun, bytes_done=1), begun)
    shown = {"id": "t", "state": TransferState.RUNNING, "bytes_done": 1, "objects_done": 0, "eta": None}
    assert {name: later[name] for name in shown} == shown
    assert not {"source", "target", "notes", "limits", "workers", "problem"} & set(later)
    noted = progress_fields(replace(begun, notes=["another"]), begun)
    assert set(noted) - set(later) == {"notes"}


def failed(key: str, title: str = "access denied: s3:PutObject", request: str = "") -> ObjectResult:
    target = f"s3://b/{key}"
    problem = Problem(ProblemKind.DENIED, title.format(target), resource=target, request_id=request or key)
    return ObjectResult("t", f"s3://a/{key}", target, Outcome.FAILED, problem=problem)


def test_a_problem_that_many_objects_have_is_whole_once() -> None:
    said, other = SaidProblems(), "{} is not writable"
    results = [failed("x"), failed("y"), failed("x", other), failed("z"), failed("z", other)]
    assert [said.repeats(each) for each in results] == [False, True, False, True, True]
    assert said.lines() == [
        "the same for 2 more objects: access denied: s3:PutObject",
        "the same for 1 more object: … is not writable",
    ]
    assert not said.repeats(replace(results[0], problem=None))


def test_without_bytes_the_objects_are_the_measure() -> None:
    """There is no percentage of nothing, and a restore that is waited for is not 100 percent done."""
    begun = replace(DONE, state=TransferState.RUNNING, counting=True)
    assert progress_words(begun).startswith("  0 %")
    markers = replace(begun, objects_total=4, objects_done=1, counting=False)
    assert (" 25 %" in transfer_lines(markers)[0], "25 %" in progress_words(markers)) == (True, True)
    assert "100 %" in transfer_lines(replace(markers, objects_done=4, state=TransferState.DONE))[0]
    for state in (TransferState.FAILED, TransferState.CANCELLED, TransferState.DONE):
        ended = replace(DONE, state=state)
        assert "%" not in transfer_lines(ended)[0] + progress_words(ended)
        assert "0 of 0 objects" in transfer_lines(ended)[0]
    done = {"objects_total": 2, "objects_done": 2, "bytes_total": 9, "bytes_done": 9}
    restore = replace(DONE, target="", state=TransferState.WAITING, kind=TransferKind.RESTORE, **done)
    assert progress_words(restore) == "2 of 2 restores requested"


def test_each_outcome_has_its_own_number() -> None:
    sync, move = TransferKind.SYNC, TransferKind.MOVE
    cases: list[tuple[TransferKind, dict[Outcome, int], str]] = [
        (sync, {Outcome.COPIED: 68, Outcome.DELETED: 2}, "68 copied, 2 deleted"),
        (sync, {Outcome.COPIED: 68}, "68 copied"),
        (sync, {Outcome.DELETED: 2}, "2 deleted"),
        (sync, {}, "0 copied"),
        (move, {Outcome.MOVED: 1}, "1 moved"),
        (move, {Outcome.MOVED: 3, Outcome.COPIED: 1}, "3 moved, 1 copied"),
        (TransferKind.REPAIR, {Outcome.REPAIRED: 1, Outcome.GRANTED: 1}, "1 repaired, 1 granted"),
    ]
    for kind, outcomes, words in cases:
        ended = replace(DONE, kind=kind, objects_done=sum(outcomes.values()))
        assert total_words(ended, outcomes) == f"done: {words} (0 B), 0 skipped, 0 failed"
    missing = Problem(kind=ProblemKind.NO_SUCH_BUCKET, title="no such bucket")
    failed = replace(DONE, state=TransferState.FAILED, problem=missing)
    assert total_words(failed, {}) == "failed: nothing was done: no such bucket"


def test_a_problem_is_the_same_whatever_its_cause_calls_the_object() -> None:
    """AWS names the object in its messages by ARN, some texts percent-encoded; S3's reports have ids of requests."""
    said = SaidProblems()
    cause = (
        "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: s3:GetObject on resource: "
        '"arn:aws:s3:::{}" '
        "because no policy allows it (Service: Amazon S3; Request ID: {}; Extended Request ID: {}/=)"
    )
    results = [failed(key) for key in ("a b", "data/ü", "data/" + "x" * 90)]
    for result, name in zip(results, ("a/a%20b", "a/data/ü", "a/data/" + "x" * 90), strict=True):
        assert result.problem is not None
        problem = replace(result.problem, cause=cause.format(name, name.upper()[:5], name[-2:]))
        assert said.repeats(replace(result, problem=problem)) is (result is not results[0])
    assert said.lines() == ["the same for 2 more objects: access denied: s3:PutObject"]
    denied = replace(results[0], problem=Problem(ProblemKind.DENIED, "access denied: s3:PutObject", "another cause"))
    assert not said.repeats(denied)


ENDED = replace(DONE, objects_total=4, objects_done=4)
JOB = replace(ENDED, engine=BATCH)


def test_of_a_job_only_what_this_machine_copies_is_known() -> None:
    for transfer, words in (
        (ENDED, "0 B"),
        (replace(ENDED, bytes_done=5), "5 B"),
        (JOB, "size unknown"),
        (replace(JOB, bytes_done=5), "over 5 B"),
        (replace(JOB, objects_total=0, objects_done=0), "0 B"),
    ):
        assert done_size(transfer) == words
        assert f"({words})" in total_words(transfer, {})


def test_a_job_is_measured_by_its_objects() -> None:
    half = replace(JOB, state=TransferState.RUNNING, objects_done=2, bytes_done=5, bytes_total=5)
    assert progress(half) == (2, 4)
    assert progress(replace(half, engine=LOCAL)) == (2, 4), "of objects whose sizes are not known"
    assert progress(replace(half, engine=LOCAL, bytes_total=9)) == (5, 9)
    assert done_of_all(half) == "over 5 B"
    assert done_of_all(replace(half, engine=LOCAL)) == "5 B of 5 B"
    assert progress_words(half).startswith(" 50 %  2 of 4 objects  over 5 B")
    assert " 50 %" in transfer_lines(half)[0]
    running = replace(JOB, state=TransferState.RUNNING, objects_done=2, target="")
    first, second = transfer_lines(running)
    assert first.endswith("2 of 4 objects  size unknown")
    assert second == "  s3://a/"
    assert "/s" not in progress_words(running)
    assert "5 B/s" in progress_words(replace(running, rate=5.0))


def test_an_object_without_a_size_says_so() -> None:
    result = ObjectResult("t", "s3://a/x", "s3://b/x", Outcome.COPIED, None, evidence="S3's completion report")
    assert (object_size(None), object_size(0)) == ("size unknown", "0 B")
    assert copy_words(result) == "size and checksum unknown: S3's completion report"
    assert "size and checksum unknown (S3's" in result_line(result, JOB, AddressBook()).plain
    assert "size" not in result_line(replace(result, outcome=Outcome.FAILED), JOB, AddressBook()).plain
    copied = ObjectResult("t", "s3://a/x", "s3://b/x", Outcome.COPIED, 2, evidence="S3's completion report")
    assert copy_words(copied) == "2 B, unknown: S3's completion report"
    pulled = replace(
        copied, route=CopyRoute.PULL, verification=VerificationOutcome.SAME, evidence="ETag", owner_note="owned by B"
    )
    assert copy_words(pulled) == "2 B, pull, same: ETag, owned by B"


BOOK = AddressBook({"id": Address("id", label="label")})
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
rows = st.lists(
    st.builds(
        ObjectSummary,
        key=names,
        size=st.integers(0, 2**62),
        modified=st.integers(0, 2**40),
        storage_class=st.sampled_from(["STANDARD", "GLACIER"]),
        owner=st.sampled_from([None, Owner("id", "name"), Owner("other")]),
    ),
    max_size=6,
)


@pytest.mark.parametrize(
    "location", [Location("b"), Location("b", "p/"), Location("b", "p/ha"), Location(LOCAL_BUCKET)]
)
@given(rows=rows, prefixes=st.lists(names, max_size=3))
def test_a_page_is_its_rows(location: Location, rows: list[ObjectSummary], prefixes: list[str]) -> None:
    objects = [
        ObjectSummary(location.key + row.key, row.size, row.modified, row.storage_class, row.owner) for row in rows
    ]
    below = [f"{location.key}{name}/" for name in prefixes]
    page = make_page(location.key, below, objects)
    text = [f"{'':16}  {'':>9}  {visible(shown_name(location, prefix))}" for prefix in below]
    text += [
        f"{time_exact(row.modified):16}  {size(row.size):>9}  {visible(shown_name(location, row.key))}"
        for row in objects
    ]
    assert text_lines(location, page) == "\n".join(text)
    names = {"id": "label", "other": "other"}
    long = [f"{'':16}  {'':>9}  {'':27}  {visible(shown_name(location, prefix))}" for prefix in below]
    long += [
        f"{time_exact(row.modified):16}  {size(row.size):>9}  {short_class(row.storage_class):5}  "
        f"{names[row.owner.id] if row.owner else '':20}  {visible(shown_name(location, row.key))}"
        for row in objects
    ]
    assert text_lines(location, page, BOOK) == "\n".join(long)
    lines: list[dict[str, object]] = [
        {"type": "prefix", "uri": Location(location.bucket, prefix).uri, "key": prefix} for prefix in below
    ]
    lines += [
        {
            "type": "object",
            "uri": Location(location.bucket, row.key).uri,
            "key": row.key,
            "size": row.size,
            "modified": time_iso(row.modified),
            "storage_class": row.storage_class,
            "owner": row.owner,
        }
        for row in objects
    ]
    assert json_lines(location, page) == "\n".join(encode_json(line).decode() for line in lines)


def test_names_that_are_not_utf8_are_json_all_the_same() -> None:
    page = make_page("", [], [ObjectSummary("a\udcff", 1, 0), ObjectSummary("b", 2, 0)])
    first, second = json_lines(Location(LOCAL_BUCKET), page).split("\n")
    assert (json.loads(first)["key"], json.loads(second)["key"]) == ("a\udcff", "b")


@pytest.mark.parametrize("as_json", [False, True])
async def test_how_far_a_measurement_is_goes_to_the_terminal_alone_and_is_wiped(
    as_json: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Engine:
        async def follow(self, _feed: object) -> AsyncGenerator[SizesFound]:
            yield SizesFound([], SizeProgress(looked_at=1_000))
            yield SizesFound([], SizeProgress(looked_at=2_000))

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    engine, feed = cast(EngineAccess, Engine()), MeasureSizes("c", Location("b"))
    ended = await _measure(engine, feed, SizeTree(), as_json=as_json)
    said, shown = capsys.readouterr()
    assert (ended.looked_at, said) == (2_000, "")
    told = ["", "current: 1,000 keys…", "current: 2,000 keys…", ""]
    assert shown.split(CLEAR_LINE) == ([""] if as_json else told)


def test_each_value_that_a_command_reads_is_an_option_or_argument() -> None:
    """`Typed` has no list of them that mypy could check."""
    names = {*Typed.__annotations__, *dir(str)}
    for _, command in commands(cli):
        names |= {each.name or "" for each in command.params}
    texts = [path.read_text() for path in ROOT.glob("tui/**/*.py")]
    read = (set(re.findall(r"\btyped\.([a-z_]\w*)", text)) for text in texts if "typed: Typed" in text)
    assert set().union(*read) <= names


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("--profile cat ls s3://b", "ls --profile cat s3://b"),
        ("--no-sign-request --endpoint-url http://x cp a b", "cp --no-sign-request --endpoint-url http://x a b"),
        ("--json tag x", "tag --json x"),
        ("--left ls s3://b", "--left ls s3://b"),
        ("-h ls", "-h ls"),
        ("ls --json", "ls --json"),
        ("s3://a ls", "s3://a ls"),
        ("--profile ls", "--profile ls"),
    ],
)
def test_options_before_the_command_are_its_own(typed: str, meant: str) -> None:
    assert _command_first(typed.split()) == meant.split()
