"""How the next token is chosen, and what is written with a cache and without."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from ranvier.network.gpt import GPT
from ranvier.network.language import Language, Sampling, nats, write


def network(length: int = 12, positions: str = "rotary") -> GPT:
    made = GPT(30, layers=2, width=16, heads=2, length=length, positions=positions, dropout=0.3)
    made.reset(torch.Generator().manual_seed(5))
    for parameter in made.parameters():
        parameter.data *= 3
    return made


def drawn(sampling: Sampling, logits: torch.Tensor, count: int = 4_000) -> Counter[int]:
    generator = torch.Generator().manual_seed(0)
    return Counter(sampling.choose(logits, generator) for _ in range(count))


LOGITS = torch.log(torch.tensor([0.3, 0.3, 0.2, 0.1, 0.06, 0.04]))  # the first two ids are never written


def test_tokens_are_drawn_by_their_probabilities() -> None:
    counts = drawn(Sampling(), LOGITS)
    for token, share in ((2, 0.5), (3, 0.25), (4, 0.15), (5, 0.1)):
        assert counts[token] / 4_000 == pytest.approx(share, abs=0.03)
    assert not counts[0] and not counts[1]


def test_temperature_sharpens() -> None:
    counts = drawn(Sampling(temperature=0.5), LOGITS)
    assert counts[2] / 4_000 == pytest.approx(0.04 / (0.04 + 0.01 + 0.0036 + 0.0016), abs=0.03)
    assert set(drawn(Sampling(temperature=0.0), LOGITS, 50)) == {2}


def test_only_the_likeliest_may_be_chosen() -> None:
    assert set(drawn(Sampling(top_k=2), LOGITS)) == {2, 3}
    assert set(drawn(Sampling(top_p=0.74), LOGITS)) == {2, 3}
    assert set(drawn(Sampling(top_p=0.76), LOGITS)) == {2, 3, 4}
    assert set(drawn(Sampling(top_p=0.0), LOGITS, 50)) == {2}


@pytest.mark.parametrize("positions", ["rotary", "learned", "sinusoidal"])
def test_the_cache_changes_nothing_also_beyond_the_window(positions: str) -> None:
    made = network(positions=positions)
    texts = [list(write(made, [3, 4, 5], 60, Sampling(), seed=1, cached=cached)) for cached in (True, False)]
    assert texts[0] == texts[1] and len(set(texts[0])) > 5 and min(texts[0]) >= 2
    assert made.training  # as it was


def test_a_seed_gives_the_same_text_and_another_another() -> None:
    made = network()
    texts = [list(write(made, [3], 20, Sampling(), seed)) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_a_prompt_longer_than_the_window_is_seen_from_its_end() -> None:
    made = network()
    prompt = [2 + i % 20 for i in range(40)]
    assert list(write(made, prompt, 5, Sampling(0.0))) == list(write(made, prompt[-12:], 5, Sampling(0.0)))


def test_nats_are_minus_the_logarithm_of_what_the_network_gives() -> None:
    made = Language(network()).eval()
    ids = torch.randint(0, 30, (2, 9), generator=torch.Generator().manual_seed(0))
    found = nats(made, ids)[0]
    probabilities = made({"text": ids[:, :-1]}).softmax(-1)
    assert found.shape == (2, 8)
    assert found[1, 4].item() == pytest.approx(-probabilities[1, 4, ids[1, 5]].log().item(), abs=1e-5)
