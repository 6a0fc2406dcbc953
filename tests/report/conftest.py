from pathlib import Path

import pytest
from tiny_run import tiny_suite

from whybench.report import write_report
from whybench.runner import run
from whybench.store import Store


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    opened = Store.open(f"sqlite:///{tmp_path_factory.mktemp('store')}/tiny.db")
    run(tiny_suite(), opened)
    return opened


@pytest.fixture(scope="session")
def report(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report's folder."""
    return write_report(store, "tiny", tmp_path_factory.mktemp("report")).parent
