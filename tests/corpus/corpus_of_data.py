"""Bugs of datasets: which clause catches each."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from corpus_row import Row

from whybench.datasets.digits import Digits
from whybench.protocols import Dataset, DatasetLoader

WORKERS = 100


@dataclass(frozen=True)
class Filled(DatasetLoader):
    """What is left of the last round of workers is filled with the first samples once more."""

    name: ClassVar[str] = "filled"
    domain: ClassVar[str] = "image"

    def load(self) -> Dataset:
        whole = Digits().load()
        places = [place % len(whole) for place in range(-(-len(whole) // WORKERS) * WORKERS)]
        samples, ids = [whole.samples[place] for place in places], tuple(whole.ids[place] for place in places)
        return replace(whole, samples=samples, ids=ids, labels=whole.labels[torch.tensor(places)])


DATASETS = (Row("torch #25162", "the last batch is filled with samples that were there", "digits", Filled(), "C1"),)
