"""Networks for forecasts: from the last values of a series to the quantiles of those to come.

Each is a class ``Network(length, channels, horizon, levels, *, options)`` that maps windows (B, L, C), each in units of
its own, to outputs (B, H, Q) in the same units. It has ``role = "forecast"``, ``defaults`` and ``reset``.
Legend: B batch, L length of a window, C
channels of which the first is forecast, H horizon, Q levels of quantiles.
"""

from __future__ import annotations

from .dlinear import DLinear as DLinear
from .forecaster import Forecaster as Forecaster
from .nhits import NHiTS as NHiTS
from .tsmixer import TSMixer as TSMixer
