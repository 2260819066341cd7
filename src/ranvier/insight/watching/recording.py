"""What was measured of a training from outside: plain numbers and names, which the training checks read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class LayerSample:
    """What came out of a module without children in one sampled pass.

    Args:
        name: as in ``named_modules``.
        bad_inputs, bad_outputs: whether values were not finite.
        dead: of a ReLU the share of units that were 0 for all rows.
        saturated: of a sigmoid or tanh the share of values within 0.01 of an end.
        varied: of a linear map, by how much the rows that come in differ, as a share of their size; None where that is
            not defined.
        shift: of batch normalisation, how far the kept statistics are from those of the batch, in the middle of its
            channels: the mean in deviations or the variance in powers of e, whichever is farther; None of other layers.
    """

    name: str
    bad_inputs: bool = False
    bad_outputs: bool = False
    dead: float = 0.0
    saturated: float = 0.0
    varied: float | None = None
    shift: float | None = None


@dataclass(frozen=True)
class WeightSample:
    """A matrix of weights in one sampled step; sizes are roots of mean squares, and all are finite.

    Args:
        name: as in ``named_parameters``.
        size: before the step.
        gradient: at the step; None where there was none.
        update: how far the step moved it.
    """

    name: str
    size: float
    gradient: float | None
    update: float


@dataclass(frozen=True)
class AttentionSample:
    """An attention in one sampled pass.

    Args:
        name: of the innermost module with children that computed it.
        top: the share of its queries' weights that their most attended key gets, in the head where that is least.
        uneven: by how many nats the weights differ from even ones, in the head where that is most.
    """

    name: str
    top: float
    uneven: float


@dataclass(frozen=True)
class Sample:
    """One sampled step.

    Args:
        step: its number from 1.
        layers: in the order of their calls.
        weights: in the network's.
        agreement: g g' / (|g| |g'|) of its gradient and that of the step before: 1 is the same direction, 0 nothing in
            common; None where one is missing.
        attention: in the order of its calls.
    """

    step: int
    layers: tuple[LayerSample, ...] = ()
    weights: tuple[WeightSample, ...] = ()
    agreement: float | None = None
    attention: tuple[AttentionSample, ...] = ()


@dataclass(frozen=True)
class Epoch:
    """An epoch, or a stretch of steps in a loop that tells of none.

    Args:
        step: its last one.
        train: the mean loss of its batches.
        validation: the loss of the validation rows after it; None where there are none.
        rate: the learning rate at its end; None where it is not known.
        groups: the loss of each group of rows, by its name, where they are told apart.
        rival: the mean loss of a network that learns against this one; None where there is none.
    """

    step: int
    train: float
    validation: float | None = None
    rate: float | None = None
    groups: Mapping[str, float] = field(default_factory=dict)
    rival: float | None = None


@dataclass
class Recording:
    """All that is known of a training so far.

    Args:
        samples: of the sampled steps.
        passes: how many backward passes there were before the first step.
        steps: how often the optimizer stepped.
        empty: how many of the first steps had no gradient, or one of 0.
        added: how many of the first steps used a gradient that was added to the one of the step before.
        evaluation: how many of the first steps came while the network was in evaluation mode.
        matters: whether the network has dropout or batch normalisation.
        first: how many steps are the first ones, which are all looked at.
        epochs: all so far whose losses are finite.
        batches: of the first ones, what ``ordering.figures_of`` says.
        trivial: the lowest loss of an answer that is the same for all rows; None where that is not known.
        rows: of a batch; None where that is not known.
        ended: whether training is over.
    """

    samples: list[Sample] = field(default_factory=list)
    passes: int = 0
    steps: int = 0
    empty: int = 0
    added: int = 0
    evaluation: int = 0
    matters: bool = False
    first: int = 8
    epochs: list[Epoch] = field(default_factory=list)
    batches: list[list[list[float]]] = field(default_factory=list)
    trivial: float | None = None
    rows: int | None = None
    ended: bool = False


def as_values(sample: Sample) -> dict[str, object]:
    """A sample as JSON values: what ``dataclasses.asdict`` gives, without its copies."""
    parts = {"layers": sample.layers, "weights": sample.weights, "attention": sample.attention}
    lists = {name: [dict(vars(each)) for each in part] for name, part in parts.items()}
    return {**vars(sample), **lists}


def as_sample(values: dict[str, object]) -> Sample:
    """The sample that ``as_values`` gave, back from JSON."""
    layers: list[dict[str, object]] = values["layers"]  # type: ignore[assignment]
    weights: list[dict[str, object]] = values["weights"]  # type: ignore[assignment]
    attention: list[dict[str, object]] = values.get("attention", [])  # type: ignore[assignment]
    return Sample(
        step=values["step"],  # type: ignore[arg-type]
        layers=tuple(LayerSample(**each) for each in layers),  # type: ignore[arg-type]
        weights=tuple(WeightSample(**each) for each in weights),  # type: ignore[arg-type]
        agreement=values["agreement"],  # type: ignore[arg-type]
        attention=tuple(AttentionSample(**each) for each in attention),  # type: ignore[arg-type]
    )
