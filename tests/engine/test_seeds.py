"""A seed is a whole number of at least 0, wherever it is given."""

from typing import Any

import pytest
import torch

from whybench import Suite, evaluate
from whybench import method as find_method
from whybench.errors import BadParameter


@pytest.mark.parametrize("seed", ["a", "1", 1.0, -1, True, None])
def test_what_is_no_seed_is_refused(seed: Any) -> None:
    net, inputs = torch.nn.Linear(3, 2), torch.ones(2, 3)
    message = rf"^seed={seed!r}; a whole number \(int\) >= 0 is needed$"
    with pytest.raises(BadParameter, match=message):
        Suite("mine", (), seed)
    with pytest.raises(BadParameter, match=message):
        evaluate(net, inputs, methods=["random"], metrics=["srg"], seed=seed)
    with pytest.raises(BadParameter, match=message):
        find_method("random").attribute(net, inputs, seed=seed)  # type: ignore[attr-defined]
    if seed is not None:
        with pytest.raises(BadParameter, match=message):
            Suite("mine", ()).limited(seed=seed)


def test_large_seeds_are_seeds() -> None:
    assert Suite("mine", (), 2**80).limited(seed=0).seed == 0
