"""The clauses of datasets."""

import numpy as np
import torch

from whybench.checking.clause import Inapplicable, clause, insist
from whybench.checking.traces import changes, generators
from whybench.loading import load_dataset
from whybench.protocols import Dataset
from whybench.suite import DatasetLike

FIRST = 64
"""Samples that are looked at."""


@clause(
    1,
    "dataset",
    "shape",
    "Samples are finite arrays, one a unique id, with labels that are classes where classes are named; masks are "
    "boolean and fit their samples.",
    "drop or repair the samples that are named",
)
def samples(thing: DatasetLike) -> None:
    data = load_dataset(thing)
    for position, sample in enumerate(data.samples[:FIRST]):
        finite = bool(np.isfinite(np.asarray(sample, dtype=np.float64)).all())
        insist(finite, f"sample {data.ids[position]!r} is not finite")
    if data.class_names:
        outside = sorted({int(label) for label in data.labels if not 0 <= label < len(data.class_names)})
        insist(not outside, f"labels {outside[:5]} of {len(data.class_names)} classes")
    for position, mask in enumerate(data.masks[:FIRST] if data.masks is not None else []):
        shape = np.asarray(data.samples[position]).shape
        said = f"mask {mask.dtype} {mask.shape} of sample {data.ids[position]!r}, {shape}"
        insist(mask.dtype == np.bool_ and mask.shape in (shape, shape[:2], shape[-2:]), said)


@clause(
    2,
    "dataset",
    "type",
    "Samples are numbers of one type with as many dimensions each, those of the training part too; labels are int64 "
    "classes or finite float64 values.",
    "convert when they are read: labels.long() for classes, labels.double() for values",
)
def types(thing: DatasetLike) -> None:
    data = load_dataset(thing)
    insist(data.labels.dtype in (torch.int64, torch.float64), f"labels are {data.labels.dtype}")
    bad = [data.ids[int(i)] for i in (~torch.isfinite(data.labels)).nonzero()]
    insist(not bad, f"labels are not finite: {', '.join(bad[:4])}")
    parts = [data] if data.training is None else [data, data.training]
    arrays = [(part.ids[i], np.asarray(part.samples[i])) for part in parts for i in range(min(FIRST, len(part)))]
    first = arrays[0][1]
    insist(first.dtype.kind in "fiu", f"sample {arrays[0][0]!r} is {first.dtype}, no numbers")
    for name, array in arrays:
        said = f"sample {name!r} is {array.dtype} of {array.ndim} dimensions"
        insist(
            (array.dtype, array.ndim) == (first.dtype, first.ndim), f"{said}, the first {first.dtype} of {first.ndim}"
        )


@clause(
    3,
    "dataset",
    "determinism",
    "Loaded twice it has the same samples, labels, ids and masks, by their digest.",
    "draw by the sample's name from whybench.streams.Streams, and sort what is read from a folder",
)
def same_again(thing: DatasetLike) -> None:
    one, other = load_dataset(thing), load_dataset(thing)
    insist(one.digest == other.digest, f"digest {one.digest[:12]}, then {other.digest[:12]}")


@clause(
    5,
    "dataset",
    "random-state isolation",
    "Loading it leaves the global generators as they were.",
    "use a generator of your own",
)
def generators_untouched(thing: DatasetLike) -> None:
    before = generators()
    load_dataset(thing)
    moved = changes(before, generators())
    insist(not moved, f"loading moved: {'; '.join(moved)}")


@clause(
    7,
    "dataset",
    "order equivariance",
    "The first samples are the same whether few or all are taken.",
    "name and draw samples by what they are, not by how many there are",
)
def first_ones(thing: DatasetLike) -> None:
    data = load_dataset(thing)
    few = data.take(2)
    insist(few.ids == data.ids[:2], f"ids {few.ids} of two, {data.ids[:2]} of all")
    for name, one, other in zip(few.ids, few.samples, data.samples, strict=False):
        same = np.array_equal(np.asarray(one), np.asarray(other))
        insist(same, f"the first sample of two is not that of all: {name!r}")
    insist(len(set(data.ids)) == len(data.ids), "two samples have one id")


@clause(
    21,
    "dataset",
    "idempotent reading",
    "A sample that is read again is the same, and so is one of a second loading after the first was written into.",
    "read without state, and give copies of what is kept: array.copy()",
)
def read_again(thing: DatasetLike) -> None:
    data = load_dataset(thing)
    kept = [np.array(data.samples[position]) for position in range(min(FIRST, len(data)))]
    for position, sample in enumerate(kept):
        again = np.asarray(data.samples[position])
        insist(np.array_equal(again, sample), f"sample {data.ids[position]!r} differs when it is read again")
    first = np.asarray(data.samples[0])
    if isinstance(thing, Dataset) or not first.flags.writeable:
        return
    first[...] = 0
    later = np.array(load_dataset(thing).samples[0])
    first[...] = kept[0]
    said = f"sample {data.ids[0]!r} of a second loading is what was written into that of the first"
    insist(np.array_equal(later, kept[0]), said)


@clause(
    8,
    "dataset",
    "held-out samples",
    "No sample that is explained is among those that models were trained on.",
    "take the duplicates out of the held-out part",
)
def held_out(thing: DatasetLike) -> None:
    data = load_dataset(thing)
    if data.training is None:
        raise Inapplicable("it has no training part")
    seen = {np.ascontiguousarray(sample).tobytes() for sample in data.training.samples}
    double = [data.ids[i] for i, sample in enumerate(data.samples) if np.ascontiguousarray(sample).tobytes() in seen]
    insist(not double, f"{len(double)} samples are in the training part: {', '.join(double[:4])}")
