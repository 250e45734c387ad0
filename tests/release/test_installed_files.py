"""Man pages and completions as the wheel installs them."""

from pathlib import Path

import click

from tests.reference import commands_below
from tests.release.installed_files import COMPLETIONS, write
from tui.app.main import cli

REQUESTS = {"TH", "SH", "PP", "TP", "nf", "fi"}


def test_each_command_has_a_page_and_each_shell_a_completion(tmp_path: Path) -> None:
    write(tmp_path, 1_790_000_000)
    pages = {each.stem: each.read_text(encoding="utf-8") for each in (tmp_path / "man" / "man1").iterdir()}
    commands = dict(commands_below(cli, click.Context(cli, info_name="xs3-tui")))
    assert set(pages) == {"xs3-tui", *(f"xs3-tui-{each.replace(' ', '-')}" for each in commands)}
    for name, text in pages.items():
        requests = {line[1:].partition(" ")[0] for line in text.splitlines() if line.startswith((".", "'"))}
        assert {"TH", "SH"} <= requests <= REQUESTS, name
        assert '1 "2026-09-21"' in text
        assert "\b" not in text
    assert "\\-\\-on\\-conflict" in pages["xs3-tui-cp"]
    assert "xs3\\-tui\\-access" in pages["xs3-tui-access-grant"]
    for name in COMPLETIONS.values():
        assert "xs3-tui" in (tmp_path / name).read_text(encoding="utf-8")
