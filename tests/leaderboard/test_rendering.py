"""Tables, escaping, and output that depends on nothing but the records."""

import csv
import html
import io
import json
import random
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from whybench.errors import UnknownName, UsageError
from whybench.leaderboard import Leaderboard, Table
from whybench.leaderboard.figures import measured
from whybench.leaderboard.markup import csv_text, html_table, latex, latex_text, markdown, markdown_text
from whybench.records import PROTOCOL, Cost, ExplanationRecord, Record, SampleScore
from whybench.statistics import Estimate

Make = Callable[..., Record]
Explain = Callable[..., ExplanationRecord]

PAYLOADS = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\x00=1",
    " =1+1",
    "＝1+1",
    "a|b",
    "`code`",
    "two\nlines",
    "<script>alert(1)</script>",
    '" onload="x',
    "\x1b[31mred",
    "\u202egnp.exe",
    "\\input{/etc/passwd}",
    "50% & $x_1^2$ #~{}",
    "[link](javascript:x)",
    "\ud800",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_gets_through(payload: str, record: Make) -> None:
    board = Leaderboard(
        [
            record(payload, [10.0, 10.5]),
            record("lrp", status="unsupported", reason=payload, subject={"dataset": "digits"}),
        ]
    )
    for text in (board.to_csv(), board.to_markdown(), board.to_latex(), board._repr_html_()):
        text.encode("utf-8")
        assert not any(ord(c) < 32 and c != "\n" for c in text)
        assert "\u202e" not in text
    cells = [cell for line in csv.reader(io.StringIO(board.to_csv())) for cell in line]
    assert not [c for c in cells if c.lstrip()[:1] in tuple("=+-@＝＋－＠")]
    assert "<script" not in board._repr_html_()
    assert '"' not in html.unescape(board._repr_html_()).replace(payload, "").replace('scope="col"', "")
    table = [line for line in board.to_markdown().splitlines() if line.startswith("| ")]
    columns = [line.replace("\\|", "").count("|") for line in table]
    assert len(set(columns)) == 1
    assert "<script" not in board.to_markdown()
    assert "\\input" not in board.to_latex()
    json.loads(board.to_json())


def test_numbers_stay_numbers_in_csv(record: Make) -> None:
    board = Leaderboard([record("gradient", [-1.5, -2.5]), record("=lrp", [0.1, 0.2])])
    read = pd.read_csv(io.StringIO(board.to_csv()), float_precision="round_trip")
    assert read["mean"].tolist() == board.to_pandas()["mean"].tolist()
    assert read["mean"].tolist()[1] == -2.0
    assert read["method"].tolist() == ["'=lrp", "gradient"]


def test_escapes_by_hand() -> None:
    assert csv_text("gradient") == "gradient"
    assert csv_text("-x") == "'-x"
    assert markdown_text("a|b `c` <d> & *e* [f]") == r"a\|b \`c\` &lt;d&gt; &amp; \*e\* \[f\]"
    assert latex_text(r"50% & $x_1 \y^~{#}") == (
        r"50\% \& \$x\_1 \textbackslash{}y\textasciicircum{}\textasciitilde{}\{\#\}"
    )


def test_layouts() -> None:
    table = Table("sanity", ("method", "mprt ↓"), (("lrp", "0.5 ± 0.1"),), ("a note",))
    assert markdown(table) == "## sanity\n\n| method | mprt ↓ |\n| --- | --- |\n| lrp | 0.5 ± 0.1 |\n\n- a note\n"
    assert latex(table).splitlines() == [
        r"\begin{table}",
        r"\centering",
        r"\caption{sanity}",
        r"\begin{tabular}{ll}",
        r"\toprule",
        r"method & mprt $\downarrow$ \\",
        r"\midrule",
        r"lrp & 0.5 $\pm$ 0.1 \\",
        r"\bottomrule",
        r"\end{tabular}",
        r"\par\footnotesize a note",
        r"\end{table}",
    ]
    assert html_table(table) == (
        "<table>\n<caption>sanity</caption>\n"
        '<thead><tr><th scope="col">method</th><th scope="col">mprt ↓</th></tr></thead>\n'
        "<tbody>\n<tr><td>lrp</td><td>0.5 ± 0.1</td></tr>\n</tbody>\n</table>\n<ul><li>a note</li></ul>\n"
    )


@pytest.mark.parametrize(
    ("mean", "half", "text"),
    [
        (0.12345, 0.0123, "0.123 ± 0.012"),
        (0.12345, 0.5, "0.12 ± 0.50"),
        (1234.5, 78.0, "1234 ± 78"),
        (1234.5, 789.0, "1234 ± 789"),
        (-0.001, 0.5, "0.00 ± 0.50"),
        (0.5, 0.0, "0.5 ± 0"),
        (12345678.0, 10.0, "1.235e+07 ± 10"),
        (1e-12, 1e-13, "1e-12 ± 1e-13"),
    ],
)
def test_figures(mean: float, half: float, text: str) -> None:
    assert measured(Estimate(mean, mean - half, mean + half, 9, "t")) == text
    assert measured(Estimate(0.123456, None, None, 1, "none")) == "0.1235"


def test_table_of_a_family(record: Make) -> None:
    board = Leaderboard(
        [
            record("gradient", [1.0, 2.0, 3.0], headline=True),
            record("lrp", [2.0, 3.0, 4.5], headline=True, leak=True),
            record("random", [0.0, 0.5, 0.0], headline=True, control=True),
            *(record(m, [0.5, 0.5, 0.5], "aopc", control=m == "random") for m in ("gradient", "lrp", "random")),
        ]
    )
    table = board.table("faithfulness")
    assert table.headers[2:] == ("rank (srg)", "method", "gain over best control (srg)", "srg ↑", "aopc ↑")
    assert [line[3] for line in table.rows] == ["lrp", "gradient", "random (control)"]
    assert [line[4] for line in table.rows] == ["+3.0 ± 4.7", "+1.8 ± 3.6", "—"]
    assert [line[5] for line in table.rows] == ["3.2 ± 3.7 a†", "2.0 ± 2.5 a", "0.2 ± 1.1 a"]
    assert [line[6] for line in table.rows] == ["0.5 ± 0 a"] * 3
    assert [line[2] for line in table.rows] == ["tied, 3"] * 3
    assert "Pool of cnn on digits: 3 ranked, 1 of them controls: gradient, lrp, random." in table.notes
    assert "Flag on aopc (cnn on digits): no method beats random." in table.notes
    assert any(note.startswith("†") for note in table.notes)
    with pytest.raises(UnknownName, match="unknown metric family 'faith'"):
        board.table("faith")


def test_the_summary_says_where_one_name_stands_for_different_parameters(record: Make) -> None:
    def cell(model: str, steps: int) -> Record:
        made = record("gradient", [1.0, 2.0], headline=True, subject={"model": model})
        return replace(made, metric_parameters={"steps": steps})

    (table,) = Leaderboard([cell("cnn", 28), cell("mlp", 8)]).summary("faithfulness")
    assert table.headers == ("method", "cnn", "mlp")
    assert table.notes == ("srg has steps=28 for cnn on digits; steps=8 for mlp on digits.",)


def test_ranks_are_shown_with_their_interval_and_pool(record: Make) -> None:
    steps = [float(i) for i in range(12)]
    board = Leaderboard([record("a", [s + 1 for s in steps]), record("b", steps)])
    assert [line[2] for line in board.table("faithfulness").rows] == ["1 (1–1) of 2", "2 (2–2) of 2"]
    one = Leaderboard([record("a", [2.0]), record("b", [1.0])])
    assert [line[-1] for line in one.table("faithfulness").rows] == ["2 a", "1 a"]


def test_families_in_the_order_of_the_board(record: Make) -> None:
    made = [record("a", [1.0], f"m-{f}", family=f) for f in ("zeal", "axiom", "sanity", "faithfulness", "alpha")]
    assert Leaderboard(made).families == ("faithfulness", "sanity", "axiom", "alpha", "zeal")


def test_variants_are_told_apart_by_what_differs(record: Make) -> None:
    board = Leaderboard(
        [
            record("smooth_grad", [float(n), 0.0], subject={"method_parameters": {"samples": n, "noise": 0.1}})
            for n in (10, 50)
        ]
    )
    assert [line[3] for line in board.table("faithfulness").rows] == [
        "smooth_grad(samples=50)",
        "smooth_grad(samples=10)",
    ]
    assert board.to_pandas()["method"].tolist() == ["smooth_grad", "smooth_grad"]
    assert board.subset(methods=["smooth_grad(samples=10)"]).scores["score"].tolist() == [10.0, 0.0]


def full_board(record: Make, explanation: Explain, order: random.Random | None = None) -> Leaderboard:
    cells = [
        record(
            method,
            [0.1 * i * (k + 1) + 0.03 * s for k in range(60)],
            metric,
            subject={"dataset": dataset, "seed": s},
            control=method == "random",
            parameters={"steps": 4},
        )
        for i, method in enumerate(["gradient", "lrp", "random"])
        for metric in ("srg", "insertion")
        for dataset in ("digits", "photos")
        for s in (0, 1)
    ]
    made = [explanation(m, 60, Cost(60, 60, 0.3, 0.6), 0.1, seed=s) for m in ("gradient", "lrp") for s in (0, 1)]
    if order:
        cells = [Record(**{**vars(c), "samples": tuple(order.sample(c.samples, 60))}) for c in cells]
        order.shuffle(cells)
        order.shuffle(made)
    return Leaderboard(cells, made)


def test_output_does_not_depend_on_the_order_of_records(record: Make, explanation: Explain) -> None:
    first = full_board(record, explanation)
    for seed in range(3):
        other = full_board(record, explanation, random.Random(seed))
        for render in ("to_csv", "to_json", "to_markdown", "to_latex", "_repr_html_", "claim"):
            assert getattr(other, render)() == getattr(first, render)()
        for frame in ("scores", "timing"):
            pd.testing.assert_frame_equal(getattr(other, frame), getattr(first, frame))
        pd.testing.assert_frame_equal(other.pairs(), first.pairs())


def test_json(record: Make, explanation: Explain) -> None:
    board = full_board(record, explanation)
    read = json.loads(board.to_json())
    assert (read["schema"], read["version"], read["protocol"]) == ("whybench.leaderboard", 1, PROTOCOL)
    assert len(read["rows"]) == 12
    assert len(read["timing"]) == 14
    assert read["claim"] == board.claim()
    best = read["rows"][0]
    assert (best["method"], best["rank"], best["interval"]) == ("random", 1, "bca")


def test_scores_have_the_columns_of_the_export(record: Make) -> None:
    scores = Leaderboard([record("a", [1.0], parameters={"k": 1}, subject={"method_parameters": {"n": 2}})]).scores
    expected = "kind suite dataset model method metric parameters sample_id score status reason seed protocol"
    assert list(scores.columns) == expected.split()
    assert scores["parameters"].item() == '{"method":{"n":2},"metric":{"k":1}}'
    assert list(Leaderboard([]).scores.columns) == expected.split()


def test_subset_recomputes_ranks_and_names_the_pool(record: Make) -> None:
    steps = [float(i) for i in range(9)]
    board = Leaderboard([record(m, [s - i for s in steps]) for i, m in enumerate("abcd")])
    frame = board.to_pandas().set_index("method")
    assert frame["rank"].to_dict() == {"a": 1, "b": 2, "c": 3, "d": 4}
    smaller = board.subset(methods=["b", "d"]).to_pandas().set_index("method")
    assert smaller["rank"].to_dict() == {"b": 1, "d": 2}
    assert smaller["pool"].tolist() == [2, 2]
    assert "2 ranked, 0 of them controls: b, d." in " ".join(
        board.subset(methods=["b", "d"]).table("faithfulness").notes
    )
    assert board.to_pandas().set_index("method")["rank"].to_dict() == frame["rank"].to_dict()


def test_subset_by_block_metric_and_name(record: Make) -> None:
    board = Leaderboard(
        [record("a", [1.0], x, subject={"dataset": d}) for x in ("srg", "ssr") for d in ("digits", "photos")]
    )
    assert set(board.subset(datasets=["photos"]).scores["dataset"]) == {"photos"}
    assert set(board.subset(metrics=["ssr"], models=["cnn"]).scores["metric"]) == {"ssr"}
    with pytest.raises(UnknownName, match=r"unknown dataset 'digit'\. Did you mean digits"):
        board.subset(datasets=["digit"])
    with pytest.raises(UsageError, match="no sample is left"):
        board.subset(samples=["nothing"])


def test_subset_of_samples_that_the_model_predicts_right(record: Make) -> None:
    cell = record("a")
    samples = tuple(SampleScore(i, v, correct=c) for i, v, c in (("x", 1.0, True), ("y", 9.0, False), ("z", 3.0, True)))
    board = Leaderboard([Record(**{**vars(cell), "samples": samples})])
    assert board.subset(correct=True).to_pandas()["mean"].item() == 2.0
    assert board.subset(correct=False).scores["sample_id"].tolist() == ["y"]


def test_empty_board() -> None:
    board = Leaderboard([])
    assert board.families == ()
    assert board.to_pandas().empty
    assert board.timing.empty
    assert json.loads(board.to_json())["rows"] == []
    assert repr(board) == "Leaderboard(0 methods, 0 metrics, 0 model x dataset blocks)"


def test_the_board_is_immutable(record: Make) -> None:
    board = Leaderboard([record("a", [1.0, 2.0])])
    with pytest.raises(AttributeError):
        board.records = ()  # type: ignore[misc]
    scores = board.scores
    scores.loc[0, "score"] = 99.0
    assert board.scores["score"].tolist() == [1.0, 2.0]
