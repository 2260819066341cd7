"""Augmentation: what each change may do to a picture and what it must leave."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ranvier.data.augment import Augment, _beta


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(count: int = 64, channels: int = 3) -> torch.Tensor:
    return torch.randint(0, 256, (count, channels, 12, 10), dtype=torch.uint8, generator=generator(9))


EVERY = {
    "shift": Augment(shift=0.2),
    "flip": Augment(flip=True),
    "rotate": Augment(rotate=15),
    "scale": Augment(scale=0.2),
    "erase": Augment(erase=0.4),
    "colour": Augment(colour=0.3),
}


@pytest.mark.parametrize("name", EVERY)
def test_the_generator_alone_decides_and_what_is_given_is_left_alone(name):
    given, before = pictures(), torch.get_rng_state()
    kept = given.clone()
    changed = EVERY[name](given, generator(1))
    assert torch.equal(changed, EVERY[name](given, generator(1)))
    assert not torch.equal(changed, EVERY[name](given, generator(2)))
    assert torch.equal(given, kept)
    assert torch.equal(torch.get_rng_state(), before)
    assert changed.shape == given.shape
    assert 0 <= changed.min() <= changed.max() <= 255
    assert not torch.equal(changed.to(torch.uint8), given)


def test_a_shift_is_by_whole_pixels_and_repeats_the_edge():
    given = pictures()
    found = set()
    for before, after in zip(given.numpy(), Augment(shift=0.2)(given, generator()).numpy()):
        framed = np.pad(before, ((0, 0), (2, 2), (2, 2)), mode="edge")
        places = [
            (y, x)
            for y in range(5)
            for x in range(5)
            if np.array_equal(framed[:, y : y + 12, x : x + 10], after)
        ]
        assert len(places) == 1
        found.add(places[0])
    assert len(found) > 15
    assert Augment(shift=0.2)(given, generator()).dtype == torch.uint8


def test_a_flip_mirrors_about_half():
    given = pictures(400)
    changed = Augment(flip=True)(given, generator())
    mirrored = (changed == given.flip(3)).flatten(1).all(dim=1)
    assert torch.equal(changed[~mirrored], given[~mirrored])
    assert 150 < int(mirrored.sum()) < 250


def test_a_rotation_turns_about_the_middle_in_pixels():
    """A quarter of a turn is one exactly, in a picture that is not square: what does not fit is the edge's."""
    given = torch.zeros(1, 1, 5, 7)
    given[0, 0, 2, 3] = 200.0  # the middle stays
    given[0, 0, 2, 4] = 100.0  # its right neighbour comes to lie above or below it
    turned = Augment(rotate=90.0)
    for seed in range(200):
        angle = float(2 * torch.rand(4, 1, generator=generator(seed))[0] - 1)
        if abs(abs(angle) - 1) < 0.01:
            changed = turned(given, generator(seed))
            assert changed[0, 0, 2, 3] == pytest.approx(200, abs=8)
            assert max(changed[0, 0, 1, 3], changed[0, 0, 3, 3]) == pytest.approx(100, abs=8)
            return
    raise AssertionError("no seed gave a quarter of a turn")


def test_without_angle_and_scale_a_warp_changes_nothing():
    given = pictures().float()
    assert torch.allclose(Augment(rotate=1e-9)(given, generator()), given, atol=1e-2)


def test_an_erased_square_has_the_mean_colour():
    given = torch.zeros(8, 1, 12, 12)
    given[:, :, ::2] = 200.0
    changed = Augment(erase=0.5)(given, generator())
    grey = (changed == 100.0).flatten(1).sum(dim=1)
    assert (grey > 0).all()
    assert (grey <= 49).all()  # 6 x 6 places, and one more where the middle lies between two
    assert torch.equal(changed[changed != 100.0], given[changed != 100.0])


def test_mixup_is_a_weighted_mean_and_cutmix_a_rectangle():
    given = pictures()
    mixed = Augment(mixup=0.4).mix(given, generator())
    share = mixed.share[:, None, None, None]
    assert torch.allclose(mixed.pictures, share * given + (1 - share) * given[mixed.partner], atol=1e-3)
    for seed in range(5):
        cut = Augment(cutmix=1.0).mix(given, generator(seed))
        own = (cut.pictures == given).all(dim=1)[cut.partner != torch.arange(64)].double().mean()
        assert abs(float(own) - float(cut.share[0])) < 0.02
        assert ((cut.pictures == given) | (cut.pictures == given[cut.partner])).all()
    assert Augment(shift=0.1).mix(given, generator()) is None
    assert Augment(mixup=1.0).mix(given[:1], generator()) is None


@pytest.mark.parametrize("alpha", [0.2, 1.0, 3.0])
def test_shares_have_the_mean_and_variance_of_the_beta_distribution(alpha):
    source = generator()
    drawn = np.array([_beta(alpha, source) for _ in range(3000)])
    assert abs(drawn.mean() - 0.5) < 0.02
    assert drawn.var() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.1)


def test_nothing_asked_for_is_nothing_done():
    assert not Augment()
    assert torch.equal(Augment()(pictures(), generator()), pictures())
