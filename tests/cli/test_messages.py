"""What cannot be used is one clear message with the offending value and the way out, never a traceback."""

import re
import sqlite3
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_run import SMALL

MODELS = """
import torch
from torch import nn
from whybench.domains import ImageDomain
from whybench.protocols import Model

class Net(nn.Module):
    def __init__(self, forward):
        super().__init__()
        self.answer = forward
    def forward(self, inputs):
        return self.answer(inputs.flatten(1))

def model(forward):
    def make():
        return Model("net", Net(forward), ImageDomain(), preprocess=lambda s: torch.as_tensor(s).float()[None])
    return make

def boom(inputs):
    raise KeyError("boom")

maps = model(lambda x: x.reshape(-1, 8, 8))
pair = model(lambda x: (x, x))
one_row = model(lambda x: x[:1, :10])
nan = model(lambda x: x[:, :10] / 0 * 0)
late_nan = model(lambda x: torch.where(torch.arange(len(x))[:, None] == 1, float("nan"), x[:, :10]))
raising = model(boom)
matrix = model(lambda x: x @ torch.ones(7, 10))
three = 3

def lost():
    raise FileNotFoundError("weights.pt is not there")

class NoForward(nn.Module):
    pass
"""

TRIED = "-m", "gradient", "-x", "pixel_flipping"


def refused(answer, pattern, code=2):
    """One message that matches, on standard error alone."""
    assert answer.code == code
    assert "Traceback" not in answer.out + answer.err
    assert re.fullmatch(f"whybench: {pattern}\n", answer.err), answer.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("-m", "gradeint", "-x", "srg"),
            "unknown method 'gradeint'. Did you mean gradient.* Known: best_order, captum/.*",
        ),
        (("-m", "gradient", "-x", "pixel_fliping"), "unknown metric 'pixel_fliping'. Did you mean pixel_flipping.*"),
        (("-m", "", "-x", "srg"), "unknown method ''. Known: .*"),
        (("-m", "smooth_grad(sample=3)", "-x", "srg"), "smooth_grad has no parameter 'sample'. Did you mean samples.*"),
        (("-m", "constant(x=1)", "-x", "srg"), "constant has no parameter 'x'. Parameters: polarity."),
        (("-m", "smooth_grad(samples=0)", "-x", "srg"), "smooth_grad: samples=0; a whole number >= 1 is needed"),
        (("-m", "smooth_grad(samples='a')", "-x", "srg"), "smooth_grad: samples='a'; .*"),
        (("-m", "smooth_grad(noise='a')", "-x", "srg"), "smooth_grad: noise='a'; expected float"),
        (("-m", "gradient(polarity='up')", "-x", "srg"), "gradient: polarity='up'; expected one of 'contribution', .*"),
        (("-m", "gradient(1)", "-x", "srg"), "gradient: too many positional arguments; its parameters: polarity"),
        (
            ("-m", "inverted", "-x", "srg"),
            "inverted: missing a required argument: 'method'; its parameters: method, .*",
        ),
        (("-m", "gradient", "-x", "srg(region='a')"), r"srg: region='a'; expected int \| None"),
        (("-m", "gradient", "-x", "srg(steps=True)"), r"srg: steps=True; expected int \| str"),
        (("-m", "gradient(", "-x", "srg"), r"cannot read 'gradient\('; write name or name\(parameter=value, ...\)"),
        (("-m", "gradient(**x)", "-x", "srg"), r"cannot read 'gradient\(\*\*x\)': \*\* is not allowed"),
        (("-m", "gradient(polarity=[1][0])", "-x", "srg"), r"cannot read '\[1\]\[0\]' in .*; only literal values .*"),
        (("-m", "no.py:f", "-x", "srg"), "no file 'no.py'"),
        (("-m", "no.module:f", "-x", "srg"), "cannot import 'no.module': ModuleNotFoundError.*path/file.py:attribute"),
        (("-m", "math:nothing", "-x", "srg"), "'math' has no 'nothing'; it has: .*"),
        (("-m", "math:pi", "-x", "srg"), "'math:pi' is no method: expected a name, a Method or a callable .*"),
        (("-m", "math:pi(x=1)", "-x", "srg"), "math:pi takes no parameters: .*"),
        (("-m", "gradient", "-x", "math:pi"), "'math:pi' is no metric: expected a name or a Metric"),
        (("-m", "gradient"), "without a suite, --metric must be given too; or name a suite"),
        ((*TRIED, "--device", "abacus"), "device 'abacus' cannot be used here .*; use cpu, or ask whybench doctor"),
        ((*TRIED, "--store", "sqlite:////no/folder/x.db"), "store sqlite:////no/folder/x.db: unable to open .*"),
        ((*TRIED, "--store", "abacus://x"), "store 'abacus://x': unknown kind of database; use sqlite:/// or .*"),
        ((*TRIED, "--store", "://x"), "store '://x' is no URL; write sqlite:///FILE or .*"),
    ],
)
def test_run_refuses(whybench, arguments, message):
    refused(whybench(*SMALL, *arguments), message)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("run",), "without a suite, --model, --dataset, --method, --metric must be given too; or name a suite"),
        (("run", "quickstrat"), "unknown suite 'quickstrat'. Did you mean quickstart.*"),
        (("run", "quickstart", "-m", "gradient"), "a suite and --method exclude each other; leave one of them out"),
        (("run", "math:pi"), "'math:pi' is no suite: expected a name, file.py:attr or a Suite"),
        (("run", "quickstart", "--seed", "-1"), r"seed=-1; a whole number \(int\) >= 0 is needed"),
        (("run", "quickstart", "--seed", "a"), r"--seed='a'; a whole number \(int\) >= 0 is needed"),
        (("run", "imagenet_folder"), "imagenet_folder: missing a required argument: 'path'; its parameters: path"),
        (("run", "imagenet_folder(path=3)"), "imagenet_folder: path=3; expected str"),
        (("run", "imagenet_folder(path='no')"), "imagenet_folder: no folder 'no'; give the path of a folder .*"),
        (("run", "-M", "digit_cnn", "-D", "digits", *TRIED), "unknown model 'digit_cnn'. Did you mean digits_cnn.*"),
        (("run", "-M", "digits_cnn", "-D", "digit", *TRIED), "unknown dataset 'digit'. Did you mean digits.*"),
        (("run", "-M", "math:pi", "-D", "digits", *TRIED), "'math:pi' is no model: expected a name, a Model, .*"),
        (("run", "-M", "digits_cnn", "-D", "math:pi", *TRIED), "'math:pi' is no dataset: expected a name, .*"),
        (
            ("run", "-M", "digits_cnn", "-D", "breast_cancer", *TRIED),
            "dataset 'breast_cancer' does not fit model 'digits_cnn': .*",
        ),
        (
            ("run", "-M", "breast_cancer_mlp", "-D", "diabetes", *TRIED),
            "dataset 'diabetes' does not fit model 'breast_cancer_mlp': .*",
        ),
        (("list", "method"), "unknown sort 'method'. Did you mean methods.*"),
        (("list", "methods", "--kind", "atribution"), "unknown kind 'atribution'. Did you mean attribution.*"),
        (("info", "gradeint"), "unknown name 'gradeint'. Did you mean gradient.*"),
        (("status",), "no store at sqlite:///whybench.db; run a suite first, or name another store"),
        (("report",), "no store at sqlite:///whybench.db; .*"),
        (("export", "--to", "out"), "no store at sqlite:///whybench.db; .*"),
    ],
)
def test_commands_refuse(whybench, folder, command, message):
    refused(whybench(*command), message)
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("maps", r"model 'net' returned \(1, 8, 8\) for 1 inputs; expected \(n, outputs\)"),
        ("pair", r"model 'net' returned tuple for 1 inputs; expected \(n, outputs\)"),
        ("one_row", r"model 'net' returned \(1, 10\) for 4 inputs; expected \(n, outputs\)"),
        ("nan", r"model 'net' returned NaN or infinity for the inputs at positions \[0\]"),
        ("late_nan", r"model 'net' returned NaN or infinity for the inputs at positions \[1\]"),
        (
            "raising",
            r"dataset 'digits' does not fit model 'models.py:raising': KeyError: 'boom' \(models.py, line 20\)",
        ),
        ("matrix", r"dataset 'digits' does not fit model 'models.py:matrix': RuntimeError: .*\(models.py, line 28\)"),
        ("lost", r"model 'models.py:lost' cannot be loaded: FileNotFoundError: weights.pt .*\(models.py, line 32\)"),
        ("NoForward", r"module 'models.py:NoForward' gets the samples of dataset 'digits' as they are, .*"),
        (
            "three",
            "'models.py:three' is no model: expected a name, a Model, a torch.nn.Module or a function making one",
        ),
        ("four", "'models.py' has no 'four'; it has: .*"),
    ],
)
def test_a_model_that_does_not_answer_as_it_should(whybench, folder, model, message):
    (folder / "models.py").write_text(MODELS)
    refused(whybench("run", "-M", f"models.py:{model}", "-D", "digits", "--samples", "4", *TRIED), message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import nothing_like_it", "cannot import 'mine.py': ModuleNotFoundError: .*nothing_like_it.*line 1.*"),
        ("def f(:", "cannot import 'mine.py': SyntaxError: invalid syntax .*line 1.*"),
        ("x = 1 / 0", r"cannot import 'mine.py': ZeroDivisionError: division by zero \(mine.py, line 1\)"),
        ("f = 1", "'mine.py:f' is no method: .*"),
        ("g = 1", "'mine.py' has no 'f'; it has: g"),
        (
            "from whybench import register\nfrom whybench.methods.attribution import Gradient\n"
            "@register\nclass Mine(Gradient):\n    pass\nf = Mine()",
            "method 'gradient' is registered by .*Gradient and again by whybench_user_.*Mine",
        ),
    ],
)
def test_a_broken_file_of_ones_own(whybench, folder, text, message):
    (folder / "mine.py").write_text(text + "\n")
    refused(whybench(*SMALL, "-m", "mine.py:f", "-x", "srg"), message)


def test_a_factory_that_raises(whybench, folder):
    (folder / "mine.py").write_text("def make(level):\n    raise OSError(f'no level {level}')\n")
    answer = whybench(*SMALL, "-m", "mine.py:make(level=3)", "-x", "srg")
    refused(answer, r"mine.py:make cannot be made: OSError: no level 3 \(mine.py, line 2\)")


def test_two_methods_of_one_name(whybench, folder):
    (folder / "a.py").write_text("def f(module, inputs, targets):\n    return inputs\n")
    (folder / "b.py").write_text("def f(module, inputs, targets):\n    return -inputs\n")
    answer = whybench(*SMALL, "-m", "a.py:f", "-m", "b.py:f", "-x", "srg")
    refused(answer, r"two methods are called 'f'; name them in a dict \{name: method\}")


def photographs(folder: Path, count: int) -> Path:
    (folder / "pictures" / "cat").mkdir(parents=True)
    for i in range(count):
        pixels = np.random.default_rng(i).integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "pictures" / "cat" / f"{i}.png")
    return folder / "pictures"


def test_a_folder_without_images(whybench, folder):
    photographs(folder, 0)
    answer = whybench("run", "imagenet_folder(path='pictures')")
    refused(answer, "imagenet_folder: no images in 'pictures'; it needs one sub-folder a class, .*")


def test_an_unreadable_image(whybench, folder):
    pictures = photographs(folder, 2)
    (pictures / "cat" / "1.png").write_bytes(b"no image at all")
    run = "run", "-M", "digits_cnn", "-D", "imagenet_folder(path='pictures')", *TRIED
    refused(whybench(*run), r"cannot read the image 'pictures/cat/1.png' \(.*\); replace or remove it")


def test_a_suite_that_cannot_be_loaded_leaves_its_last_board_alone(whybench, folder, no_report):
    suite = (
        "from whybench import Suite, block\n"
        "suite = Suite('mine', (block('digits_cnn', {!r}, ['random'], ['ssr'], 2),))\n"
    )
    (folder / "good.py").write_text(suite.format("digits"))
    (folder / "bad.py").write_text(suite.format("imagenet_folder(path='no')"))
    assert whybench("run", "good.py:suite").code == 0
    assert whybench("run", "bad.py:suite").code == 2
    assert "mine: 1 cells: 1 ok" in whybench("status", "mine").out


def test_a_store_that_is_none(whybench, folder):
    (folder / "notes.db").write_text("dear diary, " * 200)
    refused(
        whybench(*SMALL, *TRIED, "--store", "notes.db"),
        r"sqlite:///notes.db is no whybench store, .*name another store",
    )
    with sqlite3.connect(folder / "other.db") as connection:
        connection.execute("create table customers (name text)")
    for command in (("status",), ("report",), ("export", "--to", "out"), (*SMALL, *TRIED)):
        answer = whybench(*command, "--store", "sqlite:///other.db")
        refused(answer, r"sqlite:///other.db is a database of something else \(tables customers\), no whybench store")


def test_a_store_of_another_version(whybench, folder):
    from whybench.store import Store

    Store.open("sqlite:///new.db").close()
    with sqlite3.connect(folder / "new.db") as connection:
        connection.execute("update whybench set version = 99")
    answer = whybench("status", "--store", "new.db")
    refused(answer, "sqlite:///new.db has schema version 99; this whybench reads version 1")


def test_a_suite_that_was_never_run(whybench, no_report):
    assert whybench(*SMALL, *TRIED).code == 0
    for command in (("status",), ("report",), ("export", "--to", "out", "--suite")):
        refused(whybench(*command, "quickstart"), "suite 'quickstart' is not in this store; it holds: custom")


def test_a_database_driver_that_is_not_installed(whybench, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    answer = whybench(*SMALL, *TRIED, "--store", "postgresql+psycopg://me:secret@nowhere.invalid/db")
    refused(answer, r"psycopg is not installed; install it with: python -m pip install 'whybench\[postgres\]'")


def test_without_captum_its_methods_fail_with_the_way_out_and_all_others_run(whybench, no_report, monkeypatch):
    monkeypatch.setitem(sys.modules, "captum", None)
    answer = whybench(*SMALL, "-m", "captum/saliency", *TRIED)
    assert answer.code == 3
    assert "2 cells computed, 0 read from the store, 1 failed" in answer.out
    said = whybench("status").out
    assert "captum is not installed; install it with: python -m pip install captum" in said


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("run", "--samples", "0"), "--samples"),
        (("run", "--seed", "x"), "--seed"),
        (("frobnicate",), "No such command"),
        (("list", "methods", "--frobnicate"), "No such option"),
        (("export",), "--to"),
    ],
)
def test_options_that_are_none(whybench, command, said):
    answer = whybench(*command)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert "Traceback" not in answer.err
