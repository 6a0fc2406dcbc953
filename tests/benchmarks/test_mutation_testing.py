"""Mutation testing: sample and equivalents fit the code, mutants are drawn alike, the page counts."""

import csv
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
MODULE = '''"""Sums."""


def total(a: int | None, b: int = 2) -> int:
    """3 - 1 is no code."""
    return (a or 0) + b
'''


@pytest.fixture(autouse=True)
def path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))


@pytest.fixture
def sample() -> ModuleType:
    from mutation import sample

    return sample


def source(module: str) -> Path:
    return ROOT.joinpath(*module.split(".")[1:]).with_suffix(".py")


def test_every_module_of_the_sample_and_every_test_file_exists(sample: ModuleType) -> None:
    for module, tests in sample.SAMPLE.items():
        assert source(module).is_file()
        assert [test for test in tests if not (ROOT / test.partition("::")[0]).is_file()] == []


def test_every_equivalent_mutant_has_a_reason_and_is_of_a_line_that_is_there(sample: ModuleType) -> None:
    with (ROOT / "benchmarks" / "mutation" / "equivalent.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows
    for row in rows:
        lines = [line.strip() for line in source(row["module"]).read_text(encoding="utf-8").splitlines()]
        assert row["module"] in sample.SAMPLE
        assert row["original"] in lines
        assert row["mutated"] not in lines
        assert row["reason"]


def test_the_page_counts_how_mutants_ended_and_gives_the_reasons() -> None:
    from mutation import page

    row = {"module": "whybench.metrics.attribution.gini", "line": "3", "original": "a | b", "mutated": "a & b"}
    rows = [
        row | {"outcome": "killed", "reason": ""},
        row | {"outcome": "equivalent", "reason": "a is b"},
        row | {"outcome": "survived", "reason": ""},
        row | {"outcome": "killed", "reason": ""},
    ]
    counted = {entry["module"]: entry for entry in page.counts(rows)}
    ends = {"mutants": 4, "killed": 2, "equivalent": 1, "survived": 1}
    assert counted[row["module"]] == {"module": row["module"], **ends}
    text = page.page(rows, seed=0)
    assert f"4 mutants in 1 of {len(page.SAMPLE)} modules" in text
    assert "2 are killed, 1 equivalent, and 1 survived" in " ".join(text.split())
    assert "| `metrics.attribution.gini` | 4 | 2 | 1 | 1 | `tests/metrics/complexity/test_map_sizes.py`" in text
    assert r"| `gini` | 3 | `` a \| b `` | `` a & b `` | a is b |" in text


def test_mutants_are_drawn_alike_and_never_of_types_or_text(tmp_path: Path) -> None:
    pytest.importorskip("cosmic_ray")
    from mutation.mutants import mutants

    file = tmp_path / "sums.py"
    file.write_text(MODULE, encoding="utf-8")
    found = mutants("sums", file, 4)
    assert len(mutants("sums", file, 2)) == 2
    assert found == mutants("sums", file, 4)
    assert [(m.line, m.operator.split("_")[0]) for m in found] == [
        (4, "NumberReplacer"),
        (6, "ReplaceOrWithAnd"),
        (6, "NumberReplacer"),
        (6, "ReplaceBinaryOperator"),
    ]
    assert all(m.original in MODULE and m.mutated in m.source for m in found)
    assert all("int | None" in m.source and "3 - 1" in m.source for m in found)
