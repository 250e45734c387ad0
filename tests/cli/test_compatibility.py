"""What docs/compatibility.md says of files that another version has written."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import AS_A, ASSETS, Run, until_engine_has_ended
from tests.servers.server import S3Server
from tests.transfers.journal.test_kept import make_version_1
from tui.link.process import EngineProcess
from tui.settings import settings_file
from tui.transfers.journal.journal_schema import STEPS

pytestmark = pytest.mark.usefixtures("demo_environment")

READ = f"{ASSETS}README.md"


def version(journal: Path) -> int:
    with closing(sqlite3.connect(journal)) as connection:
        (found,) = connection.execute("PRAGMA user_version").fetchone()
    return int(found)


def test_an_older_journal_is_read_and_brought_up_to_date_and_a_newer_one_is_not_touched(run: Run) -> None:
    journal = EngineProcess().journal
    make_version_1(journal)
    assert {each["id"] for each in run("transfers", "--json").succeeded().objects} == {"t", "u"}
    run("transfers", "--all", "--cancel").succeeded()
    until_engine_has_ended()
    assert version(journal) == len(STEPS)
    with closing(sqlite3.connect(journal)) as connection:
        connection.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
        connection.execute("PRAGMA journal_mode = DELETE")
    before = journal.read_bytes()
    for words in (("transfers",), ("cp", "--profile", "media-prod", READ, "copied.md")):
        [line] = run(*words, "--json").ended(1).objects
        problem = line["problem"]
        assert (problem["kind"], problem["title"]) == ("journal", "the journal was written by a newer xs3-tui")
        assert problem["remedy"].startswith("use that version, or move the file away")
    until_engine_has_ended()
    assert (journal.read_bytes(), Path("copied.md").exists()) == (before, False)


def test_newer_settings_are_refused_with_their_line_and_not_touched(run: Run) -> None:
    file = settings_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text := "[transfers]\nof_tomorrow = 1\n")
    [line] = run("ls", *AS_A, ASSETS, "--json").ended(2).objects
    assert "config.toml:2: transfers.of_tomorrow: unknown key" in line["problem"]["cause"]
    assert file.read_text() == text


def test_receipts_of_other_versions(run: Run, demo_environment: S3Server, tmp_path: Path) -> None:
    receipt, copy = tmp_path / "receipt", tmp_path / "copy"
    run("cp", *AS_A, READ, str(copy), "--receipt", str(receipt)).succeeded()
    head, of_object = map(json.loads, receipt.read_text().splitlines())

    def verified(code: int, result: dict[str, object], *more: str) -> str:
        receipt.write_text("".join(json.dumps(each) + "\n" for each in (head, of_object | {"result": result})))
        return run("verify", *AS_A, str(receipt), *more).ended(code).said

    result = of_object["result"]
    first = ("transfer", "source", "target", "outcome", "size", "route", "verification", "evidence")
    assert "1 same" in verified(0, result | {"of_tomorrow": {"a": 1}})
    older = {name: result[name] for name in first}
    assert "1 object left" in verified(1, older), "it has no ETag and no checksum"
    assert "1 same" in verified(0, older, "--read", "needed")
    assert "line 2 is not a line of a receipt" in verified(2, result | {"outcome": "of tomorrow"})
