"""The settings file: defaults, values, and errors that name file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.model.problem import ProblemError
from tui.settings import Settings, TransferSettings, read_settings


def test_no_file_gives_the_defaults(tmp_path: Path) -> None:
    assert read_settings(tmp_path / "none.toml") == Settings()


def test_reads_values(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('theme = "nord"\n[transfers]\npart_size = 16777216\n')
    assert read_settings(path) == Settings(theme="nord", transfers=TransferSettings(part_size=16777216))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("theme = 3", "theme"),
        ("thme = 'nord'", "thme"),
        ("[transfers]\npart_size = 'big'", "transfers.part_size"),
        ("theme = ", "not TOML"),
        ("\xff", "not TOML"),
    ],
)
def test_an_unusable_file_is_named_with_the_key(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ProblemError) as caught:
        read_settings(path)
    assert str(path) in caught.value.problem.title
    assert says in caught.value.problem.cause
