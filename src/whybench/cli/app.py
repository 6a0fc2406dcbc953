"""The commands and their options."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from whybench.cli.compare_command import compare
from whybench.cli.exits import Exit, code_of
from whybench.cli.flags import Command, Group
from whybench.cli.options import DEFAULT_STORE, Artifacts, Json, StoreUrl
from whybench.cli.publish_commands import merge, publish, verify
from whybench.errors import BadParameter, WhybenchError

app = typer.Typer(
    name="whybench",
    cls=Group,
    help="Benchmark explanations: methods x metrics x models x datasets -> leaderboards and timing profiles.",
    epilog="Exit codes: 0 ok, 1 regression or failed check, 2 usage, 3 finished with failed cells, 4 nothing selected, "
    "74 disk full or not writable, 130 interrupted (run again to go on).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def whole_number(text: str) -> int:
    """A seed as it was written."""
    try:
        return int(text)
    except ValueError:
        raise BadParameter(f"--seed={text!r}; a whole number (int) >= 0 is needed") from None


@app.command("list", cls=Command)
def list_(
    sort: Annotated[str, typer.Argument(help="methods, metrics, models, datasets, suites or kinds")],
    kind: Annotated[str | None, typer.Option(help="Only those of one kind of explanation.")] = None,
    json: Json = False,
) -> None:
    """List what is registered."""
    from whybench.cli.reading import show_list

    show_list(sort, kind, json)


@app.command(cls=Command)
def info(
    name: Annotated[str, typer.Argument(help="A method, metric, model, dataset or suite.")], json: Json = False
) -> None:
    """Show what is known of one name: definition, parameters, needs, source."""
    from whybench.cli.reading import show_info

    show_info(name, json)


@app.command(cls=Command)
def run(
    suite: Annotated[str | None, typer.Argument(help="A suite: a name, name(option=value) or file.py:attr.")] = None,
    model: Annotated[str | None, typer.Option("-M", "--model", help="Instead of a suite: one model.")] = None,
    dataset: Annotated[str | None, typer.Option("-D", "--dataset", help="... one dataset.")] = None,
    method: Annotated[list[str] | None, typer.Option("-m", "--method", help="... methods, repeatable.")] = None,
    metric: Annotated[list[str] | None, typer.Option("-x", "--metric", help="... metrics, repeatable.")] = None,
    samples: Annotated[int | None, typer.Option(min=1, help="Samples a dataset, from the first.")] = None,
    seed: Annotated[
        int | None, typer.Option(parser=whole_number, metavar="<int>", help="Seed of all random streams.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, cuda:1, mps.")] = "cpu",
    batch_size: Annotated[int | None, typer.Option(min=1, help="Rows a pass; calibrated where not given.")] = None,
    channels_last: Annotated[
        bool | None,
        typer.Option("--channels-last/--channels-first", help="Memory layout; calibrated where nothing says."),
    ] = None,
    store: StoreUrl = DEFAULT_STORE,
    artifacts: Artifacts = None,
    report: Annotated[Path | None, typer.Option(help="Folder of the report, by default whybench-report/SUITE.")] = None,
    timing: Annotated[bool, typer.Option("--timing", help="Measure seconds in repeated interleaved rounds.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Compute everything again.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the cells; compute nothing.")] = False,
) -> None:
    """Run a suite, or methods by metrics on one model and dataset; what is stored is not computed again."""
    try:
        from whybench.cli.running import Request, Way, run_suite

        request = Request(suite, model, dataset, tuple(method or ()), tuple(metric or ()), samples, seed)
        way = Way(device, batch_size, channels_last)
        code = run_suite(request, way, store, artifacts, report, timing, fresh, dry_run)
    except KeyboardInterrupt:
        typer.echo("whybench: interrupted; what is finished is stored: run again to go on", err=True)
        code = Exit.INTERRUPTED
    raise typer.Exit(code)


@app.command(cls=Command)
def check(
    spec: Annotated[
        str, typer.Argument(help="A method, metric, model or dataset: a name, file.py:attr or pkg.module:attr.")
    ],
    clause: Annotated[list[str] | None, typer.Option(help="Only this clause, C1 to C31; repeatable.")] = None,
    model: Annotated[list[str] | None, typer.Option(help="Only this tiny model of the zoo; repeatable.")] = None,
    sort: Annotated[str | None, typer.Option(help="Only the method, metric, model or dataset of that name.")] = None,
    json: Json = False,
) -> None:
    """Try what every method, metric, model or dataset has to hold, on tiny models with known answers.

    Methods of whybench's protocol, functions (model, inputs, targets) -> maps, and classes like Captum's and zennit's
    are taken as they are. A name of several sorts is checked as each of them. Exit code 1 where a clause failed;
    declared exceptions are shown with their reason.
    """
    from whybench.cli.checking import run_check

    raise typer.Exit(run_check(spec, sort, tuple(clause or ()), tuple(model or ()), json))


@app.command(cls=Command)
def status(
    suite: Annotated[str | None, typer.Argument(help="A suite that was run; all of them where none is named.")] = None,
    store: StoreUrl = DEFAULT_STORE,
    artifacts: Artifacts = None,
    json: Json = False,
) -> None:
    """Show what a store holds: cells by status, with the reasons of those that did not run."""
    from whybench.cli.reading import show_status

    raise typer.Exit(show_status(suite, store, artifacts, json))


@app.command(cls=Command)
def report(
    suite: Annotated[str | None, typer.Argument(help="A suite that was run; the newest where none is named.")] = None,
    store: StoreUrl = DEFAULT_STORE,
    artifacts: Artifacts = None,
    to: Annotated[Path | None, typer.Option(help="Folder to write, by default whybench-report/SUITE.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Print every metric, note and cost.")] = False,
    json: Json = False,
) -> None:
    """Print the leaderboards of a store and write the report: HTML page, figures, Markdown and CSV tables."""
    from whybench.cli.running import report_suite

    raise typer.Exit(report_suite(suite, store, artifacts, to, full, json))


@app.command(cls=Command)
def export(
    to: Annotated[Path, typer.Option(help="Folder to write.")],
    suite: Annotated[str | None, typer.Option(help="Only this suite; all of them where none is named.")] = None,
    store: StoreUrl = DEFAULT_STORE,
    artifacts: Artifacts = None,
    json: Json = False,
) -> None:
    """Write per-sample scores, curves, costs and explanations as Parquet and safetensors.

    The status of a score: ok; censored (the score is only a bound); undefined (this sample has none); unsupported or
    failed (the whole cell, one row). Without --suite, of a method that several suites explain differently on one model
    and dataset, the one that was run last is written.
    """
    from whybench.cli.reading import export_store

    raise typer.Exit(export_store(suite, store, artifacts, to, json))


for _command in (compare, publish, verify, merge):
    app.command(cls=Command)(_command)


@app.command(cls=Command)
def doctor(json: Json = False) -> None:
    """Show versions, devices, optional packages and broken plugins."""
    from whybench.cli.reading import show_doctor

    raise typer.Exit(show_doctor(json))


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; every error on purpose is one message and a documented exit code."""
    try:
        app(arguments)
    except WhybenchError as error:
        typer.echo(f"whybench: {error}", err=True)
        sys.exit(code_of(error))
    except OSError as error:  # a report or an export that cannot be written
        typer.echo(f"whybench: {error}", err=True)
        sys.exit(Exit.DISK)
