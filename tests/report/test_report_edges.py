"""Reports of runs in which something is missing."""

import io
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from failing_parts import Breaks, NeverRuns
from page_checks import check_site, page_text
from rich.console import Console
from tiny_run import METRICS, image_data, image_model, table_data, table_model
from torch import Tensor

from whybench.cli.boards import print_board, print_board_json
from whybench.explanations import Explanation
from whybench.leaderboard import Leaderboard
from whybench.leaderboard.view import views
from whybench.progress import Silent
from whybench.protocols import Case, Method, Metric, Query, Scores
from whybench.registries import kinds
from whybench.report import write_report
from whybench.report.provenance import commands
from whybench.runner import Options, run
from whybench.store import Store
from whybench.suite import Suite, block
from whybench.timing import Rounds, time_suite


def reported(suite: Suite, to: Path) -> tuple[Store, str]:
    """The store, and the text of all pages of a checked report."""
    store = Store.memory()
    run(suite, store)
    return store, " ".join(map(page_text, check_site(write_report(store, suite.name, to)).values()))


def maps(site: Path) -> list[str]:
    """The strips of maps, one a method."""
    return sorted(path.name for path in (site / "samples").rglob("*.png") if "inputs" not in path.name)


def test_family_without_any_score(tmp_path: Path) -> None:
    suite = Suite("empty", (block(image_model(), image_data(), ["gradient", Breaks()], [NeverRuns()]),))
    _, text = reported(suite, tmp_path)
    assert "No metric of this suite kept curves." in text
    assert "No method has both a ranked score and a measured cost." in text
    assert "unsupported" in text


def test_everything_fails(tmp_path: Path) -> None:
    _, text = reported(Suite("broken", (block(image_model(), image_data(), [Breaks()], METRICS),)), tmp_path)
    assert "Nothing in this suite can be drawn" in text
    assert "0 ok, 0 unsupported, 4 failed" in text


def test_one_method_and_one_sample(tmp_path: Path) -> None:
    data = image_data(ids=("only",))
    _, text = reported(Suite("one", (block(image_model(), data, ["gradient"], METRICS[:2]),)), tmp_path)
    assert "One method is compared with no other." in text
    assert "mean of 1 samples" not in text
    assert maps(tmp_path) == ["gradient.png"]


def test_columns_are_drawn_as_bars_and_not_as_pictures(tmp_path: Path) -> None:
    suite = Suite("table", (block(table_model(), table_data(), ["gradient", "random"], METRICS[:2]),))
    reported(suite, tmp_path)
    assert maps(tmp_path) == []
    assert len(list((tmp_path / "figures").glob("columns_*.svg"))) == 1


def test_missing_pictures(tmp_path: Path) -> None:
    store = Store.memory()
    suite = Suite("gone", (block(image_model(), image_data(), ["gradient"], METRICS[:1]),))
    run(suite, store)
    for digest, (tensors, _) in list(store.blobs._kept.items()):  # type: ignore[attr-defined]
        if "inputs" in tensors:
            del store.blobs._kept[digest]  # type: ignore[attr-defined]
    pages = check_site(write_report(store, "gone", tmp_path))
    assert page_text(pages["gallery.html"]).count("not kept") == 2
    assert maps(tmp_path) == ["gradient.png"]


@dataclass(frozen=True, eq=False)
class Weights(Explanation):
    """A matrix of test by training samples."""

    kind: ClassVar[str] = "report_test_weights"
    verb: ClassVar[str] = "weigh"
    per_sample: ClassVar[bool] = False

    matrix: Tensor

    def tensors(self) -> dict[str, Tensor]:
        return {"matrix": self.matrix}

    @classmethod
    def restore(cls, tensors: Mapping[str, Tensor], facts: Mapping[str, str]) -> "Weights":
        return cls(tensors["matrix"])


@dataclass(frozen=True)
class Weigher(Method[Weights]):
    """All training samples count alike."""

    name: ClassVar[str] = "weigher"
    kind: ClassVar[type[Explanation]] = Weights
    reference: ClassVar[str] = ""

    def explain(self, query: Query) -> Weights:
        return Weights(torch.ones(len(query), 7, dtype=torch.float64))


@dataclass(frozen=True)
class RowSum(Metric[Weights]):
    """The sum of a row."""

    name: ClassVar[str] = "row_sum"
    kind: ClassVar[type[Explanation]] = Weights
    family: ClassVar[str] = "axiom"
    range: ClassVar[tuple[float, float]] = (0.0, 7.0)
    reference: ClassVar[str] = ""

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Weights]) -> Scores:
        return Scores(case.explanation.matrix.sum(1))


def test_second_kind_that_cannot_be_drawn(tmp_path: Path) -> None:
    if Weights.kind not in kinds:
        kinds.register(Weights)
    suite = Suite(
        "kinds",
        (
            block(image_model(), image_data(), [Weigher()], [RowSum()]),
            block(image_model(), image_data(), ["gradient"], METRICS[:1]),
        ),
    )
    _, text = reported(suite, tmp_path)
    assert "weigher" in text
    assert "7 ± 0" in text
    assert maps(tmp_path) == ["gradient.png"]


def test_undefined_samples_are_left_out_of_means_and_named(store: Store, report: Path) -> None:
    text = (report / "board.md").read_text()
    assert " 3/4" in text
    assert "— 3/4" not in text
    assert "is defined for 3 of 4 samples: 1 undefined: the first one" in text


@pytest.mark.parametrize("width", [60, 80, 100])
def test_terminal_board_fits_its_width(store: Store, width: int) -> None:
    board = Leaderboard(store.records("tiny"), store.explanation_records("tiny"))
    console = Console(width=width, file=io.StringIO())
    print_board(console, board, full=True)
    lines = console.file.getvalue().split("\n")  # type: ignore[attr-defined]
    assert max(map(len, lines)) <= width
    words = " ".join(" ".join(lines).split())
    for title in ("FAITHFULNESS", "SANITY", "TIMING", "CLAIM"):
        assert title in lines
    assert lines.index("FAITHFULNESS") < lines.index("TIMING") < lines.index("CLAIM")
    assert "tiny_cnn on tiny_images" in words
    assert "random (control)" in words
    assert board.table("faithfulness").rows[0][5] in words


def test_terminal_board_at_a_glance_has_models_in_columns(store: Store) -> None:
    board = Leaderboard(store.records("tiny"), store.explanation_records("tiny"))
    console = Console(width=100, file=io.StringIO())
    print_board(console, board)
    lines = [line.split() for line in console.file.getvalue().split("\n")]  # type: ignore[attr-defined]
    headline = next(i for i, words in enumerate(lines) if words[:1] == ["FAITHFULNESS:"])
    assert lines[headline + 1][:2] == ["method", "tiny_cnn"]
    names = [words[0] for words in takewhile(bool, lines[headline + 3 :])]
    assert len(names) == len(set(names))
    assert set(names) == {row[3].removesuffix(" (control)") for row in board.table("faithfulness").rows}


def test_terminal_flags_come_before_other_notes(store: Store) -> None:
    board = Leaderboard(store.records("tiny"), store.explanation_records("tiny"))
    flags = [n for family in board.families for n in board.table(family).notes if n.startswith("Flag")]
    console = Console(width=400, file=io.StringIO())
    print_board(console, board, full=True)
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert flags
    assert all(f"! {flag}" in printed for flag in flags)


def test_json_board_is_json_and_nothing_else(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    print_board_json(Leaderboard(store.records("tiny"), store.explanation_records("tiny")))
    out, err = capsys.readouterr()
    assert json.loads(out)["schema"] == "whybench.leaderboard"
    assert err == ""


def command(suite: Suite, name: str, *asked: str) -> list[str]:
    store = Store.memory()
    for words in asked or ("",):
        run(suite, store, Options(asked=words))
    board = Leaderboard(store.records(), store.explanation_records())
    return commands(board, views(board), name, store.boards.asked(name))


def test_cells_chosen_one_by_one_are_remade_by_their_options() -> None:
    methods: Sequence[Any] = ["gradient", "integrated_gradients(steps=4)"]
    suite = Suite(
        "custom", (block(image_model(), image_data(), methods, ["pixel_flipping(steps=4, order='lerf')"]),), 3
    )
    (line,) = command(suite, "custom")
    assert line.startswith("whybench run -M tiny_cnn -D tiny_images ")
    assert "-m gradient " in line
    assert "-m 'integrated_gradients(steps=4)'" in line
    assert """-x 'pixel_flipping(order='"'"'lerf'"'"', steps=4)'""" in line
    assert line.endswith(" --samples 4 --seed 3")


def test_a_suite_of_one_s_own_has_no_command() -> None:
    suite = Suite("mine", (block(image_model(), image_data(), ["gradient"], METRICS[:1]),))
    assert command(suite, "mine") == []


def test_registered_suite_is_remade_by_its_name() -> None:
    suite = Suite("quickstart", (block(image_model(), image_data(), ["gradient"], METRICS[:1]),))
    assert command(suite, "quickstart") == ["whybench run quickstart"]


def test_a_run_from_the_command_line_is_remade_as_it_was_asked() -> None:
    cells = (block(image_model(), image_data(), ["gradient"], METRICS[:1]),)
    spec = shlex.quote("imagenet_folder(path='my photos')")
    assert command(Suite("imagenet_folder", cells), "imagenet_folder", spec) == [f"whybench run {spec}"]
    assert command(Suite("mine", cells), "mine", "a.py:mine", "a.py:mine --seed 3") == [
        "whybench run a.py:mine --seed 3"
    ]
    assert command(Suite("imagenet_folder", cells), "imagenet_folder") == ["whybench run 'imagenet_folder(path=...)'"]
    gathered = "-M a.py:net -m gradient", "-M a.py:net -m random", "-M a.py:net -m gradient"
    assert command(Suite("custom", cells), "custom", *gathered) == [
        "whybench run -M a.py:net -m random",
        "whybench run -M a.py:net -m gradient",
    ]
    assert command(Suite("custom", cells), "custom", gathered[0], "")[0].startswith("whybench run -M tiny_cnn ")


def test_measured_profile_is_shown_and_drawn(tmp_path: Path) -> None:
    store = Store.memory()
    suite = Suite("timed", (block(image_model(), image_data(), ["gradient", "random"], METRICS[:1]),))
    run(suite, store)
    time_suite(suite, store, "cpu", Silent(), Rounds(most=3, least=3, budget=5.0, shortest=0.001))
    root = check_site(write_report(store, "timed", tmp_path))["cost.html"]
    assert "median of 3 interleaved rounds" in root.text
    assert "Measured timing profile: tiny_cnn on tiny_images" in [c.text for c in root.all("caption")]
    assert (tmp_path / "profile.csv").is_file()
