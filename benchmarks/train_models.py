"""The weights that whybench ships: python benchmarks/train_models.py trains all built-in models and suites' seeds.

Writes src/whybench/models/shipped/: one file a model and seed, named by the architecture, the recipe and the data that
decide the weights, and README.md, which says of which machine they are. Needs the extra `pool` (MNIST); about a minute
of one core. Where a suite names another seed, or a recipe changes, run it again: until then that model is trained on
the spot.
"""

import os
import tempfile
from pathlib import Path

from safetensors.torch import load_file

from whybench import registries
from whybench.environment import environment
from whybench.models import training, weights_cache
from whybench.models.learner import Learned
from whybench.resolver import resolve
from whybench.suite import suite

FOLDER = training.SHIPPED
OF_ONES_OWN = ("imagenet_folder",)
"""Suites of a user's own data."""

ABOUT = """# Weights of the built-in models

Made by `python benchmarks/train_models.py`: a file for each model, and for each seed that a suite names, so that
everyone explains the same networks. Elsewhere the same training rounds otherwise, and after hundreds of steps it is
another network, of the same quality. These are of {processor}, {system}, torch {torch}.

A file is named by its model and by a digest of architecture, recipe (the seed among it) and data; what has no file is
trained on the spot and kept in the user's cache. The weights are whybench's own, under its license.

| model | file | numbers |
| --- | --- | ---: |
"""


def models() -> list[str]:
    """All built-in models that whybench trains, and those that suites name with a seed."""
    registries.fill()
    suites = [suite(name) for name in registries.suites if name not in OF_ONES_OWN]
    named = {block.model_name for each in suites for block in each.blocks}
    own = {name for name in registries.models if issubclass(registries.models[name], Learned)}
    return sorted(own | {spec for spec in named if isinstance(resolve(registries.models, spec), Learned)})


def train(spec: str, cache: Path) -> tuple[Path, int]:
    """The model's weights, trained anew and shipped: the file, and how many numbers they are."""
    before = set(cache.iterdir())
    resolve(registries.models, spec).load()
    (file,) = set(cache.iterdir()) - before
    name, what, _ = file.stem.split("-")
    weights, shipped = load_file(file), FOLDER / f"{name}-{what}.safetensors"
    weights_cache.write(shipped, weights, what)
    return shipped, sum(tensor.numel() for tensor in weights.values())


def main() -> None:
    """Train all of them where nothing is shipped or cached, and tell of it; what no model asks for goes at the end."""
    here, rows, left = environment(), [], set(FOLDER.glob("*.safetensors"))
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        os.environ["WHYBENCH_CACHE"] = folder
        training.SHIPPED = cache / "none"
        for spec in models():
            file, numbers = train(spec, cache)
            left.discard(file)
            rows.append(f"| `{spec}` | `{file.name}` | {numbers:,} |")
            print(rows[-1], flush=True)  # noqa: T201
    for file in left:
        file.unlink()
    told = ABOUT.format(processor=here["processor"], system=here["system"], torch=here["libraries"]["torch"])
    (FOLDER / "README.md").write_text(told + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
