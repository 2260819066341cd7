"""The sections of a spec, validated and frozen: what a column, the split, the training and the rest may be set to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, get_args, get_origin, get_type_hints

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from .limits import Count, NonNegative, Positive, Words, members
from .settings import ROLES, Role


def _seconds(value: object) -> object:
    """Turn ``"90"``, ``"60s"``, ``"5m"`` or ``"1.5h"`` into seconds."""
    if isinstance(value, str) and (match := re.fullmatch(r"\s*([\d.]+)\s*([smh]?)\s*", value)):
        try:
            return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]
        except ValueError:
            return value
    return value


Seconds = Annotated[
    float,
    Field(gt=0),
    BeforeValidator(_seconds),
    Words("a time above 0: seconds, or text such as '90s', '5m' or '1.5h'"),
]


def _is_truth_value_for_a_number(value: object, annotation: Any) -> bool:
    kinds = [kind for kind, _ in members(annotation)]
    if isinstance(value, Mapping):
        inside = [get_args(kind)[1] for kind in kinds if get_origin(kind) is dict]
        return any(_is_truth_value_for_a_number(v, kind) for v in value.values() for kind in inside)
    return isinstance(value, bool) and bool not in kinds and not {int, float}.isdisjoint(kinds)


class Section(BaseModel):
    """A frozen part of the spec; a name that it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, allow_inf_nan=False)

    expected: ClassVar[str] = "a table of settings"

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_value_for_a_number(cls, value: object, info: ValidationInfo) -> object:
        """Refuse true and false where a number stands: pydantic would take them for 1 and 0."""
        annotation = _annotations(cls)[str(info.field_name)]
        if _is_truth_value_for_a_number(value, annotation):
            raise PydanticCustomError("no_number", "Input should be a number")
        return value


@cache
def _annotations(section: type[Section]) -> dict[str, Any]:
    return get_type_hints(section, include_extras=True)


class Choice(Section):
    """A member of a catalogue with its options: ``"adam"`` or ``{"name": "adam", "beta2": 0.99}``."""

    expected: ClassVar[str] = "a name, or a name with options"

    name: str
    options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, value: object) -> object:
        if isinstance(value, str):
            return {"name": value}
        if isinstance(value, Mapping) and "name" in value and "options" not in value:
            return {"name": value["name"], "options": {k: v for k, v in value.items() if k != "name"}}
        return value

    def flat(self) -> str | dict[str, Any]:
        """The choice as it is written in TOML."""
        return {"name": self.name, **self.options} if self.options else self.name


def _texts(value: object) -> object:
    """Classes that are numbers may be written as such."""
    if isinstance(value, (list, tuple)):
        return tuple(f"{each:g}" if isinstance(each, (int, float)) else each for each in value)
    return value


class ColumnSpec(Section):
    """What the user says of a column: its kind, its role, and the order of a target's classes, the size of pictures;
    of what stands beside a forecast, whether it is known in the past alone or in the future too."""

    expected: ClassVar[str] = "a kind, a role, or a table of kind, role, order, size and known"

    kind: str | None = None
    role: Role | None = None
    order: Annotated[
        tuple[str, ...] | None,
        BeforeValidator(_texts),
        Words("a list of classes, the lowest first"),
    ] = None
    size: Annotated[Count | list[Count], Words("a side in pixels, or height and width")] | None = None
    known: Literal["past", "future"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _word(cls, value: object) -> object:
        if isinstance(value, str):
            return {"role": value} if value in ROLES else {"kind": value}
        return value

    def flat(self) -> str | dict[str, Any]:
        """The column as it is written in TOML."""
        given = self.model_dump(exclude_none=True)
        if "order" in given:
            return {**given, "order": list(given["order"])}
        if "size" in given or "known" in given:
            return given
        return str(next(iter(given.values()))) if len(given) == 1 else given


Part = Annotated[float, Field(ge=0, lt=0.9)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]


class SplitSpec(Section):
    """Which share of the rows is held out; 0 leaves a part out. Columns with the role group, time or part decide how.

    Without validation rows nothing is watched: training goes on to its end, and its last weights are kept. Without
    test rows the result is not measured. ``seed`` None is the run's.
    """

    validation: Part = 0.15
    test: Part = 0.2
    stratify: bool = True
    seed: Seed | None = None


class TrainingSpec(Section):
    """How the network learns.

    ``weights`` names a file that the network for pictures starts from; ``freeze`` leaves that network as it is.
    """

    loss: Choice | None = None
    optimizer: Choice | None = None
    learning_rate: Positive | Literal["find"] | None = None
    schedule: Choice | None = None
    batch_size: Count | Literal["all"] | None = None
    epochs: Count | None = None
    time: Seconds | None = None
    weights: str | None = None
    freeze: bool = False


class StartSpec(Section):
    """What a training begins with: the weights of a model file, where names and shapes are the same.

    ``how`` says what learns: the whole, only what is new (frozen), or that and low-rank adapters of ``rank``.
    """

    model: str | None = None
    how: Literal["whole", "frozen", "adapters"] = "whole"
    rank: Count = 8


class AugmentationSpec(Section):
    """How the pictures of a training batch are changed; ``data.augment`` says what each means, and 0 leaves it out.

    None takes what suits the pictures, where a network for pictures reads them.
    """

    shift: Annotated[float, Field(ge=0, lt=0.5)] | None = None
    flip: bool | None = None
    rotate: Annotated[float, Field(ge=0, le=180)] | None = None
    scale: Annotated[float, Field(ge=0, lt=1)] | None = None
    erase: Annotated[float, Field(ge=0, lt=1)] | None = None
    colour: Annotated[float, Field(ge=0, lt=1)] | None = None
    mixup: NonNegative | None = None
    cutmix: NonNegative | None = None


class RegularizationSpec(Section):
    """What keeps the weights small, the gradient steady, and the outputs smooth.

    ``noise`` is the deviation of normal noise on the standardised numbers of each batch.
    """

    l1: NonNegative = 0.0
    l2: NonNegative = 0.0
    clip: Positive | None = None
    average: Literal["none", "ema"] | None = None
    noise: NonNegative | None = None
    class_weights: Literal["none", "balanced"] | dict[str, NonNegative] = "none"


class StoppingSpec(Section):
    """Stop when ``metric`` on the validation rows has not improved for ``patience`` epochs; the best weights are kept.

    ``metric`` None means the task's own; ``patience`` 0 means never stop early.
    """

    metric: str | None = None
    patience: Annotated[int, Field(ge=0)] | None = None


class CostSpec(Section):
    """What the two errors cost where there are two classes: a row of the first class that is called the second, and the
    other way round."""

    expected: ClassVar[str] = "a table with false_positive and false_negative"

    false_positive: Positive = 1.0
    false_negative: Positive = 1.0


class ForecastSpec(Section):
    """What a forecast is asked, in steps of the series: how far, from how much of the past, with which season.

    None takes one season for the horizon, two for the history, and the season that the series has. ``calendar`` reads
    the hour, the day of the week and the place in the year from the time; None does where a step is less than a month.
    """

    horizon: Count | None = None
    season: Count | None = None
    history: Count | None = None
    calendar: bool | None = None


class EvaluationSpec(Section):
    """How the result is measured.

    ``without`` names findings that are not looked for, by their codes; ``calibrate`` lets the model file give
    calibrated probabilities, where rows that took no part in the training find them better. ``slices`` names columns
    whose groups are shown beside each other; ``costs`` asks for the cheapest threshold.
    """

    baselines: bool = True
    report: bool = True
    calibrate: bool = True
    without: tuple[str, ...] = ()
    slices: tuple[str, ...] = ()
    costs: CostSpec | None = None
    resamples: Annotated[int, Field(ge=100)] = 1000


class AudioSpec(Section):
    """What a network hears of sounds: spectrograms, or so many cepstral coefficients (``mfcc``) of each frame."""

    mfcc: Annotated[int, Field(ge=2, le=64)] | None = None


class TextSpec(Section):
    """How a corpus of plain text becomes tokens.

    ``tokens`` are bytes, characters, words, or pieces of words that are learnt (bpe, unigram); ``vocabulary`` is how
    many different ones there are at most.
    """

    tokens: Literal["bytes", "characters", "words", "bpe", "unigram"] | None = None
    vocabulary: Annotated[int, Field(ge=256, le=2**20)] | None = None


class DoctorSpec(Section):
    """What is done about what is found while a network trains.

    ``heal`` adopts a remedy that has helped in a trial, and trains with it. ``trials`` lets remedies be tried: for some
    hundred steps with and without. ``force`` trains what the checks before training call an error.
    """

    heal: bool = False
    trials: bool = True
    force: bool = False


class ExecutionSpec(Section):
    """Where and how the steps run, and whether the rows stay on disk.

    ``plan`` "exact" pins plain PyTorch in 32-bit numbers; else what is left open is chosen for speed.
    ``backpropagation`` is by derivatives that are written out, or by PyTorch's autograd; they agree up to rounding.
    ``stream`` leaves the rows on disk; None does where they are too many for memory.
    With ``precision`` "bfloat16" products are formed in 16-bit numbers. ``layout`` is that of pictures in memory.
    ``dispatch`` is how autograd carries a network's operations out: one by one, compiled by ``torch.compile``, or on a
    graphics card as graphs.
    """

    device: str | None = None
    threads: Count | None = None
    plan: Literal["fast", "exact"] = "fast"
    backpropagation: Literal["explicit", "autograd"] | None = None
    stream: bool | None = None
    precision: Literal["float32", "bfloat16"] | None = None
    layout: Literal["contiguous", "channels_last"] | None = None
    dispatch: Literal["eager", "compiled", "cuda_graphs"] | None = None
