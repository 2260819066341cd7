"""From prepared parts to a trained network: build it, find its rate, train it, keep its state."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..assemble import Architecture, positions_of, reads, try_out
from ..catalog import load
from ..data.augment import Augment
from ..data.batches import Batch, Epochs
from ..delivery.weights import freeze, put_weights, read_weights
from ..errors import InternalError, Mistake, SpecError, raise_if_any
from ..spec import OWN_NETWORK, Choice, Spec
from ..tasks import Task, classes_of, outputs_for
from ..tasks.extract import predictions
from ..tasks.several import several
from ..tasks.translate import Translate
from ..training.averaging import Average
from ..training.loop import Limits, step_seed
from ..training.objectives.forced import Forced
from ..training.objectives.supervised import Supervised
from ..training.optimizers import set_rate
from ..training.rate_finder import range_test, suggest
from ..training.state import State
from . import planning
from .beginning import begun, reasons_of, with_network
from .class_losses import class_losses
from .learning import Learning
from .prepared import Prepared
from .settle import Settled, settle, with_device, with_threads
from .slices import mistakes
from .streaming import pace
from .threshold import cost_mistakes
from .translations import fill, taught
from .translations import validation_of as texts_validation
from .validating import validation_of


def plan(spec: Spec, prepared: Prepared, own: nn.Module | None) -> tuple[Settled, Learning]:
    """Settle what is open in ``spec`` and build what it asks for; only a learning rate that is to be found stays open.

    Raises:
        SpecError: with every setting that does not fit the data.
    """
    outputs = own_outputs(prepared, own) if own is not None else None
    frame = prepared.table.frame
    probable = spec.training.loss is None or spec.training.loss.name != "perceptron"
    raise_if_any(
        SpecError,
        [
            *mistakes(spec.evaluation.slices, frame.columns, frame, prepared.schema.targets),
            *([] if several(prepared.task) else cost_mistakes(spec, prepared.task, probable)),
        ],
    )
    if not len(prepared.parts["validation"]):
        spec = _unwatched(spec)
    spec, why = (spec, {}) if own is not None else with_network(spec)
    settled = settle(spec, prepared.task, prepared.training_rows, outputs, prepared.preparation.blocks)
    if prepared.streamed:
        settled = _streaming(settled, spec, prepared)
    learning = set_up(settled.spec, prepared, own, outputs=outputs)
    settled = Settled(settled.spec, {**settled.reasons, **why, **reasons_of(learning.carried)})
    before = settled.spec.execution.device
    settled = with_device(settled, learning.multiplications, learning.batches.size)
    settled = with_threads(settled, learning.multiplications, learning.batches.size)
    if settled.spec.execution.device != before:
        learning = set_up(settled.spec, prepared, own, outputs=outputs)
    return planning.by_rule(settled, learning), learning


def set_up(
    spec: Spec,
    prepared: Prepared,
    own: nn.Module | None,
    rate: float | None = None,
    outputs: int | None = None,
) -> Learning:
    """Build the network and everything around it, at step 0.

    Args:
        spec: settled.
        prepared: the data.
        own: a module of the user's own, for the network ``own``.
        rate: the learning rate, where it was found and not set.
        outputs: how many outputs that module gives, where it is known.

    Raises:
        SpecError: the user's module does not fit the data, or the loss does not fit its outputs.
    """
    device = torch.device(spec.execution.device or "cpu")
    task, training = prepared.task, spec.training
    network_choice = _settled(spec.network)
    loss, widths, loss_name = _loss(task, training.loss)
    train, validation = prepared.parts["train"].to(device), prepared.parts["validation"]
    writes = isinstance(task, Translate)
    positions = positions_of(task, prepared.preparation.blocks)
    if network_choice.name == OWN_NETWORK:
        outputs = own_outputs(prepared, own) if outputs is None else outputs
        _check_width(outputs, task, widths, loss_name)
        architecture = Architecture.of(network_choice, prepared.preparation, outputs, positions)
        network = architecture.build(spec.seed, own)
    else:
        outputs = widths[0]
        architecture = Architecture.of(network_choice, prepared.preparation, outputs, positions)
        network = architecture.build(spec.seed)
    network = network.to(device)
    if training.weights or training.freeze:
        start_from(network, network_choice.name, training.weights, training.freeze)
    carried = begun(spec, network, task={"name": task.name, **task.state()})
    augment = Augment(**{name: value for name, value in spec.augmentation if value})
    objective: Any = Supervised(
        loss, class_weights(spec, task, train, device), task.joined, augment if augment else None
    )
    if writes:
        fill(network, prepared.parts["train"])
        objective, train = Forced(loss), taught(train)
    optimizer_choice, schedule_choice = _settled(training.optimizer), _settled(training.schedule)
    rate = rate or (training.learning_rate if isinstance(training.learning_rate, float) else 1e-3)
    optimizers = {
        part: load("optimizers", optimizer_choice.name)(parameters, rate, **optimizer_choice.options)
        for part, parameters in objective.parts(network).items()
    }
    state = State(
        network=network,
        objective=objective,
        optimizers=optimizers,
        schedule=load("schedules", schedule_choice.name)(**schedule_choice.options),
        average=Average(network) if spec.regularization.average == "ema" else None,
    )
    size = len(train) if training.batch_size == "all" else int(training.batch_size or len(train))
    metric = spec.stopping.metric or "loss"
    limits = Limits(
        epochs=int(training.epochs or 1),
        seconds=training.time,
        patience=int(spec.stopping.patience or 0),
        metric=metric,
        greater_is_better=metric != "loss" and bool(load("metrics", metric).greater_is_better),
        l1=spec.regularization.l1,
        l2=spec.regularization.l2,
        clip=spec.regularization.clip,
        noise=spec.regularization.noise or 0.0,
        seed=spec.seed,
    )
    classes = class_losses(task, objective, validation)

    def decoded(outputs: Tensor) -> NDArray[Any]:
        return predictions(task, outputs, prepared.frame("validation"), prepared.preparation.blocks)

    return Learning(
        architecture,
        state,
        prepared.batches(spec, train, size),
        limits,
        texts_validation(objective, validation)
        if writes
        else validation_of(task, objective, validation, metric, classes, decoded),
        carried,
        classes,
    )


def _streaming(settled: Settled, asked: Spec, prepared: Prepared) -> Settled:
    """What is settled, with the epochs of a streamed table, which are not its passes.

    Raises:
        SpecError: all rows are asked for in one batch.
    """
    size = settled.spec.training.batch_size
    if size == "all":
        raise SpecError(
            Mistake(
                "training.batch_size is 'all', and the table is larger than memory",
                "a number of rows",
                "or set execution.stream to false, if there is memory enough",
            )
        )
    rows = prepared.training_rows
    steps, epochs = pace(rows, int(size or 1))
    changed: dict[str, Any] = {"execution.stream": True}
    reasons = {"execution.stream": prepared.streamed.reason if prepared.streamed else ""}
    if asked.training.epochs is None and asked.training.time is None:
        changed |= {"training.epochs": epochs}
        reasons["training.epochs"] = (
            f"of {steps:,} steps; a pass over about {rows:,} training rows is {rows // (size or 1):,}"
        )
    if asked.execution.stream is not None:
        reasons.pop("execution.stream")
    return Settled(settled.spec.replace(changed), {**settled.reasons, **reasons})


def start_from(network: nn.Module, name: str, weights: str | None, frozen: bool) -> None:
    """Put the weights of a file into the network that reads the pictures, and let it stay as it is where asked.

    Args:
        network: assembled; changed in place.
        name: of the network, in the catalogue.
        weights: the file, or None.
        frozen: whether that network shall not learn.

    Raises:
        SpecError: the network is none for pictures, or the weights do not fit it.
    """
    if "image" not in reads(name):
        setting = "training.weights" if weights else "training.freeze"
        raise SpecError(
            Mistake(f"{setting} is for networks for pictures, and {name!r} is none", "such as 'resnet18'")
        )
    if weights:
        put_weights(network, load("networks", name).last, read_weights(weights))
    if frozen:
        freeze(network)


def _unwatched(spec: Spec) -> Spec:
    """The spec of a run without validation rows: it never stops early.

    Raises:
        SpecError: it is asked to.
    """
    if spec.stopping.patience:
        raise SpecError(
            Mistake(
                f"stopping.patience is {spec.stopping.patience}, and there are no validation rows to watch",
                "a split.validation above 0, or a patience of 0",
            )
        )
    return spec.replace({"stopping.patience": 0})


def own_outputs(prepared: Prepared, own: nn.Module | None) -> int:
    """How many outputs a module of the user's own gives for the prepared columns.

    Raises:
        SpecError: it does not take them, or gives something else than a row of outputs for each row.
    """
    network = Architecture.of(Choice(name=OWN_NETWORK), prepared.preparation, 0).build(0, own)
    few = prepared.parts["train"].take(slice(0, 4))
    return int(try_out(network.cpu(), few.inputs).shape[-1])


def _loss(task: Task, choice: Choice | None) -> tuple[Any, list[int], str]:
    """The loss, the numbers of outputs that suit it (the usual one first), and what it is called."""
    if many := several(task):
        return many.loss(), [many.width], "sum"
    chosen = _settled(choice)
    loss = load("losses", chosen.name)(**chosen.options)
    usual = outputs_for(task, chosen.name, loss.outputs)
    others = [width for form in loss.outputs if (width := task.outputs((form,))) is not None]
    return loss, list(dict.fromkeys([usual, *others])), chosen.name


def find_rate(spec: Spec, prepared: Prepared, own: nn.Module | None) -> float:
    """Find a learning rate by Smith's range test, on a copy of the network that is thrown away."""
    learning = set_up(spec, prepared, copy.deepcopy(own), rate=1.0)
    state, batches = learning.state, learning.batches
    (optimizer,) = state.optimizers.values()
    stream = _endless(batches)

    def step(rate: float) -> float:
        batch = next(stream)
        torch.default_generator.manual_seed(step_seed(spec.seed, state.step))
        state.step += 1
        optimizer.zero_grad()
        loss, _ = state.objective.step(state.network, batch, "network", torch.default_generator)
        loss.backward()  # type: ignore[no-untyped-call]
        set_rate(optimizer, rate)
        optimizer.step()
        return float(loss.item())

    with torch.random.fork_rng(devices=[]):
        state.network.train()
        return suggest(*range_test(step))


def class_weights(spec: Spec, task: Task, train: Batch, device: torch.device) -> Tensor | None:
    """Factors of the classes: N / (C n_c) where balanced, else as given; classes not named weigh 1."""
    wanted = spec.regularization.class_weights
    classes = classes_of(task)
    if wanted == "none" or not classes:
        return None
    if isinstance(wanted, dict):
        return torch.tensor([wanted.get(label, 1.0) for label in classes], device=device)
    counts = torch.bincount(train.target, minlength=len(classes)).clamp_min(1)
    return (len(train) / (len(classes) * counts)).float().to(device)


@contextmanager
def threads(count: int | None) -> Iterator[None]:
    """Let torch use ``count`` threads while the block runs."""
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _check_width(outputs: int, task: Task, allowed: Sequence[int], loss: str) -> None:
    """Refuse a module whose number of outputs does not suit the task and the loss."""
    if outputs not in allowed:
        raise SpecError(
            Mistake(
                f"the network gives {outputs} outputs for the target {task.target!r} with loss {loss!r}",
                " or ".join(str(width) for width in sorted(allowed)) + " outputs",
                "change its last layer, or training.loss",
            )
        )


def _settled(choice: Choice | None) -> Choice:
    if choice is None:
        raise InternalError("a network was to be built from a spec that is not settled")
    return choice


def _endless(batches: Epochs) -> Iterator[Batch]:
    epoch = 0
    while True:
        yield from batches.epoch(epoch)
        epoch += 1
