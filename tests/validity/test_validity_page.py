"""The page on validity works as it is written."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "metric_validity.md"


def test_the_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    exec(code, {})
    assert re.match(r"Validity\(metric='mine', tau=Estimate\(mean=[0-9.]+, .*worlds=2, of=2\)", capsys.readouterr().out)
