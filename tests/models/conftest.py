"""The tests of models neither read nor fill the user's own cache."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHYBENCH_CACHE", str(tmp_path_factory.mktemp("weights")))
        yield
