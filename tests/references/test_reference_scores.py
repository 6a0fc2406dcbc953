"""Goldens of our own: the product and the slow references agree with them, and they change with the protocol only."""

import ast
import json
import subprocess
from pathlib import Path

import pytest
import reference_scores
from integer_model import explained, scored
from reference_rows import METHOD_MODULES, METRIC_MODULES, Row, method_rows, metric_rows, reference
from reference_specs import FURTHER_METHODS, FURTHER_METRICS
from slow_world import HEIGHT, IDS, INPUTS, NETWORK, TRAINING, TWINS, WIDTH, Array
from torch import Tensor

import whybench
from whybench.methods.attribution import InputDifference
from whybench.methods.attribution.backpropagation import rules
from whybench.methods.attribution.class_activation import ClassActivation
from whybench.metrics.attribution import curve_metric
from whybench.protocols import Query
from whybench.records import PROTOCOL
from whybench.registries import methods, metrics
from whybench.testing.differences import maps_differ, scores_differ

FACTS, MAPS = reference_scores.stored()
METHODS, METRICS = method_rows(), metric_rows()
ROOT = Path(__file__).parents[2]
SLOW = sorted(Path(__file__).parent.glob("slow_*.py"))


def by_name(rows: list[Row]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", rows, ids=[row.name for row in rows])


def map_moved(row: Row) -> str:
    return maps_differ(explained(row.spec), MAPS[row.name], reference_scores.TOLERANCE)


def score_moved(row: Row) -> str:
    found = scored(row.spec, row.method, row.network)
    values = {name: None if i in found.undefined else float(found.values[i]) for i, name in enumerate(IDS)}
    return scores_differ(values, FACTS["metrics"][row.name]["scores"], reference_scores.TOLERANCE)


def named(rows: list[Row], name: str) -> Row:
    return next(row for row in rows if row.name == name)


@by_name(METHODS)
def test_the_maps_are_the_goldens(row: Row) -> None:
    if "shap" in whybench.method(row.spec).libraries:
        pytest.importorskip("shap")
    assert map_moved(row) == ""


@by_name(METRICS)
def test_the_scores_are_the_goldens(row: Row) -> None:
    assert score_moved(row) == ""


@by_name(METHODS)
def test_the_maps_of_slow_references_are_the_goldens(row: Row) -> None:
    found = reference_scores.relevance(row)
    assert maps_differ(found, MAPS[row.name], reference_scores.TOLERANCE) == ""
    assert reference_scores.map_facts(row, MAPS[row.name]) == FACTS["methods"][row.name]


@by_name(METRICS)
def test_the_scores_of_slow_references_are_the_goldens(row: Row) -> None:
    known = FACTS["metrics"][row.name]
    assert scores_differ(reference_scores.scores(row), known["scores"], reference_scores.TOLERANCE) == ""
    assert reference_scores.score_facts(row, known["scores"]) == known


def test_every_own_method_and_metric_has_a_row() -> None:
    own = [name for name in methods if methods[name].kind.kind == "attribution" and "/" not in name]
    assert sorted(FACTS["methods"]) == sorted([*own, *FURTHER_METHODS]) == sorted(MAPS)
    assert sorted(set(FACTS["metrics"]) - set(FURTHER_METRICS)) == sorted(
        name for name in metrics if metrics[name].kind.kind == "attribution" and "/" not in name
    )


def test_every_slow_reference_is_used_or_a_step_of_one() -> None:
    """Those that are asked for by name are functions of the sample alone."""
    for row in (*METHODS, *METRICS):
        assert row.reference.__module__ in {module.__name__ for module in (*METHOD_MODULES, *METRIC_MODULES)}
        assert row.reference.__code__.co_varnames[: row.reference.__code__.co_argcount] == ("i",)


def test_what_has_no_slow_reference_gets_no_row() -> None:
    with pytest.raises(LookupError, match="guess has no slow reference in tests/references"):
        reference("guess", METHOD_MODULES)


@pytest.mark.parametrize("path", SLOW, ids=lambda path: path.stem)
def test_slow_references_know_nothing_of_the_product(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            assert not any(str(name).startswith("whybench") for name in names)


def test_nothing_hangs_on_which_of_equal_values_comes_first() -> None:
    def windows(z: Array) -> list[Array]:
        return [z[k, 2 * u : 2 * u + 2, 2 * v : 2 * v + 2] for k, u, v in _places(z)]

    for network, x in ((network, x) for network in (NETWORK, TWINS) for x in (*INPUTS, *TRAINING)):
        z = network.run(x).z
        assert (z != 0).all()
        assert all(sorted(window.ravel())[-1] > sorted(window.ravel())[-2] for window in windows(z))


def _places(z: Array) -> list[tuple[int, int, int]]:
    return [(k, u, v) for k in range(len(z)) for u in range(HEIGHT // 2) for v in range(WIDTH // 2)]


def test_a_golden_changes_with_the_protocol_only() -> None:
    """The rows are those that this protocol's digests were taken of, and so are those of every commit."""
    assert FACTS["protocol"] == PROTOCOL
    now = json.loads((reference_scores.FOLDER / "protocols.json").read_text(encoding="utf-8"))
    assert now[str(PROTOCOL)] == reference_scores.digests(FACTS)
    place = "results/reference/reference.json"
    log = ["git", "log", "--format=%H", "--", place]
    commits = subprocess.run(log, cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    for commit in commits:
        shown = subprocess.run(
            ["git", "show", f"{commit}:{place}"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        then = json.loads(shown.stdout)
        assert reference_scores.digests(then).items() <= now[str(then["protocol"])].items(), commit


def test_the_command_refuses_to_change_a_row(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(reference_scores, "method_rows", lambda: [named(METHODS, "gradient")])
    monkeypatch.setattr(reference_scores, "metric_rows", list)
    monkeypatch.setattr(reference_scores, "relevance", lambda row: 2 * MAPS[row.name])
    found, _, changed = reference_scores.remade()
    assert changed == ["methods/gradient"]
    assert found["methods"]["gradient"]["sums"] == [2 * value for value in FACTS["methods"]["gradient"]["sums"]]
    with pytest.raises(SystemExit, match=rf"would change under protocol {PROTOCOL}: .*records.PROTOCOL rises"):
        reference_scores.main()


# Bugs put back, each seen by the goldens


def test_a_mutated_rule_of_lrp_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alpha 2, beta 1 in the place of z+."""
    monkeypatch.setattr(rules, "z_plus", rules.alpha_beta)
    assert "of 144 values differ" in map_moved(named(METHODS, "lrp"))


def test_height_and_width_exchanged_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = ClassActivation.relevance

    def exchanged(self: ClassActivation, query: Query) -> Tensor:
        found = right(self, query)
        return found.mT.reshape(found.shape)

    monkeypatch.setattr(ClassActivation, "relevance", exchanged)
    assert "of 72 values differ" in map_moved(named(METHODS, "grad_cam"))


def test_a_dropped_absolute_value_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(InputDifference, "relevance", lambda self, query: query.inputs - query.baseline(self.infill))
    assert "of 144 values differ" in map_moved(named(METHODS, "input_difference"))


def test_an_area_off_by_one_point_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = curve_metric.averaged
    monkeypatch.setattr(curve_metric, "averaged", lambda q, y, rule: right(q[..., 1:], y[..., 1:], rule))
    assert "3 of 3 scores differ" in score_moved(named(METRICS, "pixel_flipping"))
