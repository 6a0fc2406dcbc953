"""The first page: which methods are ahead of every control, what each costs, and what may not be concluded."""

from dataclasses import dataclass

from whybench.leaderboard import Table
from whybench.report.ahead import ahead_table, answer, header
from whybench.report.links import ABSENT, ACROSS, OVERVIEW
from whybench.report.origin import Origin
from whybench.report.overviews import profile_pictures
from whybench.report.pictures import Download, Picture
from whybench.report.prices import price_table
from whybench.report.sheets import Sheet, Sheets
from whybench.report.site import Page, Site


@dataclass(frozen=True)
class Answer:
    """The finding of a block; title: of the block; link: its page."""

    title: str
    link: str | None
    text: str


def write(site: Site, of: Origin) -> None:
    """index.html, after all other pages, so that it links to those that are there."""
    sheets = Sheets(site.folder, of.controls)
    ahead = ahead_table(of.views)
    content = {
        "pool": _pool(of),
        "answers": [Answer(v.title, site.known(of.links.block(v.block)), answer(v)) for v in of.views],
        "ahead": _sheet(site, of, ahead, "ahead", "Gain over the best control, by the metric that leads each block"),
        "costs": _sheet(site, of, price_table(of.views), "cost", "What explaining one sample costs"),
        "front": _front(site, of),
        "claim": of.board.claim().splitlines(),
        "flags": _flags(of),
        "absent": sum(e.status != "ok" for c in of.board.contests for e in c.entries),
        "absent_page": ABSENT,
        "profiles": [
            sheets.make(table, table.title, "Places in every family, side by side and never added up")
            for table in of.board.profile()
            if table.rows
        ],
        "profile_pictures": profile_pictures(of.board, site.folder),
        "blocks": _blocks(site, of, sheets),
        "across": site.known(ACROSS),
        "families": _families(site, of),
        "files": _files(site, of),
    }
    site.write(Page(OVERVIEW, "Overview", "index.html.j2"), content)


def _front(site: Site, of: Origin) -> list[Picture]:
    """The first block's quality against cost, as the page of costs has it."""
    found = (site.folder.pictures.get(("cost", v.block.dataset, v.block.model)) for v in of.views)
    return [picture for picture in found if picture is not None][:1]


def _pool(of: Origin) -> str:
    """How much was judged by how much, on what."""
    entries = [(e.method, e.control) for c in of.board.contests for e in c.entries]
    controls = {method.name for method, control in entries if control}
    methods = {method.name for method, _ in entries} - controls
    metrics = {c.metric.name for c in of.board.contests}
    counted = (
        (len(methods), "method"),
        (len(controls), "control"),
        (len(metrics), "metric"),
        (len(of.views), "model x dataset block"),
    )
    said = [f"{n} {what}{'' if n == 1 else 's'}" for n, what in counted]
    return f"{said[0]} and {said[1]}, judged by {said[2]} on {said[3]}."


def _flags(of: Origin) -> list[str]:
    """Every column in which a control is not beaten."""
    notes = (note for family in of.board.families for note in of.board.table(family).notes)
    return list(dict.fromkeys(note for note in notes if note.startswith("Flag")))


def _blocks(site: Site, of: Origin, sheets: Sheets) -> Sheet:
    """The blocks with their sizes, each a link to its page."""
    rows = []
    for view in of.views:
        controls = {e.method for c in view.contests for e in c.entries if e.control}
        samples = sorted({len(c.asked) for c in view.contests if c.asked})
        sizes = " to ".join(map(str, dict.fromkeys((samples[0], samples[-1])))) if samples else "0"
        counts = (len(view.method_names) - len(controls), len(controls), len(view.metric_names))
        rows.append((view.title, view.block.kind, sizes, *map(str, counts)))
    pages = {view.title: site.known(of.links.block(view.block)) for view in of.views}
    table = Table("blocks", ("block", "kind", "samples", "methods", "controls", "metrics"), tuple(rows))
    return sheets.make(table, "blocks", "Models on datasets", address=lambda _, name: pages.get(name))


def _families(site: Site, of: Origin) -> list[Sheet]:
    """Each family's headline metric over the models, or each of its metrics where it has none."""
    made = []
    for family in of.board.families:
        for k, table in enumerate(of.board.summary(family)):
            name = family if not k else f"{family} {table.title}"
            caption = f"{table.title}: mean ± half of the 95 % interval, models in columns"
            made += [sheet] if (sheet := _sheet(site, of, table, name, caption)) else []
    return made


def _sheet(site: Site, of: Origin, table: Table, name: str, caption: str) -> Sheet | None:
    """A table with blocks in columns, whose cells lead to the samples behind them; None without rows."""
    columns = {text: v for v in of.views for text in (v.title, v.block.model, header(v))}
    by_name = {v: {called: m for m, called in v.method_names.items()} for v in of.views}

    def samples(column: str, method: str) -> str | None:
        view = columns.get(column)
        found = by_name[view].get(method) if view else None
        return site.known(of.links.samples(view.block, found)) if view and found else None

    return Sheets(site.folder, of.controls).make(table, name, caption, cells=samples) if table.rows else None


def _files(site: Site, of: Origin) -> list[Download]:
    """The whole board."""
    made = {
        "board.csv": of.board.to_csv(),
        "board.tex": of.board.to_latex(),
        "board.md": of.board.to_markdown(),
    }
    called = ("CSV", "LaTeX", "Markdown")
    folder = site.folder
    return [
        Download(folder.text(folder.root / name, text), f"all boards, {kind}")
        for (name, text), kind in zip(made.items(), called, strict=True)
    ]
