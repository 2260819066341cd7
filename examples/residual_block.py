"""The residual block: a deep network learns with it, and does not without it.

Seed text 004, section 4.1.3. The original's `ResidualBlock` is right; the text only claims what it is good for. Here
the same network of many blocks learns the small digits of scikit-learn twice, with the shortcut and with it cut, from
the same weights, for the same number of steps.

The text says that the shortcut cures vanishing gradients. With batch normalisation they do not vanish (K. He, X. Zhang,
S. Ren, J. Sun, "Deep residual learning for image recognition", 2015, section 4.1): the size of the first layer's first
gradient, printed below, is larger in the plain network, by far.
"""

from __future__ import annotations

import handwritten
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy


class ResidualBlock(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int = 1, residual: bool = True):
        super().__init__()
        self.residual = residual
        self.conv1 = nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:  # the shapes differ: project
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, H, W) to (B, out_channels, H / stride, W / stride)."""
        out = torch.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.residual:
            out = out + self.shortcut(x)
        return torch.relu(out)


def deep_network(blocks: int, channels: int, residual: bool) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, channels, kernel_size=3, padding=1),
        ResidualBlock(channels, channels, stride=2, residual=residual),
        *(ResidualBlock(channels, channels, residual=residual) for _ in range(blocks - 1)),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(channels, 10),
    )


def learn(network: nn.Sequential, data: handwritten.Digits, epochs: int) -> tuple[float, float, float]:
    """Training loss of the last epoch, accuracy on the test rows, and the size of the first layer's first gradient."""
    images = torch.tensor(data.train_images[:, None], dtype=torch.float32)  # (N, 1, H, W)
    labels = torch.tensor(data.train_labels)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
    generator = torch.Generator().manual_seed(0)
    first_gradient = 0.0
    for _ in range(epochs):
        losses = []
        for rows in torch.randperm(len(labels), generator=generator).split(64):
            optimizer.zero_grad()
            loss = cross_entropy(network(images[rows]), labels[rows])
            loss.backward()
            first_gradient = first_gradient or float(network[0].weight.grad.norm())
            optimizer.step()
            losses.append(float(loss.detach()))
    network.eval()
    with torch.no_grad():
        answers = network(torch.tensor(data.test_images[:, None], dtype=torch.float32)).argmax(dim=1)
    right = float((answers == torch.tensor(data.test_labels)).float().mean())
    return sum(losses) / len(losses), right, first_gradient


def main(blocks: int = 24, channels: int = 8, epochs: int = 8) -> dict[str, float]:
    data = handwritten.load()
    found = {}
    print(
        f"{2 * blocks + 2} layers, {channels} channels, {epochs} epochs; chance is a loss of 2.303 and 0.100"
    )
    for name, residual in (("plain", False), ("residual", True)):
        loss, right, first = learn(deep_network(blocks, channels, residual), data, epochs)
        found |= {f"{name}_loss": loss, f"{name}_accuracy": right, f"{name}_gradient": first}
        print(
            f"  {name:<9} training loss {loss:.3f}   right on new rows {right:.3f}   first gradient {first:.2g}"
        )
    return found


if __name__ == "__main__":
    main()
