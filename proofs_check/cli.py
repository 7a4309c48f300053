"""The command line. Nothing heavy is imported before a verb runs; what a verb does stands in `proofs_check.verbs`."""

import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

import click

LATER = {
    "export": "tables for LaTeX", "bundle": "bundles for referees",
}  # fmt: skip
BAD_INPUT, INTERRUPTED = 2, 130
PLACE = ("backend", "device", "precision", "workers", "fresh")


class Verbs(click.Group):
    """Verbs of the contract; one that is not built yet says so in one line."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] in LATER:
            raise click.UsageError(
                f"{args[0]} ({LATER[args[0]]}) is not built yet; `proofs-check --help` lists what is"
            )
        return super().resolve_command(ctx, args)


def later(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Refuses a flag of the contract that is not built yet."""
    if value is not None:
        raise click.UsageError(f"{parameter.opts[0]} is not built yet; leave it out")


def seconds(ctx: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    """60, 60s or 2m, in seconds."""
    if value is None:
        return None
    number, unit = (value[:-1], value[-1]) if value[-1:] in "smh" else (value, "s")
    try:
        return float(number) * {"s": 1, "m": 60, "h": 3600}[unit]
    except ValueError:
        raise click.BadParameter(f"{value!r} is no time; write 60s or 2m") from None


def options(*more: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Several options at once, in the order in which the help shows them; every verb has --json and --debug."""
    last = [
        click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout and nothing else."),
        click.option("--debug", is_flag=True, help="Show the traceback of an error."),
    ]

    def add(function: Any) -> Any:
        for option in reversed([*more, *last]):
            function = option(function)
        return function

    return add


POINT = click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter of the point; repeatable. Numbers, a/b, power(1.5,600), names.",
)
SEED = click.option("--seed", type=int, default=0, show_default=True, help="Seed of all random streams.")
MACHINE = [
    click.option("--backend", type=click.Choice(["numpy", "torch", "cupy"]), default="numpy", show_default=True),
    click.option("--device", default="", help="cpu, cuda, cuda:1 …"),
    click.option("--precision", type=click.Choice(["float64", "float32"]), default="float64", show_default=True),
]
WORKERS = click.option(
    "--workers",
    type=click.IntRange(1),
    default=None,
    help="Processes; all cores by default. Results do not depend on it.",
)
FRESH = click.option("--fresh", is_flag=True, help="Simulate anew what the store already holds.")
ERRORS = [
    click.option(
        "--error-rate", type=float, default=1e-3, show_default=True, help="Chance of any wrong verdict in this run."
    ),
    click.option(
        "--tolerance", type=float, default=0.02, show_default=True, help="Relative gap that counts as agreement."
    ),
    click.option(
        "--level", type=float, default=None, help="Error rate of each claim itself, instead of a share of --error-rate."
    ),
    click.option(
        "--budget", callback=seconds, default=None, metavar="TIME", help="Wall-clock limit of each claim, such as 60s."
    ),
    click.option("--max-trials", type=int, default=None, help="Most trials at a point; reproducible, unlike --budget."),
]


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="proofs-check", prog_name="proofs-check")
def cli() -> None:
    """Check formulas of deep-learning theory against simulated and trained models.

    \b
    proofs-check list
    proofs-check check min_norm.ridgeless_risk_isotropic
    proofs-check new my_bound
    """


@cli.command("list", epilog="Example: proofs-check list min_norm")
@click.argument("topic", required=False)
@options()
def list_(**asked: Any) -> int:
    """The catalogue."""
    return _verb("list", asked)


@cli.command(epilog="Example: proofs-check explain random_features.rf_eigenframework")
@click.argument("claim")
@options(click.option("--prove", is_flag=True, help="Decide the steps too, and say what became of each."))
def explain(**asked: Any) -> int:
    """A claim in full: statement, formula, assumptions, steps with what `prove` last found, simulator."""
    return _verb("explain", asked)


@cli.command(
    epilog="Example: proofs-check predict min_norm.ridgeless_risk_isotropic --set n=40 --set p=100 --set r2=1 "
    "--set s2=0.5 --digits 30"
)
@click.argument("claim")
@options(
    POINT,
    click.option(
        "--digits", type=click.IntRange(1, 1000), default=15, show_default=True, help="Digits, all of them certain."
    ),
)
def predict(**asked: Any) -> int:
    """The prediction at a point, with a bound on its error."""
    return _verb("predict", asked)


@cli.command(
    epilog="Example: proofs-check simulate min_norm.ridgeless_risk_isotropic --set n=40 --set p=100 --set r2=1 "
    "--set s2=0.5 --trials 1000"
)
@click.argument("claim")
@options(
    POINT,
    click.option("--trials", type=click.IntRange(2), default=1000, show_default=True),
    SEED,
    *MACHINE,
    WORKERS,
    FRESH,
)
def simulate(**asked: Any) -> int:
    """A sample of a claim's observable at a point."""
    return _verb("simulate", asked)


@cli.command(epilog="Example: proofs-check check flagship --error-rate 1e-3 --tolerance 0.02")
@click.argument("claims", nargs=-1, required=True)
@options(
    *ERRORS,
    click.option(
        "--points", type=int, default=3, show_default=True, help="Points a claim: declared, typical, corners."
    ),
    POINT,
    SEED,
    click.option("--wrong", default=None, metavar="NAME", help="Check this wrong variant, which must be refuted."),
    click.option("--boundary", is_flag=True, help="Check where the claim is declared to fail."),
    click.option("--strict", is_flag=True, help="Exit with 3 when something stays undecided."),
    *MACHINE[:2],
    click.option(
        "--precision",
        type=click.Choice(["float64", "float32", "auto"]),
        default="float64",
        show_default=True,
        help="auto: float32 at the points where the first trials come out alike in both.",
    ),
    WORKERS,
    FRESH,
    click.option("--figures", default=None, metavar="FOLDER", help="Draw the figure of every claim as well."),
    click.option(
        "--resolve",
        type=float,
        default=None,
        help="Relative error to bring to light: runs with half of it as tolerance.",
    ),
    click.option("--cluster", default=None, callback=later, expose_value=False, help="Not built yet."),
)
def check(**asked: Any) -> int:
    """Verdicts: an id, an entry, a topic, a file, flagship or all."""
    return _verb("check", asked)


@cli.command(epilog="Example: proofs-check prove flagship")
@click.argument("claims", nargs=-1, required=True)
@options(
    click.option("--strict", is_flag=True, help="Exit with 3 when a step stays undecided."),
    click.option("--fresh", is_flag=True, help="Decide anew what the store already holds."),
)
def prove(**asked: Any) -> int:
    """The steps of derivations: proved, checked in instances, assumed, undecided, refuted or vacuous."""
    return _verb("prove", asked)


@cli.command(
    epilog="Example: proofs-check plot min_norm.ridgeless_risk_isotropic --over p=110:600:9 --set n=100 --set r2=2 "
    "--set s2=0.5 --out risk.pdf"
)
@click.argument("claim")
@options(
    click.option("--over", default=None, metavar="NAME=A:B:COUNT", help="The symbol along the horizontal axis."),
    POINT,
    click.option(
        "--out", required=True, metavar="FILE", help="A .pdf, .svg or .png file; a caption and a CSV file go beside it."
    ),
    click.option("--venue", default="neurips", show_default=True, help="Whose column width."),
    *ERRORS,
    SEED,
    *MACHINE,
    WORKERS,
    FRESH,
)
def plot(**asked: Any) -> int:
    """A figure that compares prediction and measurement, drawn from records."""
    return _verb("plot", asked)


RATE, TOLERANCE, LEVEL, BUDGET, MOST = ERRORS


@cli.command(epilog="Example: proofs-check report min_norm --out pages")
@click.argument("claims", nargs=-1, required=True)
@options(
    click.option("--out", required=True, metavar="FOLDER", help="index.html, and a page and a figure for each claim."),
    RATE, TOLERANCE, BUDGET, MOST, SEED, *MACHINE, WORKERS, FRESH,
)  # fmt: skip
def report(**asked: Any) -> int:
    """Pages: each claim with its verdict, figure, wrong variants, derivation and source."""
    return _verb("report", asked)


@cli.command(epilog="Example: proofs-check mutate min_norm.ridgeless_risk_isotropic")
@click.argument("claims", nargs=-1, required=True)
@options(RATE, TOLERANCE, BUDGET, MOST, SEED, *MACHINE, WORKERS, FRESH)
def mutate(**asked: Any) -> int:
    """Changed formulas, which must be refuted: a score, and the survivors."""
    return _verb("mutate", asked)


@cli.command(epilog="Example: proofs-check falsify stability.sgd_mean_square_threshold_trace --budget 30s")
@click.argument("claim")
@options(
    RATE,
    TOLERANCE,
    click.option(
        "--budget", callback=seconds, default="60s", show_default=True, metavar="TIME", help="Time for the search."
    ),
    click.option("--max-trials", type=int, default=None, help="Most trials of the search in all."),
    SEED,
    *MACHINE,
    WORKERS,
    FRESH,
)
def falsify(**asked: Any) -> int:
    """Search the domain for the point where a claim is worst."""
    return _verb("falsify", asked)


POINTS = click.option("--points", type=int, default=3, show_default=True, help="Points to compare at.")


@cli.command(epilog="Example: proofs-check compare my_bound.py")
@click.argument("claim")
@options(*ERRORS, POINTS, POINT, SEED, *MACHINE, WORKERS, FRESH)
def compare(**asked: Any) -> int:
    """A claim and its rivals on the same sample: verdicts, and which is closer."""
    return _verb("compare", asked)


@cli.command(epilog="Example: proofs-check fit my_rate.py")
@click.argument("claim")
@options(*ERRORS, POINT, SEED, *MACHINE, WORKERS, FRESH)
def fit(**asked: Any) -> int:
    """The constants that a claim leaves open, with intervals, tried on sizes held out."""
    return _verb("fit", asked)


@cli.command(epilog="Example: proofs-check calibrate --relation equality --quick --out calibration")
@options(
    click.option("--relation", "relations", multiple=True, help="Only this relation; repeatable."),
    click.option("--toy", "toys", multiple=True, help="Only this toy; repeatable."),
    click.option("--runs", type=int, default=None, help="Runs of every cell, instead of each toy's own number."),
    click.option("--quick", is_flag=True, help="A hundredth of the runs."),
    click.option("--out", default="calibration", show_default=True, metavar="FOLDER", help="Table, figure, JSON."),
    SEED,
    WORKERS,
)
def calibrate(**asked: Any) -> int:
    """The engine's own false alarms, false supports and power, on toys of known truth."""
    return _verb("calibrate", asked)


@cli.command(epilog="Example: proofs-check replay record.json")
@click.argument("record", type=click.Path())
@options(WORKERS)
def replay(**asked: Any) -> int:
    """Recompute a record from its seed and compare."""
    return _verb("replay", asked)


@cli.command(epilog="Example: proofs-check audit docs/examples/digits_audit.py:squares")
@click.argument("place", metavar="FILE.py:FUNCTION")
@options(
    click.option("--eta", type=float, default=None, help="Learning rate, if not the function's own."),
    click.option("--batch-size", type=int, default=None, help="Batch size, if not the function's own; all by default."),
    click.option("--sampling", type=click.Choice(["without", "with"]), default="without", show_default=True),
    click.option("--precision", type=click.Choice(["float64", "float32"]), default="float64", show_default=True),
    SEED,
)
def audit(**asked: Any) -> int:
    """A Torch model's curvature against what SGD can stay at; FUNCTION returns model, loss, data[, eta, batch size]."""
    return _verb("audit", asked)


@cli.command(epilog="Example: proofs-check new my_bound && proofs-check check my_bound.py")
@click.argument("name")
@options(
    click.option(
        "--template",
        type=click.Choice(["batched", "torch"]),
        default="batched",
        show_default=True,
        help="A batched simulator, or a torch model on your own data, one at a time.",
    )
)
def new(**asked: Any) -> int:
    """A claim file to start from, which already runs."""
    return _verb("new", asked)


@cli.command(epilog="Example: proofs-check doctor --json")
@options()
def doctor(**asked: Any) -> int:
    """Versions, devices, threads and the store."""
    return _verb("doctor", asked)


def _verb(name: str, asked: dict[str, Any]) -> int:
    """Run a verb; its errors become one line and an exit code."""
    from theory.errors import BadInput

    try:
        from proofs_check import verbs
        from proofs_check.selection import Place

        if "backend" in asked:
            asked = {"place": Place(**{part: asked.pop(part) for part in PLACE})} | asked
        return verbs.run(name, asked)
    except BadInput as fault:
        _told(str(fault), asked["debug"])
        return BAD_INPUT
    except KeyboardInterrupt:
        click.echo("proofs-check: interrupted; finished blocks and checks are kept", err=True)
        return INTERRUPTED
    except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
        raise
    except Exception as fault:  # Python would exit with 1, which says that a claim is refuted
        _told(f"a fault of this program: {type(fault).__name__}: {fault}; --debug shows where", asked["debug"])
        return BAD_INPUT


def _told(fault: str, debug: bool) -> None:
    """One line on stderr, after the traceback if that is asked for."""
    if debug:
        traceback.print_exc()
    click.echo(f"proofs-check: {' '.join(fault.split())}", err=True)


def main(arguments: list[str] | None = None) -> None:
    """Entry point: usage errors are one line too."""
    try:
        code = cli.main(args=arguments, prog_name="proofs-check", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.Abort:
        code = INTERRUPTED
    except click.ClickException as fault:
        click.echo(f"proofs-check: {' '.join(fault.format_message().split())}", err=True)
        code = BAD_INPUT
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code or 0)


if __name__ == "__main__":
    main()
