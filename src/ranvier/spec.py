"""What a run is asked to do: validated and frozen, from TOML, the command line or Python arguments.

A setting that is left at None is chosen by Ranvier from the data; the choice and its reason are written into the
run. ``Spec.from_settings`` reports every mistake of a request together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from .catalog import KINDS, TEXT_TASKS, unknown
from .errors import Mistake, SpecError, did_you_mean, raise_if_any
from .limits import Count, Words
from .sections import (
    AudioSpec,
    AugmentationSpec,
    DoctorSpec,
    EvaluationSpec,
    ExecutionSpec,
    RegularizationSpec,
    Seed,
    StartSpec,
    StoppingSpec,
)
from .sections import Choice as Choice
from .sections import ColumnSpec as ColumnSpec
from .sections import CostSpec as CostSpec
from .sections import ForecastSpec as ForecastSpec
from .sections import Section as Section
from .sections import SplitSpec as SplitSpec
from .sections import TextSpec as TextSpec
from .sections import TrainingSpec as TrainingSpec
from .settings import ROLES as ROLES
from .settings import Role as Role
from .settings import merge as merge
from .settings import nest as nest
from .settings import parse_setting as parse_setting
from .settings import read_toml as read_toml
from .wording import Place, mistakes_of


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
    text: TextSpec = TextSpec()
    audio: AudioSpec = AudioSpec()
    forecast: ForecastSpec = ForecastSpec()
    network: Choice | None = None
    start: StartSpec = StartSpec()
    training: TrainingSpec = TrainingSpec()
    augmentation: AugmentationSpec = AugmentationSpec()
    regularization: RegularizationSpec = RegularizationSpec()
    stopping: StoppingSpec = StoppingSpec()
    evaluation: EvaluationSpec = EvaluationSpec()
    doctor: DoctorSpec = DoctorSpec()
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
        for target, task in self.task.items() if isinstance(self.task, dict) else []:
            if task in TEXT_TASKS:
                yield Mistake(
                    f"the task {task!r} is given for the target {target!r}, and a corpus of text has none",
                    "the task alone",
                )
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
