"""A run holds batches, not the data set: large tensors lie in mapped files, and are made and written part by part."""

import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from counted_bytes import live_bytes
from safetensors.torch import load, save
from torch import Tensor, nn

from whybench import digests, pictures
from whybench import room as rooms
from whybench.domains import ImageDomain
from whybench.errors import BadExplanation, BadInput
from whybench.explanations import Attribution
from whybench.protocols import Dataset, Model
from whybench.protocols.dataset import stack
from whybench.records import Record
from whybench.room import room
from whybench.runner import Options, run
from whybench.store import Store
from whybench.store.tensor_file import content
from whybench.suite import Suite, block

SIDE, ROWS = 48, 4
INPUT = 3 * SIDE * SIDE * 4
"""Bytes of one input, and of its map."""
METHODS = ("gradient", "random")
METRICS = ("complexity", "gini", "pixel_flipping(region=8, steps=2)", "insertion(region=8, steps=2, infill='blur')")


class Drawn(Sequence[Any]):
    """Images that are made when they are looked at, as those of a folder are."""

    def __init__(self, numbers: range) -> None:
        self.numbers = numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return Drawn(self.numbers[at])
        return np.random.default_rng(self.numbers[at]).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)


def ran(n: int, folder: Path, *, channels_last: bool = False) -> tuple[int, list[Record], list[str]]:
    """The most bytes alive in a run on n images, its records, and the digests of its explanations."""
    ids = tuple(f"{i:03d}" for i in range(n))
    data = Dataset("drawn", Drawn(range(n)), ids, torch.zeros(n, dtype=torch.int64))
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 2, 8, 8), nn.ReLU(), nn.Flatten(), nn.Linear(2 * (SIDE // 8) ** 2, 3)).eval()
    model = Model(
        "tiny",
        net,
        ImageDomain(low=0.0, high=1.0),
        preprocess=lambda image: torch.from_numpy(image).permute(2, 0, 1) / 255,
        channels_last=channels_last,
    )
    store = Store.open(f"sqlite:///{folder / str(n)}.db")
    with live_bytes() as live:
        records = run(Suite("drawn", (block(model, data, METHODS, METRICS),)), store, Options(rows=ROWS))
    maps = [str(record.digest) for record in store.explanation_records()]
    store.close()
    return live.peak, records, maps


def test_a_run_needs_the_same_memory_for_any_number_of_samples(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(rooms, "LARGEST", 0)
    monkeypatch.setattr(digests, "LARGEST", INPUT)
    monkeypatch.setattr(pictures, "ROOM", 0)  # inputs kept for reports have a bound of their own
    (few, records, _), (many, _, _) = ran(3 * ROWS, tmp_path), ran(9 * ROWS, tmp_path)
    assert {record.status for record in records} == {"ok"}
    assert many - few < ROWS * INPUT  # of 6 batches of inputs, and as many of maps, that there are more


@pytest.mark.parametrize("channels_last", [False, True])
def test_mapped_tensors_change_no_value(channels_last: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = []
    for largest in (0, 2**28):
        monkeypatch.setattr(rooms, "LARGEST", largest)
        (folder := tmp_path / str(largest)).mkdir()
        _, records, maps = ran(2 * ROWS + 1, folder, channels_last=channels_last)
        found.append((maps, [record.key for record in records], [record.samples for record in records]))
    assert found[0] == found[1]


@pytest.mark.parametrize("largest", [0, 2**28])
@pytest.mark.parametrize("like", [torch.zeros(2, 3, 4, 5), torch.zeros(2, 7, dtype=torch.bool), torch.zeros(1)])
def test_room_is_laid_out_as_its_batches(like: Tensor, largest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "LARGEST", largest)
    layouts = [like, like.contiguous(memory_format=torch.channels_last)] if like.ndim == 4 else [like]
    for one in layouts:
        made = room(6, one)
        assert (made.shape, made.dtype) == ((6, *one.shape[1:]), one.dtype)
        assert made.stride() == one.stride()
        made.copy_(torch.ones_like(made))
        assert (made == 1).all()


def test_where_no_file_can_be_made_there_is_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(rooms, "LARGEST", 0)
    monkeypatch.setattr(mmap, "mmap", full)
    assert room(3, torch.zeros(1, 2)).fill_(1).sum() == 6


def test_stack_is_that_of_torch() -> None:
    images = [torch.rand(4, 5, 3).permute(2, 0, 1) for _ in range(3)]
    for given in (images, [image.contiguous() for image in images]):
        assert torch.equal(stack(iter(given), 3), torch.stack(given))
        assert stack(given, 3).stride() == torch.stack(given).stride()
        assert stack(given, 3, channels_last=True).is_contiguous(memory_format=torch.channels_last)
    mixed = [torch.tensor([1, 2]), torch.tensor([0.5, 1.5])]
    assert torch.equal(stack(mixed, 2), torch.stack([one.float() for one in mixed]))
    with pytest.raises(BadInput, match="2 different shapes"):
        stack([torch.zeros(2), torch.zeros(3)], 2)


def test_batches_of_a_map_must_fit_together() -> None:
    first = Attribution(torch.ones(2, 3), torch.zeros(2, dtype=torch.int64), "sensitivity")
    joined = Attribution.join(iter([first, first]), 4)
    assert (joined.relevance.shape, joined.polarity) == ((4, 3), "sensitivity")
    other = Attribution(torch.ones(2, 1), torch.zeros(2, dtype=torch.int64))
    with pytest.raises(BadExplanation, match="expected \\(2, 3\\)"):
        Attribution.join([first, other], 4)
    with pytest.raises(BadExplanation, match="of 2 samples; expected 4"):
        Attribution.join([first], 4)


def test_a_file_is_the_library_s_in_small_parts() -> None:
    tensors = {
        "map": torch.rand(2, 3, 4, 4).contiguous(memory_format=torch.channels_last),
        "number": torch.tensor(3.5, dtype=torch.float64),
        "nothing": torch.zeros(0, 3),
        "targets": torch.arange(5),
        "mask": torch.tensor([True, False, True]),
    }
    whole = {name: tensor.contiguous() for name, tensor in tensors.items()}
    assert b"".join(content(tensors, {})) == save(whole, {})
    read = load(b"".join(content(tensors, {"a": "1", "b": "2"})))
    assert all(torch.equal(read[name], tensor) for name, tensor in tensors.items())
    large = torch.zeros(40, digests.LARGEST // 32, dtype=torch.uint8)
    assert max(len(part) for part in content({"large": large}, {})) <= digests.LARGEST
