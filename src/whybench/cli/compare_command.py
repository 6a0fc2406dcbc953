"""The command compare and its options."""

from pathlib import Path
from typing import Annotated

import typer

from whybench.cli.exits import Exit


def compare(
    a: Annotated[str, typer.Argument(metavar="A", help="What was: a store, an exported folder or a version.")],
    b: Annotated[str, typer.Argument(metavar="B", help="What is: likewise.")],
    suite: Annotated[str | None, typer.Option(help="Only this suite; all of them where none is named.")] = None,
    run: Annotated[
        list[str] | None,
        typer.Option("--run", help="What versions run, as after `whybench run`; else what the other store ran."),
    ] = None,
    own_libraries: Annotated[
        bool, typer.Option("--own-libraries", help="Install a version with all that it needs; else with what is here.")
    ] = False,
    rtol: Annotated[
        float | None, typer.Option(help="A sample may move by atol + rtol |A|; by dtype where not given.")
    ] = None,
    atol: Annotated[float | None, typer.Option(help="... and by so much.")] = None,
    alpha: Annotated[float, typer.Option(help="Chance of calling any cell drifted where none is.")] = 0.05,
    common_samples: Annotated[
        bool, typer.Option("--common-samples", help="Do not mind samples that one side lacks.")
    ] = False,
    fail_on: Annotated[
        str, typer.Option(help="What makes the exit code 1, separated by commas.")
    ] = "changed,drifted,lost,unsupported,failed",
    timing: Annotated[bool, typer.Option("--timing", help="Compare times, too.")] = False,
    other_machine: Annotated[
        bool, typer.Option("--other-machine", help="Compare times of different machines all the same.")
    ] = False,
    clock: Annotated[str, typer.Option(help="wall or cpu")] = "wall",
    rounds: Annotated[int, typer.Option(min=1, help="Interleaved rounds, where both sides are versions.")] = 6,
    json: Annotated[Path | None, typer.Option("--json", help="File to write as JSON; - is standard output.")] = None,
    markdown: Annotated[
        Path | None, typer.Option("--markdown", help="File to write for a pull request; - is standard output.")
    ] = None,
) -> None:
    """Compare two stores, exports or versions; exit code 1 where B is worse than A.

    A and B are each one of: the path or URL of a store; a folder that
    `whybench export` wrote; a version (whybench==0.1.0, a wheel, a source tree,
    git+URL), which is installed into an environment of its own and run there;
    `installed`, the whybench that compares.

    Cells are matched by kind, dataset, model, method, metric, parameters and
    seed. A cell is changed where one sample is beyond the tolerance; else it is
    drifted where the paired test of all its samples, Holm-adjusted over cells,
    says so.

    The exit code is 1 where a cell is what --fail-on names: changed (either
    way), drifted (unless for the better), lost (B lacks it), unsupported or
    failed (it became so). --fail-on also knows changed-worse (unless all samples
    are better), drifted-better, new (A lacks it), slower (with --timing) and
    none. It is 0 otherwise.
    """
    from whybench.cli.comparing import Request, compare_sides

    request = Request(
        a,
        b,
        suite=suite,
        runs=tuple(run or ()),
        own_libraries=own_libraries,
        rtol=rtol,
        atol=atol,
        alpha=alpha,
        common_samples=common_samples,
        fail_on=fail_on,
        timing=timing,
        other_machine=other_machine,
        clock=clock,
        rounds=rounds,
    )
    try:
        code = compare_sides(request, json, markdown)
    except KeyboardInterrupt:  # 1 would say that something is worse
        typer.echo("whybench: interrupted; what versions finished is stored: compare again to go on", err=True)
        code = Exit.INTERRUPTED
    raise typer.Exit(code)
