"""Two real runs of a few rows, saved and compared by pytest-benchmark's storage; and runs whose numbers are known."""

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ROWS = ("test_method_speed.py::test_method[gradient]", "test_metric_speed.py::test_metric[gini]")
FACTS = {"system": "Linux", "machine": "x86_64", "processor": "A", "cores": 2, "cuda": None, "threads": 1}

Run = dict[str, Any]


@pytest.fixture(autouse=True)
def path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))


def measured(storage: Path, *options: str) -> subprocess.CompletedProcess[str]:
    rows = [f"benchmarks/{row}" for row in ROWS]
    wanted = ["--benchmark-only", "--benchmark-autosave", f"--benchmark-storage=file://{storage}", *options]
    command = [sys.executable, "-m", "pytest", *rows, "-q", "-p", "no:cacheprovider", *wanted]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One saved run."""
    made = tmp_path_factory.mktemp("storage")
    first = measured(made, "--benchmark-compare")  # nothing is there yet: said, and no failure
    assert first.returncode == 0, first.stdout + first.stderr
    return made


def saved(storage: Path) -> list[Path]:
    return sorted(storage.glob("*/*.json"))


def test_a_saved_run_holds_passes_laps_and_its_machine(storage: Path) -> None:
    run = json.loads(saved(storage)[0].read_text())
    assert run["machine_info"].keys() == FACTS.keys()
    found = {one["name"]: one for one in run["benchmarks"]}
    assert found["test_method[gradient]"]["extra_info"]["forward"] == 1.0
    assert found["test_method[gradient]"]["extra_info"]["backward"] == 1.0
    assert found["test_metric[gini]"]["extra_info"]["forward"] == 0.0
    for one in found.values():
        laps = run["whybench"]["laps"][one["fullname"]]
        assert {name: len(values) for name, values in laps.items()} == dict.fromkeys(
            ("own", "bare forward", "bare forward again"), one["extra_info"]["rounds"]
        )
        assert one["extra_info"]["rounds"] >= 3


def test_a_second_run_is_compared_with_the_saved_one(storage: Path) -> None:
    second = measured(storage, "--benchmark-compare=0001")
    assert second.returncode == 0, second.stdout + second.stderr
    (heading,) = [line for line in second.stdout.splitlines() if "since the run of" in line]
    assert ", commit " in heading
    assert "samples through the model as before" in second.stdout
    said = [line for line in second.stdout.splitlines() if "within the noise" in line or ", noise x" in line]
    assert said


def test_another_machine_is_refused_before_anything_is_measured(storage: Path, tmp_path: Path) -> None:
    run = json.loads(saved(storage)[0].read_text())
    run["machine_info"]["cores"] = 4096
    (tmp_path / "0001_base.json").write_text(json.dumps(run))
    refused = measured(tmp_path / "none", f"--benchmark-compare={tmp_path / '0001_base.json'}")
    assert refused.returncode == pytest.ExitCode.USAGE_ERROR
    assert "was measured on another machine (cores: 4096 -> " in refused.stderr
    assert "python benchmarks/compare_speed.py BASE.json RUN.json --passes" in refused.stderr
    assert not saved(tmp_path / "none")


def made(own: float = 2.0, forward: float = 1.0, name: str = "test_method[a]", **facts: Any) -> Run:
    """Six rounds; the bare pass takes a second, give or take 1 %."""
    bare = [1.0, 1.01, 1.0, 0.99, 1.0, 1.0]
    laps = {"own": [own * b for b in bare], "bare forward": bare, "bare forward again": [1.0] * 6}
    row = {"fullname": name, "name": name, "group": "methods", "extra_info": {"forward": forward, "backward": 0.0}}
    return {"machine_info": {**FACTS, **facts}, "benchmarks": [row], "whybench": {"laps": {name: laps}}}


@pytest.fixture
def compare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    from compare_speed import main

    def compared(base: Run, run: Run, *options: str) -> tuple[int, str, str]:
        files = []
        for name, one in (("base", base), ("run", run)):
            (tmp_path / f"{name}.json").write_text(json.dumps(one))
            files.append(str(tmp_path / f"{name}.json"))
        return main([*files, *options]), *capsys.readouterr()

    return compared


Compare = Callable[..., tuple[int, str, str]]


def test_a_slower_row(compare: Compare) -> None:
    """The floor is that of whoever is noisier: the bare pass differs from its equal by 1 % in two of six rounds."""
    code, out, _ = compare(made(own=2.0), made(own=3.0))
    assert code == 1
    first, last = out.splitlines()
    assert first.startswith("methods, method[a]: x 1.500 (1.500 to 1.500), noise x 1.01")
    assert first.endswith(": slower")
    assert last == "samples through the model as before"
    assert compare(made(own=3.0), made(own=2.0))[0] == 0


def test_what_is_within_the_noise_and_a_machine_that_was_slower_as_a_whole(compare: Compare) -> None:
    assert compare(made(own=2.0), made(own=2.002))[:2] == (
        0,
        "1 row within the noise, samples through the model as before\n",
    )
    slow = made()
    for laps in slow["whybench"]["laps"].values():
        laps |= {name: [2 * value for value in values] for name, values in laps.items()}
    assert compare(made(), slow)[0] == 0


def test_passes_need_no_machine(compare: Compare) -> None:
    more = made(forward=1.03125, cores=64)
    code, out, err = compare(made(), more)
    assert code == 2
    assert out == "passes of methods, method[a]: forward 1 -> 1.03125\n"
    assert err == "times are not compared, the machines differ: cores: 2 -> 64; see --passes and --other-machine\n"
    assert compare(made(), more, "--passes")[::2] == (1, "")
    assert compare(more, made(), "--passes")[0] == 0
    code, out, err = compare(made(), more, "--other-machine")
    assert (code, err) == (1, "")
    assert "1 row within the noise" in out


def test_rows_of_one_run_only_and_bases_without_laps(compare: Compare) -> None:
    base = made()
    del base["whybench"]
    code, out, _ = compare(base, made())
    assert (code, out) == (0, "samples through the model as before\n")
    code, out, _ = compare(made(name="gone"), made(name="new"))
    assert (code, out) == (0, "1 row only in the base, 1 row not in the base, samples through the model as before\n")
    lost = copy.deepcopy(made())
    del lost["benchmarks"][0]["extra_info"]["forward"]
    assert compare(made(), lost)[1].startswith("passes of methods, method[a]: forward 1 -> -\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read: No such file"),
        ("{", "is no JSON"),
        ("[]", "no run of"),
        ('{"benchmarks": [1]}', "no run"),
    ],
)
def test_a_file_that_is_no_run(text: str | None, said: str, tmp_path: Path) -> None:
    from compare_speed import main

    file = tmp_path / "run.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SystemExit, match=rf"run\.json .*{said}.*; name a file of --benchmark-json"):
        main([str(file), str(file)])
