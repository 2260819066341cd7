"""What the probabilities are worth: calibration, ROC and precision-recall curves, a threshold for a cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...evaluation.calibration import calibration_error
from ...evaluation.curves import cheapest_threshold, outcome
from .contents import Contents, Predictions
from .curves import CURVES
from .markup import Html, figure, interval, join, number, section, table, tag, words

COSTS = (1.0, 2.0, 5.0, 10.0)
"""What a miss costs in the table of thresholds, a false alarm costing 1."""
SAID = {"calibration_error": "expected calibration error"}


def probabilities_section(contents: Contents, miss_cost: float | None = None) -> Html | str:
    """Calibration, the curves and, for two classes, thresholds chosen on the validation rows."""
    if contents.test is None or not contents.classes:
        return ""
    if not contents.probable:
        said = (
            "The network was taught scores, not probabilities, so that there is no calibration and no curve."
        )
        return section("probabilities", "The probabilities", tag("p", said))
    weights = (
        "Curves and metrics count each row by its weight; calibration and thresholds below count it once."
    )
    return section(
        "probabilities",
        "The probabilities",
        tag("p", weights) if contents.weighted else "",
        _calibration(contents.test, contents.metrics.get("calibration")),
        _curves(contents),
        _thresholds(contents, contents.test, miss_cost),
    )


def _calibration(test: Predictions, chosen: Mapping[str, Any] | None) -> Html:
    error = calibration_error(test.target, test.prediction)
    told = (
        "Where the line is below the diagonal, the network is surer than it may be. On average the share of right "
        f"test rows differs from the confidence by {number(error, 2)} (expected calibration error, ten bins)."
    )
    parts = [tag("h3", "Calibration")]
    if chosen:
        sure = "too sure" if chosen["temperature"] > 1 else "not sure enough"
        done = "The model file does so" if chosen["applied"] else "The model file does not do so"
        told += (
            f" The validation rows find the network {sure}: dividing its logits by {number(chosen['temperature'], 3)} "
            f"makes their log loss least. {done}, since {chosen['reason']}. No predicted class changes."
        )
        parts += [tag("p", told), _before_and_after(chosen)]
    else:
        parts.append(tag("p", told))
    return join(*parts, figure("calibration", "Confidence and how often it is right", told))


def _before_and_after(chosen: Mapping[str, Any]) -> Html:
    """What the temperature brings, as a table."""
    told = {"log loss, validation rows (held out from the choice)": chosen["validation"]}
    told |= {f"{SAID.get(name, words(name))}, test rows": entry for name, entry in chosen["test"].items()}
    rows = [(name, number(entry["before"]), number(entry["after"])) for name, entry in told.items()]
    heat = f"at temperature {number(chosen['temperature'], 3)}"
    caption = "The network's own probabilities, and those at the temperature; lower is better"
    return table(caption, ["measure", "its own", heat], rows, [1, 2])


def _curves(contents: Contents) -> Html:
    classes, metrics = contents.classes, contents.metrics["test"]
    of = f"the class {classes[1]!r}" if len(classes) == 2 else "each class against the rest"
    areas = [
        (name, metrics[key])
        for name, key in (("ROC AUC", "roc_auc"), ("average precision", "average_precision"))
        if key in metrics
    ]
    told = ", ".join(f"{name} {interval(entry)}" for name, entry in areas)
    fewer = f" Shown are the {CURVES} classes that are told apart worst." if len(classes) > CURVES else ""
    pictures = join(
        figure("roc", f"ROC curve of {of}.{fewer}", f"ROC curve of {of}: {told}"),
        figure(
            "precision_recall",
            f"Precision and recall of {of}.{fewer}",
            f"Precision and recall of {of}: {told}",
        ),
        _lift(contents, of),
    )
    return join(
        tag("h3", "What a threshold brings"),
        tag("p", f"On the test rows: {told}."),
        tag("div", pictures, class_="beside"),
    )


def _lift(contents: Contents, of: str) -> Html | str:
    if len(contents.classes) != 2:
        return ""
    told = f"Lift of {of}: how many times as often as in all rows it is found among the highest scores."
    return figure("lift", told, told)


def _thresholds(contents: Contents, test: Predictions, miss_cost: float | None) -> Html | str:
    validation, classes = contents.validation, contents.classes
    if len(classes) != 2 or contents.command:
        return ""
    heading = tag("h3", "A threshold for a cost")
    if validation is None or len(set(validation.target.tolist())) < 2:
        return join(
            heading, tag("p", "The validation rows do not hold both classes, so that none was chosen.")
        )
    positive, score = test.target == 1, test.prediction[:, 1]
    rows = []
    for cost in sorted({*COSTS, *([miss_cost] if miss_cost else [])}):
        chosen = cheapest_threshold(validation.target == 1, validation.prediction[:, 1], cost)
        there, plain = (outcome(positive, score, threshold, cost) for threshold in (chosen, 0.5))
        asked = " (asked for)" if cost == miss_cost else ""
        rows.append(
            (
                f"{number(cost)}{asked}",
                number(chosen, 3),
                number(there.missed),
                number(there.false_alarms),
                number(there.cost, 3),
                number(plain.cost, 3),
            )
        )
    name = classes[1]
    said = (
        f"A row is called {name!r} where its probability is at least the threshold. A miss (a row of {name!r} that is "
        "not called so) costs so many times what a false alarm costs. The threshold is the cheapest one on the "
        f"{len(validation):,} validation rows; what it brings is counted on the {len(test):,} test rows."
    )
    header = ["cost of a miss", "threshold", "missed", "false alarms", "cost a row", "cost a row at 0.5"]
    caption = "Thresholds chosen on validation rows, and what they bring on test rows"
    return join(heading, _stated(contents), tag("p", said), table(caption, header, rows, range(6)))


def _stated(contents: Contents) -> Html | str:
    """What the threshold for the costs of the run's settings brings."""
    found = contents.metrics.get("threshold")
    if not found or found["threshold"] is None or "test" not in found:
        return ""
    costs, test, plain = found["costs"], found["test"], found["at_half"]
    said = (
        f"The costs that were stated, {number(costs['false_negative'])} for a missed row and "
        f"{number(costs['false_positive'])} for a false alarm, are least on the validation rows where a row is called "
        f"{found['positive']!r} from a probability of {number(found['threshold'], 3)} on. The test rows then cost "
        f"{interval(test['cost'])} each, and {interval(plain['cost'])} at 0.5; the accuracy is "
        f"{interval(test['accuracy'])}, the precision {interval(test['precision'])}, the recall "
        f"{interval(test['recall'])}."
    )
    return tag("p", said)
