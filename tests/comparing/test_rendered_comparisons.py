"""The same comparison as Markdown and JSON; names of others cannot break them."""

import html
import json
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from whybench.comparing import Comparison, failures, to_json, to_markdown
from whybench.comparing.comparison import FAILURES
from whybench.comparing.paces import Pace
from whybench.errors import BadParameter
from whybench.leaderboard.variants import Variant
from whybench.records import Record

Make = Callable[..., Record]
Compare = Callable[..., Comparison]
GITHUB = 65536
"""Characters of a comment."""

EVIL = "a|b`c`<script>*x*@you#1[l](http://e.vil)\n# head ~~s~~ \x1b[31m_u_"


@pytest.fixture
def found(record: Make, compare: Compare) -> Comparison:
    clean = np.linspace(0.1, 0.9, 40)
    broken = clean.copy()
    broken[7] += 1e-3
    names = ("same", "broken", "drifted", "gone", "stopped", "cured")
    before = [record(n, scores=clean) for n in names[:5]] + [record("cured", status="failed", reason="old bug")]
    after = [
        before[0],
        record("broken", scores=broken),
        record("drifted", scores=clean * (1 - 5e-5)),
        record("stopped", status="unsupported", reason="no rule for Flatten"),
        record("cured", scores=clean),
        record("added", scores=clean),
    ]
    return compare(before, after)


def test_the_markdown_says_what_happened_and_folds_the_rest(found: Comparison) -> None:
    lines = to_markdown(found).splitlines()
    assert lines[0] == "<!-- whybench compare -->"
    assert lines[1] == "### :x: Regression: 4 cells"
    assert lines[3] == (
        "<code>side</code> → <code>side</code>. 7 cells: 1 became unsupported, 1 lost, 1 changed, 1 drifted, "
        "1 became ok, 1 new, 1 unchanged."
    )
    rows = [line for line in lines if line.startswith("| ")]
    assert rows[2:] == [
        "| :x: | <code>stopped</code> by <code>srg</code>, <code>cnn on digits</code> | became unsupported | "
        "no rule for Flatten |",
        "| :x: | <code>gone</code> by <code>srg</code>, <code>cnn on digits</code> | lost |  |",
        "| :x: | <code>broken</code> by <code>srg</code>, <code>cnn on digits</code> | changed | "
        "1 of 40 samples beyond the tolerance, for the better; mean +2.5e-05, p = 1 (40 samples) |",
        "| :x: | <code>drifted</code> by <code>srg</code>, <code>cnn on digits</code> | drifted | "
        "mean -2.5e-05, p = 3.6e-12 (40 samples), for the worse |",
        "|  | <code>cured</code> by <code>srg</code>, <code>cnn on digits</code> | became ok | "
        "was failed&#58; old bug |",
        "|  | <code>added</code> by <code>srg</code>, <code>cnn on digits</code> | new |  |",
    ]
    folded = "\n".join(lines).partition("<details><summary>Samples beyond the tolerance</summary>")[2]
    assert "s007&#58; 0.243589744 -&#62; 0.244589744" in folded.partition("</details>")[0]
    assert lines[-1].startswith("<sub>Tolerance a sample&#58; 1e-06 + 0.0001 &#124;A&#124;")


def test_the_json_holds_every_cell(found: Comparison) -> None:
    document = json.loads(to_json(found))
    assert (document["schema"], document["version"], document["regression"]) == ("whybench.comparison", 1, True)
    assert {c["method"]: (c["verdict"], c["direction"], c["regression"]) for c in document["cells"]} == {
        "same": ("unchanged", "none", False),
        "broken": ("changed", "better", True),
        "drifted": ("drifted", "worse", True),
        "gone": ("lost", "worse", True),
        "stopped": ("became unsupported", "worse", True),
        "cured": ("became ok", "better", False),
        "added": ("new", "none", False),
    }
    (broken,) = (c for c in document["cells"] if c["method"] == "broken")
    (sample,) = broken["moved"]
    assert (sample["sample_id"], sample["before"]) == ("s007", pytest.approx(0.1 + 0.8 * 7 / 39))
    assert sample["after"] - sample["before"] == pytest.approx(1e-3)
    assert broken["tolerance"] == {"relative": 1e-4, "absolute": 1e-6}
    assert document["counts"]["changed"] == 1
    assert [(m["method"], m["before"], m["after"], m["of"]) for m in document["moves"]] == [
        ("drifted", 1, 3, 3),
        ("same", 1, 2, 3),
    ]


@pytest.mark.parametrize(
    ("words", "cells"),
    [
        ("none", []),
        ("changed", ["broken"]),
        ("changed-worse", []),
        ("drifted, lost", ["drifted", "gone"]),
        ("drifted-better", []),
        ("unsupported,new,failed", ["stopped", "added"]),
        ("slower", []),
    ],
)
def test_what_fails_is_what_was_named(found: Comparison, words: str, cells: list[str]) -> None:
    chosen = replace(found, fail_on=failures(words))
    assert [c.address.method.name for c in chosen.regressions] == cells
    assert chosen.regressed == bool(cells)


def test_a_word_that_names_nothing() -> None:
    with pytest.raises(BadParameter, match="--fail-on='everything'; choose among changed, changed-worse"):
        failures("changed,everything")
    assert failures(",".join(FAILURES)) == tuple(FAILURES)


def test_slower_fails_where_it_is_named(record: Make, compare: Compare) -> None:
    paces = [Pace("digits", "cnn", Variant("m", '{"n":8}'), 1.5, 1.4, 1.6, 1.1, "slower")]
    found = replace(compare([record(scores=[1.0])], [record(scores=[1.0])]), paces=paces)
    assert not found.regressed
    failing = replace(found, fail_on=("slower",))
    assert failing.regressed
    text = to_markdown(failing)
    assert "### :x: Regression: 1 slower" in text
    assert "- <code>m</code>, <code>cnn on digits</code> x 1.500 (1.400 to 1.600), noise x 1.100&#58; slower" in text
    (timed,) = json.loads(to_json(failing))["timing"]
    assert (timed["method"], timed["ratio"], timed["verdict"]) == ("m", 1.5, "slower")


def test_a_name_is_shown_as_it_is(record: Make, compare: Compare) -> None:
    facts = {"model": EVIL, "dataset": EVIL}
    before = [record(EVIL, EVIL, {EVIL: 1.0}, **facts), record("other", EVIL, {EVIL: 2.0}, **facts)]
    after = [record(EVIL, EVIL, {EVIL: 3.0}, **facts), record("other", EVIL, status="failed", reason=EVIL, **facts)]
    text = to_markdown(compare(before, after))
    allowed = r"</?(code|details|summary|sub)>|<!-- whybench compare -->"
    bare = re.sub(allowed, "", text)
    named = "".join(re.findall(r"<code>(.*?)</code>", text))
    assert not set("<>@`[]") & set(bare)
    assert not re.search(r"[*|~#]", re.sub(r"&#\d+;", "", named))
    shown = "a|b`c`<script>*x*@you#1[l](http://e.vil) # head ~~s~~ [31m_u_"
    assert [html.unescape(name) for name in re.findall(r"<code>(.*?)</code>", text)[5:7]] == [shown, shown]
    rows = [line for line in text.splitlines() if line.startswith("| :x:")]
    assert [row.count("|") for row in rows] == [5, 5]


def test_the_comment_fits_where_everything_broke(record: Make, compare: Compare) -> None:
    names = [f"method_{i:03d}_{'x' * 200}" for i in range(300)]
    before = [record(n, "metric_" * 40, scores=np.arange(20.0)) for n in names]
    after = [record(n, "metric_" * 40, scores=np.arange(20.0)[::-1] * (i + 2)) for i, n in enumerate(names)]
    text = to_markdown(compare(before, after))
    assert "280 more cells" in text
    assert len(text) < GITHUB


def test_a_quiet_comparison_is_three_lines(record: Make, compare: Compare) -> None:
    text = to_markdown(compare([record(scores=[1.0])], [record(scores=[1.0])]))
    assert [line for line in text.splitlines() if line] == [
        "<!-- whybench compare -->",
        "### :white_check_mark: No regression",
        "<code>side</code> → <code>side</code>. 1 cell: 1 unchanged.",
        "<sub>Tolerance a sample&#58; 1e-06 + 0.0001 &#124;A&#124;; drift&#58; signed-rank test, p &#60;= 0.05 after "
        "Holm; fails on changed, drifted, lost, unsupported, failed</sub>",
    ]
