"""What a run begins with: a model file, whose network, tokens and weights are taken over as far as they fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from ..assemble import is_language
from ..data.tokens import Tokens
from ..delivery.base import Base
from ..delivery.beginning import Beginning, Carried, begin, read_beginning
from ..errors import Mistake, RunError
from ..network.adapters import learnt
from ..spec import OWN_NETWORK, Choice, Spec

RECORD = "beginning"
"""Where the record of a run holds the fingerprint of the file."""


def given_kinds(spec: Spec) -> Mapping[str, Mapping[str, Any]]:
    """The states of the kinds that the file was prepared with, by name; none, where there is no file.

    Raises:
        ModelFileError: the file cannot be used.
    """
    return read_beginning(spec.start.model).kinds if spec.start.model else {}


def given_tokens(spec: Spec) -> Tokens | None:
    """The tokens of the file's texts; None, where there is no file, or it has no texts."""
    state = given_kinds(spec).get("text", {}).get("tokens")
    return None if state is None else Tokens.from_state(state)


def with_network(spec: Spec, corpus: bool = False) -> tuple[Spec, dict[str, str]]:
    """The spec with the network of the file, where the user names none; and the reason.

    Args:
        spec: what is asked.
        corpus: whether it is learnt from a corpus; a network that writes is for nothing else.
    """
    if not spec.start.model or spec.network is not None:
        return spec, {}
    network = Choice.model_validate(read_beginning(spec.start.model).network)
    if network.name == OWN_NETWORK or (is_language(network.name) and not corpus):
        return spec, {}
    return spec.replace({"network": network.flat()}), {"network": f"that of {spec.start.model}"}


def begun(spec: Spec, network: nn.Module, *, task: Mapping[str, Any]) -> Carried | None:
    """Put the weights of the file into a network, changed in place; None where there is no file.

    Args:
        spec: of the run.
        network: assembled.
        task: the name and the state of what is learnt now: the head's weights are taken where it is the file's too.

    Raises:
        SpecError: nothing fits, or nothing would learn.
    """
    if not spec.start.model:
        return None
    beginning = read_beginning(spec.start.model)
    head = same_target(beginning, task)
    start = spec.start
    return begin(network, beginning, head=head, how=start.how, rank=start.rank, seed=spec.seed)


def base_of(spec: Spec, network: nn.Module) -> Base | None:
    """What the model file of a run stands on: its file, where a network with adapters has not been merged yet."""
    adapters = learnt(network)
    if not spec.start.model or not adapters:
        return None
    return Base(spec.start.model, read_beginning(spec.start.model).fingerprint, adapters)


def same_target(beginning: Beginning, task: Mapping[str, Any]) -> bool:
    """Whether the file's outputs mean what those of ``task`` do."""
    return dict(beginning.task) == dict(task)


def recorded(spec: Spec) -> dict[str, str]:
    """What the record of a run says of the file."""
    return {RECORD: read_beginning(spec.start.model).fingerprint} if spec.start.model else {}


def reasons_of(carried: Carried | None) -> dict[str, str]:
    """What the reasons of a run say of it."""
    return {} if carried is None else {"start.model": str(carried)}


def check_same(spec: Spec, record: Mapping[str, Any]) -> None:
    """Refuse to go on with a run whose file is another than it was.

    Raises:
        RunError: it is.
        ModelFileError: it is gone.
    """
    if spec.start.model and read_beginning(spec.start.model).fingerprint != record.get(RECORD):
        raise RunError(
            Mistake(
                f"{spec.start.model!r} is not the model that this run began with",
                "the same file",
                "put the old file there, or start a new run",
            )
        )
