"""Sends a few rows through copies of a network and its loss, forward and backward, and notes what happens."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from .overfit import overfit
from .program import Layer, LossCall, Parameter, Program, Values
from .recorder import Recorder, values_of
from .slopes import slopes

ENDS = {
    "SoftmaxBackward0": "softmax",
    "LogSoftmaxBackward0": "log_softmax",
    "SigmoidBackward0": "sigmoid",
    "ReluBackward0": "relu",
    "TanhBackward0": "tanh",
}
VIEWS = ("View", "Squeeze", "Unsqueeze", "Select", "Alias", "Reshape", "Transpose", "Clone", "ToCopy")
MATTERING = (nn.modules.batchnorm._BatchNorm, nn.modules.dropout._DropoutNd)
TOLERANCE = 1e-4
"""By how much of the outputs' size two passes may differ."""

Inputs = Any
Loss = Callable[[Any, Tensor], Tensor]


def measure(
    network: nn.Module,
    loss: Loss,
    x: Inputs,
    y: Tensor,
    everything: tuple[Inputs, Tensor],
    optimizer: torch.optim.Optimizer | None,
    original: nn.Module | None = None,
    without: Collection[str] = (),
) -> Program:
    """Measure a program. ``network``, ``loss`` and ``optimizer`` are copies of the user's, for they are used up.

    Args:
        network: in the mode in which it would train.
        loss: of (outputs, targets).
        x: the inputs of at most 64 rows: a tensor, a sequence or a mapping of tensors.
        y: the targets of these rows.
        everything: inputs and targets of all rows that were given.
        optimizer: of the network's parameters.
        original: the user's own network, whose parameters the loss may close over.
        without: codes that are left out; what only they need is not measured.
    """
    recorder, (all_x, all_y) = Recorder(network), everything
    state = copy.deepcopy(network.state_dict())
    outputs, value, stage, message = None, None, "forward", ""
    failed_place = ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with recorder.watching():
                outputs = forward(network, x)
                stage = "loss"
                value = loss(outputs, y)
            stage = "backward"
            if value.requires_grad:
                value.sum().backward()  # type: ignore[no-untyped-call]
            stage = ""
        except Exception as error:  # noqa: BLE001 (whatever the user's code raises is what we report)
            message = str(error).strip().partition("\n")[0] or type(error).__name__
            failed_place = recorder.place
        parameters = list(_parameters(network, loss, recorder, optimizer))
        unregistered = _unregistered(value, network, loss, original or network)
        network.load_state_dict(state)
        leaks, noisy, leaking = (False, False, set()) if stage else _rows_apart(network, x, len(y))
        learns = not stage and value is not None and value.requires_grad and not noisy
        if learns and "RV227" not in without:
            found = slopes(network, loss, lambda net, rows: forward(net, rows), x, y)
            parameters = [_with(p, found.get(p.name)) for p in parameters]
        learnt = None
        if learns and "RV234" not in without:
            learnt = overfit(network, loss, forward, (x, y), optimizer)
    call = _loss_call(recorder, y)
    last, place = _end_of(recorder, outputs)
    counted = all_y[all_y != call.ignored] if call and not all_y.is_floating_point() else all_y
    rows = len(y)
    return Program(
        rows=rows,
        target=_target(counted, all_y),
        inputs=tuple(
            replace(values_of(few), bad=int((~torch.isfinite(every)).sum()))
            for few, every in zip(tensors_of(x), tensors_of(all_x))
        ),
        layers=tuple(_layers(recorder, leaking)),
        parameters=tuple(parameters),
        outputs=values_of(outputs) if isinstance(outputs, Tensor) else None,
        last=last,
        last_place=place,
        loss_call=call,
        loss=float(value.detach()) if value is not None and value.numel() == 1 else None,
        loss_learns=value is None or bool(value.requires_grad),
        failed=stage,
        failed_place=failed_place,
        message=message,
        batch_softmax=tuple(
            place
            for place, dim, shape in recorder.softmax
            if dim == 0 and len(shape) > 1 and shape[0] == rows > 1
        ),
        broadcast=recorder.broadcast,
        in_place=recorder.in_place,
        unregistered=unregistered,
        leaks=leaks,
        noisy=noisy,
        evaluation=tuple(
            n or "network" for n, m in network.named_modules() if isinstance(m, MATTERING) and not m.training
        ),
        all_evaluation=not network.training,
        foreign=_foreign(network, loss, optimizer),
        rates=tuple(float(group["lr"]) for group in optimizer.param_groups if "lr" in group)
        if optimizer
        else (),
        overfit=learnt,
    )


def forward(network: nn.Module, x: Inputs) -> Any:
    """The outputs for inputs that are a tensor, or several as positions or names."""
    if isinstance(x, Mapping):
        return network(**x)
    return network(*x) if isinstance(x, (tuple, list)) else network(x)


def tensors_of(x: Inputs) -> list[Tensor]:
    """The tensors of the inputs."""
    if isinstance(x, Mapping):
        return list(x.values())
    return list(x) if isinstance(x, (tuple, list)) else [x]


def changed(x: Inputs, change: Callable[[Tensor], Tensor]) -> Inputs:
    """The inputs with a change made to each tensor of them."""
    if isinstance(x, Mapping):
        return {name: change(tensor) for name, tensor in x.items()}
    return type(x)(change(t) for t in x) if isinstance(x, (tuple, list)) else change(x)


def _target(counted: Tensor, every: Tensor) -> Values:
    return replace(values_of(counted), shape=tuple(every.shape))


def _with(parameter: Parameter, slope: float | None) -> Parameter:
    return replace(parameter, slope=slope)


def _layers(recorder: Recorder, leaking: set[str]) -> Iterator[Layer]:
    seen = set()
    for name, module, inputs, output in recorder.calls:
        own = len(list(module.parameters(recurse=False)))
        if name in seen or not (own or not list(module.children())):
            continue
        seen.add(name)
        values = values_of(inputs) if isinstance(inputs, Tensor) else None
        silent = isinstance(output, Tensor) and output.numel() > 1 and not bool(output.any())
        yield Layer(name, type(module).__name__, own, values, name in leaking, silent)


def _parameters(
    network: nn.Module, loss: Loss, recorder: Recorder, optimizer: torch.optim.Optimizer | None
) -> Iterator[Parameter]:
    held = {id(p) for group in optimizer.param_groups for p in group["params"]} if optimizer else set()
    called = {name for name, _, _, _ in recorder.calls}
    owns = {name for name, m in network.named_modules() if list(m.parameters(recurse=False))}
    for name, parameter in network.named_parameters():
        owner = name.rpartition(".")[0]
        above = [owner.rsplit(".", n)[0] for n in range(owner.count(".") + 1)] if owner else []
        gradient = parameter.grad
        yield Parameter(
            name=name,
            learns=parameter.requires_grad,
            used=not owner or owner in called or any(a in called and a in owns for a in above),
            optimized=id(parameter) in held if optimizer else None,
            gradient="none" if gradient is None else "some" if bool(gradient.any()) else "zero",
            alike=gradient is not None and _alike(parameter, gradient),
            empty=parameter.ndim > 1 and not bool(parameter.detach().any()),
        )


def _alike(weights: Tensor, gradient: Tensor) -> bool:
    if weights.ndim < 2 or len(weights) < 2:
        return False
    return all(bool((t == t[:1]).all()) for t in (weights.detach(), gradient))


def _unregistered(
    value: Tensor | None, network: nn.Module, loss: Loss, original: nn.Module
) -> tuple[tuple[int, ...], ...]:
    """Shapes of the leaves of the loss's graph that are parameters of neither the network nor the loss."""
    known = {id(p) for p in (*network.parameters(), *original.parameters())}
    known |= {id(p) for p in loss.parameters()} if isinstance(loss, nn.Module) else set()
    found, todo, seen = [], [value.grad_fn] if value is not None else [], set()
    while todo:
        node = todo.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        leaf = getattr(node, "variable", None)
        if isinstance(leaf, nn.Parameter) and id(leaf) not in known:
            found.append(tuple(leaf.shape))
        todo += [following for following, _ in node.next_functions]
    return tuple(sorted(found))


@torch.no_grad()
def _rows_apart(network: nn.Module, x: Inputs, rows: int) -> tuple[bool, bool, set[str]]:
    """In evaluation: whether a row's outputs depend on other rows, whether two passes differ, and layers that leak."""
    network = copy.deepcopy(network).eval()
    first, again = _seen(network, x), _seen(network, x)
    noisy = _differ(first[-1][1], again[-1][1])
    if noisy or rows < 2:
        return False, noisy, set()
    half, leaking = rows // 2, set()
    for kept in (slice(0, half), slice(half, rows)):  # one half is looked at while the other is replaced
        other = _seen(network, changed(x, partial(_replaced, kept=kept, rows=rows)))
        leaking |= {
            name
            for (name, a), (_, b) in zip(first, other)
            if isinstance(a, Tensor)
            and isinstance(b, Tensor)
            and a.ndim
            and b.ndim
            and len(a) == len(b) == rows
            if _differ(a[kept], b[kept])
        }
    return "" in leaking, False, leaking


def _replaced(tensor: Tensor, kept: slice, rows: int) -> Tensor:
    """The rows ``kept`` as they are, and the first of them in place of all others; a tensor of no rows as it is."""
    if len(tensor) != rows:
        return tensor
    other = tensor[kept][:1].expand_as(tensor).clone()
    other[kept] = tensor[kept]
    return other


def _seen(network: nn.Module, x: Inputs) -> list[tuple[str, Any]]:
    """The outputs of each module that was called, the network's own last."""
    recorder = Recorder(network)
    with recorder.watching():
        outputs = forward(network, x)
    found = [(n, o[0] if isinstance(o, tuple) and o else o) for n, _, _, o in recorder.calls]
    return [*found, ("", outputs[0] if isinstance(outputs, tuple) and outputs else outputs)]


def _differ(one: Any, two: Any) -> bool:
    if not (isinstance(one, Tensor) and isinstance(two, Tensor) and one.shape == two.shape):
        return False
    if one.numel() == 0 or not (torch.isfinite(one).all() and torch.isfinite(two).all()):
        return False
    return float((one - two).abs().max()) > TOLERANCE * (float(one.abs().max()) + 1e-12)


def _loss_call(recorder: Recorder, y: Tensor) -> LossCall | None:
    if not recorder.losses:
        return None
    name, outputs, given, ignored, result = recorder.losses[-1]
    sums = outputs.detach().float().logsumexp(1) if outputs.ndim > 1 else torch.ones(1)
    single = isinstance(result, Tensor) and result.numel() == 1
    return LossCall(
        name=name,
        outputs=values_of(outputs),
        log_probabilities=bool((sums.abs() < 1e-2).all()),
        ignored=ignored,
        value=float(result.detach()) if single else None,
        encoded=given.numel() > y.numel() and bool(((given >= 0) & (given <= 1)).all()),
    )


def _end_of(recorder: Recorder, outputs: Any) -> tuple[str, str]:
    """What was done last to what the loss was given, and the layer of which it came."""
    tensor = recorder.losses[-1][1] if recorder.losses else outputs
    node = tensor.grad_fn if isinstance(tensor, Tensor) else None
    for _ in range(5):
        if node is None or not type(node).__name__.startswith(VIEWS):
            break
        node = node.next_functions[0][0]
    last = ENDS.get(type(node).__name__, "")
    return last, recorder.calls[-1][0] if recorder.calls else "outputs"


def _foreign(network: nn.Module, loss: Loss, optimizer: torch.optim.Optimizer | None) -> int | None:
    if optimizer is None:
        return None
    own = {id(p) for p in network.parameters()}
    own |= {id(p) for p in loss.parameters()} if isinstance(loss, nn.Module) else set()
    return sum(id(p) not in own for group in optimizer.param_groups for p in group["params"])
