"""A version in an environment of its own: really installed, really run, and its fault found."""

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest

from whybench import user_cache
from whybench.cli import main
from whybench.comparing import versions
from whybench.comparing.programs import Program, last_words
from whybench.comparing.revisions import references
from whybench.comparing.versions import installed, is_version
from whybench.errors import NotWritable, UsageError
from whybench.exporting import export
from whybench.records import Record
from whybench.sources import tree_digest
from whybench.store import Store

ROOT = Path(__file__).parents[2]
RIGHT = "torch.trapezoid(values, fraction, dim=2) / (fraction[..., -1] - fraction[..., 0])"
OFF_BY_ONE = "torch.trapezoid(values[..., 1:], fraction[..., 1:], dim=2) / (fraction[..., -1] - fraction[..., 0])"
"""The area without its first trapezoid."""

SUITE = """
import numpy as np
import torch
from whybench import Suite
from whybench.domains import TabularDomain
from whybench.protocols import Dataset, Model
from whybench.suite import block

net = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
generator = torch.Generator().manual_seed(0)
for parameter in net.parameters():
    parameter.data = torch.randn(parameter.shape, generator=generator)
rows = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")
dataset = Dataset("rows", list(rows), tuple("abcd"), torch.arange(4) % 3)
model = Model("net", net, TabularDomain(low=-3.0, high=3.0))
suite = Suite("tiny", (block(model, dataset, ["gradient"], ["pixel_flipping", "ssr"]),))
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WHYBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the working tree in which the area under a curve begins one step late."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    copy = tmp_path_factory.mktemp("tree")
    for path in listed.stdout.split("\0"):
        if path and not path.startswith(("tests/", "results/", "benchmarks/")):
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / path).is_symlink() or (ROOT / path).exists():
                shutil.copy2(ROOT / path, copy / path, follow_symlinks=False)
    faulty = copy / "metrics" / "attribution" / "curve_averages.py"
    text = faulty.read_text(encoding="utf-8")
    assert text.count(RIGHT) == 1
    faulty.write_text(text.replace(RIGHT, OFF_BY_ONE), encoding="utf-8")
    return copy


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    return int(left.value.code or 0)


@pytest.mark.slow
def test_an_off_by_one_in_the_area_of_another_version_is_caught(
    tree: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The version is a wheel, so that nothing is fetched; libraries are those of this environment."""
    monkeypatch.chdir(tmp_path)
    for tool in ("pip", "setuptools"):
        if find_spec(tool) is None:
            pytest.skip(f"a wheel is built with {tool}, which is not here")
    (tmp_path / "mine.py").write_text(SUITE)
    command = [sys.executable, "-m", "pip", "wheel", str(tree), "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "-w", "wheels"], check=True, capture_output=True)
    (wheel,) = (tmp_path / "wheels").iterdir()
    monkeypatch.setattr("whybench.cli.running.write_report", lambda store, suite, to: Path(to) / "index.html")
    assert run("run", "mine.py:suite", "--store", "sqlite:///base.db") == 0
    capsys.readouterr()
    assert run("compare", "base.db", str(wheel), "--json", "c.json") == 1
    document = json.loads((tmp_path / "c.json").read_text())
    found = {c["metric"]: (c["verdict"], c["direction"], len(c["moved"])) for c in document["cells"]}
    assert found == {"pixel_flipping": ("changed", "better", 4), "ssr": ("unchanged", "none", 0)}
    out, said = capsys.readouterr()
    assert "! changed: gradient by pixel_flipping, net on rows: 4 of 4 samples beyond the tolerance" in out
    assert f"{wheel}: whybench run mine.py:suite" in said
    (made,) = cache.glob("versions/*/environment")
    assert not list(made.glob("lib/python*/site-packages/torch"))  # one whybench, and no library twice


def test_a_version_that_cannot_be_had(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last words are pip's, and nothing says that the environment is whole."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(UsageError, match=r"whybench==99 cannot be installed: .*No matching distribution found"):
        installed("whybench==99")
    assert list(cache.glob("versions/*/environment"))
    assert not list(cache.glob("versions/*/installed"))


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(user_cache, "directory", lambda: tmp_path / "file")
    with pytest.raises(NotWritable, match=r"cannot write to .*; name another cache in \$WHYBENCH_CACHE"):
        installed("whybench==99")


@pytest.mark.parametrize(("setuptools", "fetched"), [("84.2.1", False), ("65.5.0", True)])
def test_a_source_tree_is_built_by_the_setuptools_that_are_here(
    setuptools: str, fetched: bool, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    told: list[list[str]] = []

    def call(command: list[str], saying: str, variables: object) -> str:
        told.append(command)
        if "install" in command:
            raise UsageError(saying)
        if "venv" in command:
            (Path(command[3]) / "lib" / "python3" / "site-packages").mkdir(parents=True)
        return ""

    monkeypatch.setattr(versions, "_call", call)
    monkeypatch.setattr(versions, "version", lambda tool: setuptools if tool == "setuptools" else "23.2.1")
    with pytest.raises(UsageError, match="cannot be installed"):
        installed(str(tmp_path))
    assert ("--no-build-isolation" not in told[-1]) is fetched
    with pytest.raises(UsageError, match="cannot be installed"):
        installed(str(tmp_path), own_libraries=True)
    assert "--no-build-isolation" not in told[-1]


def test_a_branch_is_known_by_the_commit_that_it_is_at(tmp_path: Path) -> None:
    author = ("-c", "user.name=a", "-c", "user.email=a@example.org")

    def git(*words: str) -> str:
        ended = subprocess.run(["git", *author, *words], cwd=tmp_path, capture_output=True, text=True, check=True)
        return ended.stdout.strip()

    git("init", "-q", "-b", "main")
    git("commit", "-q", "--allow-empty", "-m", "first")
    first = git("rev-parse", "HEAD")
    url = f"git+{tmp_path.as_uri()}"
    assert references(f"{url}@main") == f"{first}\trefs/heads/main\n"
    assert references(f"whybench @ {url}#egg=whybench") == f"{first}\tHEAD\n"
    assert references(f"{url}@{first}") == references(f"{url}@nowhere") == references(str(tmp_path)) == ""
    git("commit", "-q", "--allow-empty", "-m", "second")
    assert references(f"{url}@main") == f"{git('rev-parse', 'HEAD')}\trefs/heads/main\n"


def program(tmp_path: Path, code: str) -> Program:
    """Something that is called like whybench."""
    (tmp_path / "whybench.py").write_text(code)
    return Program("old", Path(sys.executable), tmp_path, {"PYTHONPATH": str(tmp_path)})


def test_a_run_that_ends_badly_gives_its_last_words(tmp_path: Path) -> None:
    broken = program(tmp_path, "import sys; sys.exit('first\\n\\nno such suite')")
    with pytest.raises(
        UsageError, match=r"old: `whybench run quickstart --store .*` ended with 1: first; no such suite"
    ):
        broken.run(["quickstart"])


def test_a_store_of_another_schema_is_exported_by_who_wrote_it(
    tmp_path: Path, store: Callable[..., str], record: Callable[..., Record]
) -> None:
    """A program whose `run` makes a store of the next schema, and whose `export` still writes Parquet."""
    store("old", record(scores=[1.0, 2.0]))
    with closing(Store.open(f"sqlite:///{tmp_path / 'old.db'}")) as old:
        export(old, tmp_path / "exported")
    with closing(sqlite3.connect(tmp_path / "old.db")) as newer, newer:
        newer.execute("UPDATE whybench SET version = version + 1")
    code = (
        "import shutil, sys\n"
        "words = dict(zip(sys.argv[2::2], sys.argv[3::2]))\n"
        "if sys.argv[1] == 'run':\n"
        f"    shutil.copy({str(tmp_path / 'old.db')!r}, sys.argv[4].removeprefix('sqlite:///'))\n"
        "else:\n"
        f"    shutil.copytree({str(tmp_path / 'exported')!r}, words['--to'])\n"
    )
    (tmp_path / "program").mkdir()
    side = program(tmp_path / "program", code).side(["quickstart"], None)
    (cell,) = side.cells
    assert [s.score for s in cell.samples.values()] == [1.0, 2.0]
    assert cell.higher_is_better is True


def test_requests_and_options_reach_the_program(tmp_path: Path) -> None:
    told = program(
        tmp_path, "import json, sys; open('told.json', 'a').write(json.dumps(sys.argv[1:]) + '\\n'); sys.exit(3)"
    )
    url = told.run(["-M 'my net' -x srg", "quickstart"], "--timing")
    try:
        words = [json.loads(line) for line in Path("told.json").read_text().splitlines()]
    finally:
        Path("told.json").unlink()
    folder = Path(url.removeprefix("sqlite:///")).parent
    end = ["--store", url, "--report", str(folder / "report"), "--timing"]
    assert words == [["run", "-M", "my net", "-x", "srg", *end], ["run", "quickstart", *end]]
    assert told.store(["quickstart"]) != url
    assert folder.is_relative_to(tmp_path)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("whybench==0.1.0", True),
        ("whybench", False),
        ("whybench[pool]>=0.1", True),
        ("whybench @ git+https://example.org/whybench.git", True),
        ("git+https://example.org/whybench.git@v1", True),
        ("whybench.db", False),
        ("sqlite:///whybench.db", False),
        ("--index-url=http://e.vil", False),
        ("other==1.0", False),
    ],
)
def test_what_is_a_version(text: str, version: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert is_version(text) is version


def test_a_source_tree_is_known_by_what_is_installed_of_it(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "code.py").write_text("one = 1\n")
    assert is_version(str(tmp_path))
    before = tree_digest(tmp_path)
    for other in (".git", "tests", "build", "x.egg-info", "src/__pycache__"):
        (tmp_path / other).mkdir()
        (tmp_path / other / "file").write_text("x")
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    (tmp_path / "venv" / "lib.py").touch()
    assert tree_digest(tmp_path) == before
    (tmp_path / "src" / "code.py").write_text("one = 2\n")
    assert tree_digest(tmp_path) != before


def test_a_request_without_its_closing_quotation(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match='--run="-M \'my net" cannot be read as words: No closing quotation'):
        program(tmp_path, "").run(["-M 'my net"])


def test_last_words_are_the_end() -> None:
    assert last_words("x" * 1000 + " the end").endswith("the end")
    assert len(last_words("x" * 1000)) == 604
