"""The report of a run that has ended: it is written last, and a fault in it never costs the run."""

from __future__ import annotations

from pathlib import Path

from ..errors import InternalError, Mistake, UserError
from ..insight import report


def write_report(folder: Path) -> Path:
    """Write ``report.html`` into the folder of a run whose model is written; gives its path.

    Raises:
        UserError: the report cannot be written (no room, no permission); the run is whole.
        InternalError: a fault in the report; the run is whole, and ``ranvier.Run(folder)`` opens it.
    """
    try:
        return report.write(folder)
    except UserError:
        raise
    except Exception as error:
        raise InternalError(
            Mistake(
                f"the run in {str(folder)!r} is finished and its model is written, but its report could not be made "
                f"({type(error).__name__}: {error})",
                remedy=f"use the model as it is; 'ranvier report {folder}' tries again",
            )
        ) from error
