"""A golden: facts as JSON that a reader can check, tensors as safetensors, and why it was last changed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from math import isfinite
from pathlib import Path
from re import sub
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from whybench.digests import tensors_digest
from whybench.environment import library_version
from whybench.errors import BadInput, shown
from whybench.records import PROTOCOL


@dataclass(frozen=True)
class Golden:
    """Where one value of one test is kept: `<test file without .py>/<test>.<value>.json`, beside it the tensors."""

    folder: Path
    test: str
    value: str

    @property
    def facts_file(self) -> Path:
        return self.folder / f"{slug(self.test)}.{slug(self.value)}.json"

    @property
    def tensors_file(self) -> Path:
        return self.facts_file.with_suffix(".safetensors")

    def read(self) -> dict[str, Any] | None:
        """The facts, None where there is no golden yet; raises BadInput where the file is no golden."""
        if not self.facts_file.is_file():
            return None
        try:
            facts = json.loads(self.facts_file.read_text(encoding="utf-8"))
        except (UnicodeDecodeError, json.JSONDecodeError) as error:
            raise BadInput(f"{self.facts_file} is no golden ({error}); take it from version control") from error
        if not isinstance(facts, dict) or not str(facts.get("reason", "")).strip():
            raise BadInput(f"{self.facts_file} is no golden: it gives no reason; take it from version control")
        return facts

    def scores(self, facts: Mapping[str, Any]) -> dict[str, float | None]:
        """The scores of the facts by sample id; raises BadInput where they are none, or no finite numbers."""
        found = facts.get("scores")
        if not isinstance(found, dict):
            raise BadInput(f"{self.facts_file} is no golden of scores: it holds none; take it from version control")
        for name, score in found.items():
            if score is not None and not (type(score) in (int, float) and isfinite(score)):
                raise BadInput(
                    f"{self.facts_file} is no golden: {shown(score)} for sample {shown(name)} is no finite number; "
                    "take it from version control"
                )
        return found

    def tensors(self, digest: str) -> dict[str, Tensor]:
        """The tensors; raises BadInput where they are missing, or are not those of the facts."""
        try:
            found = load(self.tensors_file.read_bytes())
        except (OSError, SafetensorError) as error:
            raise BadInput(f"{self.tensors_file} cannot be read ({error}); take it from version control") from error
        if tensors_digest(found) != digest:
            raise BadInput(f"{self.tensors_file} was changed: not what {self.facts_file.name} says of it")
        return found

    def write(self, reason: str, facts: Mapping[str, Any], tensors: Mapping[str, Tensor] | None = None) -> None:
        """Put a new golden in the place of the old one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if tensors is not None:
            self.tensors_file.write_bytes(save({name: one.contiguous() for name, one in tensors.items()}))
        made_with = {"whybench": library_version("whybench"), "torch": library_version("torch")}
        whole = {"reason": reason, "protocol": PROTOCOL, "made_with": made_with, **facts}
        self.facts_file.write_text(json.dumps(whole, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def slug(name: str) -> str:
    """A file name of a test's name; where signs were replaced, a digest keeps two tests apart.

    >>> slug("test_mine"), slug("test_mine[a/b]")
    ('test_mine', 'test_mine_a_b_-b7476b06')
    """
    plain = sub(r"[^A-Za-z0-9_-]", "_", name)[:100]
    return plain if plain == name else f"{plain}-{sha256(name.encode()).hexdigest()[:8]}"
