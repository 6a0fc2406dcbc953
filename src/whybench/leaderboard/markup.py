"""Tables in Markdown, LaTeX and HTML, and tidy rows in CSV; text is escaped for each."""

import csv
import html
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence

from whybench.leaderboard.table import Table

FORMULA = "=+-@＝＋－＠"
"""A spreadsheet reads a cell that begins with one of these as a formula."""

_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "±": r"$\pm$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "†": r"$\dagger$",
    "—": "---",
    "–": "--",
    **{sign: f"\\{sign}" for sign in "{}$&#%_"},
}


def printable(text: str) -> str:
    """`text` on one line, without control, format and surrogate characters.

    >>> printable("two\\nlines\\x1b[31m")
    'two lines[31m'
    """
    spaced = "".join(" " if c in "\t\r\n\v\f\x85\u2028\u2029" else c for c in text)
    return "".join(c for c in spaced if unicodedata.category(c) not in {"Cc", "Cf", "Cs"})


def markdown_text(text: str) -> str:
    """`text` for a cell or line of GitHub-flavoured Markdown."""
    escaped = re.sub(r"([\\`*~|\[\]])", r"\\\1", printable(text))
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def latex_text(text: str) -> str:
    """`text` for LaTeX in text mode."""
    return "".join(_LATEX.get(c, c) for c in printable(text))


def html_text(text: str) -> str:
    """`text` for HTML, in elements and in quoted attributes."""
    return html.escape(printable(text), quote=True)


def csv_text(text: str) -> str:
    """`text` for a spreadsheet: an apostrophe before what would be read as a formula."""
    clean = printable(text)
    return f"'{clean}" if clean.lstrip()[:1] in tuple(FORMULA) else clean


def csv_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV; numbers as they are (shortest form that reads back the same), text escaped, nothing for None."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([csv_text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return out.getvalue()


def markdown(table: Table) -> str:
    """A heading, the table, and the notes as a list."""

    def line(cells: Iterable[str]) -> str:
        return f"| {' | '.join(cells)} |"

    lines = [f"## {markdown_text(table.title)}", "", line(map(markdown_text, table.headers))]
    lines.append(line("---" for _ in table.headers))
    lines += [line(map(markdown_text, row)) for row in table.rows]
    lines += ["", *(f"- {markdown_text(note)}" for note in table.notes)]
    return "\n".join(lines) + "\n"


def latex(table: Table) -> str:
    """A table environment for the booktabs package."""

    def line(cells: Iterable[str]) -> str:
        return " & ".join(latex_text(cell) for cell in cells) + r" \\"

    lines = [r"\begin{table}", r"\centering", rf"\caption{{{latex_text(table.title)}}}"]
    lines += [rf"\begin{{tabular}}{{{'l' * len(table.headers)}}}", r"\toprule", line(table.headers), r"\midrule"]
    lines += [line(row) for row in table.rows]
    lines += [r"\bottomrule", r"\end{tabular}"]
    lines += [rf"\par\footnotesize {latex_text(note)}" for note in table.notes]
    return "\n".join([*lines, r"\end{table}"]) + "\n"


def html_table(table: Table) -> str:
    """A table element with its caption, and the notes as a list."""
    head = "".join(f'<th scope="col">{html_text(cell)}</th>' for cell in table.headers)
    body = "\n".join("<tr>" + "".join(f"<td>{html_text(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
    listed = "".join(f"<li>{html_text(note)}</li>" for note in table.notes)
    return (
        f"<table>\n<caption>{html_text(table.title)}</caption>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody>\n</table>\n" + (f"<ul>{listed}</ul>\n" if listed else "")
    )
