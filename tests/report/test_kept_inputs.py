"""What a run keeps of its inputs, for pages that show them."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from tiny_run import image_data, image_model, table_model

from whybench import pictures
from whybench.loading import load
from whybench.pictures import keep_pictures
from whybench.protocols import Dataset, Model
from whybench.store import Store
from whybench.suite import block


def kept(model: Model, data: Dataset, targets: Sequence[int]) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    store, bench = Store.memory(), load(block(model, data, ["gradient"], ["complexity"]), "cpu")
    keep_pictures(store, bench, torch.tensor(targets))
    found = store.pictures(bench.digest)
    assert found is not None
    return found


def many(n: int) -> Dataset:
    return image_data(ids=tuple(f"i{k:02}" for k in range(n)))


def test_labels_and_targets_are_kept_by_name() -> None:
    tensors, facts = kept(image_model(), image_data(), [2, 2, 0, 1])
    assert json.loads(facts["ids"]) == ["a", "b", "c", "d"]
    assert json.loads(facts["target_names"]) == ["two", "two", "zero", "one"]
    assert json.loads(facts["label_names"]) == ["zero", "one", "two", "zero"]
    assert facts["output"] == "classes"
    assert tensors["targets"].tolist() == [2, 2, 0, 1]
    assert len(tensors["inputs"]) == 4


def test_labels_without_a_class_name_are_numbers() -> None:
    data = Dataset("t", [torch.zeros(3).double()] * 2, ("v", "w"), torch.tensor([151.0, 0.25], dtype=torch.float64))
    assert json.loads(kept(table_model(), data, [0, 1])[1]["label_names"]) == ["151", "0.25"]


@pytest.mark.parametrize(("room", "count"), [(8 << 20, 64), (20 * 8 * 64, 20), (0, 8)])
def test_as_many_as_there_is_room_for(monkeypatch: pytest.MonkeyPatch, room: int, count: int, tmp_path: Path) -> None:
    monkeypatch.setattr(pictures, "ROOM", room)
    assert len(kept(image_model(), many(70), [0] * 70)[0]["inputs"]) == count  # 64 float64 pixels each
