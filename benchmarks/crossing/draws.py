"""Quantus' metrics given our draws, since two random numbers cannot be compared otherwise.

Each subclass changes what Quantus draws, through an argument that Quantus offers or the generator that it calls, and
nothing else.
"""

from typing import Any
from unittest import mock

import numpy as np
import torch

from whybench.metrics.attribution.faithfulness_correlation import part_of
from whybench.metrics.attribution.nearby_inputs import nearby
from whybench.metrics.attribution.quantus_adapters import METRICS
from whybench.metrics.attribution.quantus_adapters.adapter import QuantusMetric
from whybench.metrics.attribution.subset_outputs import random_subsets
from whybench.protocols import Case, Scores

Array = np.ndarray[Any, Any]


def quantus(name: str, /, **parameters: Any) -> QuantusMetric:
    """A metric of Quantus as it comes, with some of its own parameters."""
    return METRICS[f"quantus/{name}"](**parameters)


def normalised_alone(name: str, /, **parameters: Any) -> QuantusMetric:
    """Each map divided by its own largest value, and not by that of the whole batch."""

    class Alone(METRICS[f"quantus/{name}"]):  # type: ignore[misc]
        def constructed(self, case: Case[Any]) -> dict[str, Any]:
            axes = tuple(range(1, case.inputs.ndim))
            return super().constructed(case) | {"normalise_func_kwargs": {"normalise_axes": axes}}

    return Alone(**parameters)


def near(name: str, radius: float, /, **parameters: Any) -> QuantusMetric:
    """The inputs nearby that ours ask about, `nr_samples` of them."""

    class Near(METRICS[f"quantus/{name}"]):  # type: ignore[misc]
        def constructed(self, case: Case[Any]) -> dict[str, Any]:
            inputs = iter([nearby(case, k, radius).flatten(1).numpy() for k in range(self.nr_samples)])

            def moved(arr: Array, indices: Array, **_: Any) -> Array:
                found: Array = next(inputs)
                return found

            return super().constructed(case) | {"perturb_func": moved}

    return Near(**parameters)


def same_subsets(share: float, /, **parameters: Any) -> QuantusMetric:
    """Faithfulness correlation on the subsets that ours draws, by way of the generator that Quantus calls."""

    class Subsets(METRICS["quantus/faithfulness_correlation"]):  # type: ignore[misc]
        def constructed(self, case: Case[Any]) -> dict[str, Any]:
            return super().constructed(case) | {"subset_size": part_of(case.inputs[0].numel(), share)}

        def score(self, case: Case[Any]) -> Scores:
            features = case.inputs[0].numel()
            size = part_of(features, share)
            drawn = list(random_subsets(case.streams, case.ids, features, size, self.nr_runs).numpy())
            order = iter([subsets[k] for k in range(self.nr_runs) for subsets in drawn])
            with mock.patch.object(np.random, "choice", side_effect=order):
                return super().score(case)

    return Subsets(**parameters)


def same_values(**parameters: Any) -> QuantusMetric:
    """Monotonicity correlation with the values that ours draws in place of each feature."""

    class Values(METRICS["quantus/monotonicity_correlation"]):  # type: ignore[misc]
        def constructed(self, case: Case[Any]) -> dict[str, Any]:
            features, low, high = case.inputs[0].numel(), float(case.domain.low), float(case.domain.high)
            drawn = [case.streams.uniform("resampled", i, 0, (self.nr_samples, features)) for i in case.ids]
            values = low + (high - low) * torch.stack(drawn).numpy()
            calls, rows = iter(range(10**9)), np.arange(len(case))[:, None]

            def replace(arr: Array, indices: Array, **_: Any) -> Array:
                new = arr.copy()
                new[rows, indices] = values[rows, next(calls) % self.nr_samples, indices]
                return new

            return super().constructed(case) | {"perturb_func": replace}

    return Values(**parameters)


def same_noise(**parameters: Any) -> QuantusMetric:
    """ROAD with our noise on its imputed pixels."""

    class Noise(METRICS["quantus/road"]):  # type: ignore[misc]
        def constructed(self, case: Case[Any]) -> dict[str, Any]:
            from quantus.functions.perturb_func import noisy_linear_imputation

            noise = 0.01 * case.domain.normal("infill/noisy_linear", case.inputs, case.ids, case.streams).numpy()
            images = case.inputs.numpy()

            def impute(arr: Array, indices: Array, **_: Any) -> Array:
                sample = next(i for i, image in enumerate(images) if np.array_equal(arr, image))
                filled: Array = noisy_linear_imputation(arr=arr, indices=indices, noise=0.0).copy()
                filled.reshape(1, -1)[:, indices] += noise[sample].reshape(1, -1)[:, indices]
                return filled

            return super().constructed(case) | {"perturb_func": impute}

    return Noise(**parameters)


def same_classes(**parameters: Any) -> QuantusMetric:
    """The random logit test with the other class that ours draws, and rank correlation for SSIM."""

    class Classes(METRICS["quantus/random_logit"]):  # type: ignore[misc]
        def constructed(self, case: Case[Any]) -> dict[str, Any]:
            from quantus.functions.similarity_func import correlation_spearman

            return super().constructed(case) | {"similarity_func": correlation_spearman}

        def score(self, case: Case[Any]) -> Scores:
            classes = case.predict(case.inputs[:1]).shape[1]
            drawn = [
                int(torch.randint(classes - 1, (), generator=case.streams.generator("random_logit", i)))
                for i in case.ids
            ]
            with mock.patch.object(np.random, "randint", return_value=np.array(drawn)):
                return super().score(case)

    return Classes(**parameters)
