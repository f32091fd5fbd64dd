"""Methods compared over several sets: mean ranks, tests, and the critical-difference diagram.

J. Demsar, Statistical comparisons of classifiers over multiple data sets, JMLR 7 (2006); pairs by
Wilcoxon's signed-rank test with Holm's correction in place of Nemenyi's test, after A. Benavoli, G.
Corani and F. Mangili, Should we really use post-hoc tests based on mean-ranks?, JMLR 17 (2016).
"""

from itertools import combinations

import numpy as np
from scipy.stats import friedmanchisquare, rankdata, wilcoxon

LEVEL = 0.05


def mean_ranks(scores):
    """Mean rank of each of M methods, (M,), from scores (sets, M): 1 is best, ties are shared."""
    return rankdata(-np.asarray(scores), axis=1).mean(axis=0)


def friedman(scores):
    """Probability of ranks as uneven as these if no method differed from another."""
    scores = np.asarray(scores)
    if scores.shape[1] < 3 or np.ptp(scores, axis=1).max() == 0:
        return 1.0
    return float(friedmanchisquare(*scores.T).pvalue)


def pairs(scores):
    """Holm-corrected p of every pair of columns, by (i, j) with i < j."""
    scores = np.asarray(scores)
    found = {
        (i, j): _wilcoxon(*scores[:, (i, j)].T) for i, j in combinations(range(scores.shape[1]), 2)
    }
    corrected, least = {}, 0.0
    for n, (pair, p) in enumerate(sorted(found.items(), key=lambda item: item[1])):
        least = max(least, min(1.0, (len(found) - n) * p))
        corrected[pair] = least
    return corrected


def _wilcoxon(first, second):
    if np.array_equal(first, second):
        return 1.0
    return float(wilcoxon(first, second).pvalue)


def cliques(ranks, corrected, level=LEVEL):
    """Methods next to each other in rank of which no two differ: lists of columns, best first."""
    order = [int(k) for k in np.argsort(ranks, kind="stable")]
    found = []
    for start in range(len(order)):
        end = start + 1
        while end < len(order) and all(
            corrected[min(k, order[end]), max(k, order[end])] > level for k in order[start:end]
        ):
            end += 1
        group = order[start:end]
        if len(group) > 1 and not (found and set(group) <= set(found[-1])):
            found.append(group)
    return found


def diagram(path, names, scores, title):
    """Draw mean ranks on an axis; a bar joins methods of which no two differ."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    ranks, n = mean_ranks(scores), len(names)
    order = np.argsort(ranks, kind="stable")
    groups = cliques(ranks, pairs(scores))
    n_left, top = (n + 1) // 2, 0.35 * len(groups) + 0.4
    height = top + 0.5 * n_left + 0.2
    with plt.rc_context({"svg.hashsalt": "ranks", "svg.fonttype": "none"}):
        figure = plt.figure(figsize=(8, 0.45 * height + 0.9))
        axes = figure.add_axes((0.25, 0.02, 0.5, 0.8))
        axes.set(xlim=(0.8, n + 0.2), ylim=(height, 0), xticks=range(1, n + 1), yticks=[])
        axes.xaxis.tick_top()
        axes.set_title(title, fontsize=10)
        axes.spines[["left", "right", "bottom"]].set_visible(False)
        for place, k in enumerate(order):
            left = place < n_left
            level = top + 0.5 * (place if left else n - 1 - place) + 0.2
            end = 0.7 if left else n + 0.3
            axes.plot([ranks[k], ranks[k], end], [0, level, level], "k", lw=0.8, clip_on=False)
            text = f"{names[k]}  {ranks[k]:.2f}" if left else f"{ranks[k]:.2f}  {names[k]}"
            axes.text(end, level, f" {text} ", ha="right" if left else "left", va="center")
        for place, group in enumerate(groups):
            ends = [ranks[group[0]] - 0.05, ranks[group[-1]] + 0.05]
            axes.plot(ends, [0.35 * (place + 1)] * 2, "k", lw=4, solid_capstyle="butt")
        figure.savefig(path, bbox_inches="tight", metadata={"Date": None, "Creator": None})
        plt.close(figure)
