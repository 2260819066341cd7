"""What scikit-learn or torchmetrics says each metric of the catalogue is; NaN where it is not defined.

Each takes target, prediction and row weights (N,). Where the two differ from Ranvier on purpose, the difference is
made here, in the open: an absent class is left out of a mean over classes (scikit-learn refuses or counts it as 0),
the lower of two equally probable classes comes first, and what is not defined is NaN and not a number by convention.
"""

from __future__ import annotations

import warnings

import numpy as np
import sacrebleu
import torch
from scipy.stats import rankdata
from sklearn import metrics as sk
from torchmetrics.functional import text as tm_text

from reference.entities import counted


def binary_or_macro(score):
    """A ranking score of class 1 of two, or its mean over the classes that some rows have and some have not."""

    def oracle(target, p, w, needs_others):
        counts = np.array([w[target == c].sum() for c in range(p.shape[1])])
        classes = [1] if p.shape[1] == 2 else range(p.shape[1])
        defined = [c for c in classes if counts[c] > 0 and (counts[c] < w.sum() or not needs_others)]
        return np.mean([score(target == c, p[:, c], sample_weight=w) for c in defined]) if defined else np.nan

    return oracle


def of_labels(score, **options):
    def oracle(target, p, w):
        return score(target, p.argmax(1), sample_weight=w, **options)

    return oracle


def of_texts(rate):
    """torchmetrics knows no weights: a row of weight 2 stands twice."""

    def oracle(truth, heard, w):
        times = w.astype(int)
        return float(rate(np.repeat(heard, times).tolist(), np.repeat(truth, times).tolist()))

    return oracle


def averaged(score, average):
    """Over the classes that occur in target or prediction (macro) in rows that have a weight."""

    def oracle(target, p, w):
        some = w > 0
        return score(
            target[some], p.argmax(1)[some], sample_weight=w[some], average=average, zero_division=0.0
        )

    return oracle


def balanced(target, p, w):
    some = w > 0
    return sk.recall_score(
        target[some],
        p.argmax(1)[some],
        labels=np.unique(target[some]),
        sample_weight=w[some],
        average="macro",
        zero_division=0.0,
    )


def log_loss(target, p, w):
    return sk.log_loss(target, p, labels=range(p.shape[1]), sample_weight=w)


def brier(target, p, w):
    guess = p[:, 1] if p.shape[1] == 2 else p
    return sk.brier_score_loss(target, guess, labels=range(p.shape[1]), sample_weight=w)


def kappa(target, p, w):
    some = w > 0
    one = len(np.unique(np.concatenate([target[some], p.argmax(1)[some]]))) == 1
    return np.nan if one else sk.cohen_kappa_score(target, p.argmax(1), sample_weight=w)


def top(k):
    def oracle(target, p, w):
        classes = p.shape[1]
        if classes <= k:
            return np.nan
        return sk.top_k_accuracy_score(  # mirrored: the highest index first becomes the lowest first
            classes - 1 - target, p[:, ::-1], k=k, labels=range(classes), sample_weight=w
        )

    return oracle


def calibration_error(target, p, w):
    """torchmetrics', which knows no weights: whole ones are repeated rows."""
    import torch
    from torchmetrics.functional.classification import multiclass_calibration_error

    times = w.astype(int)
    assert (times == w).all()
    p, target = (torch.from_numpy(np.repeat(each, times, 0)) for each in (p, target))
    # its bins hold their lower end and ours their upper one: the tests have no confidence there
    return multiclass_calibration_error(p, target, num_classes=p.shape[1], n_bins=10).item()


def lift(target, p, w):
    """The mean over many orders of the rows, each breaking ties by chance, of the tenth that stands first."""
    if p.shape[1] > 2 or not w[target == 1].any():
        return np.nan
    score, found, tenth = p[:, 1], 0.0, 0.1 * w.sum()
    for value in np.unique(score)[::-1]:  # a row is taken in part where the tenth ends in it
        level = score == value
        part = min(1.0, tenth / w[level].sum()) if w[level].any() else 0.0
        found += part * w[level & (target == 1)].sum()
        tenth -= part * w[level].sum()
    return found / (0.1 * w[target == 1].sum())


def quiet(score):
    def oracle(*arguments):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scikit-learn warns of what is degenerate here
            return score(*arguments)

    return oracle


def r2(y, f, w):
    return sk.r2_score(y, f, sample_weight=w, force_finite=False) if np.ptp(y[w > 0]) else np.nan


def mape(y, f, w):
    return np.nan if (y[w > 0] == 0).any() else sk.mean_absolute_percentage_error(y, f, sample_weight=w)


area, precision = binary_or_macro(sk.roc_auc_score), binary_or_macro(sk.average_precision_score)


def of_marks(score, **options):
    """Of sets of labels (N, L): a label is said where its probability is above a half."""

    def oracle(target, p, w):
        return score(target, (p > 0.5).astype(int), sample_weight=w, **options)

    return oracle


def mean_average_precision(target, p, w):
    scores = [
        sk.average_precision_score(target[:, label], p[:, label], sample_weight=w)
        for label in range(p.shape[1])
        if w[target[:, label] == 1].any()
    ]
    return np.mean(scores) if scores else np.nan


def quadratic_kappa(target, p, w):
    some = w > 0
    one = len(np.unique(np.concatenate([target[some], p.argmax(1)[some]]))) == 1
    options = {"weights": "quadratic", "labels": range(p.shape[1]), "sample_weight": w}
    return np.nan if one else sk.cohen_kappa_score(target, p.argmax(1), **options)


def of_forecasts(of_row):
    """The weighted mean of what scikit-learn says of each forecast alone."""

    def oracle(target, prediction, w):
        each = [of_row(y[2:], f, y[0], y[1]) for y, f in zip(target, prediction)]
        return np.average(each, weights=w)

    return oracle


def pinball_of(y, f, error, zero):
    """The mean over the levels, doubled."""
    levels = (0.025, 0.1, 0.5, 0.9, 0.975)
    return np.mean([2 * sk.mean_pinball_loss(y, f[:, i], alpha=q) for i, q in enumerate(levels)]) / error


def smape_of(y, f, error, zero):
    """torchmetrics' share, from 0 to 2; it takes the plain values."""
    from torchmetrics.functional import symmetric_mean_absolute_percentage_error as share

    return float(share(torch.tensor(f[:, 2] - zero), torch.tensor(y - zero)))


def of_ranks(value):
    """By SciPy's ranks, of which equal scores get the last."""

    def oracle(target, scores, w):
        ranks = np.array([rankdata(-row, method="max")[own] for row, own in zip(scores, target)])
        return np.average(value(ranks), weights=w)

    return oracle


def of_tokens(target, said, w):
    """Each token is a row for scikit-learn, with the weight of the row that it stands in."""
    weights = np.repeat(w, [len(row) for row in target])
    flat = [[tag for row in rows for tag in row] for rows in (target, said)]
    return sk.accuracy_score(*flat, sample_weight=weights) if weights.any() else np.nan


def of_entities(target, said, w):
    right, true, given = np.array([counted(*pair) for pair in zip(target, said)]).T @ w
    return 2 * right / (true + given) if true + given else np.nan


def of_corpus(score):
    """sacrebleu's measure of a whole corpus, in which each text stands as often as it weighs."""

    def oracle(truth, said, w):
        often = w.astype(int)
        return score(np.repeat(said, often).tolist(), [np.repeat(truth, often).tolist()]).score

    return oracle


def rouge_l(truth, said, w):
    """The mean F1 of the longest common subsequence, by recursion."""

    def common(a, b):
        if not a or not b:
            return 0
        if a[0] == b[0]:
            return 1 + common(a[1:], b[1:])
        return max(common(a[1:], b), common(a, b[1:]))

    values = [
        1.0 if not a and not b else 2 * common(a, b) / (len(a) + len(b))
        for a, b in ((one.split(), other.split()) for one, other in zip(truth, said))
    ]
    return np.average(values, weights=w)


def rouge(order):
    """The mean F1 of so many words in a row: each of one text is struck off the other, once."""

    def runs(words):
        return [words[at : at + order] for at in range(len(words) - order + 1)]

    def score(a, b):
        left, total = runs(b), len(runs(a)) + len(runs(b))
        if not total:
            return float(a == b)
        found = 0
        for run in runs(a):
            if run in left:
                left.remove(run)
                found += 1
        return 2 * found / total

    def oracle(truth, said, w):
        values = [score(one.split(), other.split()) for one, other in zip(truth, said)]
        return np.average(values, weights=w)

    return oracle


def of_answers(which):
    """SQuAD's own measures, row by row, from 0 to 1."""

    def measured(truth, said, w):
        values = []
        for row, (true, found) in enumerate(zip(truth.tolist(), said.tolist())):
            answer = {"answers": {"answer_start": [0], "text": [true]}, "id": str(row)}
            scores = tm_text.squad([{"prediction_text": found, "id": str(row)}], [answer])
            values.append(float(scores[which]) / 100)
        return np.average(values, weights=w)

    return measured


ORACLES = {
    "span_exact": of_answers("exact_match"),
    "span_f1": of_answers("f1"),
    "bleu": of_corpus(sacrebleu.corpus_bleu),
    "chrf": of_corpus(sacrebleu.corpus_chrf),
    "rouge_1": rouge(1),
    "rouge_2": rouge(2),
    "rouge_l": rouge_l,
    "mase": of_forecasts(lambda y, f, error, zero: sk.mean_absolute_error(y, f[:, 2]) / error),
    "smape": of_forecasts(smape_of),
    "pinball": of_forecasts(pinball_of),
    "quadratic_kappa": quadratic_kappa,
    "rank_mae": lambda target, p, w: sk.mean_absolute_error(target, p.argmax(1), sample_weight=w),
    "poisson_deviance": lambda y, f, w: sk.mean_poisson_deviance(y, f, sample_weight=w),
    "labels_f1_micro": of_marks(sk.f1_score, average="micro", zero_division=0.0),
    "labels_f1_macro": of_marks(sk.f1_score, average="macro", zero_division=0.0),
    "jaccard": of_marks(sk.jaccard_score, average="samples", zero_division=1.0),
    "hamming_loss": of_marks(sk.hamming_loss),
    "subset_accuracy": of_marks(sk.accuracy_score),
    "mean_average_precision": mean_average_precision,
    "character_error_rate": of_texts(tm_text.char_error_rate),
    "word_error_rate": of_texts(tm_text.word_error_rate),
    "exact_match": lambda truth, heard, w: sk.accuracy_score(truth, heard, sample_weight=w),
    "answer_accuracy": of_ranks(lambda rank: rank <= 1),
    "answer_top_3": of_ranks(lambda rank: rank <= 3),
    "answer_top_10": of_ranks(lambda rank: rank <= 10),
    "reciprocal_rank": of_ranks(lambda rank: 1 / rank),
    "token_accuracy": of_tokens,
    "entity_f1": of_entities,
    "row_accuracy": lambda target, said, w: np.average([a == b for a, b in zip(target, said)], weights=w),
    "accuracy": of_labels(sk.accuracy_score),
    "balanced_accuracy": balanced,
    "precision_macro": averaged(sk.precision_score, "macro"),
    "precision_weighted": averaged(sk.precision_score, "weighted"),
    "recall_macro": averaged(sk.recall_score, "macro"),
    "recall_weighted": averaged(sk.recall_score, "weighted"),
    "f1_macro": averaged(sk.f1_score, "macro"),
    "f1_weighted": averaged(sk.f1_score, "weighted"),
    "roc_auc": lambda target, p, w: area(target, p, w, True),
    "log_loss": log_loss,
    "average_precision": lambda target, p, w: precision(target, p, w, False),
    "brier": brier,
    "expected_calibration_error": calibration_error,
    "lift": lift,
    "top_3_accuracy": top(3),
    "top_5_accuracy": top(5),
    "cohen_kappa": kappa,
    "mcc": of_labels(sk.matthews_corrcoef),
    "mse": lambda y, f, w: sk.mean_squared_error(y, f, sample_weight=w),
    "rmse": lambda y, f, w: sk.root_mean_squared_error(y, f, sample_weight=w),
    "mae": lambda y, f, w: sk.mean_absolute_error(y, f, sample_weight=w),
    "r2": r2,
    "mape": mape,
}
ORACLES = {name: quiet(oracle) for name, oracle in ORACLES.items()}
