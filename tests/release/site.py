"""Builds the manual as a site: ``python -m tests.release.site``, into `build/site`.

The pages lie there as in the repository, so that their links work in both. The groups of docs/README.md are the
navigation.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build"
PAGES, SITE = BUILD / "pages", BUILD / "site"
QUIET = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}

MORE = {"For those who build it": ["CONTRIBUTING.md", "CHANGELOG.md"]}
"""Pages that docs/README.md does not link, because their names are known on a code host."""


def main() -> None:
    for each in (PAGES, SITE):
        shutil.rmtree(each, ignore_errors=True)
    for folder in ("docs", "screenshots"):
        shutil.copytree(ROOT / folder, PAGES / folder, ignore=shutil.ignore_patterns("*.yml", "*.1", "completions"))
    for page in ROOT.glob("*.md"):
        shutil.copy(page, PAGES)
    config = BUILD / "mkdocs.yml"
    written = (ROOT / "docs/mkdocs.yml").read_text(encoding="utf-8")
    config.write_text(f"{written}\nnav: {json.dumps(navigation())}\n", encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "mkdocs", "build", "--quiet", "--config-file", config], env=QUIET)
    wrong = [
        f"{page.relative_to(SITE)}: {link}"
        for page in sorted({*SITE.rglob("*.html")} - {SITE / "404.html"})
        for link in broken(page)
    ]
    if done.returncode or wrong:
        sys.exit("\n".join(["the manual has links that lead nowhere", *wrong]))
    print(SITE / "index.html")  # noqa: T201  it is what the command says


def navigation() -> list[dict[str, Any]]:
    """The groups of the manual's contents; each page in the first group that has it."""
    text = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = [{"xs3-tui": "README.md"}, {"Manual": "docs/README.md"}]
    seen: set[str] = set()
    for title, group in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL):
        linked = re.findall(r"\]\(([\w./-]+\.md)\)", group)
        pages = [name.removeprefix("../") if name.startswith("../") else f"docs/{name}" for name in linked]
        new = [name for name in dict.fromkeys([*pages, *MORE.get(title, [])]) if name not in seen]
        found.append({title: new})
        seen.update(new)
    return found


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.names |= {found[name] for name in ("id", "name") if name in found}
        is_link = tag == "a" or found.get("rel") in ("canonical", "next", "prev")
        (self.links if is_link else self.loaded).extend(found[name] for name in ("href", "src") if name in found)


def broken(page: Path) -> list[str]:
    """Links of a page that lead nowhere, and what it loads from elsewhere."""
    read = _read(page)
    inside = [link for link in [*read.links, *read.loaded] if not re.match(r"[a-z]+:|//", link)]
    return [link for link in inside if not _leads(page, link)] + [
        link for link in read.loaded if re.match(r"https?:|//", link)
    ]


def _leads(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    target = target / "index.html" if target.is_dir() else target
    return target.is_file() and (not anchor or target.suffix != ".html" or anchor in _read(target).names)


def _read(page: Path) -> _Page:
    read = _Page()
    read.feed(page.read_text(encoding="utf-8"))
    return read


if __name__ == "__main__":
    main()
