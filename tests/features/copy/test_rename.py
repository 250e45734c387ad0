"""Renames by pattern: as a command and on screen; names edited as text."""

import json
import os
import signal

import pytest

from tests.cli.conftest import Bench, answered, ask_engine, only_demo
from tests.cli.test_transfer_commands import started
from tests.waiting import until_true
from tui.link.request import Hello

MATCH = ("--match", r"IMG_(?P<n>\d+)", "--to", "photo-{n:04}")


@only_demo
def test_objects_are_renamed_after_old_and_new_names_were_shown_and_undo_brings_them_back(bench: Bench) -> None:
    bench.keep_versions()
    bench.put("p/IMG_7.jpg", "p/IMG_8.jpg", "p/deep/IMG_12.jpg", "p/notes.txt", "p/IMG_/", "q/IMG_1.jpg")
    before = bench.keys(bench.mine, bench.a)
    words = ("rename", "--profile", bench.server.a.profile, *MATCH, "-r", f"s3://{bench.a}/p/")
    planned = bench.run(*words, "--dry-run", "--json").succeeded().planned
    names = [line["target"].rpartition("/")[2] for line in planned]
    assert names == ["photo-0007.jpg", "photo-0008.jpg", "photo-0012.jpg"]
    assert "nothing was renamed" in answered(words, ("rename 3 objects?", "n\r"), code=1)
    assert bench.keys(bench.mine, bench.a) == before
    shown = answered(words, ("rename 3 objects?", "y\r"))
    [transfer] = [line["transfer"] for line in bench.run("undo", "--list", "--json").objects]
    assert shown.count("the source is deleted after the copy is verified") == 1
    assert shown.index("p/deep/IMG_12.jpg → ") < shown.index("rename 3 objects?") < shown.index("done: 3 moved")
    renamed = ["p/IMG_/", "p/deep/photo-0012.jpg", "p/notes.txt", "p/photo-0007.jpg", "p/photo-0008.jpg"]
    assert bench.keys(bench.mine, bench.a) == [*renamed, "q/IMG_1.jpg"]
    bench.run(*words).ended(2, err="add --yes, or --dry-run")
    bench.run(*words, "-y").printed(4, "", "none of 5 objects matches IMG_(?P<n>\\d+)\n")
    bench.run("undo", "--yes", transfer).succeeded()
    assert bench.keys(bench.mine, bench.a) == before


@only_demo
def test_a_pattern_with_a_slash_is_for_the_whole_name_and_what_exists_is_kept_as_by_mv(bench: Bench) -> None:
    bench.put("t/dt=2026-1/a", "t/dt=2026-1/", "t/dt=2026-02/b", "t/dt=2026-2/b")
    whole = ("--match", r"dt=(\d+)-(\d)/", "--to", "dt={1}-{2:02}/", "-r", f"s3://{bench.a}/t/")
    undecided = bench.as_a("rename", "-y", *whole, "--json").ended(1)
    assert sorted(undecided.outcomes) == ["moved", "moved", "undecided"]
    assert bench.as_a("rename", "-y", *whole, "--json", "--on-conflict", "overwrite").succeeded().outcomes == ["moved"]
    assert bench.keys(bench.mine, bench.a) == ["t/dt=2026-01/", "t/dt=2026-01/a", "t/dt=2026-02/b"]


@only_demo
@pytest.mark.parametrize(
    ("match", "to", "said"),
    [
        ("[ab]", "c", "p/a → c: another object gets this name, too"),
        ("a", "b", "an object with this name is renamed, too: rename that one first"),
        ("^", "x" * 1024, "its new key would have 1,027 bytes, the limit is 1,024"),
        ("(x?).*", "{1}", "its new name would be empty"),
        ("a", "x/", "its new name would end in /"),
        ("(a)", "{1:04}", "'a' is not a number, which {…:04} needs"),
    ],
)
def test_a_new_name_that_cannot_be_is_refused_by_name(bench: Bench, match: str, to: str, said: str) -> None:
    bench.put("p/a", "p/b") if match != "a" or to != "b" else bench.put("p/a", "p/aa", "p/ba")
    before = bench.keys(bench.mine, bench.a)
    refused = bench.as_a("rename", "-y", "--match", match, "--to", to, "-r", f"s3://{bench.a}/p/")
    refused.ended(1, err=said).ended(1, err="nothing was renamed: ")
    assert bench.keys(bench.mine, bench.a) == before


@only_demo
@pytest.mark.parametrize(
    ("match", "to", "said"),
    [
        ("(", "x", "'(' is not a regular expression: missing )"),
        (
            r"(?P<n>\d)",
            "{m:04}",
            "'{m:04}' is not a template for names cause: the pattern has no group m: it has n; {0} is",
        ),
        ("a", "{", "'{' is not a template for names cause: { is no field at character 1"),
        ("(a)", "x\\1", "in --to write {1} for \\1"),
        ("a", "{0:99999}", "{ is no field"),
        ("a", "{0.__class__}", "{ is no field"),
    ],
)
def test_a_pattern_or_template_that_is_none_is_named(bench: Bench, match: str, to: str, said: str) -> None:
    bench.put("p/a")
    bench.as_a("rename", "-y", "--match", match, "--to", to, f"s3://{bench.a}/p/a").ended(2, said=said)


@only_demo
def test_names_with_odd_characters_are_renamed_and_a_pattern_that_backtracks_does_not_hang(bench: Bench) -> None:
    names = ["a\nb-1", "*[x]-1", "ä €-1", "a" * 60 + "-1"]
    bench.put(*(f"p/{name}" for name in names))
    uris = [f"s3://{bench.a}/p/{name}" for name in names]
    bench.as_a("rename", "-y", "--match", "^(a+)+$", "--to", "x", "-q", *uris).ended(4, err="none of 4 objects")
    assert bench.as_a("rename", "-y", "--match", "1$", "--to", "{{{0}}}", "-q", *uris).succeeded().out.count("\n") == 1
    assert bench.keys(bench.mine, bench.a) == sorted(f"p/{name[:-1]}{{1}}" for name in names)
    bench.as_a("rename", "-y", "--match", "x", "--to", "y", f"s3://{bench.a}/p/").ended(2, err="add --recursive")
    bench.as_a("rename", "-y", "--match", "x", "--to", "y", f"s3://{bench.a}/none").ended(4, err="none of 1 object")
    bench.as_a("rename", "-y", "--match", "x", "--to", "y", "-r", f"s3://{bench.a}/none/").ended(4, err="nothing")
    bench.as_a("rename", "-y", "--match", "x", "--to", "y", "./x").ended(2, err="mv moves files")


@pytest.mark.thorough
@only_demo
def test_a_rename_goes_on_after_its_engine_was_killed(bench: Bench) -> None:
    bench.keep_versions()
    bench.put(*(f"p/IMG_{number}.jpg" for number in range(60)))
    words = ("rename", "--profile", bench.server.a.profile, "--at-once", "2", *MATCH, "-r", f"s3://{bench.a}/p/")
    with started(*words, "-y", "--json") as process:
        until_true(lambda: str(bench.keys(bench.mine, bench.a)).count("photo") > 5, "some are renamed", 30)
        os.kill(ask_engine(Hello()).pid, signal.SIGKILL)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, (out, err)
    assert bench.keys(bench.mine, bench.a) == [f"p/photo-{number:04}.jpg" for number in range(60)]
    bench.run("undo", "--yes", json.loads(out.splitlines()[-1])["transfer"]["id"]).succeeded()
    after = bench.keys(bench.mine, bench.a)
    assert [key for key in after if "IMG" in key] == sorted(f"p/IMG_{number}.jpg" for number in range(60))
    copies = str(after).count("photo")
    assert copies < 20, "what was being written when it was killed may stay beside its source"
