"""The command check: tables, JSON, exit codes, files of the user's, and what is left behind."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from whybench.cli import main
from whybench.cli.app import app

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
    found = json.loads(text)
    assert code == 1
    assert (found["sort"], found["passed"]) == ("method", False)
    (finding,) = found["findings"]
    assert (finding["clause"], finding["verdict"], finding["where"]) == ("C6", "failed", "mlp")
    assert "in batches of 1" in finding["values"]
    assert finding["remedy"].startswith("look for indices")


def test_a_declared_exception_is_shown_with_its_reason_and_is_no_failure(here: Path) -> None:
    code, text = run("my_file.py:declared", "--clause", "C6", "--model", "mlp", "--json")
    (finding,) = json.loads(text)["findings"]
    assert code == 0
    assert finding["verdict"] == "declared"
    assert finding["values"].startswith("maps are shown on one scale (sample '")


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
