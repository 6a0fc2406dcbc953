"""shap's TreeExplainer on the arrays of a TreeEnsemble."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from whybench.methods.attribution.shap_baselines.library import silent
from whybench.trees import TreeEnsemble


def tree_values(shap: Any, ensemble: TreeEnsemble, inputs: Tensor, background: Tensor | None) -> tuple[Tensor, Tensor]:
    """Shapley values of all outputs, (n, columns, outputs), and what they start from, (outputs,), in float64.

    background: rows of the interventional mode; None for the path-dependent mode. Inputs are rounded to float32, as
    the trees do. shap itself rounds only those that it explains, and in its interventional mode its thresholds too,
    to the nearest float32, so that samples take wrong branches; the ensemble's thresholds already are float32 values.
    """
    masker = None if background is None else shap.maskers.Independent(rounded(background), max_samples=len(background))
    mode = "tree_path_dependent" if background is None else "interventional"
    with silent():
        explainer = shap.TreeExplainer(described(ensemble), masker, feature_perturbation=mode)
        values = explainer.shap_values(rounded(inputs), check_additivity=False)
    outputs = ensemble.value.shape[1]
    start = torch.as_tensor(np.asarray(explainer.expected_value, dtype=np.float64)).reshape(outputs)
    return torch.from_numpy(values).reshape(len(inputs), ensemble.columns, outputs), start


def described(ensemble: TreeEnsemble) -> dict[str, Any]:
    """The ensemble as the dictionary that shap takes for a model, where a leaf's children are -1."""
    trees = []
    for tree in ensemble.trees():
        leaf = tree.left == np.arange(len(tree.left))
        left, right = np.where(leaf, -1, tree.left), np.where(leaf, -1, tree.right)
        trees.append(
            {
                "children_left": left,
                "children_right": right,
                "children_default": left,
                "features": np.where(leaf, -2, tree.feature),
                "thresholds": tree.threshold.astype(np.float64),
                "values": tree.value.astype(np.float64),
                "node_sample_weight": tree.cover.astype(np.float64),
            }
        )
    return {
        "trees": trees,
        "base_offset": ensemble.offset.double().cpu().numpy(),
        "tree_output": "raw_value",
        "objective": "squared_error",
        "input_dtype": np.float64,
        "internal_dtype": np.float64,
    }


def rounded(inputs: Tensor) -> np.ndarray[Any, Any]:
    """Values rounded to float32, in float64."""
    values: np.ndarray[Any, Any] = inputs.detach().float().double().cpu().numpy()
    return values
