"""Every dependency has bounds: a release of somebody else's must not change what is installed unseen."""

import tomllib
from pathlib import Path

import pytest

from tests.audit import unbounded

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_every_dependency_has_bounds() -> None:
    assert list(unbounded(tomllib.loads(PROJECT.read_text()))) == []


@pytest.mark.parametrize(
    "text", ["click", "click>=8", "click<9", "click!=8.1", "click @ https://example.com/click.whl"]
)
def test_what_has_none_is_named(text: str) -> None:
    project = {
        "build-system": {"requires": ["hatchling==1.27"]},
        "project": {"name": "xs3-tui", "dependencies": [text, "msgspec>=0.20,<1"], "optional-dependencies": {}},
    }
    assert list(unbounded(project)) == [text]
