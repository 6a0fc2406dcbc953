"""What the tests of worlds share lies beside them; networks are trained into a cache of the tests' own."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session", autouse=True)
def own_weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHYBENCH_CACHE", str(tmp_path_factory.mktemp("weights")))
        yield
