"""How good the network is: metrics beside baselines, the classes, the worst mistakes."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from ...evaluation.mistakes import worst_rows
from .contents import Contents, Predictions
from .figures import CELLS, rows_shown
from .markup import (
    Html,
    details,
    escape,
    figure,
    interval,
    join,
    measured,
    number,
    section,
    table,
    tag,
    words,
)

PICTURE = re.compile(r"data:image/png;base64,[A-Za-z0-9+/]+=*")
"""What a picture looks like that is written as text."""

ENOUGH = 25
"""Up to so many classes are shown at once; more are folded away."""


def measure_section(contents: Contents) -> Html:
    """Each metric on the test rows with its 95% interval, beside the baselines on the same rows."""
    metrics = contents.metrics
    if not metrics.get("test"):
        return section("measure", "The measure", tag("p", metrics.get("verdict", "Nothing was measured.")))
    others = metrics.get("baselines", {})
    names = ["network", *others]
    rows = []
    for name, entry in metrics["test"].items():
        cells = [measured(each[name]) for each in (*others.values(), metrics["validation"]) if name in each]
        rows.append([words(name), measured(entry), *cells])
    header = ["metric", "network", *others, *(["network, validation rows"] if metrics["validation"] else [])]
    caption = "Metrics on the test rows, with 95% intervals"
    told = "; ".join(
        f"{name} {interval(entry[contents.metric])}"
        for name, entry in zip(names, (metrics["test"], *others.values()))
    )
    picture = figure(
        "baselines", "The test rows' measure and its 95% interval", f"{words(contents.metric)}: {told}"
    )
    made = [tag("li", f"{name}: {entry['description']}") for name, entry in others.items()]
    lists = tag("ul", join(*made)) if made else ""
    whole = table(caption, header, rows, range(1, len(header)))
    return section("measure", "The measure", picture, lists, whole)


def classes_section(contents: Contents) -> Html | str:
    """The confusion matrix and the scores of each class, or the scores of each label."""
    what = "label" if contents.labels else "class"
    scores = contents.metrics.get("labels" if contents.labels else "classes")
    if not scores:
        return ""
    tags = contents.metrics.get("form") == "tags"
    what = "tag" if tags else what
    rows = [
        (name, number(entry["support"]), *(measured(entry[key]) for key in ("precision", "recall", "f1")))
        for name, entry in scores.items()
    ]
    caption = f"Scores of each {what} on the test rows, with 95% intervals"
    counted = "tokens" if tags else "rows"
    listed = table(caption, [what, counted, "precision", "recall", "F1"], rows, range(1, 5))
    if len(rows) > ENOUGH:
        listed = details(f"All {len(rows)} of them", listed)
    if contents.labels:
        return section("classes", "The labels", listed)
    return section("classes", "The classes", _confusion(contents), listed)


def _confusion(contents: Contents) -> Html:
    classes, counts = contents.classes, contents.metrics["confusion"]["counts"]
    pairs = [
        (counts[t][p], classes[t], classes[p])
        for t in range(len(classes))
        for p in range(len(classes))
        if t != p and counts[t][p]
    ]
    pairs.sort(key=lambda pair: -pair[0])
    told = "; ".join(f"{n:,} of {t!r} taken for {p!r}" for n, t, p in pairs[:5]) or "none"
    said = tag("p", f"The most frequent confusions: {told}.")
    if len(classes) > CELLS:
        return join(said, figure("confusion", "True classes (rows) and predicted ones (columns)", told))
    rows = []
    for label, row in zip(classes, counts):
        whole = max(sum(row), 1)
        rows.append([label, *(_cell(count, count / whole) for count in row)])
    header = ["true \\ predicted", *classes]
    caption = "Confusion matrix of the test rows: true classes down, predicted ones across"
    return join(said, tag("div", table(caption, header, rows, range(1, len(header))), class_="confusion"))


def _cell(count: int, share: float) -> Html:
    """A count whose cell is the darker the larger its share of the row."""
    return Html(f'<span style="--share:{share:.3f}">{escape(number(count))}</span>')


def values_section(contents: Contents) -> Html | str:
    """Predicted against true values, and how the errors lie."""
    test = contents.test
    if test is None or contents.classes or contents.labels:
        return ""
    off = test.prediction - test.target
    low, middle, high = np.quantile(off, [0.05, 0.5, 0.95])
    told = (
        f"Nine of ten errors (predicted less true) lie between {number(float(low))} and {number(float(high))}; "
        f"the middle one is {number(float(middle))}."
    )
    cloud = figure("predicted_true", f"Predicted against true values.{rows_shown(test)}", told)
    bars = figure("errors", "Predicted less true", told)
    return section("values", "The values", tag("p", told), tag("div", join(cloud, bars), class_="beside"))


def worst_section(contents: Contents) -> Html | str:
    """The test rows that were furthest off."""
    test, classes = contents.test, contents.classes
    if test is None:
        return ""
    if contents.labels:
        return _worst_sets(contents, test)
    if not classes:
        off = test.prediction - test.target
        order = worst_rows(test.target, test.prediction)
        rows = [
            [
                number(int(test.rows[i])),
                *(number(float(v[i]), 6) for v in (test.target, test.prediction, off)),
                *_inputs(contents, test.rows[i]),
            ]
            for i in order
        ]
        header = ["row", "true", "predicted", "predicted less true", *_input_names(contents)]
        listed = table(_caption(rows), header, rows, range(4))
        return section("worst", "The worst mistakes", _told(contents), listed)
    guess = test.prediction.argmax(1)
    of_true = test.prediction[np.arange(len(test)), test.target]
    wrong = np.flatnonzero(guess != test.target)
    if not len(wrong):
        return section("worst", "The worst mistakes", tag("p", "No test row was taken for another class."))
    order = worst_rows(test.target, test.prediction)
    rows = [
        [
            number(int(test.rows[i])),
            classes[test.target[i]],
            classes[guess[i]],
            *(
                (number(float(of_true[i]), 3), number(float(test.prediction[i].max()), 3))
                if contents.probable
                else ()
            ),
            *_inputs(contents, test.rows[i]),
        ]
        for i in order
    ]
    header = ["row", "true", "predicted"]
    header += ["probability of the true class", "of the predicted one"] if contents.probable else []
    numbers = [0, *range(3, len(header))]
    header += _input_names(contents)
    said = tag("p", f"{len(wrong):,} of {len(test):,} test rows were taken for another class.")
    listed = table(_caption(rows), header, rows, numbers)
    return section("worst", "The worst mistakes", said, _told(contents), listed)


def _worst_sets(contents: Contents, test: Predictions) -> Html:
    """The rows of which most labels are wrong; of equals those that are further off."""
    labels = contents.labels
    bad = int(((test.prediction > 0.5) != (test.target > 0)).any(1).sum())
    if not bad:
        return section("worst", "The worst mistakes", tag("p", "Every label of every test row was right."))
    rows = [
        [
            number(int(test.rows[i])),
            *(_named(labels, each) for each in (test.target[i] > 0, test.prediction[i] > 0.5)),
            *_inputs(contents, test.rows[i]),
        ]
        for i in worst_rows(test.target, test.prediction)
    ]
    said = tag("p", f"{bad:,} of {len(test):,} test rows have at least one wrong label.")
    header = ["row", "true", "predicted", *_input_names(contents)]
    return section(
        "worst", "The worst mistakes", said, _told(contents), table(_caption(rows), header, rows, [0])
    )


def _named(labels: list[str], marks: NDArray[np.bool_]) -> str:
    return ", ".join(label for label, mark in zip(labels, marks) if mark) or "none"


def _told(contents: Contents) -> Html:
    said = "Rows are numbered from 1, as in the source. Look at them first: some may be labelled wrongly."
    left_out = contents.metrics.get("mistakes", {}).get("left_out", 0)
    more = f" Beside them stand their inputs; {left_out:,} more columns are not shown." if left_out else ""
    return tag("p", said + more)


def _input_names(contents: Contents) -> list[str]:
    return list(contents.metrics.get("mistakes", {}).get("columns", ()))


def _inputs(contents: Contents, row: int) -> list[str]:
    """The input values of a row, pictures as such; a dash where one is missing."""
    known = contents.metrics.get("mistakes", {}).get("values", {}).get(str(int(row)))
    values = known or [None] * len(_input_names(contents))
    return ["–" if value is None else _shown(value, int(row)) for value in values]


def _shown(value: str, row: int) -> str:
    """A value as it is, or the picture that it is the text of."""
    if not PICTURE.fullmatch(value):
        return value
    return Html(
        f'<img src="{value}" alt="the picture of row {row}" width="64" style="image-rendering:pixelated">'
    )


def _caption(rows: list[list[str]]) -> str:
    return f"The {len(rows)} worst mistakes on the test rows" if len(rows) > 1 else "The worst mistake"
