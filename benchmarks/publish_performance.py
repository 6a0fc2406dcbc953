"""Write results/performance from a run of the speed benchmarks: python publish_performance.py benchmark.json [FOLDER].

`tox -e timing` does it; the studies budget_study.py, growth.py and streaming.py write their own files into the same
folder before.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from performance_aims import held
from performance_tables import as_csv, interval, table, tidy

RESULTS = Path(__file__).resolve().parent.parent / "results" / "performance"
STUDIES = {
    "budget": "How many passes a given precision needs: splits of a budget between steps and samples",
    "growth": "How time and memory grow with samples, features, steps, methods and metrics",
    "streaming": "What a run on 10,000 images holds in memory, beside one on 1,000",
}
BUSY = 0.5
"""A load average from which on others used the machine."""


@dataclass(frozen=True)
class Section:
    """Some groups of benchmarks: the name of their CSV file, a title, and what has to be known to read them."""

    name: str
    title: str
    about: str
    groups: tuple[str, ...]


SECTIONS = (
    Section(
        "noise",
        "Noise floor, batch and layout",
        "A bare forward pass beside `itself` differs from 1 by noise alone: no ratio below says more than that. Then "
        "the CPU milliseconds a row of every batch size and memory layout, and the batch plan (`rows a pass`, "
        "calibrated from shapes) beside the best of them. The passes in all other tables are taken at that best.",
        ("batch and layout",),
    ),
    Section(
        "sweeps",
        "1. Sweeps",
        "Deletion and insertion over the whole image: 64 digits in 64 steps of a pixel, four photographs in 24 steps. "
        "Their rows were kept and sent through the bare model again. Quantus' `PixelFlipping` flips the same pixels, "
        "one batch a step; with three channels it flips a third of a step's pixels at a time channel by channel, so "
        "that every third point of its curve is compared.",
        ("sweeps",),
    ),
    Section(
        "metrics",
        "2. Metrics beside Quantus and Captum",
        "64 digits. `forward` and `backward` are samples through the model for each sample, counted by a hook, ours "
        "and theirs. `x its gradients` leaves out passes without a gradient. The passes are taken in full batches; for "
        "metrics that explain again `a loop by hand` is this one metric in plain torch (`benchmarks/by_hand.py`), "
        "which sends no more rows through a randomised model at once than there are samples either. With 359 digits, "
        "without the peers, what is paid once for each model weighs less. What is found out of the original model once "
        "for all methods (its layers, and which of its randomised copies answer to their input) was known before.",
        ("metrics beside peers",),
    ),
    Section(
        "whole_benchmark",
        "3. A whole benchmark",
        "Six methods by five metrics on 64 images of 28 x 28: gradient, input x gradient, integrated gradients (10 "
        "steps), gradient SHAP (5), deconvolution, DeepLIFT; pixel flipping (28 steps), sparseness, faithfulness "
        "correlation (100 subsets), maximum sensitivity (10 draws), random logit. `whybench.evaluate` beside "
        "`quantus.evaluate`, explanations included. Passes are totals. Scores are compared where definition and map "
        "are the same: pixel flipping and sparseness of the gradient, input x gradient and deconvolution, without "
        "images on a kink of the network, where rounding decides which map there is; pixel flipping only where no "
        "pixel that is not black ties with another, sparseness with the 1e-7 added to every value that Quantus adds. "
        "The other metrics draw subsets, noise or classes, each library its own.",
        ("whole benchmark",),
    ),
    Section(
        "methods",
        "4. Methods",
        "Means of gradients beside the very same gradients by plain autograd, on 64 digits, on 64 images of MNIST and "
        "on four photographs (whybench goes back through the first convolution in another way, so that it can take "
        "less); methods that ask for parts of one image beside the very same forward passes, on a digit at their "
        "default settings and on a photograph with fewer parts. Captum does as many draws, by default and with as many "
        "rows a pass as the batch plan says; so do shap's `KernelExplainer` and lime's `LimeImageExplainer`.",
        ("gradient methods", "perturbation methods"),
    ),
    Section(
        "memory",
        "5. Memory",
        "Pixel flipping in 4 steps on images of 224 x 224 x 3 by a model without activations worth the name, 64 rows a "
        "pass, every row in a process of its own: the peak of resident memory over what is there once images and "
        "maps are loaded. The C library keeps up to 64 MiB of what has been freed; in the rows `handed back` it was "
        "told not to (`MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=131072`), so that what is counted is what "
        "is held. That costs time, since every page is asked for again.",
        ("memory",),
    ),
)

HEAD = """# Performance

Made by `tox -e timing`. All other speed benchmarks, one table a group: [others.md](others.md). The same numbers, one a
row, by CPU time and by the wall clock:
{files}, [others.csv](others.csv).

{machine}

## How to read the tables

- **CPU ms** is CPU time of one call for all samples, and **x ...** the ratio to the CPU time of something else in the
  same interleaved rounds, each the median over the rounds with its 95 % interval (their range, where there are fewer
  than 6). Below 1, whybench is faster.
- All ran in one process with one thread, each contender in every round, in a new order.
- `not installed`: the peer was not there.

## What was aimed at

`kept`: the whole interval is below the bound; `missed`: all of it is above; `open`: the bound lies in it.

{aims}
"""


def page(run: dict[str, Any], studies: Sequence[str]) -> str:
    """README.md: machine, how to read, aims, one section a point; studies: the names of those that were made."""
    members = run["benchmarks"]
    files = ", ".join(f"[{s.name}.csv]({s.name}.csv)" for s in SECTIONS)
    said = [HEAD.format(files=files, machine=machine(run), aims=held(members)).rstrip()]
    for section in SECTIONS:
        said.append(f"## {section.title}\n\n{section.about}")
        for group in section.groups:
            some = [one for one in members if one["group"] == group]
            heading = [f"### {group.capitalize()}"] if len(section.groups) > 1 else []
            said += [*heading, table(some) if some else "Not measured in this run."]
    for name, about in STUDIES.items():
        there = f"[{name}.md]({name}.md)" if name in studies else "not made in this run"
        said.append(f"## {name.capitalize()}\n\n{about}: {there}.")
    return "\n\n".join(said) + "\n"


def machine(run: dict[str, Any]) -> str:
    """Processor, versions, commit, threads, how busy the machine was and what failed, as a list."""
    facts, commit = run["whybench"], run["commit_info"]
    where, load = facts["environment"], facts["load"]
    libraries = {name: where["libraries"][name] for name in ("torch", "numpy")} | facts["peers"]
    changed = ", with changes" if commit.get("dirty") else ""
    start, end = (load[when][0] for when in ("start", "end"))
    busy = " The machine was not idle before: trust nothing below the noise floor." if start > BUSY else ""
    noise = [one for one in run["benchmarks"] if "x itself" in one["extra_info"]]
    floors = ", ".join(interval(one["extra_info"]["x itself"]["cpu"]) for one in noise)
    lines = [
        f"{where['processor']}, {where['cores']} cores, {where['system']}; threads: {where['threads']}",
        f"Python {where['python']}, {', '.join(f'{name} {version}' for name, version in libraries.items())}",
        f"commit {commit['id'][:7]}{changed}, {facts['minutes']:.0f} minutes",
        f"load average {start:.2f} at the start, {end:.2f} at the end (the run itself is 1).{busy}",
        f"noise floor, a bare pass beside itself: {floors or 'not measured'}",
    ]
    if facts["failed"]:
        lines.append(f"**failed, and missing below**: {', '.join(f'`{name}`' for name in facts['failed'])}")
    return "\n".join(f"- {line}" for line in lines)


def others(run: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """The tables of all groups that no section has, and their benchmarks."""
    known = {group for section in SECTIONS for group in section.groups}
    rest = [one for one in run["benchmarks"] if one["group"] not in known]
    said = ["# Other speed benchmarks", "How to read them, and the machine: [README.md](README.md)."]
    for group in sorted({one["group"] for one in rest}):
        said.append(f"## {group}\n\n{table([one for one in rest if one['group'] == group])}")
    return "\n\n".join(said) + "\n", rest


def publish(run: dict[str, Any], folder: Path) -> None:
    """Write README.md, others.md and the CSV files."""
    folder.mkdir(parents=True, exist_ok=True)
    studies = [name for name in STUDIES if (folder / f"{name}.md").exists()]
    text, rest = others(run)
    files = {"README.md": page(run, studies), "others.md": text, "others.csv": as_csv(tidy(rest))}
    for section in SECTIONS:
        rows = []
        for group in section.groups:
            rows += tidy([one for one in run["benchmarks"] if one["group"] == group])
        files[f"{section.name}.csv"] = as_csv(rows)
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    source, *target = sys.argv[1:]
    publish(json.loads(Path(source).read_text(encoding="utf-8")), Path(target[0]) if target else RESULTS)
