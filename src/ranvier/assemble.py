"""From the fitted preparation and the task to a network.

An architecture is plain values (names, options, widths): what a model file needs to build the same network again.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from .catalog import load
from .data.preparation import Preparation
from .data.series.windows import LEVELS
from .errors import Mistake, SpecError
from .network.assembled import Assembled, Own
from .network.features import Features
from .network.forecasting import Forecaster
from .network.heads import Head
from .network.language import Language
from .network.mlp import MLP
from .network.translation import Translator
from .spec import OWN_NETWORK, Choice

BESIDE = [128]
"""The hidden layer in which the features of pictures and sequences meet those of other columns."""

READ = {"image": "pictures", "text": "texts", "series": "series", "audio": "sounds", "tokens": "tokens"}
"""The blocks that networks of their own read, with what they hold in words."""


WHOLE = {"forecast": ("series",), "translator": ("text",)}
"""What networks that need no others around them read, by their role."""


@dataclass(frozen=True)
class Architecture:
    """What a network is built from.

    Args:
        network: the catalogue's name and options, flat; ``own`` for a module of the user's own.
        blocks: for each kind that is present, what its encoder is built from.
        outputs: the number of outputs K.
        positions: the block at each of whose positions there are outputs; empty where a row has outputs as a whole.
    """

    network: str | Mapping[str, Any]
    blocks: Mapping[str, Mapping[str, Any]]
    outputs: int
    positions: str = ""

    @classmethod
    def of(cls, network: Choice, preparation: Preparation, outputs: int, positions: str = "") -> Architecture:
        """The architecture for prepared columns.

        Raises:
            SpecError: the network reads pictures or sequences, and there are none; or outputs are wanted at each
                position, and it does not read the block.
        """
        if is_language(network.name):
            raise SpecError(
                Mistake(
                    f"the network {network.name!r} writes text, and cannot read the columns of a table",
                    "a corpus of plain text",
                    "add --task generate, or choose another network",
                )
            )
        if positions and positions not in reads(network.name):
            what = "" if network.name == OWN_NETWORK else f" {network.name!r}"
            raise SpecError(
                Mistake(
                    f"the task has outputs at each moment of the {READ[positions]}, and the network{what} gives none",
                    f"a network of the catalogue that reads {READ[positions]}, such as 'lstm'",
                )
            )
        wanted = reads(network.name)
        if wanted and not set(wanted) & set(preparation.blocks):
            words = " or ".join(READ[block] for block in wanted)
            raise SpecError(
                Mistake(
                    f"the network {network.name!r} reads {words}, and no input column holds any",
                    f"a column of {words}",
                    f"choose another network, or say which column it is: columns.NAME={wanted[0]}",
                )
            )
        blocks = {
            name: _taken(_encoder(network, name)[0], kind.features())
            for name, kind in preparation.blocks.items()
        }
        if "known" in (windows := _features(preparation, "series")) and forecasts(
            network.name, by_windows=True
        ):
            blocks["series"] = windows
        return cls(network.flat(), blocks, outputs, positions)

    def as_dict(self) -> dict[str, Any]:
        """The architecture as it stands in a model file."""
        return asdict(self)

    def build(self, seed: int, own: nn.Module | None = None) -> nn.Module:
        """Build the network; its first weights come from ``seed``.

        Args:
            seed: of the run.
            own: the user's module, where ``network`` is ``own``; it keeps the weights that it has.

        Raises:
            SpecError: the network is the user's own and was not given.
        """
        choice = Choice.model_validate(self.network)
        if choice.name == OWN_NETWORK:
            if own is None:
                raise SpecError(
                    Mistake(
                        "this network is a module of its author's own, and its code is not in the file",
                        "the module itself",
                        "give it with network=, for example rv.load(path, network=MyModule())",
                    )
                )
            return Own(own, self.blocks)
        if is_language(choice.name):
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                return Language(load("networks", choice.name)(self.outputs, **choice.options))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            if forecasts(choice.name, by_windows="known" in self.blocks.get("series", {})):
                return _forecaster(choice, self.blocks["series"], self.outputs)
            if translates(choice.name):
                return Translator(**self.blocks["text"], target=self.outputs, network=choice.flat())
            encoders: dict[str, Any] = {}
            trunk: Any
            wanted = reads(choice.name)
            alone = bool(wanted) and set(self.blocks) <= set(wanted)
            linear = getattr(load("networks", choice.name), "head", None) if alone and wanted else None
            for name, features in self.blocks.items():
                encoder, options = _encoder(choice, name)
                if linear is not None:  # its features are the outputs already, but for a constant
                    options["network"] = {"name": choice.name, "outputs": self.outputs, **choice.options}
                encoders[name] = encoder(**features, **options)
            width = sum(int(encoder.outputs) for encoder in encoders.values())
            if self.positions:
                width += int(encoders[self.positions].width) - int(encoders[self.positions].outputs)
                trunk = Features(width)
            elif wanted:
                trunk = Features(width) if alone else MLP(width, hidden=BESIDE)
            else:
                trunk = load("networks", choice.name)(width, **choice.options)
            maker = linear or getattr(trunk, "head", None)
            head = maker(self.outputs) if maker else Head(trunk.outputs, self.outputs)
            return Assembled(encoders, trunk, head, self.positions)


def positions_of(task: Any, blocks: Mapping[str, Any]) -> str:
    """The block at each of whose positions a task has outputs; nothing, where it has them for a row as a whole.

    Args:
        task: of ``TASKS``; it says so in ``positions``.
        blocks: those that there are.

    Raises:
        SpecError: there is none that it reads.
    """
    wanted: tuple[str, ...] = getattr(task, "positions", ())
    found = [name for name in wanted if name in blocks]
    if wanted and not found:
        words = " or ".join(READ[name] for name in wanted)
        raise SpecError(
            Mistake(
                f"the task {task.name!r} reads {words}, and no input column holds any",
                f"a column of {words}",
                f"choose another task, or say which column it is: columns.NAME={wanted[0]}",
            )
        )
    return found[0] if found else ""


def reads(network: str) -> tuple[str, ...]:
    """The blocks that the network of that name reads before all else is joined; none, where it is a trunk.

    >>> reads("resnet18"), reads("text_cnn")[0], reads("mlp")
    (('image',), 'text', ())
    """
    if network == OWN_NETWORK:
        return ()
    member = load("networks", network)
    role = getattr(member, "role", None)
    if role in WHOLE:
        return WHOLE[role]
    if role == "reader":
        return ("text",)
    if role == "sequence":
        vectors = "text" in member.reads and not getattr(member, "reads_ids", False)
        return (
            *member.reads,
            *(("tokens",) if vectors else ()),
        )  # whose vectors are made like those of words
    return ("image",) if role == "picture" else ()


def forecasts(network: str, by_windows: bool = False) -> bool:
    """Whether the network of that name is one for forecasts, which is a whole one; of windows, one of series is too.

    >>> forecasts("dlinear"), forecasts("lstm"), forecasts("lstm", by_windows=True), forecasts("mlp", by_windows=True)
    (True, False, True, False)
    """
    if network == OWN_NETWORK:
        return False
    member = load("networks", network)
    role = getattr(member, "role", None)
    return role == "forecast" or (by_windows and role == "sequence" and "series" in member.reads)


def translates(network: str) -> bool:
    """Whether the network of that name is one for translations, which is a whole one."""
    return network != OWN_NETWORK and getattr(load("networks", network), "role", None) == "translator"


def cost_of_a_picture(network: Choice, features: Mapping[str, Any]) -> int:
    """How many multiplications one picture takes a network for pictures; only shapes are built.

    Args:
        network: the catalogue's name and options.
        features: of the block of pictures, with ``channels`` and ``size``.

    Raises:
        SpecError: the pictures are too small for it.
    """
    with torch.device("meta"):
        built = load("networks", network.name)(
            features["channels"], tuple(features["size"]), **network.options
        )
    return int(built.multiplications)


def is_language(network: str) -> bool:
    """Whether the network of that name is a language model, which reads the ids of tokens and nothing else."""
    return network != OWN_NETWORK and getattr(load("networks", network), "role", None) == "language"


def _forecaster(network: Choice, features: Mapping[str, Any], outputs: int) -> Forecaster:
    """The whole network of a forecast."""
    levels, known = len(LEVELS), features.get("known", ())
    horizon = outputs // levels
    return Forecaster(
        length=features["length"] - (horizon if known else 0),
        channels=features["channels"],
        horizon=horizon,
        levels=levels,
        network=network.flat(),
        known=known,
    )


def _features(preparation: Preparation, block: str) -> dict[str, Any]:
    """What the encoder of a block is built from; nothing where there is no such block."""
    return preparation.blocks[block].features() if block in preparation.blocks else {}


def _encoder(network: Choice, block: str) -> tuple[Any, dict[str, Any]]:
    """The encoder of a block for a network, and the options that the network has for it."""
    if block in reads(network.name):
        return load("encoders", block), {"network": network.flat()}
    trunk = None if network.name == OWN_NETWORK else load("networks", network.name)
    options = dict(getattr(trunk, "encoding", {}).get(block, {}))
    return load("encoders", options.pop("name", block)), options


def _taken(encoder: Any, features: Mapping[str, Any]) -> dict[str, Any]:
    """Of the features of a block those that its encoder is built from."""
    parameters = inspect.signature(encoder).parameters
    return {name: value for name, value in features.items() if name in parameters}


def defaults(network: Choice) -> dict[str, object]:
    """Settings that a network asks for where the user names none."""
    if network.name == OWN_NETWORK:
        return {}
    return dict(getattr(load("networks", network.name), "defaults", {}))


def try_out(network: nn.Module, inputs: Mapping[str, Tensor]) -> Tensor:
    """Send a few rows through a network of the user's own, and say in a sentence what does not fit.

    Returns:
        The outputs (B, K), or (B, M, K) of an ensemble.

    Raises:
        SpecError: the module fails on the rows, or does not give one row of numbers for each row.
    """
    rows = len(next(iter(inputs.values())))
    places: tuple[Any, ...] = getattr(network, "shape", (getattr(network, "width", None),))
    training = network.training
    network.eval()
    try:
        with torch.no_grad():
            outputs = network(dict(inputs))
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise SpecError(
            Mistake(
                f"the network cannot take the data: {reason}",
                f"a module whose forward takes a tensor of shape ({', '.join(map(str, ('rows', *places)))})",
                "'ranvier inspect' shows the columns that make up this width",
            )
        ) from error
    finally:
        network.train(training)
    if not isinstance(outputs, Tensor) or outputs.ndim not in (2, 3) or len(outputs) != rows:
        shape = tuple(outputs.shape) if isinstance(outputs, Tensor) else type(outputs).__name__
        raise SpecError(
            Mistake(f"the network gives {shape} for {rows} rows", f"a tensor of shape ({rows}, outputs)")
        )
    return outputs


def describe(network: nn.Module) -> str:
    """The network in a few words: its layers' widths, how many parameters it has, and what suits the data.

    >>> describe(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)))
    '4-8-3, 67 parameters'
    """
    layers = [module for module in network.modules() if isinstance(module, nn.Linear)]
    widths = [str(layer.in_features) for layer in layers[:1]] + [str(layer.out_features) for layer in layers]
    chain = all(a.out_features == b.in_features for a, b in itertools.pairwise(layers))
    count = sum(parameter.numel() for parameter in network.parameters())
    fits = [str(module.fits) for module in network.modules() if getattr(module, "fits", "")]
    chain = chain and not any(isinstance(module, nn.Conv2d) for module in network.modules())
    words = f"{'-'.join(widths)}, " if layers and chain else ""
    return "; ".join([f"{words}{count:,} parameters", *fits])
