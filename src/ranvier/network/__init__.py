"""Networks: encoders, trunks and heads as ordinary modules. No file here knows of data or training.

A trunk takes the width of the joined encodings and keyword-only options; it has ``outputs``, the width of the features
that it gives, ``defaults``, settings for where the user names none, and ``reset(generator)``, which draws its weights
anew. The same ``outputs`` and ``reset`` are an encoder's and a head's. A trunk may also have

- ``encoding``: by the name of a block the options of its encoder, or another encoder: ``{"number": {"name":
  "piecewise", "dimension": 8}}``; what is not named has the default encoder of its kind (``catalog.ENCODERS``);
- ``head(outputs)``, which builds the head that its features need.

Outputs are (B, K). An ensemble of M members gives (B, M, K): an objective takes the mean of the members' losses, and a
task's ``joined`` says what the members say together. Modules with matrices of their own say in ``multiplications`` how
many one row takes; of others the parameters are counted.
"""

from __future__ import annotations

from .activations import derivative as derivative
from .activations import gain as gain
from .assembled import Assembled as Assembled
from .assembled import Own as Own
from .encoders import Embeddings as Embeddings
from .encoders import Numbers as Numbers
from .encoders import OneHot as OneHot
from .heads import Head as Head
from .initializers import initialize as initialize
from .linear import Linear as Linear
from .mlp import MLP as MLP
from .perceptron import Perceptron as Perceptron
from .piecewise import Piecewise as Piecewise
from .tabm import TabM as TabM
