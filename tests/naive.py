"""Slow, obvious twins of the kernels, from the paper and the 2003 tutorial's pseudo-code.

One sequence, one pair of points or one code at a time, and by enumeration where that is possible.
What is made of sums, products and functions that numpy knows works on complex numbers too, so that
a complex step gives its derivatives to the last digit.
"""

from itertools import product

import numpy as np
from scipy.optimize import minimize_scalar


def logistic(x):
    return 1 / (1 + np.exp(-x))


FUNCTIONS = {
    "tanh": np.tanh,
    "4s-2": lambda x: 4 * logistic(x) - 2,
    "2s-1": lambda x: 2 * logistic(x) - 1,
    "identity": lambda x: x,
}
SLOPES = {
    "tanh": lambda x: 1 / np.cosh(x) ** 2,
    "4s-2": lambda x: 4 * logistic(x) * logistic(-x),
    "2s-1": lambda x: 2 * logistic(x) * logistic(-x),
    "identity": lambda x: 1.0,
}


# --- memory blocks -------------------------------------------------------------------------------


def cells_of_blocks(blocks):
    """[[0, 1], [2], ...]: the cells of every block."""
    cells = iter(range(sum(blocks)))
    return [[next(cells) for _ in range(size)] for size in blocks]


def shapes(settings, n_inputs):
    """Names and shapes of the parameters, in the order of the flat vector."""
    n_blocks, n_cells = len(settings.blocks), sum(settings.blocks)
    n_sources = n_inputs + n_cells + 1
    gates = ("input_gate", "forget_gate", "output_gate")
    shapes = {name: (n_blocks, n_sources) for name in gates}
    if not settings.forget_gate:
        del shapes["forget_gate"]
    shapes["cell_input"] = (n_cells, n_sources)
    if settings.peepholes:
        shapes |= {f"{name}_peephole": (n_cells,) for name in gates}
    shapes["output_unit"] = (settings.outputs, n_cells + 1)
    return shapes


def named(settings, n_inputs, flat):
    """Cut a flat vector into its named parts."""
    parts, at = {}, 0
    for name, shape in shapes(settings, n_inputs).items():
        size = int(np.prod(shape))
        parts[name] = flat[at : at + size].reshape(shape)
        at += size
    assert at == len(flat)
    return parts


def joined(parts):
    return np.concatenate([part.ravel() for part in parts.values()])


def step(settings, w, x, s_hat, y_hat):
    """Steps 1a to 2 of the pseudo-code, with the squashing h of the state on its way out."""
    g, h = FUNCTIONS[settings.g], FUNCTIONS[settings.h]
    source = np.concatenate([x, y_hat, [1.0]])
    kind = np.result_type(source, s_hat, w["cell_input"])
    n_blocks, n_cells = len(settings.blocks), sum(settings.blocks)
    net_in, net_forget, net_out = (np.zeros(n_blocks, kind) for _ in range(3))
    net_cell, s, y = (np.zeros(n_cells, kind) for _ in range(3))
    for j, cells in enumerate(cells_of_blocks(settings.blocks)):
        net_in[j] = w["input_gate"][j] @ source
        if settings.forget_gate:
            net_forget[j] = w["forget_gate"][j] @ source
        if settings.peepholes:
            net_in[j] += sum(w["input_gate_peephole"][v] * s_hat[v] for v in cells)
            net_forget[j] += sum(w["forget_gate_peephole"][v] * s_hat[v] for v in cells)
        y_forget = logistic(net_forget[j]) if settings.forget_gate else 1.0
        for v in cells:
            net_cell[v] = w["cell_input"][v] @ source
            s[v] = y_forget * s_hat[v] + logistic(net_in[j]) * g(net_cell[v])
        net_out[j] = w["output_gate"][j] @ source
        if settings.peepholes:
            net_out[j] += sum(w["output_gate_peephole"][v] * s[v] for v in cells)
        for v in cells:
            y[v] = logistic(net_out[j]) * h(s[v])
    return {
        "source": source,
        "s_hat": s_hat,
        "s": s,
        "y": y,
        "net_in": net_in,
        "net_forget": net_forget,
        "net_out": net_out,
        "net_cell": net_cell,
    }


def run(settings, w, xs, s, y):
    """All steps of one sequence xs (T, X) from the state s (C,) and the cell outputs y (C,)."""
    steps = []
    for x in xs:
        steps.append(step(settings, w, x, s, y))
        s, y = steps[-1]["s"], steps[-1]["y"]
    return steps


def net_inputs(settings, n_inputs, flat, xs, s, y):
    """Net inputs (K,) of the output units at the end of one sequence."""
    w = named(settings, n_inputs, flat)
    last = run(settings, w, xs, s, y)[-1]["y"]
    return w["output_unit"] @ np.concatenate([last, [1.0]])


def truncated_gradient(settings, n_inputs, flat, xs, s, y, delta):
    """Slopes in all weights for delta (K,) at the output units, by the partials dS."""
    w = named(settings, n_inputs, flat)
    d = {name: np.zeros_like(part) for name, part in w.items()}
    g, dg = FUNCTIONS[settings.g], SLOPES[settings.g]
    h, dh = FUNCTIONS[settings.h], SLOPES[settings.h]
    n_cells = sum(settings.blocks)
    n_sources = n_inputs + n_cells + 1
    ds_cell, ds_in, ds_forget = (np.zeros((n_cells, n_sources)) for _ in range(3))
    ds_in_peephole, ds_forget_peephole = (np.zeros((n_cells, n_cells)) for _ in range(2))
    steps = run(settings, w, xs, s, y)
    for now in steps:
        for j, cells in enumerate(cells_of_blocks(settings.blocks)):
            y_in, y_forget = logistic(now["net_in"][j]), logistic(now["net_forget"][j])
            slope_in, slope_forget = y_in * (1 - y_in), y_forget * (1 - y_forget)
            if not settings.forget_gate:
                y_forget, slope_forget = 1.0, 0.0
            for v in cells:
                through_in = g(now["net_cell"][v]) * slope_in
                through_forget = now["s_hat"][v] * slope_forget
                for m in range(n_sources):
                    y_m = now["source"][m]
                    ds_cell[v, m] = ds_cell[v, m] * y_forget + dg(now["net_cell"][v]) * y_in * y_m
                    ds_in[v, m] = ds_in[v, m] * y_forget + through_in * y_m
                    ds_forget[v, m] = ds_forget[v, m] * y_forget + through_forget * y_m
                for u in cells:
                    s_u = now["s_hat"][u]
                    ds_in_peephole[v, u] = ds_in_peephole[v, u] * y_forget + through_in * s_u
                    ds_forget_peephole[v, u] = (
                        ds_forget_peephole[v, u] * y_forget + through_forget * s_u
                    )
    d["output_unit"] += np.outer(delta, np.concatenate([now["y"], [1.0]]))
    for j, cells in enumerate(cells_of_blocks(settings.blocks)):
        y_out = logistic(now["net_out"][j])
        error = {v: w["output_unit"][:, v] @ delta for v in cells}
        delta_out = y_out * (1 - y_out) * sum(h(now["s"][v]) * error[v] for v in cells)
        d["output_gate"][j] += delta_out * now["source"]
        for v in cells:
            e_s = y_out * dh(now["s"][v]) * error[v]
            d["input_gate"][j] += e_s * ds_in[v]
            if settings.forget_gate:
                d["forget_gate"][j] += e_s * ds_forget[v]
            d["cell_input"][v] += e_s * ds_cell[v]
            if settings.peepholes:
                d["output_gate_peephole"][v] += delta_out * now["s"][v]
                for u in cells:
                    d["input_gate_peephole"][u] += e_s * ds_in_peephole[v, u]
                    d["forget_gate_peephole"][u] += e_s * ds_forget_peephole[v, u]
    return joined(d)


# --- binary information gain ---------------------------------------------------------------------


def bingo_slopes(u):
    """Equations 1 and 2 for net inputs u (N, K), one sequence at a time, over N."""
    n, k = u.shape
    mean = np.array([sum(u[:, i]) / n for i in range(k)])
    q = np.eye(k)
    for i, j in product(range(k), repeat=2):
        if i != j:
            q[i, j] = np.corrcoef(u[:, i], u[:, j])[0, 1]
    rows = []
    for y in u:
        y_hat = y + (q - 2 * np.eye(k)) @ (y - mean)
        rows.append(logistic(y) * (1 - logistic(y)) * (y - y_hat) / n)
    return np.array(rows)


def bits(p):
    """Entropy in bits of a distribution given as a list."""
    return -sum(x * np.log2(x) for x in p if x > 0)


def codes(k):
    """All codes of k bits; bit i of code number a is (a >> i) & 1."""
    return [tuple((a >> i) & 1 for i in range(k)) for a in range(2**k)]


def code_probability(p, code):
    """P(code) for one sequence with outputs p (K,)."""
    return np.prod([q if bit else 1 - q for q, bit in zip(p, code, strict=True)])


def joint_bits(p):
    """H(mean P(code)) - mean H(P(code)) by listing all codes; p (N, K)."""
    tables = [[code_probability(row, code) for code in codes(p.shape[1])] for row in p]
    return bits(np.mean(tables, axis=0)) - np.mean([bits(table) for table in tables])


# --- augmented-code information ------------------------------------------------------------------


def joint_codes(first, second):
    """Symmetric joint distribution of the codes of two copies with net inputs (N, K) each."""
    all_codes = codes(first.shape[1])
    joint = 0
    for one, two in zip(logistic(first), logistic(second), strict=True):
        p = np.array([code_probability(one, code) for code in all_codes])
        q = np.array([code_probability(two, code) for code in all_codes])
        joint = joint + np.outer(p, q) + np.outer(q, p)
    return joint / (2 * len(first))


def shared_information(joint):
    """Mutual information in bits of a joint distribution."""
    a, b = joint.sum(axis=0), joint.sum(axis=1)
    return sum(
        joint[i, j] * np.log2(joint[i, j] / (b[i] * a[j])) for i, j in np.argwhere(joint > 0)
    )


def consistency(first, second, weight):
    """Sum J [ln J - weight (ln p_a + ln p_b)], J the joint distribution of two copies' codes."""
    joint = joint_codes(first, second)
    p = joint.sum(axis=1)
    value = 0
    for a, b in product(range(len(p)), repeat=2):
        value += joint[a, b] * (np.log(joint[a, b]) - weight * (np.log(p[a]) + np.log(p[b])))
    return value


# --- Parzen estimates: equations 3 to 7, points (N, K) ------------------------------------------


def kernel(difference, sigma):
    """Isotropic Gaussian with variance sigma**2."""
    k = len(difference)
    return np.exp(-sum(d * d for d in difference) / (2 * sigma**2)) / (2 * np.pi * sigma**2) ** (
        k / 2
    )


def density(point, y, sigma):
    """Equation 3."""
    return sum(kernel(point - y_j, sigma) for y_j in y) / len(y)


def log_likelihood(y, sigma):
    """Equation 4, T = S without y_i."""
    total = 0
    for i, y_i in enumerate(y):
        total += np.log(sum(kernel(y_i - y_j, sigma) for j, y_j in enumerate(y) if j != i))
    return total - len(y) * np.log(len(y) - 1)


def entropy(y, sigma):
    """Equation 6, T = S without y_i."""
    total = 0
    for i, y_i in enumerate(y):
        total += np.log(sum(kernel(y_i - y_j, sigma) for j, y_j in enumerate(y) if j != i))
    return -total / len(y) + np.log(len(y) - 1)


def sample_entropy(s, t, sigma):
    """Equation 6 with two samples (N, K)."""
    total = 0
    for y_i in s:
        total += np.log(sum(kernel(y_i - y_j, sigma) for y_j in t))
    return -total / len(s) + np.log(len(t))


def drawn(n, n_s, n_t, rng):
    """Numbers of two samples without a common one: the head of a shuffled row of all."""
    left, taken = list(range(n)), []
    for i in range(n_s + n_t):
        other = i + int(rng.random() * (n - i))
        left[i], left[other] = left[other], left[i]
        taken.append(left[i])
    return taken[:n_s], taken[n_s:]


def covariance(y):
    """Covariance (K, K), divided by N."""
    centred = y - sum(y) / len(y)
    return sum(np.outer(row, row) for row in centred) / len(y)


def invariant_entropy(y, sigma):
    """Entropy minus half the log determinant of the covariance."""
    return entropy(y, sigma) - np.log(np.linalg.det(covariance(y))) / 2


def entropy_slopes(y, sigma):
    """Equation 7 with every output as the weight: dH/dy (N, K)."""
    n, k = y.shape
    slopes = np.zeros((n, k))
    for i in range(n):
        others = [j for j in range(n) if j != i]
        total = sum(kernel(y[i] - y[j], sigma) for j in others)
        for j in others:
            along = -kernel(y[i] - y[j], sigma) * (y[i] - y[j]) / sigma**2 / total
            slopes[i] -= along / n
            slopes[j] += along / n
    return slopes


def width(y, near):
    """Width of maximum likelihood, by Brent's method in log sigma around a guess."""
    found = minimize_scalar(
        lambda log_sigma: -log_likelihood(y, np.exp(log_sigma)),
        bracket=(np.log(near) - 0.5, np.log(near), np.log(near) + 0.5),
        method="brent",
        options={"xtol": 1e-10},
    )
    return float(np.exp(found.x))


# --- learning rules ------------------------------------------------------------------------------


def momentum(w, gradients, rate, inertia):
    """v <- inertia v + rate g, w <- w + v, for a list of gradients."""
    v = np.zeros_like(w)
    for g in gradients:
        v = inertia * v + rate * g
        w = w + v
    return w


def adam(w, gradients, rate):
    """Algorithm 1 of Kingma and Ba (2015), ascending; epsilon beside the uncorrected root."""
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        rate_t = rate * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        w = w + rate_t * m / (np.sqrt(v) + 1e-8)
    return w


def whitened_step(output, last, slopes, rate):
    """One step of plain ascent for output weights (K, C + 1) on whitened cell outputs (C, N).

    With z = L^-1 (y - mean), L L^T the covariance, and net inputs A z + b, learning is done on A
    and b and translated back.
    """
    mean = last.mean(axis=1)
    root = np.linalg.cholesky(np.cov(last, bias=True).reshape(len(last), len(last)))
    z = np.linalg.inv(root) @ (last - mean[:, None])
    a, b = output[:, :-1] @ root, output[:, -1] + output[:, :-1] @ mean
    a, b = a + rate * slopes @ z.T, b + rate * slopes.sum(axis=1)
    weights = a @ np.linalg.inv(root)
    return np.hstack([weights, (b - weights @ mean)[:, None]])


# --- deformed copies ------------------------------------------------------------------------------


def smooth_curve(knots, places):
    """Through equally spaced knots, of slope 0 at each; places run from 0 to 1."""
    at = np.asarray(places) * (len(knots) - 1)
    left = np.minimum(at.astype(int), len(knots) - 2)
    u = at - left
    return knots[left] + (knots[left + 1] - knots[left]) * (3 * u**2 - 2 * u**3)


def deformed(xs, kind, rng, warp=0.5, stretch=(0.8, 1.0), scale=0.1, drift=0.1):
    """A copy of a sequence (T, X), in the order in which the kernel draws."""

    def normals(n):
        return np.array(
            [
                np.sqrt(-2 * np.log(1 - u)) * np.cos(2 * np.pi * v)
                for u, v in (rng.random(2) for _ in range(n))
            ]
        )

    kinds = {"warp", "stretch", "scale", "drift"} if kind == "shape" else set(kind.split("+"))
    n_steps, steps = len(xs), np.arange(len(xs))
    places = np.linspace(0, 1, n_steps) if n_steps > 1 else np.zeros(1)
    times = steps.astype(float)
    if "warp" in kinds:
        speed = np.exp(warp * smooth_curve(normals(5), places))
        passed = np.concatenate([[0], np.cumsum((speed[1:] + speed[:-1]) / 2)])
        times = passed / max(passed[-1], 1e-300) * (n_steps - 1)
    if "stretch" in kinds:
        share, left = stretch[0] + (stretch[1] - stretch[0]) * rng.random(), rng.random()
        times = (1 - share) * (n_steps - 1) * left + share * times
    copy = np.empty_like(xs)
    for x in range(xs.shape[1]):
        copy[:, x] = np.interp(times, steps, xs[:, x])
        if "scale" in kinds:
            copy[:, x] *= np.exp(scale * normals(1)[0])
        if "drift" in kinds:
            copy[:, x] += smooth_curve(drift * normals(5), places)
    return copy


def co_association(labels):
    """Share of the members that put two sequences together; one with itself always."""
    n_members, n = labels.shape
    together = np.zeros((n, n))
    for a in range(n):
        for b in range(n):
            same = [own[a] == own[b] and own[a] >= 0 for own in labels]
            together[a, b] = 1.0 if a == b else sum(same) / n_members
    return together


def elected(votes, labels):
    """Columns with the most votes, and shares of the members that agree, one sequence at a time.

    `votes` has for every member a dict from label to a list of shares.
    """
    columns, agreement = [], []
    for own in np.transpose(labels):
        ballots = [votes[m].get(label) for m, label in enumerate(own)]
        cast = [ballot for ballot in ballots if ballot is not None]
        if not cast:
            columns.append(-1)
            agreement.append(np.nan)
            continue
        total = [sum(shares) for shares in zip(*cast, strict=True)]
        best = total.index(max(total))
        columns.append(best)
        agreement.append(sum(b.index(max(b)) == best for b in cast) / len(ballots))
    return columns, agreement
