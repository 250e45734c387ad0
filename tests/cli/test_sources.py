"""Wildcards in URIs, and several sources of one command."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.conftest import Bench, answered, only_demo
from tui.core.wildcards import compile_wildcards, literal_part, literally

KEYS = (
    "logs/2026-10/a.gz",
    "logs/2026-11/a.gz",
    "logs/2026-11/b.txt",
    "logs/2026-11/deep/c.gz",
    "logs/x.gz",
    "odd[1].gz",
)

TOKENS = ["*", "*", "**", "/", "a", "b", "?", "[ab]", "[!a]", "\n"]


def read_back(tokens: list[str]) -> tuple[str, ...]:
    """Neighbouring stars are one run; a segment of two and more takes its / with it."""
    read: list[str] = []
    for token in tokens:
        stars = read and read[-1] in ("*", "**") and token in ("*", "**")
        if stars:
            read[-1] = "**"
        elif token == "/" and read and read[-1] == "**" and (len(read) == 1 or read[-2] in ("/", "**/")):
            read[-1] = "**/"
        else:
            read.append(token)
    return tuple(read)


def naive(tokens: tuple[str, ...], name: str) -> bool:
    @cache
    def fits(at: int, begin: int) -> bool:
        if at == len(tokens):
            return begin == len(name)
        rest = range(begin, len(name) + 1)
        match tokens[at]:
            case "**":
                return any(fits(at + 1, end) for end in rest)
            case "**/":
                return fits(at + 1, begin) or any(name[end - 1 : end] == "/" and fits(at + 1, end) for end in rest[1:])
            case "*":
                return any("/" not in name[begin:end] and fits(at + 1, end) for end in rest)
            case token:
                one = {"?": "ab\n", "[ab]": "ab", "[!a]": "b\n"}.get(token, token)
                return name[begin : begin + 1] in set(one) and fits(at + 1, begin + 1)

    return fits(0, 0)


@given(st.lists(st.sampled_from(TOKENS), min_size=1, max_size=9), st.text("aab/\n", max_size=10))
def test_wildcards_match_as_they_are_defined(tokens: list[str], name: str) -> None:
    pattern = "".join(tokens)
    found = bool(compile_wildcards(pattern).fullmatch(name))
    assert found is naive(read_back(tokens), name)
    assert not found or name.startswith(literal_part(pattern)), "what is listed has all that matches"
    assert literal_part(literally(pattern)) == pattern
    assert compile_wildcards(literally(pattern)).fullmatch(pattern)


@pytest.mark.parametrize("pattern", ["*a" * 40 + "b", "**a" * 40 + "b", "**/*a" * 40 + "b"])
def test_no_pattern_takes_long(pattern: str) -> None:
    assert not compile_wildcards(pattern).fullmatch("a/" * 512)
    assert not compile_wildcards(pattern).fullmatch("a" * 1024)


@only_demo
def test_what_wildcards_find(bench: Bench) -> None:
    bench.put(*KEYS, "odd[1].gz")
    logs = f"s3://{bench.a}/logs/"
    listed = {
        "2026-1*/*.gz": ["2026-10/a.gz", "2026-11/a.gz"],
        "2026-1[1-9]/?.*": ["2026-11/a.gz", "2026-11/b.txt"],
        "2026-1*": ["2026-10/", "2026-11/"],
        "2026-*1/": ["2026-11/deep/", "2026-11/a.gz", "2026-11/b.txt"],
        "**/*.gz": ["2026-10/a.gz", "2026-11/a.gz", "2026-11/deep/c.gz", "x.gz"],
    }
    for pattern, names in listed.items():
        lines = bench.as_a("ls", f"{logs}{pattern}").succeeded().out.splitlines()
        assert [line.split()[-1] for line in lines] == names, pattern
    found = bench.as_a("find", f"{logs}*1").succeeded().out.splitlines()
    assert found == [f"{logs}2026-11/a.gz", f"{logs}2026-11/b.txt", f"{logs}2026-11/deep/c.gz"]
    bench.as_a("du", f"{logs}*/*.gz").ended(0, out=f"{logs}2026-10/\n", said=f"{logs}*/*.gz in all")
    assert bench.as_a("cat", f"{logs}2026-1*/a.gz").succeeded().out == "contentcontent"
    for words in (("ls",), ("find",), ("du",), ("cat",), ("rm", "-y"), ("rm", "-y", "--dry-run")):
        bench.as_a(*words, f"{logs}*.nothing").ended(4, said=f"{logs}*.nothing")
        hint = bench.as_a(*words, f"{logs}*c.gz").ended(4).said.count("* stops at /, ** does not")
        assert (hint, "** does not" in bench.as_a(*words, f"{logs}**.nothing").said) == (1, False)
    bench.as_a("ls", f"{logs}[a*").ended(2, err="cause: [ without ]: write [[]")


@only_demo
def test_what_wildcards_copy_and_delete(bench: Bench) -> None:
    bench.put(*KEYS, "odd[1].gz")
    here = f"s3://{bench.a}/"
    bench.as_a("cp", f"{here}logs/2026-1*/*.gz", f"{here}to").ended(2, err=f"s3://{bench.a}/to is one name")
    bench.as_a("cp", f"{here}logs/2026-1*/*.gz", f"{here}to/").ended(0, out="done: 2 copied")
    bench.as_a("mv", "-r", f"{here}logs/*1", f"{here}logs/x.gz", f"{here}moved/").ended(0, out="done: 4 moved")
    bench.as_a("cp", f"{here}logs/**", f"{here}logs/copies/").ended(2, said="the target is inside the selected prefix")
    bench.as_a("cp", f"{here}*.gz", f"{here}to/", "--dry-run").ended(0, said="dry run: 1 copy")
    moved = [f"moved/{name}" for name in ("2026-11/a.gz", "2026-11/b.txt", "2026-11/deep/c.gz", "x.gz")]
    left = ["logs/2026-10/a.gz", *moved, "odd[1].gz", "to/2026-10/a.gz", "to/2026-11/a.gz"]
    assert bench.keys(bench.mine, bench.a) == left
    bench.as_a("cp", "-r", f"{here}none*.gz", f"{here}to/").ended(4, said="none*.gz")
    bench.as_a("rm", "-y", f"{here}to/*/a.gz", f"{here}moved/x.gz", f"{here}moved/no").ended(1, said="moved/no")
    assert bench.keys(bench.mine, bench.a) == ["logs/2026-10/a.gz", *moved[:3], "odd[1].gz"]


@only_demo
def test_a_name_that_exists_is_not_guessed_at(bench: Bench, tmp_path: Path) -> None:
    bench.put("odd[1].gz", "odd1.gz", "o*/x")
    odd, escaped = f"s3://{bench.a}/odd[1].gz", f"s3://{bench.a}/odd[[]1].gz"
    commands = (("cp", odd, f"{tmp_path}/"), ("mv", odd, f"{tmp_path}/"), ("rm", "-y", odd), ("ls", odd), ("cat", odd))
    for words in (*commands, ("find", odd), ("du", odd)):
        bench.as_a(*words).ended(2, said=f"for that add --literal, or write {escaped}")
    bench.as_a("ls", f"s3://{bench.a}/o*/").ended(2, said="--literal")
    assert bench.keys(bench.mine, bench.a) == ["o*/x", "odd1.gz", "odd[1].gz"]
    bench.as_a("cp", "--literal", odd, f"{tmp_path}/a").succeeded()
    bench.as_a("rm", "-y", escaped).ended(0, out="done: 1 deleted")
    assert bench.keys(bench.mine, bench.a) == ["o*/x", "odd1.gz"]
    bench.as_a("rm", "-y", "--literal", odd).ended(4)
    bench.as_a("rm", "-y", odd).ended(2, said="may be the name of an object that is gone")
    bench.as_a("rm", "-y", f"s3://{bench.a}/odd[1]?gz").ended(0, out="done: 1 deleted")
    assert bench.keys(bench.mine, bench.a) == ["o*/x"]


@only_demo
def test_several_sources(bench: Bench, tmp_path: Path) -> None:
    bench.put("a/1", "a/2", "b/3", "c/d/4")
    here = f"s3://{bench.a}/"
    (tmp_path / "up").write_text("up")
    bench.as_a("cp", f"{here}a/1", f"{here}b/3", f"{here}to").ended(2, err="is one name")
    bench.as_a("cp", f"{here}a/1", str(tmp_path / "up"), f"{here}to/").ended(2, err="local paths")
    bench.as_a("cp", f"{here}a/", f"{here}b/3", f"{here}to/").ended(2, err="add --recursive")
    bench.as_a("cp", f"{here}a/1", f"{here}a/2", f"{here}b/3", f"{here}a/none", f"{here}to/").ended(1, said="a/none")
    bench.as_a("cp", "-r", f"{here}a/", f"{here}c/d/", str(tmp_path)).succeeded()
    bench.as_a("cp", f"{here}a/1").ended(2, err="Missing argument 'TARGET': name SOURCE and TARGET")
    assert sorted(str(each.relative_to(tmp_path)) for each in tmp_path.rglob("?")) == ["a", "a/1", "a/2", "d", "d/4"]
    assert bench.keys(bench.mine, bench.a) == ["a/1", "a/2", "b/3", "c/d/4", "to/1", "to/2", "to/3"]
    listed = bench.as_a("ls", f"{here}a/", f"{here}none/", f"{here}b/").ended(4, err=f"nothing found at {here}none/")
    assert [line for line in listed.out.splitlines() if line.endswith(":")] == [
        f"{here}{each}:" for each in ("a/", "none/", "b/")
    ]
    denied = bench.as_a("ls", "-1r", f"{here}a/", f"s3://{bench.b}/", f"{here}c").ended(3, err="access denied")
    assert denied.out == f"{here}a/:\na/1\na/2\n\ns3://{bench.b}/:\n\n{here}c:\nc/d/4\n"
    shown = answered(["ls", "-1r", "--profile", bench.server.a.profile, f"{here}a/"])
    assert shown.split() == ["1", "2"]
    bench.as_a("rm", "-y", "--receipt", str(tmp_path / "r"), f"{here}a/1", f"{here}b/3").ended(2, err="--receipt")
    bench.as_a("rm", f"{here}a/1", f"{here}b/3").ended(2, err="--yes")
    bench.as_a("rm", "-ry", f"{here}a/", f"{here}to/1", f"{here}b/3").succeeded()
    assert bench.keys(bench.mine, bench.a) == ["c/d/4", "to/2", "to/3"]
