"""references.bib is valid BibTeX, holds every key that the code cites, and no other."""

import ast
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from whybench.catalogue import SORTS, catalogue


@pytest.fixture(scope="module")
def entries(root: Path, generate: ModuleType) -> dict[str, object]:
    read: dict[str, object] = generate.bibliography.read(root / "docs" / "references.bib")
    return read


@pytest.fixture(scope="module")
def sources(root: Path, generate: ModuleType) -> list[str]:
    """Every source line of the package's docstrings."""
    return [found[0] for text in docstrings(root) for found in generate.SOURCE.finditer(text)]


def docstrings(root: Path) -> Iterator[str]:
    """The docstrings of the whole package, those of fields and constants included."""
    for folder in ("src/whybench", "methods", "metrics"):
        for path in (root / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                    yield str(node.value.value)


def test_every_cited_key_is_in_references_bib_and_no_other(
    entries: dict[str, object], sources: list[str], generate: ModuleType
) -> None:
    cited = {key for line in sources for key in generate.KEY.findall(line)}
    for sort, registry in SORTS.items():
        own = (e for e in catalogue(sort) if registry[e["name"]].__module__.startswith("whybench."))
        cited |= {e["reference"] for e in own if e.get("reference")}
    assert sorted(entries) == sorted(cited)


def test_source_lines_name_a_key(sources: list[str], generate: ModuleType) -> None:
    assert [line for line in sources if not generate.KEY.search(line)] == []


def test_entries_are_sorted(entries: dict[str, object]) -> None:
    assert list(entries) == sorted(entries)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("@misc{a2020, author = {A}, title = {T}, year = {2020}\n@misc{b2020,", "expected a comma or the end"),
        ("@misc{a2020, author = {A}, title = {T", "never closed"),
        ("@misc{a2020, author = A, title = {T}}", "expected field = "),
        ("@misc{a2020, author = {A}, title = {T}}", "lacks year"),
        ("@misc{a2020, author = {A}, title = {T}, year = {20}}", "four digits"),
        ("@thing{a2020, author = {A}}", "type 'thing'"),
        ("@misc{a2020, author = {A}, author = {B}}", "author twice"),
        ("@misc{a2020, author = {A}, title = {T}, year = {2020}}" * 2, "entered twice"),
        ("stray text", "no entry begins"),
    ],
)
def test_what_is_no_valid_bibtex_is_refused(tmp_path: Path, generate: ModuleType, text: str, complaint: str) -> None:
    path = tmp_path / "bad.bib"
    path.write_text(text)
    with pytest.raises(ValueError, match=complaint):
        generate.bibliography.read(path)


def test_an_entry_reads_as_one_line(tmp_path: Path, generate: ModuleType) -> None:
    path = tmp_path / "good.bib"
    path.write_text(
        "@article{m2017,\n author = {M{\\\"u}ller, K. and And{\\'e}ol, L.},\n title = {On {LRP}},\n"
        " journal = {J},\n year = {2017},\n doi = {10.1/x},\n}\n"
    )
    assert generate.bibliography.read(path)["m2017"].line() == "Müller and Andéol: On LRP. J. 2017. doi:10.1/x."
