"""Writes what scikit-learn and scipy give: curves.txt, intervals.txt and pareto.txt beside this script.

Run with numpy, scikit-learn and scipy installed: python3 make_statistics.py
Curves are of the scores in metrics.txt (make_goldens.py). Numbers are printed so that they read back exactly.

curves.txt: name; false-positive rates; detection rates; precisions; recalls; a threshold; F1 of what lies above it.
intervals.txt: hits; count; confidence; low; high (Clopper and Pearson).
pareto.txt: kind; true shape; true scale; fitted shape; fitted scale; quantiles of the fit that are passed with
probability 0.1, 0.01, 0.001; excesses. The fit is the maximum of the likelihood with the place fixed at zero, from
scipy's own start and from several others, the best taken.
"""

import pathlib

import numpy as np
from scipy import optimize, stats
from sklearn.metrics import f1_score, precision_recall_curve, roc_curve

here = pathlib.Path(__file__).resolve().parent


def words(values):
    return " ".join(repr(float(value)) for value in values)


def curves():
    for line in (here / "metrics.txt").read_text().splitlines():
        name, *parts = [field.strip() for field in line.split(";")]
        normal, anomalous = (np.array(part.split(), dtype=np.float64) for part in parts[:2])
        scores = np.concatenate([normal, anomalous])
        labels = np.concatenate([np.zeros(len(normal)), np.ones(len(anomalous))])
        false_positive_rates, detection_rates, _ = roc_curve(labels, scores, drop_intermediate=False)
        precisions, recalls, _ = precision_recall_curve(labels, scores)
        # Without the point that scikit-learn adds where nothing is called; lowest threshold first.
        precisions, recalls = precisions[:-1][::-1], recalls[:-1][::-1]
        threshold = float(np.sort(scores)[len(scores) // 2])
        f1 = f1_score(labels, scores > threshold, zero_division=0.0)
        yield "; ".join(
            [name, *map(words, (false_positive_rates, detection_rates, precisions, recalls)), repr(threshold), repr(float(f1))]
        )


def intervals():
    for count in (1, 2, 7, 30, 567, 10000):
        for hits in sorted({0, 1, count // 3, count // 2, count - 1, count}):
            for confidence in (0.9, 0.95, 0.99):
                interval = stats.binomtest(hits, count).proportion_ci(confidence, method="exact")
                yield f"{hits}; {count}; {confidence!r}; {float(interval.low)!r}; {float(interval.high)!r}"


def fit(excesses):
    def loss(parameters):
        shape, logarithm = parameters
        return -np.sum(stats.genpareto.logpdf(excesses, shape, scale=np.exp(logarithm)))

    shape, _, scale = stats.genpareto.fit(excesses, floc=0)
    starts = [(shape, np.log(scale))] + [(start, np.log(np.mean(excesses))) for start in (-0.3, 0.0, 0.1, 0.5, 1.0)]
    options = {"xatol": 1e-12, "fatol": 1e-12, "maxiter": 20000, "maxfev": 20000}
    # Twice from each start: the simplex of the first may have shrunk too early.
    found = []
    for start in starts:
        once = optimize.minimize(loss, start, method="Nelder-Mead", options=options)
        found.append(optimize.minimize(loss, once.x, method="Nelder-Mead", options=options))
    best = min((result for result in found if np.isfinite(result.fun)), key=lambda result: result.fun)
    return float(best.x[0]), float(np.exp(best.x[1]))


def pareto():
    generator = np.random.default_rng(20261123)
    for shape in (-0.4, -0.2, 0.0, 0.1, 0.3, 0.7):
        for count, scale in ((20, 1.0), (60, 0.003), (400, 20.0), (1500, 1.0)):
            if count == 20 and shape < 0:
                continue
            excesses = stats.genpareto.rvs(shape, scale=scale, size=count, random_state=generator)
            found_shape, found_scale = fit(excesses)
            quantiles = stats.genpareto.isf([0.1, 0.01, 0.001], found_shape, scale=found_scale)
            yield "; ".join(
                ["random", repr(shape), repr(scale), repr(found_shape), repr(found_scale), words(quantiles), words(excesses)]
            )
    for count in (40, 300):
        excesses = np.ceil(stats.genpareto.rvs(0.2, scale=1, size=count, random_state=generator) * 8) / 8
        found_shape, found_scale = fit(excesses)
        quantiles = stats.genpareto.isf([0.1, 0.01, 0.001], found_shape, scale=found_scale)
        yield "; ".join(["tied", "0.2", "1.0", repr(found_shape), repr(found_scale), words(quantiles), words(excesses)])


for name, lines in (("curves", curves()), ("intervals", intervals()), ("pareto", pareto())):
    (here / f"{name}.txt").write_text("\n".join(lines) + "\n")
