"""The programs in examples/ run and find what they say."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture
def example(monkeypatch):
    """Imports a program by its name; the programs may import one another, as they do when they are run."""

    def load(name: str) -> ModuleType:
        return import_module(name)

    monkeypatch.syspath_prepend(EXAMPLES)
    with torch.random.fork_rng():
        yield load


def test_the_list_names_every_program():
    listed = re.findall(
        r"^\| \[(\w+\.py)\]\((\w+\.py)\) \| .+ \| 00\d", (EXAMPLES / "README.md").read_text(), re.M
    )
    assert all(shown == link for shown, link in listed)
    assert {shown for shown, _ in listed} | {"handwritten.py"} == {
        path.name for path in EXAMPLES.glob("*.py")
    }


def test_a_program_runs_as_the_list_says(tmp_path):
    command = [sys.executable, "-W", "error", str(EXAMPLES / "convolution_by_formula.py")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "max pooling" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_mnist_784_128_10_tells_training_from_test(example, capsys):
    found = example("mnist_784_128_10").main()
    assert 0.94 < found["test"] < found["train"]
    assert found["train"] > 0.985
    assert found["low"] < found["test"] < found["high"]
    assert "64-128-10" in capsys.readouterr().out


def write_idx(path: Path, array: np.ndarray, zipped: bool) -> None:
    content = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, dtype=">i4").tobytes() + array.tobytes()
    if zipped:
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(content))
    else:
        path.write_bytes(content)


def test_mnist_is_read_from_its_files(example, capsys, tmp_path):
    small = example("handwritten").load()
    pictures = {
        "train": (small.train_images, small.train_labels),
        "t10k": (small.test_images, small.test_labels),
    }
    for part, (images, labels) in pictures.items():
        large = np.pad(np.kron(images, np.ones((1, 3, 3))), ((0, 0), (2, 2), (2, 2)))  # 28 x 28
        write_idx(tmp_path / f"{part}-images-idx3-ubyte", (large * 255).astype(np.uint8), part == "train")
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte", labels.astype(np.uint8), part == "t10k")
    data = example("handwritten").load(tmp_path)
    assert data.train_images.shape == (1347, 28, 28)
    assert data.train_images.max() == 1
    assert (data.test_labels == small.test_labels).all()
    assert example("mnist_784_128_10").main(str(tmp_path), epochs=1)["test"] > 0.8
    printed = capsys.readouterr().out
    assert "MNIST: 1,347 rows" in printed
    assert "784-128-10" in printed


def test_circle_in_rectangle_keeps_the_texts_promise(example):
    found = example("circle_in_rectangle").main(draws=1, sizes=(100,))
    assert min(found["accuracy"][100]) >= 0.95
    assert found["dead"] > 0.5


def test_the_rectangles_are_what_is_asked(example):
    frame = example("circle_in_rectangle").rectangles(50, np.random.default_rng(0))
    sides, contains = frame.select("width", "height").to_numpy(), (frame["circle"] == "contains").to_numpy()
    assert contains.sum() == 50
    assert len(frame) == 100
    assert ((sides >= 1).all(axis=1) == contains).all()


def test_the_formula_of_the_text_is_no_sigmoid_and_learns_nothing_at_zero():
    y1, y2 = (torch.tensor(value, requires_grad=True) for value in (-1.0, 3.0))
    a1, a2 = torch.relu(y1), torch.relu(y2)
    y = a1 / (1 + a1) * a2 / (1 + a2)
    y.backward()
    assert (y, y1.grad, y2.grad) == (0, 0, 0)


def test_honest_labels(example):
    found = example("honest_labels").main()
    assert found["original_error"] > 0.05
    assert found["mended_error"] < 1e-8
    assert found["by_row_number_low"] < 0.5 < found["by_row_number_high"]
    assert found["by_row_number_train"] < 0.6
    assert found["by_the_inputs_low"] > 0.97


def test_simple_network(example):
    found = example("simple_network").main()
    assert found["original_error"] > 0.1
    assert found["mended_error"] < 1e-8
    assert found["deep_error"] < 1e-8
    assert found["original_r2"] + 0.1 < found["mended_r2"] < found["deep_r2"]
    assert found["deep_r2"] > 0.95


@pytest.mark.parametrize("sizes", [[3], [16, 16, 16]])
def test_the_loop_of_the_original_indexes_past_the_end(example, sizes):
    with pytest.raises(IndexError):
        example("simple_network").original_constructor(sizes)


def test_linear_regression_and_the_classifier(example):
    found = example("linear_regression").main(epochs=15)
    assert found["distance"] < 1e-10
    assert found["loss_after"] < 0.02 < found["loss_before"] < found["loss_by_the_texts_sign"]
    assert found["broadcast"] < 0.3
    assert found["number"] < 0.5
    assert min(found["one-hot"], found["softmax"]) > 0.85
    assert found["2 x 64"] > 0.94


def test_the_original_on_mnist_does_not_run():
    model, images, labels = torch.nn.Linear(784, 10), torch.zeros(64, 1, 28, 28), torch.zeros(64)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        model(images)
    with (
        pytest.warns(UserWarning, match="target size"),
        pytest.raises(RuntimeError, match="must match the size"),
    ):
        torch.nn.MSELoss()(model(images.flatten(1)), labels)


def test_activations(example, tmp_path, capsys):
    found = example("activations").main(tmp_path / "activations.html")
    assert max(found.values()) < 1e-7
    assert {"sigmoid (NumPy)", "tanh (NumPy)", "relu (NumPy)", "leaky_relu (NumPy)", "mish"} <= set(found)
    printed = capsys.readouterr().out
    drawn = list(tmp_path.iterdir())
    assert f"drawn: {drawn[0]}" in printed if drawn else "not drawn" in printed


def test_the_activations_of_the_seed(example):
    module, z = example("activations"), np.array([-1000.0, -2.0, 0.0, 2.0, 1000.0])
    np.testing.assert_allclose(module.sigmoid(z), [0, 0.1192029, 0.5, 0.8807971, 1], atol=1e-7)
    np.testing.assert_allclose(module.leaky_relu(z, alpha=2.0), [-2000, -4, 0, 2, 1000])


def test_backpropagation_by_hand(example):
    found = example("backpropagation_by_hand").main()
    assert max(found["seed"], found["general"], found["squared"]) < 1e-10
    assert found["squared_by_the_short_formula"] > 0.01


def test_dropout_by_hand(example):
    found = example("dropout_by_hand").main(draws=5000)
    assert found["mended_error"] < 1e-10
    assert found["without_mask_error"] > 0.01
    assert found["mean_shift"] < 0.05
    assert found["spread_of_answers"] > 0.2
    assert found["different_answers_in_use"] == 1


def test_the_cache_of_dropout_does_not_fit_the_backward_pass_of_the_text(example):
    rng = np.random.default_rng(0)
    parameters = [rng.normal(size=size) for size in ((7, 5), (7, 1), (1, 7), (1, 1))]
    x = rng.normal(size=(5, 4))
    _, cache = example("dropout_by_hand").forward_with_dropout(x, parameters, rng=rng)
    with pytest.raises(ValueError, match="unpack"):
        example("backpropagation_by_hand").backward_propagation(x, np.ones((1, 4)), cache)


def test_residual_block(example):
    found = example("residual_block").main(epochs=4)
    assert found["plain_loss"] > 2
    assert found["residual_loss"] < 1.5
    assert found["plain_accuracy"] < 0.3
    assert found["residual_accuracy"] > 0.5
    assert found["plain_gradient"] > 10 * found["residual_gradient"]


def test_the_block_projects_where_shapes_differ(example):
    block = example("residual_block").ResidualBlock(3, 5, stride=2)
    assert block(torch.zeros(2, 3, 8, 8)).shape == (2, 5, 4, 4)


def test_perceptron(example):
    found = example("perceptron").main()
    assert found["and"] == (4, 6)
    assert found["xor"][0] <= found["best_line"] == 3
    assert found["xor"][1] is None
    assert found["and_perceptron"] > 0.99
    assert found["xor_perceptron"] <= 0.77
    assert found["xor_mlp"] > 0.98


def test_convolution_by_formula(example):
    found = example("convolution_by_formula").main()
    turned = found.pop("turned kernel")
    assert max(found.values()) < 1e-12
    assert turned > 1
