"""The limits of settings, declared once as data.

Networks, losses, optimizers and schedules annotate their arguments with these types; ``options`` checks what a user
asks for against them, and the tests generate the values just outside. Nothing here imports more than ``typing``.
"""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Gt, Le, Lt

Count = Annotated[int, Ge(1)]
"""A whole number of at least 1."""

NonNegative = Annotated[float, Ge(0.0)]
"""A number of at least 0."""

Positive = Annotated[float, Gt(0.0)]
"""A number above 0."""

Fraction = Annotated[float, Ge(0.0), Lt(1.0)]
"""A share from 0 to below 1, such as a dropout rate or a momentum."""

Share = Annotated[float, Gt(0.0), Le(1.0)]
"""A share above 0, up to 1."""
