"""A suite, method, metric, model and dataset from files in an empty folder, named file.py:attribute."""

import json
import shlex
from contextlib import closing

import pandas as pd
import pytest

from whybench.leaderboard import Leaderboard
from whybench.leaderboard.view import views
from whybench.report.provenance import commands
from whybench.store import Store

MINE = '''
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import nn

from whybench import Suite, block
from whybench.domains import TabularDomain
from whybench.explanations import Attribution
from whybench.protocols import AttributionMethod, Dataset, Metric, Model, Query, Scores


@dataclass(frozen=True)
class Scaled(AttributionMethod):
    """Input times gradient, scaled."""

    name: ClassVar[str] = "scaled"
    reference: ClassVar[str] = ""

    by: float = 1.0

    def relevance(self, query: Query) -> torch.Tensor:
        return self.by * query.inputs * query.gradient(query.inputs, torch.arange(len(query)))


def plain(module, inputs, targets):
    return inputs


def power(exponent):
    def method(module, inputs, targets):
        return inputs**exponent
    return method


@dataclass(frozen=True)
class Total(Metric[Attribution]):
    """sum_i R_i."""

    name: ClassVar[str] = "total"
    kind: ClassVar[type] = Attribution
    family: ClassVar[str] = "axiom"
    range: ClassVar[tuple[float, float]] = (-float("inf"), float("inf"))
    reference: ClassVar[str] = ""

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case) -> Scores:
        return Scores(case.explanation.relevance.double().sum(1))


class Linear(nn.Module):
    """f(x) = (sum x, -sum x)."""

    def forward(self, inputs):
        total = inputs.sum(1, keepdim=True)
        return torch.cat([total, -total], 1)


def model():
    return Model("linear", Linear(), TabularDomain(), preprocess=lambda row: torch.as_tensor(row))


def rows(count=6):
    samples = [np.full(3, i + 1.0) for i in range(count)]
    return Dataset("rows", samples, tuple(f"row{i}" for i in range(count)), torch.zeros(count, dtype=torch.int64))


suite = Suite("mine", (block(model(), rows(), [Scaled(), "mine.py:power(exponent=2)"], [Total()]),))


def build():
    return suite
'''


@pytest.fixture
def mine(folder, no_report):
    (folder / "mine.py").write_text(MINE)
    return folder


def scores(whybench):
    assert whybench("export", "--to", "out").code == 0
    table = pd.read_parquet("out/scores.parquet")
    return {name: list(rows["score"]) for name, rows in table.groupby("method")}, table


def test_parts_from_a_file(whybench, mine):
    methods = ("-m", "mine.py:Scaled(by=2)", "-m", "mine.py:plain", "-m", "gradient")
    answer = whybench("run", "-M", "mine.py:model", "-D", "mine.py:rows(count=2)", *methods, "-x", "mine.py:Total")
    assert answer.code == 0, answer.err
    found, table = scores(whybench)
    assert found == {"gradient": [3.0, 3.0], "plain": [3.0, 6.0], "scaled": [6.0, 12.0]}
    assert set(table["model"]) == {"linear"}
    assert set(table["dataset"]) == {"rows"}
    assert set(table["sample_id"]) == {"row0", "row1"}
    assert json.loads(table[table["method"] == "scaled"]["parameters"].iloc[0])["method"]["by"] == 2


@pytest.mark.parametrize("name", ["suite", "build"])
def test_a_suite_from_a_file(whybench, mine, name):
    assert whybench("run", f"mine.py:{name}", "--samples", "3").code == 0
    found, table = scores(whybench)
    assert found == {"method": [3.0, 12.0, 27.0], "scaled": [3.0, 6.0, 9.0]}
    assert set(table["suite"]) == {"mine"}
    assert "mine: 2 cells: 2 ok" in whybench("status").out


def test_a_module_class_is_a_model_under_its_spec(whybench, mine):
    run = "run", "-M", "mine.py:Linear", "-D", "mine.py:rows", "-m", "mine.py:Scaled", "-x", "mine.py:Total"
    assert whybench(*run).code == 0
    assert set(scores(whybench)[1]["model"]) == {"mine.py:Linear"}


def test_an_edited_file_is_computed_again(whybench, mine):
    import sys

    run = "run", "-M", "mine.py:model", "-D", "mine.py:rows", "-m", "mine.py:plain", "-x", "mine.py:Total"
    for known, edited in ((0, False), (1, False), (0, True)):
        if edited:
            (mine / "mine.py").write_text(
                MINE.replace("    return inputs\n\n\ndef power", "    return -inputs\n\n\ndef power")
            )
            for name in [name for name in sys.modules if name.startswith("whybench_user_")]:
                del sys.modules[name]
        assert f"{1 - known} cells computed, {known} read" in whybench(*run).out
    assert scores(whybench)[0] == {"plain": [-3.0 * (i + 1) for i in range(6)]}


def test_a_factory_with_other_arguments_is_computed_again(whybench, mine):
    run = "run", "-M", "mine.py:model", "-D", "mine.py:rows", "-x", "mine.py:Total", "-m"
    for exponent in (1, 2):
        assert "1 cells computed, 0 read" in whybench(*run, f"mine.py:power(exponent={exponent})").out
    assert scores(whybench)[0] == {"method": [3.0 * (i + 1) ** 2 for i in range(6)]}
    assert "0 cells computed, 1 read" in whybench(*run, "mine.py:power(exponent=2)").out


def test_what_was_asked_can_be_pasted_again(whybench, mine):
    chosen = "-M", "mine.py:model", "-D", "mine.py:rows(count=2)", "-m", "mine.py:power(exponent=2)"
    for words in (
        ("mine.py:suite", "--samples", "3", "--seed", "2"),
        (*chosen, "-m", "gradient", "-x", "mine.py:Total"),
    ):
        first = whybench("run", *words)
        assert first.code == 0, first.err
        with closing(Store.open("sqlite:///whybench.db", create=False)) as store:
            name = store.suites()[-1]
            board = Leaderboard(store.records(name), store.explanation_records(name))
            (line,) = commands(board, views(board), name, store.boards.asked(name))
        assert shlex.split(line) == ["whybench", "run", *words]
        assert "0 cells computed, 2 read from the store" in whybench(*shlex.split(line)[1:]).out


PLAIN = """
import torch
from whybench.domains import ImageDomain
from whybench.protocols import Model

net = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(72, 10))

def wrapped():
    module = net
    return MODEL
"""


def test_a_plain_module_on_raw_samples_says_the_way_out(whybench, folder, no_report):
    (folder / "plain.py").write_text(PLAIN)
    run = "run", "-M", "plain.py:net", "-m", "gradient", "-x", "ssr", "--samples", "2"
    answer = whybench(*run, "-D", "digits")
    assert answer.code == 2
    assert "module 'plain.py:net' gets the samples of dataset 'digits' as they are, (2, 8, 8) float64; " in answer.err
    assert "one sample (8, 8), say Model(" in answer.err
    assert "images are (n, channels, height, width), tables (n, columns)" in answer.err.lower()
    advice = answer.err[answer.err.index("Model('mine'") : answer.err.index(". Images")]
    (folder / "followed.py").write_text(PLAIN.replace("MODEL", advice))
    followed = whybench(*run, "-D", "digits", "-M", "followed.py:wrapped")
    assert followed.code == 0, followed.err
    table = whybench(*run, "-D", "breast_cancer").err
    assert "(2, 30) float64" in table
    assert "TabularDomain()" in table
    assert "RuntimeError" in table
