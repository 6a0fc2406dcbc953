"""Who may import whom: the floors of docs/architecture.md, and which library stays in which room."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest

import whybench

ROOT = Path(__file__).parents[2]
HOMES = {
    "captum": ("whybench.methods.attribution.captum_baselines", "whybench.metrics.attribution.captum_adapters"),
    "jinja2": ("whybench.report",),
    "lime": ("whybench.methods.attribution.lime_baselines",),
    "matplotlib": ("whybench.plots", "whybench.report"),
    "quantus": ("whybench.metrics.attribution.quantus_adapters",),
    "rich": ("whybench.cli",),
    "scikit_posthocs": ("whybench.plots",),
    "seaborn": ("whybench.plots", "whybench.report"),
    "shap": ("whybench.methods.attribution.shap_baselines",),
    "skimage": ("whybench.domains",),
    "sqlalchemy": ("whybench.store",),
    "typer": ("whybench.cli",),
}
"""The only packages that import a library, at whatever place in a file."""

ENGINE = {"cli", "evaluation", "keys", "leaderboard", "loading", "runner", "session", "store", "suite", "suites"}
HEAVY = {"captum", "matplotlib", "numpy", "pandas", "scipy", "seaborn", "skimage", "sklearn", "sqlalchemy", "torch"}


@dataclass(frozen=True)
class Import:
    """One import: by which module, of what, and whether it runs when the module is imported."""

    by: str
    of: str
    at_once: bool

    def __str__(self) -> str:
        return f"{self.by} -> {self.of}"


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of the package by its import name."""
    for folder, prefix in (("src/whybench", ""), ("methods", ".methods"), ("metrics", ".metrics")):
        for path in sorted((ROOT / folder).rglob("*.py")):
            inner = path.relative_to(ROOT / folder)
            if folder == "src/whybench" and inner.parts[0] in ("methods", "metrics"):
                continue
            parts = [part for part in inner.with_suffix("").parts if part != "__init__"]
            yield ".".join([f"whybench{prefix}", *parts]), path


MODULES = dict(modules())


def imports() -> Iterator[Import]:
    """All imports of the package, those for type checkers only left out."""
    for name, path in MODULES.items():
        yield from _imports(name, ast.parse(path.read_text(encoding="utf-8")), at_once=True)


def _imports(name: str, node: ast.AST, at_once: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(name, alias.name, at_once) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"{name}: relative import"
            for alias in child.names:
                inner = f"{child.module}.{alias.name}"
                yield Import(name, inner if inner in MODULES else str(child.module), at_once)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        else:
            deferred = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _imports(name, child, at_once and not deferred)


SHORTCUTS = {"whybench.suite -> whybench.runner", "whybench.leaderboard.board -> whybench.plots.accessor"}
"""`Suite.run()` and `Leaderboard.plot` are conveniences that reach up when they are called; nothing else may."""

IMPORTS = [i for i in imports() if i.at_once or str(i) not in SHORTCUTS]
INNER = [i for i in IMPORTS if i.of.split(".")[0] == "whybench"]


def room(module: str) -> str:
    """The file or folder just below whybench that a module belongs to; empty for whybench itself."""
    return module.split(".")[1] if "." in module else ""


def floors() -> dict[str, int]:
    """The floor of each room, from the block in docs/architecture.md."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    block = re.search(r"```floors\n(.*?)```", text, re.DOTALL)
    assert block is not None
    named = [(word, height) for height, line in enumerate(block[1].splitlines()) for word in line.split()]
    assert len(dict(named)) == len(named), "a room stands on two floors"
    return dict(named)


def test_every_room_has_a_floor() -> None:
    assert sorted(floors()) == sorted({room(name) for name in MODULES} - {""})


def test_rooms_import_only_from_floors_below() -> None:
    height = floors()
    wrong = [i for i in INNER if room(i.by) and room(i.of) and room(i.by) != room(i.of)]
    assert [str(i) for i in wrong if height[room(i.of)] >= height[room(i.by)]] == []


def test_no_circle_of_files() -> None:
    below: dict[str, set[str]] = {name: set() for name in MODULES}
    for i in INNER:
        if i.of in MODULES and MODULES[i.of].name != "__init__.py":
            below[i.by].add(i.of)
    while below:
        ground = [name for name, needs in below.items() if not needs]
        assert ground, f"files that import each other: {sorted(below)}"
        below = {name: needs - set(ground) for name, needs in below.items() if name not in ground}


def test_methods_and_metrics_stay_apart() -> None:
    rooms = {"methods", "metrics"}
    wrong = [i for i in INNER if room(i.by) in rooms and room(i.of) in (rooms | ENGINE) - {room(i.by)}]
    assert list(map(str, wrong)) == []


def test_methods_and_metrics_know_no_tables_and_no_database() -> None:
    wrong = [
        i for i in IMPORTS if room(i.by) in ("methods", "metrics") and i.of.split(".")[0] in ("pandas", "sqlalchemy")
    ]
    assert list(map(str, wrong)) == []


@pytest.mark.parametrize("library", sorted(HOMES))
def test_a_library_stays_in_its_room(library: str) -> None:
    users = {i.by for i in IMPORTS if i.of.split(".")[0] == library}
    assert sorted(by for by in users if not f"{by}.".startswith(tuple(f"{home}." for home in HOMES[library]))) == []


@pytest.mark.parametrize(
    "code",
    [
        "import whybench; dir(whybench)",
        "import whybench.cli; whybench.cli.main(['--help'])",
        "import whybench.cli; whybench.cli.main(['run', '--help'])",
    ],
)
def test_nothing_heavy_is_loaded(code: str) -> None:
    program = f"import sys\ntry:\n    {code}\nfinally:\n    print('LOADED', *sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=os.environ, check=True)
    loaded = result.stdout.rpartition("LOADED")[2].split()
    assert "whybench" in loaded
    assert sorted(HEAVY & set(loaded)) == []


def test_public_names_are_sorted_and_resolve() -> None:
    assert list(whybench.__all__) == sorted(set(whybench.__all__))
    assert dir(whybench) == list(whybench.__all__)
    assert whybench.__version__ == version("whybench")
    for name in whybench.__all__:
        assert getattr(whybench, name).__name__.removeprefix("whybench.") == name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        whybench.nothing  # noqa: B018


def test_public_names_are_the_same_for_type_checkers() -> None:
    tree = ast.parse((ROOT / "src" / "whybench" / "__init__.py").read_text(encoding="utf-8"))
    shown = {a.asname for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names if a.asname}
    assert shown == set(whybench.__all__)
