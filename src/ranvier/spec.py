"""What a run is asked to do: validated and frozen, from TOML, the command line or Python arguments.

A setting that is left at None is chosen by Ranvier from the data; the choice and its reason are written into the
run. ``Spec.from_settings`` reports every mistake of a request together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, get_args, get_origin, get_type_hints

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from .catalog import KINDS, did_you_mean, unknown
from .errors import Mistake, SpecError, raise_if_any
from .limits import Count, NonNegative, Positive, Words, members
from .settings import ROLES as ROLES
from .settings import Role as Role
from .settings import merge as merge
from .settings import nest as nest
from .settings import parse_setting as parse_setting
from .settings import read_toml as read_toml
from .wording import Place, mistakes_of


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
    """What the user says of a column: its kind, its role, and the order of a target's classes, the size of pictures."""

    expected: ClassVar[str] = "a kind, a role, or a table of kind, role, order and size"

    kind: str | None = None
    role: Role | None = None
    order: Annotated[
        tuple[str, ...] | None,
        BeforeValidator(_texts),
        Words("a list of classes, the lowest first"),
    ] = None
    size: Annotated[Count | list[Count], Words("a side in pixels, or height and width")] | None = None

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
        if "size" in given:
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


class ExecutionSpec(Section):
    """Where and how the steps run, and whether the rows stay on disk.

    ``plan`` "exact" pins plain PyTorch in 32-bit numbers; else what is left open is chosen for speed.
    ``backpropagation`` is by derivatives that are written out, or by PyTorch's autograd; they agree up to rounding.
    ``stream`` leaves the rows on disk; None does where they are too many for memory.
    With ``precision`` "bfloat16" products are formed in 16-bit numbers. ``layout`` is that of pictures in memory.
    """

    device: str | None = None
    threads: Count | None = None
    plan: Literal["fast", "exact"] = "fast"
    backpropagation: Literal["explicit", "autograd"] | None = None
    stream: bool | None = None
    precision: Literal["float32", "bfloat16"] | None = None
    layout: Literal["contiguous", "channels_last"] | None = None


class Spec(Section):
    """Everything that a run is asked to do.

    ``repeat`` above 1 trains again from so many seeds in all, on the same rows, for the spread of the measure.
    """

    source: str | None = None
    target: str | Annotated[list[str], Field(min_length=1), Words("a list of names")] | None = None
    validation: str | None = None
    test: str | None = None
    task: str | Annotated[dict[str, str], Words("a table of targets, each with a task")] | None = None
    seed: Seed = 0
    repeat: Count = 1
    columns: Annotated[
        dict[str, ColumnSpec], Words("a table of column names, each with a kind or a role")
    ] = Field(default_factory=dict)
    split: SplitSpec = SplitSpec()
    network: Choice | None = None
    training: TrainingSpec = TrainingSpec()
    augmentation: AugmentationSpec = AugmentationSpec()
    regularization: RegularizationSpec = RegularizationSpec()
    stopping: StoppingSpec = StoppingSpec()
    evaluation: EvaluationSpec = EvaluationSpec()
    execution: ExecutionSpec = ExecutionSpec()

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Spec:
        """Validate settings: nested mappings, dotted keys (``{"training.epochs": 5}``), or both.

        Raises:
            SpecError: with one mistake for each setting that is wrong.
        """
        nested = nest(settings)
        try:
            spec = cls.model_validate(nested)
        except ValidationError as error:
            mistakes = mistakes_of(error, cls, nested, setting_names())
            raise SpecError(*mistakes.values(), *cls._mistakes_of_the_rest(nested, mistakes)) from None
        raise_if_any(SpecError, spec._mistakes())
        return spec

    @property
    def split_seed(self) -> int:
        """The seed that the parts are drawn from, which the further seeds of a repeated run share."""
        return self.seed if self.split.seed is None else self.split.seed

    def settings(self) -> dict[str, Any]:
        """Nested settings, as they are written into ``run.toml``; what is None is left out."""
        return dict(_plain(self))

    def replace(self, settings: Mapping[str, Any]) -> Spec:
        """This spec with some settings changed, validated again."""
        return Spec.from_settings(merge(self.settings(), nest(settings)))

    @classmethod
    def _mistakes_of_the_rest(cls, nested: Mapping[str, Any], wrong: Iterable[Place]) -> list[Mistake]:
        """What else is wrong once the settings at the places in ``wrong`` are left out."""
        rest = dict(nested)
        for place in wrong:
            rest = _without(rest, place)
        try:
            return list(cls.model_validate(rest)._mistakes())
        except ValidationError:
            return []

    def _mistakes(self) -> Iterable[Mistake]:
        """What types and limits cannot say: names that no catalogue has, and shares that leave no training rows."""
        held_out = self.split.validation + self.split.test
        if held_out >= 1:
            yield Mistake(
                f"settings 'split.validation' and 'split.test' are {held_out:g} together",
                "a sum below 1, so that rows are left for training",
            )
        named = {
            "networks": self.network,
            "losses": self.training.loss,
            "optimizers": self.training.optimizer,
            "schedules": self.training.schedule,
        }
        for catalogue, choice in named.items():
            if choice and choice.name != OWN_NETWORK and (mistake := unknown(catalogue, choice.name)):
                yield mistake
        for task in self.task.values() if isinstance(self.task, dict) else [self.task or ""]:
            if task and (mistake := unknown("tasks", task)):
                yield mistake
        if self.stopping.metric not in (None, "loss") and (
            mistake := unknown("metrics", str(self.stopping.metric))
        ):
            yield mistake
        for name, column in self.columns.items():
            if column.kind and column.kind not in KINDS:
                yield Mistake(
                    f"column {name!r} cannot be of kind {column.kind!r}",
                    remedy=did_you_mean(column.kind, [*KINDS, *ROLES]),
                )


OWN_NETWORK = "own"
"""The name that stands in a spec for a module of the user's own."""


def setting_names() -> list[str]:
    """Every setting that can be named with ``--set``, dotted."""
    names = []
    for name, field in Spec.model_fields.items():
        if isinstance(field.default, Section):
            names += [f"{name}.{inner}" for inner in type(field.default).model_fields]
        else:
            names.append(name)
    return names


def _plain(value: Any) -> Any:
    if isinstance(value, (Choice, ColumnSpec)):
        return value.flat()
    if isinstance(value, BaseModel):
        items = ((name, _plain(getattr(value, name))) for name in type(value).model_fields)
        return {name: inner for name, inner in items if inner is not None and inner != {}}
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return value


def _without(settings: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """Settings without the one at ``place``."""
    head, *rest = place
    left = {key: value for key, value in settings.items() if str(key) != head}
    if rest and isinstance(inner := settings.get(head), Mapping):
        left[head] = _without(inner, tuple(rest))
    return left
