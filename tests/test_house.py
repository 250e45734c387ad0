"""The house rules that no linter knows; the documents; the package, its files and what it imports."""

import ast
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import TypeGuard

import pytest

from tests.audit import unbounded
from tui.core.naming import counted

ROOT = Path(__file__).parents[1]

METAPHORS = frozenset(
    {
        *("weather", "office", "ladder", "errand", "shelter", "sheltered", "standing", "departing", "departure"),
        *("abreast", "gate", "gates", "lane", "lanes", "desk", "vault", "surviving", "sky"),
    }
)
"""Not among them: what is also meant as it is said. Directories are emptied, a form has a draft, the demo's company an
office with a network of its own."""


@cache
def _files(suffix: str = ".py") -> tuple[str, ...]:
    """All files of ours; what the servers of tests have installed is not ours."""
    found = (path.relative_to(ROOT) for top in ("tui", "tests") for path in (ROOT / top).rglob(f"*{suffix}"))
    return tuple(sorted(str(path) for path in found if not path.is_relative_to("tests/servers/run")))


def _product_files() -> list[str]:
    """Tests of one subject stand together, however many they are."""
    return [file for file in _files() if file.startswith("tui/")]


@cache
def _text(file: str) -> str:
    return (ROOT / file).read_text()


def test_no_import_goes_in_a_circle() -> None:
    """Imports inside functions count, and those for types alone."""
    assert _circle(_imports()) == []


LAYERS = frozenset({"values", "words", "actions", "screen", "command", "engine"})
"""The files that each feature may have. All other files of the product have a name of their own."""

KNOWN = {
    "copy": {"access", "batch", "content"},
    "delete": {"buckets"},
    "edit_documents": {"inspect"},
    "find": {"delete", "transfer_list"},
    "inspect": {"access"},
    "sync": {"copy", "transfer_list"},
    "transfer_list": {"verify"},
    "versions": {"copy"},
}
"""The features that a feature imports. A new pair is a decision."""

FRAME = frozenset({"kit", "panes", "browser", "terminal"})
BASE = frozenset({"aws", "stores", "policies", "network", "documents", "transfers", "core", "link", "reader"})
PLAIN = frozenset({"core", "link", "messages", "settings", "text", "saved"})

MAY_IMPORT = {
    "values": frozenset({"core", "link", "messages"}),
    "words": PLAIN | {"words", "values"},
    "screen": PLAIN | FRAME | {"words", "values", "screen", "reader"},
    "command": PLAIN | {"cli", "words", "values", "command"},
    "work": BASE | {"messages", "values", "work", "queue"},
    "engine": BASE | {"messages", "values", "work", "queue", "answering", "engine"},
}
"""The folders, and in features the layers, that each layer of a feature imports."""

LAST_WORDS = {
    "values": "values",
    **dict.fromkeys(("words", "session"), "words"),
    **dict.fromkeys(("screen", "view", "actions"), "screen"),
    "command": "command",
}
"""The last word of a file name gives the layer; ``engine`` alone is a layer, all other files are work of the engine."""


def test_no_folders_import_one_another_in_a_circle() -> None:
    """Each feature is a folder of its own. Only `app` and `engine` know all features, and nobody imports these two."""
    assert _circle(_folders(_imports())) == []


def test_a_feature_imports_the_features_that_are_declared() -> None:
    features = {
        folder.removeprefix("features/"): {each.removeprefix("features/") for each in known if "features/" in each}
        for folder, known in _folders(_imports()).items()
        if folder.startswith("features/")
    }
    assert {feature: known for feature, known in features.items() if known} == KNOWN


def _folders(imports: dict[str, set[str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for module, known in imports.items():
        found[_folder(module)] |= {_folder(each) for each in known} - {_folder(module)}
    return found


def _folder(module: str) -> str:
    parts = module.split(".")[1:] or ["tui"]
    return "/".join(parts[:2]) if parts[0] == "features" else parts[0]


def test_a_layer_of_a_feature_imports_the_layers_below_it() -> None:
    found = {
        f"{module} ({_layer(module)}) -> {each}"
        for module, known in _imports().items()
        if module.startswith("tui.features.")
        for each in known - {"tui"}  # its version
        if (_layer(each) if each.startswith("tui.features.") else _folder(each)) not in MAY_IMPORT[_layer(module)]
    }
    assert sorted(found) == []


def _layer(module: str) -> str:
    name = module.rpartition(".")[2]
    return "engine" if name == "engine" else LAST_WORDS.get(name.rpartition("_")[2], "work")


def test_each_file_and_each_class_of_the_product_has_a_name_of_its_own() -> None:
    stems = Counter(PurePosixPath(file).stem for file in _product_files())
    assert {stem for stem, times in stems.items() if times > 1} <= {*LAYERS, "__init__", "__main__"}
    classes = Counter(
        name for file in _product_files() for name in re.findall(r"^class (\w+)", _text(file), re.MULTILINE)
    )
    assert [name for name, times in classes.items() if times > 1] == []


def test_a_folder_holds_at_least_three_modules() -> None:
    modules = [PurePosixPath(file) for file in _product_files() if not file.endswith("__init__.py")]
    folders = Counter(str(file.parent) for file in modules)
    assert {folder for folder, files in folders.items() if files < 3} == set()


def test_whether_a_place_is_a_path_is_asked_in_few_files() -> None:
    """All others ask what the place can do: `PlaceKind`."""
    assert len([file for file in _product_files() if "is_local" in _text(file)]) <= 3


def test_no_name_is_a_metaphor() -> None:
    """In the product every name counts, in tests those of files."""
    found = {
        f"{file} {name}"
        for file in _files()
        for name in (*PurePosixPath(file).with_suffix("").parts, *(_names(_text(file)) if _is_product(file) else ()))
        if METAPHORS.intersection(_words(name))
    }
    assert sorted(found) == []


def _is_product(file: str) -> bool:
    return file.startswith("tui/") and not file.startswith("tui/demo/")


def _module(file: str) -> str:
    parts = PurePosixPath(file).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


IMPORT = re.compile(r"^ *(?:from (tui[\w.]*) import (\([^)]*\)|.*)|import (tui[\w.]*))", re.MULTILINE)


def _imports() -> dict[str, set[str]]:
    """What each module of ours imports of ours. A package's `__init__` runs first, but nobody imports it for that."""
    modules = {_module(file): file for file in _product_files()}
    imports: dict[str, set[str]] = defaultdict(set)
    for module, file in modules.items():
        for package, listed, whole in IMPORT.findall(re.sub(r"#.*", "", _text(file))):
            names = [name.split()[0] for name in listed.strip("()").split(",") if name.strip()]
            of = {f"{package}.{name}" for name in names} & modules.keys()
            imports[module] |= of | ({package if len(of) < len(names) else whole} & modules.keys())
        imports[module].discard(module)
    return imports


def _circle(imports: dict[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as found:
        circle: list[str] = found.args[1]
        return circle
    return []


def _names(text: str) -> Iterator[str]:
    """Names of classes, functions, parameters and variables, of modules that have a metaphor in some word."""
    if METAPHORS.isdisjoint(word for name in set(re.findall(r"[A-Za-z_]\w*", text)) for word in _words(name)):
        return
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case _:
                pass


def test_metaphors_are_seen() -> None:
    source = "class SkyStore:\n    def a(self, b):\n        self.c = b\n"
    assert sorted(_names(source)) == ["SkyStore", "a", "b", "c", "self"]


@cache
def _words(name: str) -> list[str]:
    """``ShelteredStore`` and ``sheltered_store`` alike."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_")


SWITCHED_OFF = re.compile(
    r"# (?:noqa|type: ignore|nosec|pragma: no cover)\b(?:: [A-Z0-9, ]+|\[[a-z, -]+\])?(?P<reason>.*)"
)


def test_where_a_rule_does_not_apply_it_says_why() -> None:
    """Beside what switches it off, on the same line."""
    switched = [
        (f"{file}:{number}", found["reason"])
        for file in _files()
        for number, line in enumerate(_text(file).splitlines(), 1)
        if (found := SWITCHED_OFF.search(line))
    ]
    assert switched
    assert [place for place, reason in switched if not _says_why(reason)] == []


def _says_why(rest: str) -> bool:
    """Whether words follow; several rules may be switched off on one line, and the reason is the last."""
    return bool(re.search(r"[A-Za-z]{2}", SWITCHED_OFF.sub(r"\g<reason>", rest)))


def test_a_missing_reason_is_seen() -> None:
    assert not _says_why("")
    another = "  # {}: ignore[arg-type]".format("type")
    assert not _says_why(another)
    assert _says_why(f"{another}  # a test's")
    assert _says_why("  the base's name")


def test_circles_are_seen() -> None:
    assert {*_circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})} == {"a", "b", "c"}
    assert _circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


# The package: the bounds of its dependencies, what is in it when it is installed, what it imports.


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names inside the wheel that is built from the sdist, as an installer gets it."""
    directory = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(directory), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = directory.glob("*.whl")
    with zipfile.ZipFile(path) as opened:
        return opened.namelist()


def loaded(modules: tuple[str, ...], others: tuple[str, ...]) -> dict[str, list[str]]:
    """Which of the others each module has loaded, one after the other in a process of their own."""
    program = (
        "import importlib, json, sys\n"
        f"found = {{name: importlib.import_module(name) and [m for m in {others} if m in sys.modules] for name in "
        f"{modules}}}\nprint(json.dumps(found))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def test_the_wheel_holds_the_package_only(wheel: list[str]) -> None:
    tops = {name.split("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"tui"}
    styles = {f"tui/styles/{path.name}" for path in (ROOT / "styles").glob("*.tcss")}
    assert styles
    assert {"tui/py.typed", *styles} <= set(wheel)


def test_the_screen_loads_no_aws_code() -> None:
    modules = ("tui.link.session", "tui.kit.commands", "tui.app.app", "tui.app.main")
    assert loaded(modules, ("botocore", "aiobotocore", "boto3", "aiohttp")) == {name: [] for name in modules}


def test_engine_and_commands_load_no_textual() -> None:
    modules = ("tui.app.main", "tui.features.inspect.command", "tui.engine.service")
    assert loaded(modules, ("textual",)) == {name: [] for name in modules}


def test_the_engine_starts_without_what_is_asked_for_later() -> None:
    program = (
        "import sys, tui.engine.run_engine; from tui.engine import answers; "
        "print({room in sys.modules for room in answers.ROOMS}); answers.import_rooms(); "
        "print({room in sys.modules for room in answers.ROOMS})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split("\n")[:2] == ["{False}", "{True}"], done.stderr


def test_every_dependency_has_bounds() -> None:
    """A release of somebody else's must not change what is installed unseen."""
    assert list(unbounded(tomllib.loads((ROOT / "pyproject.toml").read_text()))) == []
    without = ["click", "click!=8.1", "click<9", "click>=8", "click @ https://example.com/click.whl"]
    project = {
        "build-system": {"requires": ["hatchling==1.27"]},
        "project": {"name": "xs3-tui", "dependencies": ["msgspec>=0.20,<1", *without], "optional-dependencies": {}},
    }
    assert sorted(unbounded(project)) == sorted(without)


# The documents: their links lead somewhere, they say a thing once, in words of AWS, and name what exists.


DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def parts(text: str) -> Iterator[tuple[str, ...]]:
    """Each heading below its parents, and each item that begins with bold words below its headings; no code."""
    parents: list[str] = []
    code = False
    for line in text.splitlines():
        code ^= line.lstrip().startswith("```")
        heading = None if code else re.fullmatch(r"(#+) +(.+)", line)
        if heading:
            parents = [*parents[: len(heading[1]) - 1], heading[2]]
            yield tuple(parents)
        elif not code and (item := re.match(r"[-*] \*\*(.+?)\*\*", line)):
            yield (*parents, item[1])


def twice(found: Iterator[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [each for each, times in Counter(found).items() if times > 1]


def test_a_doubled_heading_and_a_doubled_item_are_found() -> None:
    text = "# A\n## B\n- **c.** one\n- **c.** two\n* **d** one\n* **d** two\n## D\n### B\n## B\n```\n## E\n## E\n```\n"
    assert twice(parts(text)) == [("A", "B"), ("A", "B", "c."), ("A", "B", "d")]


def found_in(look: Callable[[Path, str], Iterable[object]], pages: Iterable[Path] = DOCUMENTS) -> list[str]:
    """What is found wrong in the documents, each with the name of its page."""
    return [f"{page.name}: {each}" for page in pages for each in look(page, page.read_text(encoding="utf-8"))]


def test_no_heading_and_no_item_stands_twice() -> None:
    assert found_in(lambda _, text: twice(parts(text))) == []


def test_no_entry_of_the_changelog_stands_twice() -> None:
    entries = re.split(r"\n(?=- |#|\n)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    lines = [" ".join(one.split()) for one in entries if one.startswith("- ")]
    assert lines
    assert twice((one,) for one in lines) == []


def test_no_long_line_of_prose_stands_twice() -> None:
    def doubled(_: Path, text: str) -> list[tuple[str, ...]]:
        lines = (line.strip() for line in text.splitlines())
        return twice((line,) for line in lines if len(line) > 60 and not line.startswith("|"))

    assert found_in(doubled, (page for page in DOCUMENTS if page.parent.name != "reference")) == []


def links(text: str) -> list[str]:
    """Where the links of a page lead, but for those to other sites; images and HTML count."""
    found = re.findall(r"\]\(([^)\s]+)\)|(?:href|src)=\"([^\"]+)\"", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return [link for pair in found for link in pair if link and not re.match(r"[a-z]+:", link)]


def anchors(text: str) -> set[str]:
    """The names of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(page: Path, text: str) -> list[str]:
    found = []
    for link in links(text):
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            found.append(link)
    return found


def test_each_link_leads_somewhere() -> None:
    assert found_in(broken) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One and `two`\n[a](#one-and-two) [b](#three) [c](none.md) [d](https://x.example)")
    assert broken(page, page.read_text()) == ["#three", "none.md"]


PHRASES = (
    "who acts", "nobody acts", "acts here", "place anew", "whoever asks", "as who saw", "there is no way back",
    "no bytes pass", "as set up", "let nothing be written", "to this pane's place", "cannot be told",
    r"lacks?\b", "hangs on", "wants to hear", "half that is no secret", "as the sdk finds",
    "that can be no object", "mend it", "see to the disk", "have the trust policy",
    r"leave \(quit\)", "bound the bytes", "is told so", "(?:role|buckets|identity) (?:surely )?lacks?",
    "nobody (?:answers|was shown|can read|can shorten|can be asked)", r"anew\b", r"meanwhile\b", r"verbs?\b",
)  # fmt: skip

PATTERN = re.compile(rf"\b(?:{'|'.join(PHRASES)})", re.IGNORECASE)

READ_BY_USERS = [ROOT / "README.md", ROOT / "SECURITY.md", *(ROOT / "docs").rglob("*.md")]

JOINTS = re.compile(r"""["']\s*f?["']""")
"""Between the parts of a text."""


def spoken(source: str) -> Iterator[str]:
    """The texts of a module but for its docstrings, where these are not the help of a command.

    An expression that is only a text is a docstring.
    """
    tree = ast.parse(source)
    described = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described:
            yield node.value
        elif _has_help(node) and (text := ast.get_docstring(node)):
            yield text


def _has_help(node: ast.AST) -> TypeGuard[ast.FunctionDef]:
    """Whether it is a command or a group of commands, whose docstring is printed by ``--help``."""
    return isinstance(node, ast.FunctionDef) and any(
        re.search(r"\b(?:command|group)\(", ast.unparse(each)) for each in node.decorator_list
    )


def test_help_is_read_and_other_docstrings_are_not() -> None:
    source = '@click.command()\ndef a():\n    """Help."""\n\n\ndef b():\n    """None."""\n    return "said"\n'
    assert sorted(spoken(source)) == ["Help.", "said"]


def test_no_text_of_the_program_says_it_so() -> None:
    """Only modules that have such words somewhere, be it in a comment, are looked at closely."""
    modules = [path for path in (ROOT / "tui").rglob("*.py") if "demo" not in path.parts]
    sources = [(path, source) for path in modules if PATTERN.search(JOINTS.sub("", source := path.read_text()))]
    found = [
        f"{path.relative_to(ROOT)}: {text}" for path, one in sources for text in spoken(one) if PATTERN.search(text)
    ]
    assert found == []


NOUNS = (
    "addresses", "annotations", "buckets", "bytes", "characters", "columns", "days", "deletions", "hours", "keys",
    "levels", "lines", "markers", "minutes", "months", "objects", "owners", "prefixes", "profiles", "records",
    "retries", "rows", "rules", "seconds", "statements", "tags", "things", "uploads", "versions", "workers", "years",
)  # fmt: skip

VERBS = ("changes", "copies", "files", "grants", "pages", "parts", "places", "ranges", "requests", "restores")
"""These may also say what somebody does, or whose they are: what stands before them has to look like a number."""

COUNTED = re.compile(
    rf" (?:(?:more|other|such|empty|unfinished) )?(?:(?P<noun>{'|'.join(NOUNS)})|(?:{'|'.join(VERBS)}))\b"
)


def uncounted(source: str) -> Iterator[str]:
    """Where a noun of many stands behind what may be one: what ``counted`` has not made. Upper limits are many."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and re.search(rf"\{{:?,?\}}{COUNTED.pattern}", str(node.value)):
            yield str(node.value)
        elif isinstance(node, ast.JoinedStr):
            for value, text in pairwise(node.values):
                if isinstance(value, ast.FormattedValue) and isinstance(text, ast.Constant):
                    found, given = COUNTED.match(ast.literal_eval(text)), ast.unparse(value.value)
                    number = value.format_spec is not None or re.match(r"(?:fmt\.)?(?:number|len|round)\(", given)
                    if found and (found["noun"] or number) and not given.rpartition(".")[2].isupper():
                        yield given + ast.literal_eval(text)


def test_what_is_counted_has_the_noun_of_one() -> None:
    sources = [(file, _text(file)) for file in _product_files() if _is_product(file)]
    likely = re.compile(rf"\}}{COUNTED.pattern}")
    found = [f"{file}: {text}" for file, one in sources if likely.search(one) for text in uncounted(one)]
    assert found == []
    assert [counted(1, noun) for noun in ("object", "copy")] == ["1 object", "1 copy"]
    many = [counted(1000, noun) for noun in ("object", "copy", "key", "prefix", "address", "match")]
    assert many == ["1,000 objects", "1,000 copies", "1,000 keys", "1,000 prefixes", "1,000 addresses", "1,000 matches"]


def test_what_is_counted_without_the_noun_of_one_is_seen() -> None:
    source = """
f"{x} objects", f"{n:,} of {m:,} changes", f"{len(y)} more rows", "{:,} keys", f"{z.w} copies it", f"{LIMIT} rows"
f"{counted(x, 'object')}: {label} grants", f"{n} of {LIMIT:,} keys"
"""
    assert sorted(uncounted(source)) == ["len(y) more rows", "m changes", "x objects", "{:,} keys"]


def test_no_page_says_it_so() -> None:
    assert found_in(lambda _, text: filter(PATTERN.search, text.splitlines()), READ_BY_USERS) == []


TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_what_is_named_exists() -> None:
    def missing(_: Path, text: str) -> list[str]:
        named = set(re.findall(r"(?<![\w/.-])((?:tui|tests|styles)/[\w./]*\w)", text))
        return sorted(name for name in named if not (ROOT / name).exists())

    assert found_in(missing) == []
    assert missing(ROOT, "`tui/core/price_table.py`, tests/test_no.py::test_x") == ["tests/test_no.py"]


def _source(name: str) -> str:
    """The text of a file, or of all files of a folder."""
    path = ROOT / name
    return "".join(each.read_text(encoding="utf-8") for each in ([path] if path.is_file() else path.rglob("*.py")))


def test_what_a_recipe_names_is_in_its_files() -> None:
    recipes = TEXT.partition("## Recipes")[2].partition("## Words")[0]
    checked = 0
    for row in re.findall(r"^\| (?:a|an|words|…) .*$", recipes, re.MULTILINE):
        sources = "".join(_source(name) for name in re.findall(r"`((?:tui|styles)/[\w./]+)`", row))
        names = re.findall(r"`([A-Za-z_]\w+(?:=\w+)?)`", row)
        assert [name for name in names if name not in sources and name != "styles"] == [], row
        files = set(re.findall(r"`([\w/]+\.\w+)`", row))
        assert len(files) <= 4, row
        checked += len(names)
    assert checked


def test_each_file_of_a_walk_through_transfers_is_imported_by_one_before_it() -> None:
    walk = TEXT.partition("* **A copy**")[2].partition("* **A listing**")[0]
    queue = re.findall(r"`(tui/(?:queue|transfers/(?:copy|journal))/[\w./]+)\.py`", walk)
    assert queue[0] == "tui/queue/queue"
    for at, name in enumerate(queue[1:], 1):
        package, _, module = name.replace("/", ".").rpartition(".")
        before = "".join(_source(f"{each}.py") for each in queue[:at])
        assert f"from {package}.{module} import" in before or f"from {package} import" in before, name


def test_every_folder_has_its_line() -> None:
    the_map = TEXT.partition("## The map")[2].partition("## Four walks")[0]
    lines = re.findall(r"`(tui[\w/]*)`(?=[^|]* \|[^|]*\|$)", the_map, re.MULTILINE)
    folders = {str(path.parent.relative_to(ROOT)) for path in (ROOT / "tui").rglob("*.py")}
    assert sorted(lines) == sorted(folders)
    assert len(the_map.splitlines()) <= 60


def test_the_lanes_are_those_of_the_makefile() -> None:
    lanes = set(re.findall(r"`make ([a-z-]+)`", TEXT))
    assert lanes <= set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


SECURITY = (ROOT / "SECURITY.md").read_text()


def test_the_test_of_a_promise_exists() -> None:
    named = [name.partition("::") for name in sorted(set(re.findall(r"`(tests/[^`]+)`", SECURITY)))]
    assert [path for path, _, _ in named if not (ROOT / path).is_file()] == []
    assert [test for path, _, test in named if test and f"def {test}(" not in (ROOT / path).read_text()] == []


def test_every_promise_names_a_test() -> None:
    promises = [line for line in SECURITY.partition("## What is promised")[2].splitlines() if line.startswith("| ")]
    assert len(promises) > 20
    assert [line for line in promises if not line.startswith("| promise |") and "`tests/" not in line] == []
