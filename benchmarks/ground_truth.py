"""Is the ground truth true? python benchmarks/ground_truth.py takes the evidence away and looks at the models' answers.

Writes docs/ground_truth.md: for each built-in model of a dataset with masks, how often it answers with the label when
it sees a sample as it is, only what lies inside the mask, and only what lies outside.
"""

from pathlib import Path

import torch
from torch import Tensor

from whybench.datasets import drawn_shapes
from whybench.loading import Bench, load
from whybench.suite import block, suite

PAGE = Path(__file__).resolve().parent.parent / "docs" / "ground_truth.md"
DARK = ("planted_patches", "digit_mosaics")
"""Their background is 0; in photographs and drawn shapes the mean stands in for what is taken away."""

ABOUT = """# Samples whose evidence is known

Made by `python benchmarks/ground_truth.py`.

Metrics of localisation compare a map with a mask, and are worth as much as the mask is true: the evidence for the label
must lie inside, for the model at hand. So it is tried. Each model sees the samples as they are, the inside of the mask
alone, and the outside alone, with a fill in place of the rest: 0 for `planted_patches` and `digit_mosaics`, which is
their background; the model's mean for photographs; for `drawn_shapes` the mean in place of the outside, and in place of
the inside the very picture without the shape, since a flat fill would leave its outline.

- samples: all that the dataset holds out, none of which a model has learned from;
- label: the share of samples in which the label's logit is the largest; in brackets what guessing would give;
- logit falls: the share of samples in which the label's logit is smaller without the evidence than with it, and by how
  much in the mean.

| model | dataset | samples | label: as it is | inside alone | outside alone | logit falls in | by |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""

BELOW = """
In mosaics, and where `drawn_shapes` shows two shapes, there is evidence for other classes beside the label's, so that
even a perfect model need not answer with the label; all of these are explained with `target='label'`. `patch_detector`
is right by construction, its weights are written down; all other models have been trained.

| dataset | sample | mask | beside it |
| --- | --- | --- | --- |
| `planted_patches` | 16 x 16 | the nine pixels of a glyph | a dim digit, two decoys as bright as the glyph |
| `drawn_shapes` | 48 x 48, colour | all pixels of the shape | gradient, noise, lines; in a quarter a second shape |
| `digit_mosaics` | 16 x 16 | one tile of four | three digits of other classes |
| `photograph_mosaics` | 224 x 224, colour | one tile of four | three photographs of other classes |
"""


def row(model: str, dataset: str) -> str:
    """One line of the table."""
    bench = load(block(model, dataset, ["gradient"], ["relevance_mass"], target="label"), "cpu")
    shown = {"whole": bench.inputs, "inside": filled(bench, keep=True), "outside": filled(bench, keep=False)}
    logits = {what: outputs(bench, inputs) for what, inputs in shown.items()}
    right = {what: (found.argmax(1) == bench.labels).double().mean().item() for what, found in logits.items()}
    fall = of_label(logits["whole"], bench.labels) - of_label(logits["outside"], bench.labels)
    guessing = f"{1 / logits['whole'].shape[1]:.1%}"
    shares = f"{right['whole']:.1%} ({guessing}) | {right['inside']:.1%} | {right['outside']:.1%}"
    falls = f"{(fall > 0).double().mean().item():.1%} | {fall.mean().item():.2f}"
    return f"| `{model}` | `{dataset}` | {len(bench.ids)} | {shares} | {falls} |"


def filled(bench: Bench, keep: bool) -> Tensor:
    """The inputs with a fill outside of the masks, or inside of them."""
    assert bench.truth is not None
    masks = bench.truth.masks[:, None]
    if bench.dataset == "drawn_shapes" and not keep:
        return torch.stack([bench.model.preprocess(drawn_shapes.background(sample)) for sample in bench.ids])
    mean = torch.as_tensor(bench.model.domain.mean).to(bench.inputs)
    fill = torch.zeros_like(mean) if bench.dataset in DARK else mean
    return torch.where(masks if keep else ~masks, bench.inputs, fill)


def outputs(bench: Bench, inputs: Tensor) -> Tensor:
    """The model's logits."""
    with torch.inference_mode():
        return torch.cat([bench.model.module(part) for part in inputs.split(16)]).clone()


def of_label(logits: Tensor, labels: Tensor) -> Tensor:
    """The labels' own."""
    return logits.gather(1, labels[:, None]).squeeze(1).double()


if __name__ == "__main__":
    pairs = [(found.model_name, found.dataset_name) for found in suite("localisation").blocks]
    PAGE.write_text(f"{ABOUT}{chr(10).join(row(*pair) for pair in pairs)}\n{BELOW}", encoding="utf-8")
