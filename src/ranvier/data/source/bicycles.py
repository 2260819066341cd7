"""A simulated table of used bicycles on offer, with columns of all kinds. Nobody's data: free to copy.

How a row comes about, each draw being independent of the others:

- ``brand`` (8, the first ones more often), ``style`` (4), ``electric`` (a fifth), ``gears``, ``listed`` (a day of 2023
  or 2024), ``age`` in years (0 to 15, few are old), ``ridden`` in km (grows with the age; a tenth is missing),
  ``weight`` in kg (by the style; electric ones weigh 8 kg more; 3% are missing), ``extras`` (any of six, on average
  two; a row without any is missing).
- ``price`` in euros: by brand and style, twice that if electric, 12% less each year of age, less with the distance,
  25 more for each extra, 10% more from March to June, and a random factor of about 15%.
- ``sold``, within thirty days: its chance rises as the price falls below what the bicycle is worth, from March to June,
  with lights and with a rack, and falls with the weight. Who knew all of this would be right in 80% of the rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

ROWS = 1_000
TARGET = "sold"

_BRANDS = ("Kestrel", "Norden", "Pedalis", "Fuchs", "Alba", "Tramont", "Wheelwright", "Ostra")
_STYLES = ("city", "touring", "mountain", "road")
_EXTRAS = ("lights", "rack", "lock", "basket", "mudguards", "child seat")
_WORTH = {"brand": (420, 480, 350, 620, 390, 700, 820, 300), "style": (0.8, 1.0, 1.2, 1.5)}
_WEIGHT = (16.5, 15.0, 13.5, 9.0)
_GEARS = (1, 3, 7, 8, 21, 24)


def bicycles() -> pl.DataFrame:
    """The table (1,000 rows, 11 columns), the same each time.

    >>> bicycles().row(0, named=True)["ridden"]
    '753 km'
    """
    draw = np.random.Generator(np.random.PCG64(20240501)).random

    def normal() -> NDArray[np.float64]:
        """(N,) about normal, by the sum of twelve draws, which is the same on any machine."""
        return np.asarray(draw((12, ROWS)).sum(axis=0) - 6.0)

    brand = np.minimum((draw(ROWS) ** 1.4 * len(_BRANDS)).astype(int), len(_BRANDS) - 1)
    style = (draw(ROWS) * len(_STYLES)).astype(int)
    electric = draw(ROWS) < 0.2
    gears = (draw(ROWS) * len(_GEARS)).astype(int)
    day = (draw(ROWS) * 731).astype(int)
    age = np.floor(draw(ROWS) ** 2 * 16)
    ridden = np.round((age + 0.5) * (250 + 500 * draw(ROWS)))
    weight = np.round(np.array(_WEIGHT)[style] + 8 * electric + normal(), 1)
    extras = draw((ROWS, len(_EXTRAS))) < 1 / 3
    listed = np.datetime64("2023-01-01") + day
    month = listed.astype("datetime64[M]").astype(int) % 12 + 1
    spring = (month >= 3) & (month <= 6)
    worth = np.array(_WORTH["brand"])[brand] * np.array(_WORTH["style"])[style] * (1 + electric)
    worth = worth * 0.88**age * (1 - 0.25 * np.minimum(ridden / 12_000, 1)) + 25 * extras.sum(axis=1)
    worth = worth * (1 + 0.1 * spring)
    price = np.maximum(np.round(worth * (1 + 0.15 * normal())), 20)
    score = 4 * (1 - price / worth) + 3 * spring + 2 * extras[:, 0] + extras[:, 1] - 0.3 * (weight - 14) - 1.6
    sold = draw(ROWS) < 1 / (1 + np.exp(-score))
    return pl.DataFrame(
        {
            "brand": [_BRANDS[index] for index in brand],
            "style": [_STYLES[index] for index in style],
            "electric": ["yes" if one else "no" for one in electric],
            "gears": [_GEARS[index] for index in gears],
            "listed": [f"{d:%d/%m/%Y}" for d in listed.tolist()],
            "age": age.astype(int),
            "ridden": _missing([f"{km:,.0f} km" for km in ridden], draw(ROWS) < 0.1),
            "weight": _missing([f"{kg:.1f} kg" for kg in weight], draw(ROWS) < 0.03),
            "extras": [
                "; ".join(name for name, has in zip(_EXTRAS, row) if has) or None for row in extras.tolist()
            ],
            "price": price.astype(int),
            TARGET: ["yes" if one else "no" for one in sold],
        }
    )


def _missing(values: list[str], gone: NDArray[Any]) -> list[str | None]:
    return [None if empty else value for value, empty in zip(values, gone.tolist())]
