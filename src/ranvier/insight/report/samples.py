"""What a language model writes, beside how the text itself goes on."""

from __future__ import annotations

from .contents import Contents
from .markup import Html, join, number, section, tag


def samples_section(contents: Contents) -> Html | str:
    """Each sample: the beginning it was given from the test text, what it wrote, and the text itself."""
    if not contents.samples:
        return ""
    told = (
        "The network was given the beginnings below, from text that it has not learnt from, and went on at temperature "
        "0.8. Beside it stands how the text itself goes on."
    )
    if chosen := contents.metrics.get("calibration"):
        sure = "too sure" if chosen["temperature"] > 1 else "not sure enough"
        told += (
            f" The validation text finds the network {sure}: all its logits are divided by "
            f"{number(chosen['temperature'], 3)} (Guo et al. 2017), here and in every measure, which leaves "
            f"{number(chosen['after'], 4)} of {number(chosen['before'], 4)} bits for each character of that text."
        )
    said = tag("p", told)
    return section("samples", "What it writes", said, *map(_sample, contents.samples))


def _sample(sample: dict[str, str]) -> Html:
    shown = [("written", sample["written"]), ("the text itself", sample["reference"])]
    columns = [
        tag("figure", join(tag("pre", sample["prompt"] + text, tabindex="0"), tag("figcaption", name)))
        for name, text in shown
    ]
    begins = tag("p", join("After ", tag("q", sample["prompt"].strip()), ":"))
    return tag("div", join(begins, tag("div", join(*columns), class_="beside")))
