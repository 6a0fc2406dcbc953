"""A wheel of the committed tree holds all of whybench and nothing else."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest

FOLDERS = {"src/whybench": "whybench", "methods": "whybench/methods", "metrics": "whybench/metrics"}
"""Where each folder of the tree lands in site-packages."""


@pytest.fixture(scope="module")
def wheel(root: Path, tracked: list[str], tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """A wheel built from a copy of the tracked files, links as links."""
    tree, made = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("wheel")
    for path in tracked:
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / path, tree / path, follow_symlinks=False)
    command = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation", "--no-index", "-w", made]
    built = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (found,) = made.iterdir()
    return zipfile.ZipFile(found)


@pytest.fixture(scope="module")
def held(wheel: zipfile.ZipFile) -> set[str]:
    """The wheel's files."""
    return set(wheel.namelist())


def landing(path: str) -> str | None:
    """Where a file of the tree lands in the wheel, or None where it has no business there."""
    for folder, place in FOLDERS.items():
        if PurePosixPath(path).is_relative_to(folder):
            return str(place / PurePosixPath(path).relative_to(folder))
    return None


def test_only_whybench_lands_in_site_packages(held: set[str]) -> None:
    tops = {name.partition("/")[0] for name in held}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"whybench"}
    assert len(tops) == 2


def test_every_module_and_nothing_else_is_inside(held: set[str], tracked: list[str]) -> None:
    wanted = {place for path in tracked if path.endswith(".py") and (place := landing(path))}
    assert sorted(name for name in held if name.endswith(".py")) == sorted(wanted)


def test_package_data_is_inside(held: set[str], tracked: list[str]) -> None:
    links = {"src/whybench/methods", "src/whybench/metrics"}
    wanted = {place for path in tracked if path not in links and not path.endswith(".py") and (place := landing(path))}
    assert "whybench/py.typed" in wanted
    assert wanted <= held


def test_the_console_script_and_the_pytest_plugin_are_declared(wheel: zipfile.ZipFile, held: set[str]) -> None:
    (name,) = (name for name in held if name.endswith(".dist-info/entry_points.txt"))
    assert [line for line in wheel.read(name).decode().splitlines() if line] == [
        "[console_scripts]",
        "whybench = whybench.cli:main",
        "[pytest11]",
        "whybench = whybench.testing.plugin",
    ]


def test_the_licence_is_inside(held: set[str]) -> None:
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in held)


@pytest.mark.parametrize("name", ["methods", "metrics"])
def test_the_links_are_committed_as_links(root: Path, tracked: list[str], name: str) -> None:
    path = f"src/whybench/{name}"
    assert path in tracked
    staged = subprocess.run(["git", "ls-files", "-s", path], cwd=root, capture_output=True, text=True, check=True)
    assert staged.stdout.split()[0] == "120000"
    assert (root / path).readlink() == Path("../..") / name
