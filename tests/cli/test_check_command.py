"""The command check: tables, JSON, exit codes, files of the user's, and what is left behind."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from whybench.checking import check
from whybench.cli import main
from whybench.cli.app import app
from whybench.errors import UsageError

SOUND = """
import torch

def mine(model, inputs, targets):
    with torch.inference_mode(False), torch.enable_grad():
        leaf = inputs.detach().clone().requires_grad_()
        chosen = model(leaf.clone()).gather(1, targets.clone()[:, None]).sum()
        return torch.autograd.grad(chosen, leaf)[0]
"""
FAULTY = (
    SOUND
    + """

def company(model, inputs, targets):
    found = mine(model, inputs, targets)
    return found / found.abs().max()

def declared(model, inputs, targets):
    return company(model, inputs, targets)

declared.exceptions = {"C6": "maps are shown on one scale"}

def vandal(model, inputs, targets):
    import random
    import numpy
    torch.manual_seed(7), random.seed(7), numpy.random.seed(7)
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    raise ValueError("nothing comes of it")
"""
)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["check", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_file.py").write_text(FAULTY)
    return tmp_path


def test_a_sound_function_of_a_file_passes(here: Path) -> None:
    code, text = run("my_file.py:mine", "--clause", "C6", "--clause", "C10", "--model", "mlp")
    assert code == 0
    assert "my_file.py:mine: 2 passed" in text


def test_a_faulty_one_is_told_with_values_and_what_to_do(here: Path) -> None:
    code, text = run("my_file.py:company", "--clause", "C6", "--model", "mlp")
    assert code == 1
    words = " ".join(text.split())
    assert "C6 batch invariance" in words
    assert "failed" in words
    assert "offending values" in words
    assert "what to do" in words
    assert "my_file.py:company: 1 failed" in words


def test_json_says_the_same(here: Path) -> None:
    code, text = run("my_file.py:company", "--clause", "C6", "--model", "mlp", "--json")
    (found,) = json.loads(text)
    assert code == 1
    assert (found["sort"], found["passed"]) == ("method", False)
    (finding,) = found["findings"]
    assert (finding["clause"], finding["verdict"], finding["where"]) == ("C6", "failed", "mlp")
    assert "in batches of 1" in finding["values"]
    assert finding["remedy"].startswith("look for indices")


def test_a_declared_exception_is_shown_with_its_reason_and_is_no_failure(here: Path) -> None:
    code, text = run("my_file.py:declared", "--clause", "C6", "--model", "mlp", "--json")
    (finding,) = json.loads(text)[0]["findings"]
    assert code == 0
    assert finding["verdict"] == "declared"
    assert finding["values"].startswith("maps are shown on one scale (sample '")


def test_a_name_that_several_registries_hold_is_checked_as_each_of_them() -> None:
    code, text = run("planted", "--clause", "C1", "--clause", "C7")
    assert code == 0
    assert [line for line in text.splitlines() if line.startswith("planted")] == [
        "planted (model)",
        "planted: 2 passed",
        "planted (dataset)",
        "planted: 2 passed",
    ]
    code, text = run("planted", "--clause", "C1", "--sort", "dataset", "--json")
    assert (code, [report["sort"] for report in json.loads(text)]) == (0, ["dataset"])
    with pytest.raises(UsageError, match="'planted' is a model and a dataset: say which is meant, as in sort='model'"):
        check("planted")


def test_nothing_is_left_behind_by_code_that_misbehaves(here: Path) -> None:
    np_state = np.random.get_state()[1].tolist()  # type: ignore[index] # noqa: NPY002
    before = torch.get_rng_state(), random.getstate(), np_state
    code, text = run("my_file.py:vandal")
    assert code == 1
    assert "ValueError: nothing comes of it (my_file.py, line 26)" in " ".join(text.split())
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]
    assert np.random.get_state()[1].tolist() == before[2]  # type: ignore[index] # noqa: NPY002
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gradeint",), "unknown method, metric, model or dataset 'gradeint'. Did you mean gradient"),
        (("gradient", "--clause", "C99"), "unknown clause of methods 'C99'"),
        (("gradient", "--model", "resnet"), "unknown model of the zoo 'resnet'"),
        (("gradient", "--sort", "dataset"), "'gradient' is a method, no dataset"),
        (("gradient", "--sort", "methods"), "unknown sort 'methods'. Did you mean method"),
        (("planted", "--sort", "method"), "'planted' is a model and a dataset: say which is meant"),
        (("complexity", "--model", "cnn"), "methods are tried on models of the zoo; 'complexity' is a metric"),
        (("mine.py",), "To name what is in a file, write mine.py:ATTRIBUTE."),
        (("nowhere.py:mine",), "no file 'nowhere.py'"),
        (("torch:float32",), "torch.float32 cannot be checked: expected an attribution method"),
    ],
)
def test_what_cannot_be_checked_is_exit_code_2(
    arguments: tuple[str, ...], said: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["check", *arguments])
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err


MAKERS = """
import torch
from torch import nn
from whybench.domains import TabularDomain
from whybench.protocols import Dataset, Model, Training

def net():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = nn.Linear(3, 2).eval().requires_grad_(False)
    seen = Training(torch.arange(12.0).view(4, 3), torch.zeros(4, dtype=torch.int64))
    return Model("net", module, TabularDomain(), training=seen)

def loud():
    torch.manual_seed(0)
    return net()

def bare():
    return nn.Linear(3, 2)

def rows():
    return Dataset("rows", list(torch.arange(6.0).view(2, 3)), ("a", "b"), torch.tensor([0, 1]))

def nothing():
    return 7
"""


def test_functions_that_make_a_model_or_a_dataset_are_checked_as_what_they_make(tmp_path: Path) -> None:
    (tmp_path / "makers.py").write_text(MAKERS)
    held, loud, rows = (check(f"{tmp_path}/makers.py:{name}") for name in ("net", "loud", "rows"))
    assert (held.sort, set(held.verdicts().values())) == ("model", {"passed", "not applicable"})
    assert [clause for clause, verdict in loud.verdicts().items() if verdict == "failed"] == ["C5"]
    assert (rows.sort, rows.verdicts()["C8"], rows.passed) == ("dataset", "not applicable", True)
    with pytest.raises(UsageError, match=r"bare\(\) makes a bare module, which does not say what its inputs are"):
        check(f"{tmp_path}/makers.py:bare")
    with pytest.raises(UsageError, match=r"nothing\(\) makes 7; expected a model or a dataset"):
        check(f"{tmp_path}/makers.py:nothing")
