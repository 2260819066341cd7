"""What a run is asked to do: validated and frozen, from TOML, the command line or Python arguments.

A setting that is left at None is chosen by Ranvier from the data; the choice and its reason are written into the
run. ``Spec.from_settings`` reports every mistake of a request together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from .catalog import KINDS, did_you_mean, unknown
from .errors import Mistake, SpecError, raise_if_any
from .limits import Count, NonNegative, Positive

Role = Literal["input", "target", "group", "time", "weight", "part", "ignored"]
ROLES: tuple[Role, ...] = ("input", "target", "group", "time", "weight", "part", "ignored")


def _seconds(value: object) -> object:
    """Turn ``"90"``, ``"60s"``, ``"5m"`` or ``"1.5h"`` into seconds."""
    if isinstance(value, str) and (match := re.fullmatch(r"\s*([\d.]+)\s*([smh]?)\s*", value)):
        try:
            return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]
        except ValueError:
            return value
    return value


Seconds = Annotated[float, Field(gt=0), BeforeValidator(_seconds)]


class Section(BaseModel):
    """A frozen part of the spec; a name that it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Choice(Section):
    """A member of a catalogue with its options: ``"adam"`` or ``{"name": "adam", "beta2": 0.99}``."""

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


class ColumnSpec(Section):
    """What the user says of a column: its kind, its role, or both."""

    kind: str | None = None
    role: Role | None = None

    @model_validator(mode="before")
    @classmethod
    def _word(cls, value: object) -> object:
        if isinstance(value, str):
            return {"role": value} if value in ROLES else {"kind": value}
        return value

    def flat(self) -> str | dict[str, Any]:
        """The column as it is written in TOML."""
        given = self.model_dump(exclude_none=True)
        return str(next(iter(given.values()))) if len(given) == 1 else given


Part = Annotated[float, Field(gt=0, lt=0.9)]


class SplitSpec(Section):
    """Which share of the rows is held out. Columns with the role group, time or part decide how."""

    validation: Part = 0.15
    test: Part = 0.2
    stratify: bool = True


class TrainingSpec(Section):
    """How the network learns."""

    loss: Choice | None = None
    optimizer: Choice | None = None
    learning_rate: Positive | Literal["find"] | None = None
    schedule: Choice | None = None
    batch_size: Count | Literal["all"] | None = None
    epochs: Count | None = None
    time: Seconds | None = None


class RegularizationSpec(Section):
    """What keeps the weights small and the gradient steady."""

    l1: NonNegative = 0.0
    l2: NonNegative = 0.0
    clip: Positive | None = None
    average: Literal["none", "ema"] = "none"
    class_weights: Literal["none", "balanced"] | dict[str, NonNegative] = "none"


class StoppingSpec(Section):
    """Stop when ``metric`` on the validation rows has not improved for ``patience`` epochs; the best weights are kept.

    ``metric`` None means the task's own; ``patience`` 0 means never stop early.
    """

    metric: str | None = None
    patience: Annotated[int, Field(ge=0)] | None = None


class EvaluationSpec(Section):
    """How the result is measured."""

    baselines: bool = True
    resamples: Annotated[int, Field(ge=100)] = 1000


class ExecutionSpec(Section):
    """Where the steps run."""

    device: str | None = None
    threads: Count | None = None


class Spec(Section):
    """Everything that a run is asked to do."""

    source: str | None = None
    target: str | None = None
    validation: str | None = None
    test: str | None = None
    task: str | None = None
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    columns: dict[str, ColumnSpec] = Field(default_factory=dict)
    split: SplitSpec = SplitSpec()
    network: Choice | None = None
    training: TrainingSpec = TrainingSpec()
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
            raise SpecError(*(_mistake(e, nested) for e in error.errors())) from None
        raise_if_any(SpecError, spec._unknown_names())
        return spec

    def settings(self) -> dict[str, Any]:
        """Nested settings, as they are written into ``run.toml``; what is None is left out."""
        return _plain(self)

    def replace(self, settings: Mapping[str, Any]) -> Spec:
        """This spec with some settings changed, validated again."""
        return Spec.from_settings(merge(self.settings(), nest(settings)))

    def _unknown_names(self) -> Iterable[Mistake]:
        named = {
            "networks": self.network,
            "losses": self.training.loss,
            "optimizers": self.training.optimizer,
            "schedules": self.training.schedule,
        }
        for catalogue, choice in named.items():
            if choice and choice.name != OWN_NETWORK and (mistake := unknown(catalogue, choice.name)):
                yield mistake
        if self.task and (mistake := unknown("tasks", self.task)):
            yield mistake
        if self.stopping.metric not in (None, "loss") and (mistake := unknown("metrics", str(self.stopping.metric))):
            yield mistake
        for name, column in self.columns.items():
            if column.kind and column.kind not in KINDS:
                yield Mistake(
                    f"column {name!r} cannot be of kind {column.kind!r}",
                    remedy=did_you_mean(column.kind, [*KINDS, *ROLES]),
                )


OWN_NETWORK = "own"
"""The name that stands in a spec for a module of the user's own."""


def nest(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Turn dotted keys into nested mappings; a choice that is given by name takes options beside it.

    >>> nest({"training.optimizer": "momentum", "training.optimizer.momentum": 0.8})
    {'training': {'optimizer': {'name': 'momentum', 'momentum': 0.8}}}
    """
    nested: dict[str, Any] = {}
    for key, value in settings.items():
        inner: Any = nest(value) if isinstance(value, Mapping) and key != "columns" else value
        for part in reversed(key.split(".")):
            inner = {part: inner}
        nested = merge(nested, inner)
    return nested


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with ``over`` laid on it; a new name of a choice drops the old one's options."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        if isinstance(value, Mapping) and isinstance(old, Mapping) and _same_choice(old, value):
            merged[key] = merge(old, value)
        elif isinstance(value, Mapping) and isinstance(old, str) and "name" not in value:
            merged[key] = {"name": old, **value}
        elif isinstance(value, str) and isinstance(old, Mapping) and "name" not in old and key in _CHOICES:
            merged[key] = {"name": value, **old}
        else:
            merged[key] = value
    return merged


_CHOICES = ("network", "loss", "optimizer", "schedule")


def _same_choice(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return "name" not in new or old.get("name") in (None, new["name"])


def parse_setting(text: str) -> tuple[str, Any]:
    """Read one ``--set KEY=VALUE``; the value is TOML, or else a bare string.

    >>> parse_setting("network.hidden=[64, 32]")
    ('network.hidden', [64, 32])
    >>> parse_setting("training.optimizer=momentum")
    ('training.optimizer', 'momentum')

    Raises:
        SpecError: there is no ``=`` in the text.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise SpecError(Mistake(f"--set {text!r} names no value", "KEY=VALUE, such as training.epochs=20"))
    try:
        return key.strip(), _toml().loads(f"value = {value}")["value"]
    except ValueError:
        return key.strip(), value.strip()


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file of settings.

    Raises:
        SpecError: the file is missing, or is not TOML.
    """
    try:
        return dict(_toml().loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise SpecError(Mistake(f"there is no file {str(path)!r}", "a TOML file of settings")) from None
    except (OSError, ValueError) as error:
        raise SpecError(Mistake(f"{str(path)!r} cannot be read as TOML ({error})", "a TOML file of settings")) from None


def _toml() -> Any:
    try:
        import tomllib
    except ModuleNotFoundError:  # Python 3.10
        import tomli as tomllib
    return tomllib


def _plain(value: Any) -> Any:
    if isinstance(value, (Choice, ColumnSpec)):
        return value.flat()
    if isinstance(value, BaseModel):
        items = ((name, _plain(getattr(value, name))) for name in type(value).model_fields)
        return {name: inner for name, inner in items if inner is not None and inner != {}}
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return value


def _mistake(error: Any, settings: Mapping[str, Any]) -> Mistake:
    """Say one of pydantic's errors in our words."""
    path = [str(part) for part in error["loc"] if not _is_type_name(part)]
    where = ".".join(path)
    if error["type"] == "extra_forbidden":
        return Mistake(f"there is no setting {where!r}", remedy=did_you_mean(where, setting_names()))
    if error["type"] == "missing":
        return Mistake(f"{where.rpartition('.')[0]!r} has options but no name", f"{where!r} beside them")
    reason = str(error["msg"]).removeprefix("Value error, ")
    return Mistake(f"setting {where!r} is {error['input']!r}", re.sub("^Input should be ", "", reason))


def _is_type_name(part: object) -> bool:
    """Pydantic puts the tried member of a union into the place of an error; users do not want it."""
    return isinstance(part, str) and bool(re.search(r"[\[\(]|^(float|int|str|bool|dict|Choice)$", part))


def setting_names() -> list[str]:
    """Every setting that can be named with ``--set``, dotted."""
    names = []
    for name, field in Spec.model_fields.items():
        if isinstance(field.default, Section) and not isinstance(field.default, Choice):
            names += [f"{name}.{inner}" for inner in type(field.default).model_fields]
        else:
            names.append(name)
    return names
