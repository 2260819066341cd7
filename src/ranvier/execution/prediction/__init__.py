"""What a trained network gives for new rows, on buffers that are made once.

Nothing is learnt any more, so that whatever does not depend on the row is worked out beforehand: ``first`` and
``layers`` say what that is. The results are the network's up to the rounding of floating-point numbers.
"""

from .predictor import Predictor as Predictor
