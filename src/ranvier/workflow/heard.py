"""What baselines are told of a sound: a few numbers, as nobody hears it."""

from __future__ import annotations

import torch
from torch import Tensor

from ..data.ragged import Ragged

SEEN = "; of a sound it sees {count} numbers: of each band the mean and the deviation over time, and how long it is"


def told(sounds: Ragged) -> Tensor:
    """Of sounds (N, T, M) the mean and the deviation of each band over time, and T: (N, 2 M + 1), 0 where T is 0.

    >>> told(Ragged(torch.tensor([[1.0], [3.0], [5.0]]), torch.tensor([0, 2, 2, 3]))).tolist()
    [[2.0, 1.0, 2.0], [0.0, 0.0, 0.0], [5.0, 0.0, 1.0]]
    """
    row = torch.arange(len(sounds)).repeat_interleave(sounds.lengths)
    places = torch.arange(len(row)) - (sounds.lengths.cumsum(0) - sounds.lengths)[row]
    values = sounds.values[sounds.first[row] + places].double()
    count = sounds.lengths.clamp_min(1).double().unsqueeze(1)

    def mean(of: Tensor) -> Tensor:
        return of.new_zeros(len(sounds), of.shape[1]).index_add_(0, row, of) / count

    means = mean(values)
    deviations = mean((values - means[row]).square()).sqrt()
    return torch.cat([means, deviations, sounds.lengths.double().unsqueeze(1)], dim=1).float()
