"""Estimators with scikit-learn's interface.

    from ranvier.sklearn import NetworkClassifier

    cross_val_score(NetworkClassifier(random_state=0), X, y)

X is an array, or a data frame of mixed columns: numbers, words, truths, gaps. What is fitted is a model file in memory,
so that an estimator can be pickled, and no file is left anywhere.
"""

from .estimators import NetworkClassifier as NetworkClassifier
from .estimators import NetworkRegressor as NetworkRegressor

__all__ = ["NetworkClassifier", "NetworkRegressor"]
