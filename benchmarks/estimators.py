"""The scikit-learn estimators in scikit-learn's own tools, beside its own network.

    python benchmarks/estimators.py --seeds 3

reads MNIST's first 10,000 training images by `cross_val_predict` in five folds, every digit by a network that
did not learn from it: our three estimators and scikit-learn's `MLPClassifier`, with its defaults and with the
layer of ours, on the same folds, once for each seed. Then `GridSearchCV` chooses among six settings of ours,
in three folds, in a pipeline with a scaler. The test set is not looked at. Prints a Markdown table; every
number goes to `results/estimators.json`. Seconds are those of one process on whatever else the machine does.
"""

import argparse
import sys
from statistics import mean, stdev
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from record import machine, today, versions, write
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict
from sklearn.neural_network import MLPClassifier as SklearnMLP
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler

from digitlab import ConvClassifier, LinearClassifier, MLPClassifier, load_dataset
from digitlab.errors import DigitlabError

IMAGES = 10_000
FOLDS = 5
GRID = {
    "mlpclassifier__hidden_units": [128, 256, (256, 128)],
    "mlpclassifier__learning_rate": [0.005, 0.015],
}
Images = NDArray[Any]


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3)
    seeds = range(parser.parse_args().seeds)
    try:
        training, _ = load_dataset("mnist")
    except DigitlabError as error:
        sys.exit(f"estimators.py: {error}")
    # As a user has them who scales images to 0..1, which scikit-learn's network needs.
    X, y = training.pixels[:IMAGES].reshape(IMAGES, -1) / np.float32(255), training.labels[:IMAGES]
    read = [cross_validated(name, seed, X, y) for seed in seeds for name in contestants(0)]
    searched = search(X, y)
    circumstances = {
        "date": today(),
        "machine": machine() | versions(("digitlab", "jax", "numpy", "scikit-learn")),
        "images": IMAGES,
        "folds": FOLDS,
    }
    write("estimators", circumstances | {"cross_val_predict": read, "grid_search": searched})
    print(table(read), f"\nn = {len(seeds)} seeds, {today()}; the search chose {searched['best']}: ", end="")
    print(
        f"{searched['score']:.2f} % in three folds, {searched['seconds']:.0f} s for {searched['fits']} fits"
    )


def contestants(seed: int) -> dict[str, Any]:
    """Return the estimators, ours with the settings that they have by themselves."""
    return {
        "LinearClassifier": LinearClassifier(random_state=seed),
        "MLPClassifier": MLPClassifier(random_state=seed),
        "ConvClassifier": ConvClassifier(random_state=seed),
        "scikit-learn's MLPClassifier": SklearnMLP(random_state=seed),
        "scikit-learn's MLPClassifier, 256 units": SklearnMLP((256,), random_state=seed),
    }


def cross_validated(name: str, seed: int, X: Images, y: Images) -> dict[str, Any]:
    """Read every image by an estimator that learned from the other folds."""
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    begin = perf_counter()
    shares = cross_val_predict(contestants(seed)[name], X, y, cv=folds, method="predict_proba")
    seconds = perf_counter() - begin
    found = {
        "estimator": name,
        "seed": seed,
        "accuracy": 100 * float(np.mean(shares.argmax(axis=1) == y)),
        "log_loss": float(log_loss(y, shares)),
        "seconds": seconds,
    }
    return said(found)


def search(X: Images, y: Images) -> dict[str, Any]:
    """Choose settings in scikit-learn's way."""
    pipeline = make_pipeline(MaxAbsScaler(), MLPClassifier(random_state=0))
    searching = GridSearchCV(pipeline, GRID, cv=3, error_score="raise")
    begin = perf_counter()
    searching.fit(X, y)
    results = searching.cv_results_
    found = {
        "best": {name.split("__")[1]: value for name, value in searching.best_params_.items()},
        "score": 100 * float(searching.best_score_),
        "scores": [100 * float(score) for score in results["mean_test_score"]],
        "settings": [str(each) for each in results["params"]],
        "fits": searching.n_splits_ * len(results["params"]) + 1,
        "seconds": perf_counter() - begin,
    }
    return said(found)


def said(found: dict[str, Any]) -> dict[str, Any]:
    """Say on stderr what was found, and return it."""
    print(found, file=sys.stderr, flush=True)
    return found


def table(results: list[dict[str, Any]]) -> str:
    """Return a Markdown table of means and standard deviations over seeds."""
    lines = ["| estimator | accuracy, % | log loss | seconds |", "| --- | --- | --- | --- |"]
    for name in dict.fromkeys(each["estimator"] for each in results):
        chosen = [each for each in results if each["estimator"] == name]
        cells = [
            spread([each[column] for each in chosen], digits)
            for column, digits in (("accuracy", 2), ("log_loss", 3), ("seconds", 0))
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def spread(values: list[float], digits: int) -> str:
    """Return mean ± standard deviation."""
    text = f"{mean(values):.{digits}f}"
    return f"{text} ± {stdev(values):.{digits}f}" if len(values) > 1 else text


if __name__ == "__main__":
    main()
