"""scikit-learn's own checks of an estimator, all of them; none is expected to fail, as none is of its MLPs."""

from __future__ import annotations

from typing import Any

from sklearn.utils.estimator_checks import parametrize_with_checks

from ranvier.sklearn import NetworkClassifier, NetworkRegressor

SMALL: dict[str, Any] = {
    "network": {"name": "mlp", "hidden": [32], "dropout": 0.0},
    "epochs": 30,
    "learning_rate": 0.02,
    "batch_size": 64,
}


@parametrize_with_checks([NetworkClassifier(**SMALL), NetworkRegressor(**SMALL)])
def test_scikit_learns_own_checks(estimator: Any, check: Any) -> None:
    check(estimator)
