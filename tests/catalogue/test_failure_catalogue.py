"""The failure catalogue: whybench is right in every case, and the page says what the installed libraries do."""

from importlib.metadata import version

import pytest
from failures.finding import Case, Finding
from failures.page import FILES, PAGE, cases, installed, page, shown, stored

pytestmark = pytest.mark.filterwarnings("ignore")  # libraries warn about the hooks that they set

HERE = [(library, file, case) for library in installed() for file in FILES[library] for case in cases(file)]
"""All cases that can be run."""


@pytest.mark.parametrize(("library", "file", "case"), HERE, ids=[f"{file}: {case.title}" for _, file, case in HERE])
def test_whybench_is_right_and_the_page_is_what_the_library_does(library: str, file: str, case: Case) -> None:
    finding = case.run()
    assert close(finding.ours, finding.right)
    tables = stored().get(f"{library} {version(library)}")
    if tables is None:
        pytest.skip(f"the page knows no {library} {version(library)}: run python benchmarks/failure_catalogue.py")
    (row,) = (row for row in tables[file] if (row["title"], row["measure"]) == (case.title, case.measure))
    found = Finding(theirs=row["theirs"], ours=row["ours"], right=row["right"])
    assert close(found.ours, finding.ours)
    assert close(found.right, finding.right)
    assert row["why"] == case.why
    if isinstance(finding.theirs, str) or isinstance(found.theirs, str):
        assert found.theirs == finding.theirs
    else:
        assert found.theirs == pytest.approx(finding.theirs, rel=1e-2, abs=case.within)


def test_the_page_is_what_is_stored() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(stored())


def test_the_page_has_no_other_rows() -> None:
    for name in installed():
        tables = stored().get(f"{name} {version(name)}", {})
        for file, rows in tables.items():
            titles = [(case.title, case.measure) for library, other, case in HERE if (library, other) == (name, file)]
            assert [(row["title"], row["measure"]) for row in rows] == titles


def test_captum_is_wrong_in_every_row_but_one() -> None:
    """A row in which nothing goes wrong has no place here; that one is about the documentation."""
    for name, tables in stored().items():
        rows = [row for rows in tables.values() for row in rows]
        right = [row["title"] for row in rows if shown(row["theirs"]) == shown(row["right"])]
        if name.startswith("captum"):
            assert right == ["one linear layer and f(x) = 3"]


def close(one: float | str, other: float | str) -> bool:
    """Equal, numbers to 1e-9."""
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return abs(one - other) <= 1e-9
