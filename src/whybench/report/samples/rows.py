"""What stands in the rows of a drill-down page."""

from collections.abc import Sequence
from dataclasses import dataclass

from whybench.leaderboard.variants import Variant
from whybench.report.samples.kept import Explained, Samples
from whybench.report.samples.panels import Panel
from whybench.report.samples.scores import Column, SampleCell, short
from whybench.report.samples.strips import Drawn, Look, Strip, Strips


@dataclass(frozen=True)
class Tile:
    """One sample's part of a strip; back: the file that lies behind it."""

    link: str
    look: Look
    place: int
    alt: str
    back: str = ""


@dataclass(frozen=True)
class Note:
    """A cell with the number of its reason, 0 for none."""

    cell: SampleCell
    note: int


Notes = tuple[Note, ...]


@dataclass(frozen=True)
class Row:
    """One sample; explained: which output; right: what became of the model's prediction."""

    sample: str
    anchor: str
    label: str
    explained: str
    right: str
    input: Tile | None
    map: Tile | None
    curves: Tile | None
    cells: Notes


def tile(strip: Strip | None, sample: str, place: int, alt: str = "", back: Strip | None = None) -> Tile | None:
    """A sample's part of a strip, None where it has none."""
    if strip is None or sample not in strip.of:
        return None
    views = strip.link.endswith(".svg")
    link = f"{strip.link}#s{place}" if views else strip.link
    behind = f"{back.link}#s{place}" if back else ""
    return Tile(link, strip.look, place, alt or strip.of[sample], behind)


def outputs(samples: Samples, explained: Explained | None, sample: str) -> tuple[str, str]:
    """The name of the output that was explained, and whether the prediction is right; empty where not known."""
    kept = samples.inputs
    target = explained.target(sample) if explained else None
    correct = samples.correct.get(sample)
    right = "" if correct is None else "right" if correct else "wrong"
    if target is None or (kept is not None and kept.facts.get("output", "classes") != "classes"):
        return "", right
    known = kept.classes if kept else {}
    return known.get(target, f"class {target}"), right


def curves_in_words(panels: Sequence[Panel], method: Variant, sample: str) -> str:
    """What was read off the first panel's curves: this method's score, the control's and the middling method's."""
    values = {e.method: e.values.get(sample) for e in panels[0].contest.entries}
    said = [f"Curves: {panels[0].names[0]} {short(values.get(method))}"]
    for called, other in (("best control", panels[0].control), ("median method", panels[0].middle)):
        if other is not None and other != method:
            said.append(f"{called} {short(values.get(other))}")
    return ", ".join(said)


def numbered(columns: Sequence[Column], shown: Sequence[str]) -> tuple[list[Notes], list[str]]:
    """The cells of each sample, and the reasons that their numbers stand for, each once."""
    reasons: dict[str, int] = {}
    made = []
    for sample in shown:
        cells = [column.cell(sample) for column in columns]
        made.append(tuple(Note(c, reasons.setdefault(c.reason, len(reasons) + 1) if c.reason else 0) for c in cells))
    return made, list(reasons)


def rows(
    samples: Samples, strips: Strips, method: Variant, explained: Explained | None, drawn: Drawn, cells: Sequence[Notes]
) -> list[Row]:
    """One row a sample that pages show, in the order of the data."""
    made = []
    for place, (sample, noted) in enumerate(zip(samples.shown, cells, strict=True)):
        output, right = outputs(samples, explained, sample)
        said = curves_in_words(strips.panels, method, sample) if drawn.curves else ""
        made.append(
            Row(
                sample=sample,
                anchor=samples.anchors[sample],
                label=samples.label(sample),
                explained=output,
                right=right,
                input=tile(strips.inputs, sample, place),
                map=tile(drawn.maps, sample, place),
                curves=tile(drawn.curves, sample, place, said, strips.back),
                cells=noted,
            )
        )
    return made
