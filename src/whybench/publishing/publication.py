"""Publishing a board: the site, the boards, the records as Parquet, and a manifest with the digest of each file."""

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from pyarrow import parquet

from whybench import registries
from whybench.environment import library_version
from whybench.errors import NothingSelected, NotWritable, Refused, UsageError
from whybench.exporting import export
from whybench.leaderboard import Leaderboard
from whybench.publishing import files, plan
from whybench.publishing.boards import BOARDS, texts
from whybench.publishing.columns import RECORDS
from whybench.publishing.files import File
from whybench.publishing.manifest import Manifest, read_manifest
from whybench.publishing.notes import renamed, write_notes
from whybench.publishing.reading import read_records
from whybench.publishing.verifying import verify
from whybench.publishing.writing import record_tables
from whybench.records import Record
from whybench.store import Store

SITE = "site"
TABLES = (*RECORDS, "scores", "curves", "costs", "explanations", "timings")


def publish(store: Store, to: Path, suite: str, beside: bool = False) -> Manifest:
    """Write a suite's board to the folder `to`, so that others can check it; returns the manifest.

    site/: the report; board.md, board.csv, board.json and timing.csv; cell_records, sample_records and
    explanation_records.parquet, from which all of that is computed; scores, curves, costs and explanations.parquet as
    `export` writes them; manifest.json. Tensors stay out: a re-run makes them anew. An older publication in the folder
    is replaced. beside: other files that lie there are kept, and listed with the others; else they are an error.

    Raises NothingSelected for an empty board, UsageError for a folder that holds something else, Refused for a board
    that `verify` would not accept, one with missing cells say, NotWritable where the folder cannot be written.
    """
    registries.fill()
    old = _old(to, beside)
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary) / "publication"  # with the ordinary permissions of a folder
        work.mkdir()
        manifest = _write(store, work, suite)
        found = verify(work)
        if not found.ok:
            raise Refused(
                f"the board of {suite!r} cannot be published: {'; '.join(found.problems)}. Run it again first"
            )
        try:
            to.mkdir(parents=True, exist_ok=True)
            _clear(to, old)
            shutil.copytree(work, to, dirs_exist_ok=True)
        except OSError as error:
            raise NotWritable(f"cannot write to {to}: {error.strerror or error}") from error
    if beside:
        manifest = _listed(to, manifest)
    write_notes(to, renamed(found, manifest.digest))
    return manifest


def seal(folder: Path) -> Manifest:
    """List all files of a published folder anew, those that were added beside the publication too.

    Raises Refused where the publication itself was changed.
    """
    manifest = _listed(folder, read_manifest(folder))
    found = verify(folder)
    if not found.ok:
        raise Refused(f"{folder} does not agree with itself: {'; '.join(found.problems)}. Publish it again")
    write_notes(folder, found)
    return manifest


def _write(store: Store, work: Path, suite: str) -> Manifest:
    """Everything but the notes, in an empty folder."""
    from whybench.report import write_report  # verify draws nothing: it shall not load what draws

    records, made = store.records(suite), store.explanation_records(suite)
    if not records:
        raise NothingSelected(f"suite {suite!r} has no cells in this store; run it first")
    explained = store.explained(suite)
    export(store, work, suite, tensors=False)
    for name, table in record_tables(records, made, explained).items():
        parquet.write_table(table, work / f"{name}.parquet")
    found = read_records(work, suite)
    for name, text in texts(Leaderboard(found.cells, found.explanations)).items():
        (work / name).write_text(text, encoding="utf-8", newline="\n")
    site = work / SITE
    write_report(store, suite, site)
    for hidden in site.rglob(".*"):  # the report's own note of what it was made from
        hidden.unlink()
    noted = store.last_run(suite) or {}
    manifest = Manifest(
        suite=suite,
        asked=tuple(dict.fromkeys(line for line in store.boards.asked(suite) if line)),
        device=str(noted.get("device", "cpu")),
        environment=noted.get("environment", {}),
        libraries={name: library_version(name) for name in _libraries(records)},
        plan=plan.grids(records),
        records=found.digest,
        files={},
    )
    return _listed(work, manifest)


def _listed(folder: Path, manifest: Manifest) -> Manifest:
    """The manifest with every file of the folder, written there."""
    sizes, problems = files.listing(folder)
    if problems:
        raise Refused(f"{folder} cannot be published: {'; '.join(problems)}")
    listed = {name: File(size, files.digest(folder, name)) for name, size in sizes.items()}
    made = replace(manifest, files=listed)
    (folder / files.MANIFEST).write_text(made.text(), encoding="utf-8")
    return made


def _libraries(records: Iterable[Record]) -> list[str]:
    """What the registered methods and metrics declare beside the engine."""
    declared = {
        library
        for registry, name in {pair for r in records for pair in (("methods", r.subject.method), ("metrics", r.metric))}
        if name in getattr(registries, registry)
        for library in getattr(registries, registry)[name].libraries
    }
    return sorted(declared)


def _old(to: Path, beside: bool) -> list[str]:
    """The files of an older publication in the folder, without those that lie beside it."""
    if not to.exists():
        return []
    if not to.is_dir():
        raise UsageError(f"{to} is no folder; name one that is new or holds an older publication")
    there = [path.relative_to(to).as_posix() for path in to.rglob("*") if not path.is_dir()]
    ours = {files.MANIFEST, *files.NOTES, *filter(_written, there)} if files.MANIFEST in there else set()
    if not beside and (others := sorted(set(there) - ours)):
        raise UsageError(f"{to} holds other files ({others[0]}); name a new folder, or an older publication")
    return [name for name in there if name in ours]


def _written(name: str) -> bool:
    """Whether `publish` itself writes a file of that name."""
    return name.startswith(f"{SITE}/") or name in BOARDS or name in {f"{table}.parquet" for table in TABLES}


def _clear(to: Path, names: Iterable[str]) -> None:
    """Remove the files of an older publication, and the folders that are empty then."""
    for name in names:
        (to / name).unlink(missing_ok=True)
    for folder in sorted((path for path in to.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
