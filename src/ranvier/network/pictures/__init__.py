"""Networks for pictures: the classical ones, and a small one for two cores.

Each is a function ``network(channels, size, classes=None, *, options)`` that gives a module from standardised pictures
(B, C, H, W) to features (B, ``outputs``), or to (B, ``classes``) where ``classes`` is given. The function carries
``role``, ``defaults`` (settings for where the user names none) and ``last``, the name of the module's last layer. The
module has ``outputs``, ``multiplications`` (for one row), ``fits``, a clause on what was chosen to suit the pictures'
size, and ``reset``. Where torchvision has the network, the names of the parameters are torchvision's, with the large
stem, so that its state dicts load.
"""

from __future__ import annotations

from .alexnet import alexnet as alexnet
from .compact import compact as compact
from .encoders import Pictures as Pictures
from .encoders import Pixels as Pixels
from .lenet import lenet5 as lenet5
from .resnet import resnet18 as resnet18
from .resnet import resnet20 as resnet20
from .vgg import vgg16 as vgg16
