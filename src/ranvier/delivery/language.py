"""A language model: it goes on with a text, and says how likely one is. Nothing of training is in it.

Its file has the members of every model file (``delivery.file``); ``model.json`` holds tokens instead of a preparation,
and the golden examples are texts, with the logits of what may follow each.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..assemble import Architecture
from ..catalog import TEXT_TASKS
from ..data.corpus_tokens import encode_text, strangers
from ..data.tokens import FIRST, Tokens
from ..data.windows import in_a_row
from ..errors import DataError, Mistake, ModelFileError
from ..network.attention import read_maps
from ..network.in_use import device_of, in_use
from ..network.language import Sampling, nats, write
from .attention import Attention, only_row
from .base import Base, own_weights, told_of, weights_of
from .file import check_golden, temperature_of
from .file import load as load_table
from .members import fitting_together, put_members, read_members
from .model import Model

GOLDEN = 8
"""So many golden texts."""

LENGTH = 16
"""So many tokens has a golden text."""

SHOWN = 5
"""So many strange characters of a prompt are named."""

AT_ONCE = 1 << 22
"""So many logits are computed at once where a long text is measured."""


@dataclass
class LanguageModel:
    """A trained language model.

    Args:
        tokens: how text becomes ids.
        architecture: what the network was built from.
        network: the trained network, fed from blocks (``network.language.Language``).
        card: what a reader should know: metrics, rows, versions. JSON values.
        task: what it has learnt: ``generate``, or ``pretrain``, which writes nothing.
        base: what its file stands on, where it learnt adapters; None where the file holds it whole.
        temperature: that all its probabilities are brought to (``evaluation.language.recalibrated``); 1 leaves them.
    """

    tokens: Tokens
    architecture: Architecture
    network: nn.Module
    card: Mapping[str, Any] = field(default_factory=dict)
    task: str = "generate"
    base: Base | None = None
    temperature: float = 1.0

    def generate(
        self,
        prompt: str = "\n",
        count: int = 200,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float = 1.0,
        seed: int = 0,
    ) -> str:
        """What the model writes after a prompt.

        Args:
            prompt: the text so far.
            count: so many tokens are written.
            temperature, top_k, top_p: see ``network.language.Sampling``; the model's own temperature comes on top.
            seed: of the choices: the same gives the same text.

        Raises:
            DataError: the prompt holds what the training text did not, or nothing.
        """
        return "".join(self.stream(prompt, count, Sampling(temperature, top_k, top_p), seed))

    def stream(self, prompt: str, count: int, sampling: Sampling, seed: int = 0) -> Iterator[str]:
        """The same, piece by piece as it is written; a piece ends with a whole character.

        Raises:
            DataError: see ``generate``.
        """
        return self.stream_ids(self.read(prompt), count, sampling, seed)

    def read(self, prompt: str) -> list[int]:
        """The ids of a prompt.

        Raises:
            DataError: it holds what the training text did not, or nothing.
        """
        strange = strangers(self.tokens, prompt)
        if strange:
            what = "characters" if self.tokens.level == "characters" else "words"
            shown = ", ".join(map(repr, strange[:SHOWN])) + (", ..." if len(strange) > SHOWN else "")
            raise DataError(
                Mistake(
                    f"the prompt holds {what} that the training text did not: {shown}",
                    f"{what} that the model knows",
                    "write the prompt without them",
                )
            )
        ids: list[int] = encode_text(self.tokens, prompt).tolist()
        if not ids:
            raise DataError(
                Mistake("the prompt is empty", "at least one character", "a line end will do: $'\\n'")
            )
        return ids

    def stream_ids(self, ids: list[int], count: int, sampling: Sampling, seed: int) -> Iterator[str]:
        """What is written after the ids of a text, piece by piece."""
        core: Any = self.network
        sampling = replace(sampling, temperature=sampling.temperature * self.temperature)
        written: list[int] = []
        told = ""
        for token in write(core.network, ids, count, sampling, seed):
            written.append(token)
            whole = self.tokens.decode(written)
            ready = whole.rstrip("\ufffd")  # bytes that may yet become a character
            if ready.startswith(told) and len(ready) > len(told):
                yield ready[len(told) :]
                told = ready
        if len(whole := self.tokens.decode(written)) > len(told):
            yield whole[len(told) :]

    def nats(self, ids: NDArray[Any]) -> NDArray[np.float64]:
        """(L - 1,) -log p of each of L tokens but the first, given those before it in its window."""
        found: NDArray[np.float64] = token_nats(self.network, ids, (self.temperature,))[0]
        return found

    def attention(self, text: str) -> Attention:
        """Where the network looks in a text: the maps of all its layers, of the last tokens that it can read at once.

        Raises:
            DataError: the text holds what the training text did not, or nothing.
        """
        core: Any = self.network
        ids = self.read(text)[-core.network.length :]
        maps = read_maps(core, {"text": torch.tensor([ids])})
        return Attention([self.tokens.name(one) for one in ids], [], only_row(maps))

    def draw_once(self) -> None:
        """Send two golden texts through the network."""
        self._outputs(golden_ids(self.tokens)[:2])

    def save(self, path: str | Path) -> Path:
        """Write the model file; the same model gives the same bytes.

        Raises:
            RunError: the place cannot be written.
        """
        ids = golden_ids(self.tokens)
        described = {
            "task": {"name": self.task, "tokens": self.tokens.state()},
            "architecture": self.architecture.as_dict(),
            "card": dict(self.card),
            "temperature": self.temperature,
            **told_of(self.base),
        }
        golden = {"ids": ids.tolist(), "outputs": self._outputs(ids).tolist()}
        return put_members(path, described, own_weights(self.network, self.base), golden)

    @classmethod
    def from_members(
        cls, path: Path, contents: Mapping[str, bytes], base: str | Path | None = None
    ) -> LanguageModel:
        """The model whose members were read from ``path``; ``base`` as ``delivery.file.load`` takes it.

        Raises:
            ModelFileError: the network does not give the outputs that the file says it gives.
        """
        with fitting_together(path):
            described, golden = json.loads(contents["model.json"]), json.loads(contents["golden.json"])
            architecture = Architecture(**described["architecture"])
            network = architecture.build(seed=0)
            network.load_state_dict(weights_of(path, contents, base, list(network.state_dict())))
            network.eval()
            model = cls(
                Tokens.from_state(described["task"]["tokens"]),
                architecture,
                network,
                described["card"],
                described["task"]["name"],
                temperature=temperature_of(described.get("temperature", 1.0)),
            )
            check_golden(path, model._outputs(torch.tensor(golden["ids"])), golden["outputs"])
        return model

    @torch.no_grad()
    def _outputs(self, ids: Tensor) -> Tensor:
        """(B, V) the logits of what follows each text."""
        with in_use(self.network):
            outputs: Tensor = self.network({"text": ids})[:, -1].double()
        return outputs

    def __str__(self) -> str:
        what = "generate text" if self.task == "generate" else "tell hidden tokens"
        return f"{what} by {self.tokens.level}"


def load(
    path: str | Path, network: nn.Module | None = None, base: str | Path | None = None
) -> Model | LanguageModel:
    """Read a model file of any kind.

    Args:
        path: of the file.
        network: the module, where the model is of a user's own module; its weights are replaced.
        base: of a file that holds adapters, the model that they are of; None looks where it was, and beside the file.

    Raises:
        ModelFileError, SpecError: see ``delivery.file.load``.
    """
    contents = read_members(Path(path))
    with fitting_together(Path(path)):
        name = json.loads(contents["model.json"])["task"]["name"]
    if name in TEXT_TASKS:
        return LanguageModel.from_members(Path(path), contents, base)
    return load_table(path, network, base)


def load_language(path: str | Path, base: str | Path | None = None) -> LanguageModel:
    """Read the file of a language model; ``base`` as ``load`` takes it.

    Raises:
        ModelFileError: see ``delivery.file.load``; or the model is of another kind.
    """
    model = load(path, base=base)
    if not isinstance(model, LanguageModel) or model.task != "generate":
        table = not isinstance(model, LanguageModel)
        raise ModelFileError(
            Mistake(
                f"{str(path)!r} does not write text: it can {model}",
                "a model that was trained with --task generate",
                f"ranvier predict {path} DATA" if table else f"ranvier train DATA --from {path}",
            )
        )
    return model


def golden_ids(tokens: Tokens) -> Tensor:
    """(8, 16) ids that are nobody's text, drawn from all tokens."""
    draw = np.random.Generator(np.random.PCG64(0))
    return torch.from_numpy(draw.integers(FIRST, max(tokens.size, FIRST + 1), (GOLDEN, LENGTH)))


def token_nats(
    network: nn.Module, ids: NDArray[Any], temperatures: Sequence[float] = (1.0,)
) -> NDArray[np.float64]:
    """(G, L - 1) -log p of each of L tokens but the first, at each temperature.

    Each is given at least half a window before it, where there is so much.
    """
    core: Any = network
    length, size = core.network.length, core.network.size
    device = device_of(network)
    with in_use(network):
        found = [
            nats(network, windows.to(device), temperatures).cpu()[:, told].double().numpy()
            for windows, told in in_a_row(ids, length, max(1, AT_ONCE // (length * size)))
        ]
    return np.concatenate([np.empty((len(temperatures), 0)), *found], axis=1)
