"""Versions and delete markers, listed and counted by commands, on the demo."""

from __future__ import annotations

from tests.cli.conftest import Run
from tests.servers.server import S3Server
from tui.model.location import Location

DRAFT, SUMMARY = "2026/11/draft.csv", "2026/11/summary.csv"
REPORTS = "analytics-reports"
AS = ("--profile", "analytics")


def test_the_versions_of_a_key_newest_first_and_of_no_other(run: Run, demo_environment: S3Server) -> None:
    listed = run("versions", *AS, f"s3://{REPORTS}/{SUMMARY}", "--json")
    assert listed.code == 0, listed
    assert [(one["key"], one["latest"]) for one in listed.objects] == [
        (SUMMARY, True),
        (SUMMARY, False),
        (SUMMARY, False),
    ]
    times = [one["modified"] for one in listed.objects]
    assert times == sorted(times, reverse=True)
    assert len({one["version"] for one in listed.objects}) == 3
    half = run("versions", *AS, f"s3://{REPORTS}/{SUMMARY[:-2]}")
    assert half.code == 4, "half a key is no key"


def test_ls_shows_delete_markers_and_prefixes(run: Run, demo_environment: S3Server) -> None:
    level = run("ls", "--versions", *AS, f"s3://{REPORTS}/2026/", "--json")
    assert [one["type"] for one in level.objects] == ["prefix"] * 11
    below = run("ls", "--versions", *AS, f"s3://{REPORTS}/2026/11/")
    marker, old, *_ = below.out.splitlines()
    assert " deleted " in marker
    assert marker.endswith(" draft.csv")
    assert " noncurrent " in old
    every = run("ls", "--versions", "-r", *AS, f"s3://{REPORTS}", "--json").objects
    assert [one["key"] for one in every if one["type"] == "delete-marker"] == [DRAFT]
    assert len(every) == 15


def test_the_sum_of_noncurrent_versions(run: Run, demo_environment: S3Server) -> None:
    (line,) = run("versions", *AS, "--sum", f"s3://{REPORTS}/2026/11/", "--json").objects
    counted = line["versions"]
    assert (counted["current"], counted["noncurrent"], counted["markers"], counted["deleted"]) == (1, 3, 1, 1)
    assert counted["noncurrent_bytes"] == 63 + 50 + 20
    shown = run("versions", *AS, "--sum", f"s3://{REPORTS}/2026/11/")
    assert "3 versions" in shown.out
    assert "133 B" in shown.out


def test_where_there_are_no_versions(run: Run, demo_environment: S3Server) -> None:
    assert "does not support versions" in run("versions", Location("/", "tmp/").path).err
    denied = run("ls", "--versions", "--profile", "media-prod", f"s3://{REPORTS}")
    assert denied.code == 3
    assert "s3:ListBucketVersions" in denied.err
