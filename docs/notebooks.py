"""Run the notebooks of docs/notebooks/ again, in place: `python docs/notebooks.py [NAME ...]`.

Without names all of them. Needs the extra: python -m pip install 'whybench[notebooks]'. What they show is stored with
them, so that they can be read where nothing runs; a cell that raises or warns stops everything and nothing is written.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

FOLDER = Path(__file__).parent / "notebooks"
LARGEST = 500_000
"""Bytes of a notebook."""
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def remade(path: Path) -> NotebookNode:
    """The notebook after all of its cells have run in a kernel of their own, from the folder that it lies in."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3", record_timing=False, resources=_here()).execute()
    notebook.metadata = NotebookNode({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    for number, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{number}", NotebookNode()
        for output in cell.get("outputs", ()):
            if output.output_type == "stream" and output.name == "stderr":
                raise SystemExit(f"{path.name}, cell {number}, warns:\n{output.text}")
            if "image/png" in output.get("data", {}):
                del output.data["text/plain"]  # the size of the picture, in words
    return notebook


def _here() -> dict[str, dict[str, str]]:
    return {"metadata": {"path": str(FOLDER)}}


def main(names: list[str]) -> None:
    """Remake the notebooks with these names."""
    known = {path.stem: path for path in sorted(FOLDER.glob("*.ipynb"))}
    for name in names or known:
        if name not in known:
            raise SystemExit(f"no notebook {name!r}; there are: {', '.join(known)}")
        text = nbformat.writes(remade(known[name])) + "\n"
        if len(text) > LARGEST:
            raise SystemExit(f"{name}: {len(text):,} bytes; at most {LARGEST:,} are allowed")
        known[name].write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
