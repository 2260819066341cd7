"""Perplexity and bits, and the sentence that compares them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ranvier.evaluation.language import (
    OPEN_BITS,
    TEMPERATURES,
    half_width,
    measure_text,
    recalibrated,
    verdict_on_text,
)

NATS = np.random.Generator(np.random.PCG64(0)).gamma(2.0, 1.0, 20_000)


def test_bits_are_those_of_the_whole_text() -> None:
    found = measure_text(NATS, 0, 30_000, 40_000)
    whole = NATS.sum() / math.log(2)
    assert found["bits_per_character"]["value"] == pytest.approx(whole / 30_000)
    assert found["bits_per_byte"]["value"] == pytest.approx(whole / 40_000)
    assert found["perplexity"]["value"] == pytest.approx(math.exp(NATS.mean()))
    for entry in found.values():
        assert entry["low"] < entry["value"] < entry["high"]


def test_what_an_unknown_token_leaves_open_counts() -> None:
    without, with_some = (measure_text(NATS, n, 20_000, 20_000) for n in (0, 100))
    more = with_some["bits_per_character"]["value"] - without["bits_per_character"]["value"]
    assert more == pytest.approx(100 * OPEN_BITS / 20_000)
    assert with_some["perplexity"] == without["perplexity"]


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    draw = np.random.Generator(np.random.PCG64(1))
    held = 0
    for _ in range(400):
        smooth = np.repeat(draw.normal(0, 1, 200), 20) + draw.normal(2, 1, 4_000)  # what is near is alike
        half = half_width(smooth)
        assert half is not None
        held += abs(smooth.mean() - 2) < half
    assert 0.90 < held / 400 < 0.98


def test_a_short_text_has_no_interval() -> None:
    found = measure_text(NATS[:300], 0, 300, 300)["bits_per_character"]
    assert (found["low"], found["high"], found["reason"]) == (None, None, "fewer than 400 tokens")


def test_the_verdict_names_better_worse_and_neither() -> None:
    noise = np.random.Generator(np.random.PCG64(2)).normal(0, 0.1, len(NATS))
    said = verdict_on_text(NATS, {"a": NATS * 1.1, "b": NATS * 0.9, "c": NATS + noise})
    assert said.startswith("Better than a (9.1% fewer bits, 95% interval 9.") and said.endswith(").")
    assert "worse than b (11.1% more bits" in said and "no better than c (" in said
    assert (
        verdict_on_text(NATS[:300], {"a": NATS[:300] * 2}) == "50.0% fewer bits than a, without an interval."
    )
    assert verdict_on_text(NATS, {}) == "There is no baseline to compare with."


def test_a_temperature_is_chosen_where_tokens_that_did_not_choose_it_are_foretold_better() -> None:
    draw = np.random.default_rng(0)
    logits = draw.normal(size=(4_000, 6))
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    said = np.array([draw.choice(6, p=share) for share in shares])

    def nats(sharpness: float, count: int = 4_000) -> np.ndarray:
        """Of a network whose logits are the true ones times that."""
        rows = []
        for heat in TEMPERATURES:
            z = sharpness * logits[:count] / heat
            rows.append(np.log(np.exp(z).sum(1)) - z[np.arange(count), said[:count]])
        return np.stack(rows)

    assert recalibrated(nats(1.5)) == pytest.approx(1.5, rel=0.06)
    assert recalibrated(nats(0.8)) == pytest.approx(0.8, rel=0.06)
    assert recalibrated(nats(1.5, 999)) == 1.0  # too little text
    assert recalibrated(nats(50.0)) == TEMPERATURES[-1]  # as far as it is looked for
    turned = nats(1.0)
    turned[:, :2_000], turned[:, 2_000:] = nats(1.4)[:, :2_000], nats(0.6)[:, 2_000:]
    assert recalibrated(turned) == 1.0  # what one half chooses is worse for the other
