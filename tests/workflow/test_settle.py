"""What is chosen where the user leaves a setting open."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
import torch

from ranvier.data.kinds.audio import Audio
from ranvier.data.kinds.image import Picture
from ranvier.data.kinds.number import Number
from ranvier.data.kinds.text import Text
from ranvier.errors import SpecError
from ranvier.spec import Spec
from ranvier.tasks.classify import Classify
from ranvier.tasks.regress import Regress
from ranvier.tasks.transcribe import Transcribe
from ranvier.workflow.settle import Settled, settle, with_device

ALL = np.arange(6)
CLASSES = Classify.fit(pl.Series("kind", ["a", "b", "c"] * 2), ALL)
SIDES = Classify.fit(pl.Series("side", ["no", "yes"] * 3), ALL)
VALUES = Regress.fit(pl.Series("price", [1.0, 2.0, 4.0] * 2), ALL)


def settled(task: Any, rows: int = 1000, **settings: Any) -> Settled:
    """The settings for so many training rows."""
    return settle(Spec.from_settings(settings), task, rows)


@pytest.mark.parametrize(
    ("task", "loss"),
    [
        (CLASSES, {"name": "cross_entropy", "label_smoothing": 0.05}),
        (SIDES, {"name": "binary_cross_entropy", "label_smoothing": 0.05}),
        (VALUES, "mse"),
    ],
)
def test_the_default_network_learns_from_smoothed_labels_and_averages_its_weights(
    task: Any, loss: Any
) -> None:
    chosen = settled(task)
    assert chosen.spec.training.loss is not None and chosen.spec.training.loss.flat() == loss
    assert chosen.spec.regularization.average == "ema"
    assert chosen.reasons["regularization.average"] == "suits the network 'tabm'"
    smoothed = chosen.reasons["training.loss"] == "suits the network 'tabm' and 1,000 training rows"
    assert smoothed == (task is not VALUES)


@pytest.mark.parametrize(("rows", "options"), [(9_999, {"label_smoothing": 0.05}), (10_000, {})])
def test_labels_are_smoothed_where_rows_are_few(rows: int, options: dict[str, float]) -> None:
    loss = settled(CLASSES, rows).spec.training.loss
    assert loss is not None and loss.options == options


@pytest.mark.parametrize(
    ("task", "beside", "loss"),
    [
        (CLASSES, [], {"name": "squared_hinge", "margin": 5.0}),
        (SIDES, [], "binary_cross_entropy"),
        (CLASSES, ["number"], "cross_entropy"),
    ],
)
def test_texts_alone_are_told_apart_one_class_against_all(task: Any, beside: list[str], loss: Any) -> None:
    kinds = {"text": Text.fit(pl.DataFrame({"story": ["one two", "three four"]}))}
    blocks = {**kinds, **{name: Number.fit(pl.DataFrame({"age": [1.0, 2.0]})) for name in beside}}
    chosen = settle(Spec.from_settings({"network": "ngrams"}), task, 1000, blocks=blocks)
    assert chosen.spec.training.loss is not None and chosen.spec.training.loss.flat() == loss
    own = "suits the network 'ngrams' and 3 classes"
    assert (chosen.reasons["training.loss"] == own) == isinstance(loss, dict)


def test_other_networks_learn_as_the_textbook_has_it() -> None:
    chosen = settled(CLASSES, network="mlp")
    assert chosen.spec.training.loss is not None and chosen.spec.training.loss.flat() == "cross_entropy"
    assert chosen.spec.regularization.average == "none"


def test_what_the_user_says_stays() -> None:
    chosen = settled(CLASSES, **{"training.loss": "cross_entropy", "regularization.average": "none"})
    assert chosen.spec.training.loss is not None and chosen.spec.training.loss.options == {}
    assert chosen.spec.regularization.average == "none"
    assert not {"training.loss", "regularization.average"} & chosen.reasons.keys()


def numbers(columns: int) -> dict[str, Any]:
    """Fitted inputs of so many columns of numbers."""
    frame = pl.DataFrame({f"x{index}": [0.0, 1.0, 2.0] for index in range(columns)})
    return {"number": Number.fit(frame)}


@pytest.mark.parametrize(
    ("network", "columns", "noise"),
    [("tabm", 48, 0.3), ("tabm", 47, 0.0), ("mlp", 48, 0.0), ("tabm", 0, 0.0)],
)
def test_many_numbers_are_learnt_with_noise(network: str, columns: int, noise: float) -> None:
    blocks = numbers(columns) if columns else {}
    chosen = settle(Spec.from_settings({"network": network}), CLASSES, 1000, blocks=blocks)
    assert chosen.spec.regularization.noise == noise
    reason = f"suits the network 'tabm' and {columns} columns of numbers" if noise else "the default"
    assert chosen.reasons["regularization.noise"] == reason


def test_a_metric_that_says_nothing_of_so_many_classes_stops_nothing() -> None:
    with pytest.raises(SpecError, match=r"stopping.metric 'lift' does not measure the task 'classify'"):
        settled(CLASSES, **{"stopping.metric": "lift"})
    assert settled(SIDES, **{"stopping.metric": "lift"}).spec.stopping.metric == "lift"


@pytest.mark.parametrize(
    ("network", "rows", "epochs", "cost"),
    [("lenet5", 51_000, 20, 0.4), ("compact", 51_000, 10, 10.6), ("resnet20", 3_000, 54, 30.8)],
)
def test_a_network_that_costs_more_looks_at_fewer_pictures(
    network: str, rows: int, epochs: int, cost: float
) -> None:
    pixels = pl.Series("x", np.zeros((6, 28, 28), np.uint8))
    blocks = {"image": Picture.fit(pl.DataFrame({"x": pixels}))}
    chosen = settle(Spec.from_settings({"network": network}), CLASSES, rows, blocks=blocks)
    assert chosen.spec.training.epochs == epochs
    assert chosen.reasons["training.epochs"] == (
        f"for {rows:,} training pictures, of {cost} million multiplications each"
    )


def test_what_is_heard_takes_more_epochs_to_spell_than_to_name() -> None:
    sounds = {"audio": Audio(("sound",), 16_000, (0.0,) * 40, (1.0,) * 40, 50.0, (False,))}
    words = Transcribe.fit(pl.Series("word", ["one", "two"] * 3), ALL)
    paces = [
        (chosen.training.epochs, chosen.stopping.patience)
        for chosen in (
            settle(Spec.from_settings({}), task, 306, blocks=sounds).spec for task in (CLASSES, words)
        )
    ]
    assert paces == [(60, 12), (100, 20)]


@pytest.mark.parametrize(
    "card, rows, device, reason",
    [
        (False, 10**6, "cpu", "the default"),
        (True, 10, "cpu", "a step is too small for the graphics card"),
        (True, 10**6, "cuda", "found on this machine"),
    ],
)
def test_a_card_is_taken_where_there_is_one_and_a_step_repays_it(
    monkeypatch: pytest.MonkeyPatch, card: bool, rows: int, device: str, reason: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: card)
    found = with_device(settled(CLASSES), 100, rows)
    assert (found.spec.execution.device, found.reasons["execution.device"]) == (device, reason)
    asked = with_device(settled(CLASSES, **{"execution.device": "cpu"}), 100, rows)
    assert asked.spec.execution.device == "cpu" and "execution.device" not in asked.reasons
