"""The samples: real data that scikit-learn holds and a simulated table, without a download; and pictures, with one."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from ...catalog import unknown
from ...errors import SpecError
from ..ledger import Ledger
from ..table import Table
from .bicycles import TARGET, bicycles
from .fingerprint import fingerprint
from .picture_samples import HOMES, read_sample

PREFIX = "sample:"

_DIABETES = {  # https://www4.stat.ncsu.edu/~boos/var.select/diabetes.html
    "bp": "blood_pressure",
    "s1": "total_cholesterol",
    "s2": "ldl",
    "s3": "hdl",
    "s4": "cholesterol_ratio",
    "s5": "log_triglycerides",
    "s6": "glucose",
}


def claims(location: object) -> bool:
    """Tell whether ``location`` is ``sample:NAME``."""
    return isinstance(location, str) and location.startswith(PREFIX)


def read(location: object, ledger: Ledger) -> Table:
    """Read one of the samples.

    Measurements are in their own units, and classes are words, so that results can be read.

    Args:
        location: ``sample:`` and a member of ``SAMPLES``.
        ledger: the number of rows is added to it.

    Raises:
        SpecError: there is no sample of that name.
        DataError: it is to be downloaded and cannot be.
    """
    name = str(location).removeprefix(PREFIX)
    if mistake := unknown("samples", name):
        raise SpecError(mistake)
    if name in HOMES:
        return read_sample(name, ledger)
    if name == "bicycles":
        frame, target = bicycles(), TARGET
        ledger.read += frame.height
        rows = np.arange(frame.height, dtype=np.int64)
        return Table(frame, rows, f"{PREFIX}{name}", fingerprint(frame), {}, target)
    from sklearn import datasets  # takes a second to import

    options = {"scaled": False} if name == "diabetes" else {}
    bunch = getattr(datasets, f"load_{name}")(**options)
    target, values = _target(name, bunch)
    names = [_column_name(given) for given in bunch.feature_names]
    frame = pl.DataFrame(
        [pl.Series(n, column) for n, column in zip(names, np.ascontiguousarray(bunch.data.T))]
    )
    declared = {column: "category" if column == "sex" else "number" for column in names}
    frame = frame.with_columns(pl.Series(target, values))
    ledger.read += frame.height
    rows = np.arange(frame.height, dtype=np.int64)
    return Table(frame, rows, f"{PREFIX}{name}", fingerprint(frame), declared, target)


def _target(name: str, bunch: Any) -> tuple[str, Any]:
    """The name of the target and its values."""
    if name == "diabetes":
        return "progression", bunch.target
    if name == "digits":
        return "digit", [str(digit) for digit in bunch.target]
    if name == "wine":
        return "cultivar", [f"cultivar {number + 1}" for number in bunch.target]
    labels = [str(label) for label in bunch.target_names]
    return {"iris": "species", "breast_cancer": "diagnosis"}[name], [labels[index] for index in bunch.target]


def _column_name(given: str) -> str:
    """A name that is easily typed.

    >>> _column_name("sepal length (cm)"), _column_name("od280/od315_of_diluted_wines"), _column_name("s1")
    ('sepal_length', 'od280_od315_of_diluted_wines', 'total_cholesterol')
    """
    return _DIABETES.get(given, given.removesuffix(" (cm)").replace(" ", "_").replace("/", "_"))
