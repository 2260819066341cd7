"""The command line: one file a verb.

The verbs import what they need when they run, so that ``ranvier --help`` answers at once. Exit codes: 0 done, 2 the
user's mistake, 1 a fault of ours, 130 interrupted.
"""

from __future__ import annotations

import sys
import traceback

import typer

from ..errors import RanvierError
from . import catalog, check, compare, evaluate, generate, inspect, predict, report, runs, trace, train
from .output import fail

app = typer.Typer(
    help="From data to a neural network that can be trusted.",
    epilog="Example: ranvier train sample:iris",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for _verb in (
    train.train,
    inspect.inspect,
    check.check,
    predict.predict,
    evaluate.evaluate,
    generate.generate,
    runs.runs,
    compare.compare,
    report.report,
    catalog.catalog,
    trace.trace,
):
    app.command()(_verb)


def main() -> None:
    """Run the command line and exit."""
    as_json = "--json" in sys.argv
    try:
        app()
    except RanvierError as error:
        if error.exit_code == 1:
            traceback.print_exc()
        sys.exit(fail(error.mistakes, error.exit_code, as_json))
    except KeyboardInterrupt:
        sys.exit(fail(["stopped before anything was saved"], 130, as_json))
    except BrokenPipeError:  # the reader of our output has gone
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:  # a place that cannot be read or written is not a fault of ours
        where = f"{error.filename!r}: " if error.filename else ""
        sys.exit(fail([f"{where}{(error.strerror or str(error)).lower()}"], 2, as_json))
    except Exception:  # noqa: BLE001 (whatever is left is a fault of ours, and says so)
        traceback.print_exc()
        sys.exit(fail(["this is a fault of ranvier; please report it with the lines above"], 1, as_json))
