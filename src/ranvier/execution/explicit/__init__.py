"""Backpropagation by hand: forward, backward and update written out, on buffers that are made once.

Autograd records what a network does and works the derivatives out from the record, anew at each step. A chain of known
layers needs no record: each file here states what its layer does and the derivative that follows, as it stands in a
textbook, and both are carried out in place. ``delta`` is dJ/dz throughout: the derivative of the batch's loss J by what
a layer gives, which the layer turns into the derivatives by its parameters and by what it was given.

    linear  activations  dropout  norm       layers of a chain
    convolution  pooled                      convolution and pooling, and both as one product
    encoders  piecewise                      the first layers: from a table's blocks to features
    tabm                                     the ensemble of perceptrons
    losses                                   J, and the first delta
    chain                                    a network as such layers, the output of one being the input of the next
    flat  update                             all parameters as one vector, and how an optimizer moves it
    step                                     all of it together: one step of training

The results are autograd's up to the rounding of floating-point numbers; dropout draws the same masks.
"""

from .chain import Unknown as Unknown
from .step import Explicit as Explicit
from .step import gains_from_16_bits as gains_from_16_bits
