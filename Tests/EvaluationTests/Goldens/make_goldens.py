"""Writes metrics.txt: scores and the metrics that scikit-learn gives for them.

Run with scikit-learn and numpy installed: python3 make_goldens.py > metrics.txt
Each case is one line: name; normal scores; anomalous scores; AUROC; average precision; best F1.
Scores are float32, printed so that they read back exactly.
"""

import numpy as np
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

generator = np.random.default_rng(20261122)


def case(name, normal, anomalous):
    normal = np.asarray(normal, dtype=np.float32)
    anomalous = np.asarray(anomalous, dtype=np.float32)
    scores = np.concatenate([normal, anomalous])
    labels = np.concatenate([np.zeros(len(normal)), np.ones(len(anomalous))])
    precision, recall, _ = precision_recall_curve(labels, scores)
    f1 = np.max(2 * precision * recall / np.maximum(precision + recall, 1e-300))
    words = [" ".join(repr(float(x)) for x in part) for part in (normal, anomalous)]
    numbers = [roc_auc_score(labels, scores), average_precision_score(labels, scores), f1]
    print("; ".join([name, *words, *(repr(float(x)) for x in numbers)]))


case("separated", [0.1, 0.2, 0.3], [0.4, 0.5])
case("reversed", [0.4, 0.5], [0.1, 0.2, 0.3])
case("constant", [0.5] * 4, [0.5] * 3)
case("one each", [0.5], [0.5])
for index in range(6):
    case(f"random {index}", generator.normal(0, 1, 30 + index), generator.normal(0.7, 1, 12 + 3 * index))
for index in range(6):
    case(
        f"tied {index}",
        generator.integers(0, 4 + index, 40) / 8,
        generator.integers(1, 6 + index, 25) / 8,
    )
case("few anomalies", generator.exponential(1, 200), generator.exponential(2, 3))
