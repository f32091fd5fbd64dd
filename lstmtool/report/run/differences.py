"""How clusters differ in simple features: sentences and a table."""

from __future__ import annotations

import math
from itertools import combinations
from typing import NamedTuple

import numpy as np

from lstmtool.clustering.certainty import Members
from lstmtool.clustering.differences import DISTINCT, FEWEST, Separation, separations
from lstmtool.data.features import Feature
from lstmtool.report.run.tables import Table
from lstmtool.report.text import NOTHING, minus

MAX_CLUSTERS = 16  # compared, the largest ones
MAX_FEATURES = 6  # columns of the table
MAX_PAIRWISE = 3  # clusters, up to which every pair has a sentence of its own
MAX_PAIRS = 6  # named in a sentence
MAX_NAMED = 4  # clusters, the same
MAX_PARTS = 3  # of a sentence
SAME = 1e-6  # relative difference that is none
Pairs = dict[tuple[int, int], tuple[Separation, ...]]

MEANING = (
    "Level is the mean, deviation the standard deviation, change the mean difference from step to "
    "step, trend the rise of a fitted line, period or frequency that of the highest peak of the "
    "spectrum, where it stands out from noise. The table gives every cluster's median and, "
    "below it, the quartiles. A feature tells two clusters apart if at least "
    f"{DISTINCT:.0%} of the pairs of a sequence of one and a sequence of the other are ordered the "
    "same way, which chance would seldom do."
)


class Differences(NamedTuple):
    """Sentences on how clusters differ, and their features as a table."""

    sentences: tuple[str, ...]
    table: Table


def differences(found: tuple[Members, ...], features: tuple[Feature, ...]) -> Differences | None:
    """Compare the clusters; None if there are fewer than two of them."""
    if len(found) < 2:
        return None
    largest = sorted(found, key=lambda one: -len(one.order))[:MAX_CLUSTERS]
    compared = [one for one in found if one in largest]
    varied = tuple(f for f in features if _varies(f.values))
    pairs = {
        (a, b): separations(varied, compared[a].order, compared[b].order)
        for a, b in combinations(range(len(compared)), 2)
    }
    said = _each_pair if len(compared) <= MAX_PAIRWISE else _each_cluster
    sentences = [*said(compared, varied, pairs), *_small(compared)]
    if len(compared) < len(found):
        sentences.append(f"Compared are the {len(compared)} largest of {len(found)} clusters.")
    return Differences(tuple(sentences), _table(compared, varied, pairs))


def _varies(values: np.ndarray) -> bool:
    known = values[~np.isnan(values)]
    if not len(known):
        return False
    extent = known.max() / 2 - known.min() / 2
    return len(known) < len(values) or bool(extent > SAME * np.abs(known).max())


def _small(compared: list[Members]) -> list[str]:
    few = [one.name for one in compared if len(one.order) < FEWEST]
    if not few:
        return []
    have = "has" if len(few) == 1 else "have"
    names = f"Cluster{'s' * (len(few) > 1)} {_listed(few)}"
    return [f"{names} {have} too few sequences to say how they differ."]


def _each_pair(compared: list[Members], features: tuple[Feature, ...], pairs: Pairs) -> list[str]:
    return [
        _pair(compared[a], compared[b], features, found)
        for (a, b), found in pairs.items()
        if min(len(compared[a].order), len(compared[b].order)) >= FEWEST
    ]


def _pair(
    one: Members, other: Members, features: tuple[Feature, ...], found: tuple[Separation, ...]
) -> str:
    names = f"{one.name} and {other.name}"
    clear = [s for s in found if s.counts]
    if not clear:
        best = f" (the best, {_name(features[found[0].feature])}, orders " if found else ""
        best += f"{found[0].strength:.0%} of the pairs)" if found else ""
        return f"No simple feature tells clusters {names} apart{best}."
    first, *rest = (features[s.feature] for s in clear)
    mine, others = (_spread(first, m.order) for m in (one, other))
    unit = f" {first.unit}" if first.unit else ""
    figures = f"{mine} against {others}{unit}"
    if not rest:
        return f"Clusters {names} differ by {_name(first)} alone: {figures}."
    also = _listed([_name(f) for f in rest[:4]])
    return f"Clusters {names} differ most by {_name(first)}: {figures}; also by {also}."


def _each_cluster(
    compared: list[Members], features: tuple[Feature, ...], pairs: Pairs
) -> list[str]:
    told = [
        _one_of_many(k, compared, features, pairs)
        for k in range(len(compared))
        if len(compared[k].order) >= FEWEST
    ]
    large = {pair: found for pair, found in pairs.items() if not _few(pair, compared)}
    clear = {pair: [s for s in found if s.counts] for pair, found in large.items()}
    alone: dict[int, list[str]] = {}
    for (a, b), found in clear.items():
        if len(found) == 1:
            names = f"{compared[a].name} and {compared[b].name}"
            alone.setdefault(found[0].feature, []).append(names)
    for k, names_of in alone.items():
        told.append(f"Only {_name(features[k])} tells apart {_some(names_of)}.")
    none = [
        f"{compared[a].name} and {compared[b].name}" for (a, b), found in clear.items() if not found
    ]
    if none:
        told.append(f"No simple feature tells apart {_some(none)}.")
    return told


def _few(pair: tuple[int, int], compared: list[Members]) -> bool:
    return min(len(compared[k].order) for k in pair) < FEWEST


def _one_of_many(
    k: int, compared: list[Members], features: tuple[Feature, ...], pairs: Pairs
) -> str:
    """Say by which feature a cluster differs from most others."""
    rivals = [j for j in range(len(compared)) if j != k and len(compared[j].order) >= FEWEST]
    own = compared[k]
    apart: dict[int, dict[int, float]] = {f: {} for f in range(len(features))}
    for j in rivals:
        for s in pairs[min(j, k), max(j, k)]:
            if s.counts:
                apart[s.feature][j] = s.strength
    best = max(apart, key=lambda f: (len(apart[f]), sum(apart[f].values())), default=None)
    if best is None or not apart[best]:
        return f"No simple feature tells cluster {own.name} apart from another."
    if len(apart[best]) == len(rivals):
        return _from_all(own, [compared[j] for j in rivals], features[best])
    parts, left = [], set(rivals)
    for _ in range(MAX_PARTS):
        best = max(apart, key=lambda f: (len(left & set(apart[f])), len(apart[f])))
        if not (told := left & set(apart[best])):
            break
        from_whom = _whom([compared[j].name for j in sorted(told)], len(rivals))
        parts.append(
            f"from {from_whom} by {_name(features[best])}, {_with_unit(features[best], own.order)}"
        )
        left -= told
    return f"Cluster {own.name} differs {'; '.join(parts)}."


def _from_all(own: Members, rivals: list[Members], feature: Feature) -> str:
    medians = [_median(feature, one.order) for one in rivals]
    mine, told = _median(feature, own.order), _with_unit(feature, own.order)
    below, above = [m for m in medians if m < mine], [m for m in medians if m >= mine]
    nearest = [_figure(m, feature) for m in (*sorted(below)[-1:], *sorted(above)[:1])]
    if below and above:
        beside = f"{told}; its neighbours have {' and '.join(nearest)}"
        return f"Cluster {own.name} differs from every other by {_name(feature)}: {beside}."
    extreme = "highest" if below else "lowest"
    beside = f"{told}; the next is {nearest[0]}"
    return f"Cluster {own.name} has the {extreme} {_name(feature)}: {beside}."


def _whom(names: list[str], n_rivals: int) -> str:
    return _listed(names) if len(names) <= MAX_NAMED else f"{len(names)} of {n_rivals} others"


def _with_unit(feature: Feature, order: np.ndarray) -> str:
    return f"{_spread(feature, order)}{' ' * bool(feature.unit)}{feature.unit}"


def _table(compared: list[Members], features: tuple[Feature, ...], pairs: Pairs) -> Table:
    strength = np.zeros(len(features))
    for found in pairs.values():
        for s in found:
            strength[s.feature] += s.strength
    chosen = sorted(np.argsort(-strength, kind="stable")[:MAX_FEATURES].tolist())
    headings = [_heading(features[k]) for k in chosen]
    rows = [
        (one.name, str(len(one.order)), *(_cell(features[k], one.order) for k in chosen))
        for one in compared
    ]
    return Table(("Cluster", "Sequences", *headings), rows)


def _heading(feature: Feature) -> str:
    of = f" of {feature.of}" if feature.of else ""
    return f"{feature.name}{of}{', ' * bool(feature.unit)}{feature.unit}"


def _name(feature: Feature) -> str:
    return f"{feature.name.lower()}{f' of {feature.of}' if feature.of else ''}"


def _known(feature: Feature, order: np.ndarray) -> np.ndarray | None:
    """Return the values of a cluster's sequences; None if fewer than half have one."""
    values = feature.values[order]
    known = values[~np.isnan(values)]
    return known if 2 * len(known) > len(values) else None


def _median(feature: Feature, order: np.ndarray) -> float:
    known = _known(feature, order)
    return float("nan") if known is None else float(np.median(known))


def _spread(feature: Feature, order: np.ndarray) -> str:
    """Return median and quartiles."""
    known = _known(feature, order)
    if known is None:
        return NOTHING
    low, middle, high = (_figure(float(v), feature) for v in np.percentile(known, [25, 50, 75]))
    return middle if low == middle == high else f"{middle} ({low} to {high})"


def _cell(feature: Feature, order: np.ndarray) -> str:
    """Return median and quartiles on two lines."""
    return _spread(feature, order).replace(" (", "\n").rstrip(")")


def _figure(value: float, feature: Feature) -> str:
    """Return a value with as many decimals as the feature's spread over all sequences needs."""
    known = feature.values[~np.isnan(feature.values)]
    low, high = np.percentile(known, [10, 90])
    size = high - low if high > low else 0.1 * np.abs(known).max()
    if not np.isfinite(value) or not np.isfinite(size):
        return NOTHING
    if abs(value) >= 1e6 or size < 1e-6:
        return minus(f"{value:.3g}")
    decimals = 1 - math.floor(math.log10(size / 3)) if size > 0 else 0
    rounded = round(value, min(8, max(0, decimals))) + 0.0
    return minus(f"{rounded:.{min(8, max(0, decimals if size < 30 else 0))}f}")


def _some(names: list[str]) -> str:
    if len(names) > MAX_PAIRS:
        rest = len(names) - MAX_PAIRS
        return f"{'; '.join(names[:MAX_PAIRS])}; and {rest} more pair{'s' * (rest > 1)}"
    return "; ".join(names)


def _listed(names: list[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
