"""Hessian-free optimisation of networks of any shape (Martens 2010; Martens and Sutskever 2011).

Every step minimises a quadratic model of the error by conjugate gradients. Its curvature is the
Gauss-Newton matrix G = J^T H J, with J the derivatives of the output units' net inputs by the
weights and H the Hessian of the error by these net inputs. It is never written down: G v is a pass
of tangents along v, a product by H, and a backward pass. Where the publication leaves room, this
follows Sutskever's code.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.kernels.subnormals import flushed
from lstmtool.kernels.supervised.loss_curvature import loss_curvature
from lstmtool.network.compute import ComputeOptions
from lstmtool.network.curvature import TangentStack
from lstmtool.network.topology import SQUASHING_OF_OUTPUTS
from lstmtool.supervised.conjugate_gradients import SMALLEST, has_settled, solutions
from lstmtool.supervised.rules.lstm_batch import BatchSettings, LstmBatch, scored_steps
from lstmtool.supervised.rules.start import Start, drawn

if TYPE_CHECKING:
    from collections.abc import Callable

    from lstmtool.network.stack import Stack
    from lstmtool.network.topology import Topology
    from lstmtool.supervised.rules.base import Update
    from lstmtool.supervised.target_sequences import Strings

SHRINK = 0.95  # of the last solution, from which the next one starts
LOOK = 10  # conjugate gradient steps between two looks at the error
SHORTER, SHORTEST = 0.8, 50  # a step of the line search, and how many there are
FACTOR, POOR, GOOD = 1.5, 0.25, 0.75  # of the damping; bounds on the reduction ratio


@dataclass(frozen=True)
class HessianFreeSettings:
    """How a network starts and learns by Hessian-free optimisation.

    Parameters
    ----------
    damping : float
        Initial lambda, above 0.
    structural : float
        Structural damping mu, as a share of lambda; 0 for none.
    weight_decay : float
        The error has half of this times the squared norm of the weights added.
    steps : int
        Maximum number of conjugate gradient steps.
    sample : int
        Sequences for the curvature, as many others to choose among its solutions, and as many for
        the line search. If there are not so many, they are the same.
    batch : int
        Sequences that are run at once.
    start : Start
        Initial weights of plain units.
    weights, input_bias, forget_bias, output_bias
        Initial weights of networks with memory blocks; see `BatchSettings`.
    precision, threads
        See `BatchSettings`.
    """

    damping: float = 0.01
    structural: float = 0.03
    weight_decay: float = 2e-5
    steps: int = 300
    sample: int = 1000
    batch: int = 240
    start: Start = field(default_factory=Start)
    weights: float = 0.1
    input_bias: tuple[float, ...] = ()
    forget_bias: tuple[float, ...] = ()
    output_bias: tuple[float, ...] = ()
    precision: Literal["double", "single"] = "double"
    threads: int = 1

    def __post_init__(self) -> None:
        for name, good in (
            ("damping", 0.0 < self.damping < np.inf),
            ("structural", 0.0 <= self.structural < np.inf),
            ("weight_decay", 0.0 <= self.weight_decay < np.inf),
            ("steps", self.steps >= 1),
            ("sample", self.sample >= 1),
        ):
            if not good:
                raise UsageError(f"{name} cannot be {getattr(self, name)!r}.")
        _ = self.basic  # raises if one of the others is invalid

    @property
    def basic(self) -> BatchSettings:
        """Initial weights and computation, as for learning along the gradient."""
        names = ["weights", "input_bias", "forget_bias", "output_bias"]
        names += ["batch", "precision", "threads"]
        return BatchSettings(1.0, **{name: getattr(self, name) for name in names})


class HessianFree(LstmBatch):
    """A network of any shape, updated once per call by Hessian-free optimisation.

    Attributes
    ----------
    ratio : float
        Reduction of the error by the last step's direction, as a share of what the model promised.
    """

    stack_class = TangentStack

    def __init__(
        self, topology: Topology, settings: HessianFreeSettings, rng: np.random.Generator
    ) -> None:
        if topology.integrated:
            raise UsageError(
                "Hessian-free optimisation has no tangents of means over time.",
                fix="Use the rule lstm-batch for networks whose output units integrate over time.",
            )
        super().__init__(topology, settings.basic, rng)
        self.hessian_free = settings
        if settings.start.incoming:
            self.parameters[:] = drawn(topology, settings.start, rng)
        self._curved: dict[tuple[int, tuple[tuple[int, int], ...]], Stack] = {}
        self._solution = np.zeros_like(self.parameters)
        self._damping = np.array([settings.damping])
        self._steps = np.zeros(1, dtype=np.int64)
        self.ratio = 0.0

    @property
    def state(self) -> list[np.ndarray]:
        """See `Rule.state`."""
        return [self.parameters, self._solution, self._damping, self._steps, self._updates]

    @property
    def damping(self) -> float:
        """The present lambda."""
        return float(self._damping[0])

    @property
    def steps(self) -> int:
        """Conjugate gradient steps so far."""
        return int(self._steps[0])

    @property
    def _compute(self) -> ComputeOptions:
        s = self.settings
        return ComputeOptions(s.precision, checkpoint_states=0, threads=s.threads)

    def learn(self, strings: Strings, outputs: np.ndarray, *, update: Update = "batch") -> None:
        """Make one step with all sequences; outputs are those before it; see `Rule.learn`.

        Raises
        ------
        UsageError
            If `update` is anything but "batch".
        """
        if update != "batch":
            raise UsageError("Hessian-free optimisation updates once per batch.")
        self.check(strings, outputs)
        theta = self.parameters.copy()
        descent = self._descent(strings, outputs)
        curvature, choice, line = self._samples(strings.count)
        best, promised = self._solve(strings, descent, (curvature, choice))
        self._adapt(self._lowered(strings, curvature, best), promised)
        step = self._search(strings, line, best)
        self.parameters[:] = theta + step * best
        self._solution[:] = SHRINK * self._solution if step > 0.0 else 0.0
        self._updates += 1

    def _descent(self, strings: Strings, outputs: np.ndarray) -> np.ndarray:
        """Return minus the gradient (P,) of the error of all sequences, with its weight decay."""
        total = np.zeros_like(self.parameters)
        for lanes in self._batches(strings):
            total += self.gradient(strings, lanes, outputs)[0] * scored_steps(strings, lanes)
        total /= scored_steps(strings, np.arange(strings.count))
        return total - self.hessian_free.weight_decay * self.parameters

    def _samples(self, count: int) -> list[np.ndarray]:
        """Return the sequences for the curvature, the choice of a solution, and the line search."""
        size = min(self.hessian_free.sample, count)
        return [
            np.arange(n * size, (n + 1) * size) if (n + 1) * size <= count else np.arange(size)
            for n in range(3)
        ]

    def curvature(
        self, strings: Strings, sequences: np.ndarray
    ) -> Callable[[np.ndarray], np.ndarray]:
        """Return the function v -> G v (P,) of some sequences at the present weights.

        G is the mean over scored steps of the Gauss-Newton matrix, with structural damping.
        """
        outputs = np.zeros_like(strings.targets)
        batches = list(self._batches(strings, sequences))
        n_scored = scored_steps(strings, sequences)
        others, self._stacks = self._stacks, self._curved  # the trace is to last
        kept = self._forward(strings, batches[0], outputs)[0]
        self._stacks = others

        def multiply(vector: np.ndarray) -> np.ndarray:
            total = np.zeros_like(vector)
            for lanes in batches:
                stack = kept
                if len(batches) > 1:
                    stack = self._forward(strings, lanes, outputs)[0]
                total += self._product(stack, strings, lanes, outputs, vector)
            return total / n_scored

        return multiply

    def _product(
        self, stack: Any, strings: Strings, lanes: np.ndarray, outputs: np.ndarray, v: np.ndarray
    ) -> np.ndarray:
        """Return the sum over steps of J^T H J v, with structural damping, after a forward pass."""
        topology = self.topology
        tangents = stack.tangent(self._padded(v), topology.starts(v))
        with flushed():
            loss_curvature(
                SQUASHING_OF_OUTPUTS[topology.output],
                topology.error == "cross-entropy",
                tangents,
                lanes,
                (strings.scored, strings.starts),
                outputs,
                stack.buffers[-1][0].errors.steps,
            )
        stack.structural = self.hessian_free.structural * self.damping
        product = self._backward(stack)
        stack.structural = 0.0
        return product

    def _solve(
        self, strings: Strings, descent: np.ndarray, samples: tuple[np.ndarray, np.ndarray]
    ) -> tuple[np.ndarray, float]:
        """Return the step (P,) by conjugate gradients that is best, and what the model promises.

        Looks at the error on other sequences decide which is best (Martens 2010: backtracking).
        """
        curvature, choice = samples
        gauss_newton = self.curvature(strings, curvature)
        damping = self.damping + self.hessian_free.weight_decay

        def multiply(vector: np.ndarray) -> np.ndarray:
            return gauss_newton(vector) + damping * vector

        best, promised, lowest = np.zeros_like(descent), 0.0, np.inf
        values: list[float] = []
        for x, value, residual in solutions(multiply, descent, self._solution):
            values.append(value)
            self._solution[:] = x
            ends = residual < SMALLEST or has_settled(values)
            ends = ends or len(values) == self.hessian_free.steps
            if ends or (len(values) - 1) % LOOK == 0:
                change = self._lowered(strings, choice, x)
                if change < lowest:
                    best, promised, lowest = x, value, change
            if ends:
                break
        self._steps += len(values)
        return best, promised

    def _lowered(self, strings: Strings, sequences: np.ndarray, step: np.ndarray) -> float:
        """Return by how much a step changes the error of some sequences; negative is good."""
        at, errors = self.parameters.copy(), []
        for weights in (at, at + step):
            self.parameters[:] = weights
            errors.append(self._error(strings, sequences))
        self.parameters[:] = at
        return errors[1] - errors[0]

    def _error(self, strings: Strings, sequences: np.ndarray) -> float:
        """Return the error per scored step of some sequences, with its weight decay."""
        outputs = np.zeros_like(strings.targets)
        batches = self._batches(strings, sequences)
        total = sum(self._forward(strings, lanes, outputs)[1] for lanes in batches)
        squared = float(self.parameters @ self.parameters)
        own = 0.5 * self.hessian_free.weight_decay * squared
        return total / scored_steps(strings, sequences) + own

    def _adapt(self, change: float, promised: float) -> None:
        """Adapt the damping to how well the model foretold a change (Levenberg-Marquardt)."""
        self.ratio = change / promised if change <= 0.0 and promised < 0.0 else -np.inf
        if self.ratio > GOOD:
            self._damping /= FACTOR
        elif not self.ratio >= POOR:
            self._damping *= FACTOR

    def _search(self, strings: Strings, sequences: np.ndarray, step: np.ndarray) -> float:
        """Return the first of 1, 0.8, 0.64 ... times the step that lowers the error, or 0."""
        for n in range(SHORTEST):
            if self._lowered(strings, sequences, SHORTER**n * step) < 0.0:
                return float(SHORTER**n)
        return 0.0
