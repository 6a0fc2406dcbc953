"""A run on 10,000 images beside one on 1,000: python benchmarks/streaming.py [FOLDER] (results/performance).

Writes streaming.csv and streaming.md; Linux only, since it reads /proc. Each run is a process of its own.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import torch
from streaming_child import METHODS, METRICS, SIDE

from whybench.environment import environment

FOLDER = Path(__file__).resolve().parent.parent / "results" / "performance"
CHILD = Path(__file__).with_name("streaming_child.py")
SIZES = (1_000, 10_000)
PAUSE = 0.02
"""Seconds between two looks at a process's memory."""
MIB = 2**20

ABOUT = """# A run that streams

Made by `python benchmarks/streaming.py` ({machine});
the numbers are in [streaming.csv](streaming.csv).

{finding}

A folder of JPEG files, {side} x {side} crops of the photographs of `imagenet_photos`, is explained and judged as
`whybench run` does, with a store on the disk: EfficientNet-Lite0, {methods},
{metrics}. *Own memory* is the peak of the
process's anonymous memory (`RssAnon` of Linux), looked at every {pause:.0f} ms: what it cannot give back. Pages of
files that are mapped into it are not in it: inputs and maps beyond 256 MiB lie in such files, and the system takes them
back when it needs room. *Data* are the inputs and the maps of one method.

| images | data MiB | own memory MiB | CPU seconds | CPU ms an image |
| ---: | ---: | ---: | ---: | ---: |
"""


def measured(images: int) -> dict[str, float]:
    """One run of so many images in a process of its own: its data, its peak of anonymous memory, its CPU time."""
    with tempfile.TemporaryDirectory(prefix="whybench-streaming-") as folder:
        child = subprocess.Popen([sys.executable, str(CHILD), str(images), folder], stdout=subprocess.DEVNULL)
        peak = seconds = 0.0
        while child.poll() is None:
            peak, seconds = max(peak, _anonymous(child.pid)), _cpu_seconds(child.pid) or seconds
            time.sleep(PAUSE)
    if child.returncode:
        raise SystemExit(f"the run on {images} images ended with {child.returncode}")
    data = 2 * images * 3 * SIDE * SIDE * torch.finfo(torch.float32).bits / 8 / MIB
    return {"images": images, "data_mib": data, "own_mib": peak, "cpu_seconds": seconds}


def _anonymous(process: int) -> float:
    """Mebibytes of a process that no file stands behind; 0 where it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon:")) / 1024


def _cpu_seconds(process: int) -> float:
    """A process's CPU seconds so far, of itself and of the system for it; 0 where it has ended."""
    try:
        fields = Path(f"/proc/{process}/schedstat").read_text(encoding="utf-8").split()
    except OSError:
        return 0.0
    return int(fields[0]) / 1e9


def page(table: pd.DataFrame) -> str:
    """The page's text."""
    first, last = table.iloc[0], table.iloc[-1]
    finding = (
        f"{last['images'] / first['images']:g} times the images take {last['own_mib'] / first['own_mib']:.2f} times "
        f"the memory and {last['cpu_seconds'] / first['cpu_seconds']:.1f} times the CPU time."
    )
    facts = environment()
    machine = f"{facts['processor']}, torch {torch.__version__}, 1 thread"
    names = {"methods": ", ".join(METHODS), "metrics": ", ".join(f"`{metric}`" for metric in METRICS)}
    lines = [
        f"| {row.images:,.0f} | {row.data_mib:,.0f} | {row.own_mib:,.0f} | {row.cpu_seconds:,.0f} | "
        f"{1e3 * row.cpu_seconds / row.images:.1f} |"
        for row in table.itertuples()
    ]
    head = ABOUT.format(machine=machine, finding=finding, side=SIDE, pause=1e3 * PAUSE, **names)
    return head + "\n".join(lines) + "\n"


def main(folder: str | None = None) -> None:
    """Measure and write."""
    into = FOLDER if folder is None else Path(folder)
    into.mkdir(parents=True, exist_ok=True)
    table = pd.DataFrame([measured(images) for images in SIZES])
    table.to_csv(into / "streaming.csv", index=False, float_format="%.6g")
    (into / "streaming.md").write_text(page(table), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
