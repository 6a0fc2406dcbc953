"""The pytest plugin in sessions of its own: goldens with reasons, cells, baselines, and what is not loaded."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import whybench
from whybench.testing import cells, regression, setup

pytest_plugins = ("pytester",)

METHOD = """
    def mine(module, inputs, targets):
        inputs = inputs.clone().requires_grad_()
        module(inputs).gather(1, targets[:, None]).sum().backward()
        return {sign}inputs.grad * inputs.detach()
"""
TEST = """
    import pytest
    import torch
    from types import SimpleNamespace
    from whybench.domains import TabularDomain
    from whybench.protocols import Model

    def world():
        module = torch.nn.Linear(4, 2, bias=False).double().requires_grad_(False)
        module.weight.copy_(torch.tensor([[4.0, 3.0, -2.0, 1.0], [0.0, 0.0, 0.0, 0.0]]))
        targets = torch.zeros(2, dtype=torch.int64)
        model = Model("four_columns", module, TabularDomain())
        inputs = torch.tensor([[1.0, 1, 1, 1], [2.0, 1, 0, 1]], dtype=torch.float64)
        return SimpleNamespace(model=model, inputs=inputs, targets=targets, name="two_rows")

    @pytest.mark.whybench(method="mine.py:mine", metric="pixel_flipping(infill='zero', output='logit')")
    def test_mine(run_cell, explanation_regression, score_regression):
        cell = run_cell(world())
        explanation_regression.check(cell.relevance)
        score_regression.check(cell.record)

    @pytest.mark.whybench(method="mine.py:mine", metric="pixel_flipping(infill='zero', output='logit')")
    def test_score(run_cell):
        assert len(run_cell(world()).scores) == 2
"""


@pytest.fixture(autouse=True, scope="module")
def _loaded() -> None:
    """What a session within this process is the first to load, it forgets again; here all of it is loaded before."""
    assert all((cells, regression, setup))
    metrics = ["pixel_flipping(infill='zero')"]
    whybench.evaluate(torch.nn.Linear(2, 2), torch.ones(1, 2), methods=["gradient"], metrics=metrics)


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(mine=METHOD.format(sign=""), test_mine=TEST)
    return pytester


def run(project: pytest.Pytester, *options: str) -> pytest.RunResult:
    """A session in this process with fresh modules of the project's own."""
    for name in [name for name in sys.modules if name.startswith("whybench_user_")]:
        del sys.modules[name]
    # Hypothesis, which no test in here uses, would be loaded and rewritten anew by every one of these sessions.
    return project.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:hypothesispytest", *options)


def golden(project: pytest.Pytester, value: str) -> Path:
    return project.path / "test_mine" / f"test_mine.{value}.json"


def test_a_golden_is_asked_for_made_with_a_reason_and_held(project: pytest.Pytester) -> None:
    first = run(project)
    first.assert_outcomes(passed=1, failed=1)
    first.stdout.fnmatch_lines(
        ["*there is no golden *test_mine.relevance.json; make it with pytest --whybench-update=*"]
    )
    second = run(project, "--whybench-update=first values")
    second.assert_outcomes(passed=2)
    second.stdout.fnmatch_lines(["golden written: *test_mine.relevance.json", "golden written: *test_mine.scores.json"])
    facts = json.loads(golden(project, "relevance").read_text())
    assert (facts["reason"], facts["shape"], facts["dtype"]) == ("first values", [2, 4], "torch.float64")
    scores = json.loads(golden(project, "scores").read_text())
    # 4, 3, 1 and -2 are taken away one after the other: 6, 2, -1, -2, 0; then 8, 3, 1 and 0: 12, 4, 1, 0, 0.
    assert scores["scores"] == {"0": 0.5, "1": 2.75}
    run(project).assert_outcomes(passed=2)


def test_another_value_fails_and_is_only_taken_over_with_a_reason(project: pytest.Pytester) -> None:
    run(project, "--whybench-update=first values").assert_outcomes(passed=2)
    (project.path / "mine.py").write_text((project.path / "mine.py").read_text().replace("return ", "return -"))
    changed = run(project)
    changed.assert_outcomes(passed=1, failed=1)
    changed.stdout.fnmatch_lines(
        ["*7 of 8 values differ, in the samples at positions [[]0, 1]; most at (1, 0): -8.0, golden 8.0*"]
    )
    changed.stdout.fnmatch_lines(["*(last change: first values)*"])
    assert json.loads(golden(project, "relevance").read_text())["reason"] == "first values"
    run(project, "--whybench-update=the sign was wrong").assert_outcomes(passed=2)
    assert json.loads(golden(project, "relevance").read_text())["reason"] == "the sign was wrong"
    run(project).assert_outcomes(passed=2)


def test_a_golden_that_holds_keeps_its_reason(project: pytest.Pytester) -> None:
    run(project, "--whybench-update=first values")
    before = golden(project, "scores").read_bytes()
    again = run(project, "--whybench-update=another day")
    again.assert_outcomes(passed=2)
    again.stdout.no_fnmatch_line("golden written*")
    assert golden(project, "scores").read_bytes() == before


def test_a_cell_worse_than_the_baseline_fails(project: pytest.Pytester) -> None:
    gate = ("-k", "score", "--whybench-baseline=base.db", "--whybench-fail=pixel_flipping:mean:2%")
    run(project, "-k", "score", "--whybench-save=base.db").assert_outcomes(passed=1)
    same = run(project, *gate)
    same.assert_outcomes(passed=1)
    same.stdout.fnmatch_lines(["kept: mine by pixel_flipping on four_columns and two_rows (pixel_flipping:mean:2%)"])
    (project.path / "mine.py").write_text((project.path / "mine.py").read_text().replace("return ", "return -"))
    worse = run(project, *gate)
    worse.assert_outcomes(failed=1)
    worse.stdout.fnmatch_lines(["*mean 1.625 -> *, worse by *%; pixel_flipping:mean:2% allows less"])
    run(project, *gate[:-1], "--whybench-fail=pixel_flipping:mean:1000%").assert_outcomes(passed=1)


def test_a_threshold_that_nothing_was_held_to_fails_the_session(project: pytest.Pytester) -> None:
    run(project, "-k", "score", "--whybench-save=base.db")
    gate = ("-k", "score", "--whybench-baseline=base.db", "--whybench-fail=srg:mean:2%")
    result = run(project, *gate)
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*srg:mean:2% was compared with no cell of the baseline: the session fails"])
    assert run(project, *gate, "--collect-only").ret == pytest.ExitCode.OK


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--whybench-update="], "*a golden changes for a reason*"),
        (["--whybench-fail=srg:mean:2%"], "*needs --whybench-baseline=STORE*"),
        (["--whybench-baseline=base.db"], "*needs --whybench-fail=METRIC:STATISTIC:THRESHOLD*"),
        (["--whybench-baseline=", "--whybench-fail=srg:mean:2%"], "*--whybench-baseline=''; the path or URL of a*"),
        (["--whybench-save="], "*--whybench-save=''; the path or URL of a store is needed*"),
        (
            ["--whybench-baseline=none.db", "--whybench-fail=srg:mean:2%"],
            "*--whybench-baseline='none.db': no store at *; --whybench-save=STORE makes one",
        ),
    ],
)
def test_options_that_cannot_be_used_are_refused(project: pytest.Pytester, options: list[str], message: str) -> None:
    result = run(project, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])


def test_several_processes_write_no_store(project: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    result = run(project, "--whybench-save=base.db", "-n", "1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--whybench-save: one process writes a store; leave out -n*"])


def test_an_update_needs_its_reason(project: pytest.Pytester) -> None:
    result = run(project, "--whybench-update")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--whybench-update: expected one argument"])


def test_a_metric_that_is_not_there_is_refused(project: pytest.Pytester) -> None:
    run(project, "-k", "score", "--whybench-save=base.db")
    result = run(project, "--whybench-baseline=base.db", "--whybench-fail=pixel_fliping:mean:2%")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*unknown metric 'pixel_fliping'. Did you mean pixel_flipping*"])


def test_what_a_marker_does_not_know_is_said(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.whybench(methods="gradient")
        def test_plural(run_cell):
            pass

        @pytest.mark.whybench(metric="srg")
        def test_no_method(run_cell):
            run_cell(model="digits_cnn", dataset="digits")
        """
    )
    result = run(pytester, "--strict-markers")
    result.assert_outcomes(errors=1, failed=1)
    result.stdout.fnmatch_lines(["*@pytest.mark.whybench: methods; it takes method, metric, *"])
    result.stdout.fnmatch_lines(
        ["*run_cell: no method; say @pytest.mark.whybench(method=...) or run_cell(method=...)*"]
    )


def test_an_unsupported_pair_fails_with_its_reason(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_pair="""
        from test_mine import world

        def test_pair(run_cell):
            run_cell(world(), method="gradient", metric="pointing_game")
        """
    )
    result = run(project, "test_pair.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*gradient by pointing_game: unsupported: *masks*"])


PLAIN = "def test_nothing():\n    import sys\n    print('LOADED', *sys.modules)\n"
HEAVY = {"captum", "matplotlib", "numpy", "pandas", "scipy", "seaborn", "skimage", "sklearn", "sqlalchemy", "torch"}


def test_a_session_that_does_not_use_it_loads_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "test_plain.py").write_text(PLAIN)
    command = [sys.executable, "-m", "pytest", "-s", "-q", "-p", "no:cacheprovider", "test_plain.py"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    loaded = next(line for line in result.stdout.splitlines() if "LOADED" in line).split()
    assert "whybench.testing.plugin" in loaded
    assert sorted(HEAVY & set(loaded)) == []
