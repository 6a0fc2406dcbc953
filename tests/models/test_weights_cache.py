"""Cached weights: whole or not at all, damaged ones are never used."""

import errno
import os
import warnings
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from whybench.digests import module_digest
from whybench.models import weights_cache
from whybench.models.training import Recipe, trained

WEIGHTS = {"w": torch.arange(6.0).view(2, 3), "b": torch.zeros(2)}


def load() -> nn.Module:
    inputs = torch.arange(8.0).view(4, 2)
    return trained("tiny", lambda: nn.Linear(2, 2), inputs, torch.tensor([0, 1, 0, 1]), Recipe(3, 2, 0.1))


def test_round_trip(tmp_path: Path) -> None:
    weights_cache.write(tmp_path / "deep" / "w.safetensors", WEIGHTS, "key")
    found = weights_cache.read(tmp_path / "deep" / "w.safetensors", "key")
    assert found is not None
    assert found.keys() == WEIGHTS.keys()
    assert all(torch.equal(found[name], WEIGHTS[name]) for name in WEIGHTS)
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["w.safetensors"]


def test_nothing_stored(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert weights_cache.read(tmp_path / "none.safetensors", "key") is None


def test_weights_of_another_key_are_not_used(tmp_path: Path) -> None:
    weights_cache.write(tmp_path / "w", WEIGHTS, "key")
    with pytest.warns(UserWarning, match="sha256"):
        assert weights_cache.read(tmp_path / "w", "other") is None


@pytest.mark.parametrize("damage", ["one bit", "cut off", "empty", "text"])
def test_damaged_weights_are_trained_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str) -> None:
    monkeypatch.setenv("WHYBENCH_CACHE", str(tmp_path))
    digest = module_digest(load())
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    one_bit = whole[:-1] + bytes([whole[-1] ^ 1])
    file.write_bytes({"one bit": one_bit, "cut off": whole[:-9], "empty": b"", "text": b"no weights" * 9}[damage])
    with pytest.warns(UserWarning, match="damaged") as caught:
        assert module_digest(load()) == digest
    assert str(file) in str(caught[0].message)
    assert file.read_bytes() == whole
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert module_digest(load()) == digest


def test_a_directory_that_cannot_be_written_means_training_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("WHYBENCH_CACHE", str(tmp_path / "file" / "cache"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert module_digest(load()) == module_digest(load())


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    weights_cache.write(tmp_path / "w", WEIGHTS, "key")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights_cache.write(tmp_path / "w", WEIGHTS, "key")
    whole = (tmp_path / "w").read_bytes()

    def interrupted(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    other: dict[str, Tensor] = {"w": torch.ones(9)}
    with pytest.raises(KeyboardInterrupt):
        weights_cache.write(tmp_path / "w", other, "key")
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [whole]


def test_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere")
    monkeypatch.delenv("WHYBENCH_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert weights_cache.directory() == Path("/somewhere/.cache/whybench")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert weights_cache.directory() == Path("/xdg/whybench")
    monkeypatch.setenv("WHYBENCH_CACHE", "/own")
    assert weights_cache.directory() == Path("/own")
