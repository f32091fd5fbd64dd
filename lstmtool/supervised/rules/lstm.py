"""Classic LSTM, trained by truncated gradients that are computed online.

For the derivatives of the outputs in all weights at a step, see
`lstmtool.kernels.supervised.lstm.output_derivatives`, after `forward_step` and `partials_step`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.kernels.subnormals import flushed
from lstmtool.kernels.supervised.lstm_pass import learn_openings, pass_over
from lstmtool.kernels.supervised.lstm_records import (
    NESTEROV,
    NEVER,
    PLAIN,
    STEP,
    WITH_MOMENTUM,
    Course,
    Memory,
    Net,
    Pace,
    Way,
)
from lstmtool.supervised.rules.base import Rule, Update, check_update

if TYPE_CHECKING:
    from lstmtool.network.topology import Topology
    from lstmtool.supervised.target_sequences import Criterion, Strings


@dataclass(frozen=True)
class LstmSettings:
    """Initial weights and learning rates of an LSTM network.

    Parameters
    ----------
    rate : float
        Learning rate, alpha.
    momentum : float
        0 for none; with `nesterov`, the maximum of the schedule.
    nesterov : bool
        Nesterov's accelerated gradient with the scheduled momentum of Sutskever et al. 2013.
    decay : float
        The rate is multiplied by this after every 1000 updates.
    weight_decay : float
        Fraction that every weight loses at an update.
    tolerance : float
        Errors of output units that are smaller count as 0.
    weights : float
        Initial weights are uniform within this of zero.
    input_bias, forget_bias, output_bias : tuple of float
        Added to the gates' initial biases, block by block; the last applies to all further blocks.
    """

    rate: float
    momentum: float = 0.0
    nesterov: bool = False
    decay: float = 1.0
    weight_decay: float = 0.0
    tolerance: float = 0.0
    weights: float = 0.1
    input_bias: tuple[float, ...] = ()
    forget_bias: tuple[float, ...] = ()
    output_bias: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        for name, good in (
            ("rate", 0.0 < self.rate < np.inf),
            ("momentum", 0.0 <= self.momentum < 1.0),
            ("decay", 0.0 < self.decay <= 1.0),
            ("weight_decay", 0.0 <= self.weight_decay < 1.0),
            ("tolerance", 0.0 <= self.tolerance < np.inf),
            ("weights", 0.0 <= self.weights < np.inf),
        ):
            if not good:
                raise UsageError(f"{name} cannot be {getattr(self, name)!r}.")


S = TypeVar("S", bound=Any)


def started_as(settings: S, other: LstmSettings) -> S:
    """Return another rule's settings with the initial weights of these."""
    started: S = replace(
        settings,
        weights=other.weights,
        input_bias=other.input_bias,
        forget_bias=other.forget_bias,
        output_bias=other.output_bias,
    )
    return started


class Lstm(Rule):
    """An LSTM network with the 2003 tutorial's truncated gradient, in O(1) memory per step.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the initial weights.
    """

    def __init__(
        self, topology: Topology, settings: LstmSettings, rng: np.random.Generator
    ) -> None:
        if not topology.is_one_layer:
            raise UsageError(
                "Rules that learn while a sequence runs have one layer of memory blocks alone.",
                fix="Use the rule lstm-batch for other networks, and for softmax outputs.",
            )
        self.topology, self.settings = topology, settings
        self.n_inputs, self.n_outputs = topology.n_inputs, topology.n_outputs
        self.n_weights = topology.n_weights
        self.parameters = topology.initial(
            rng,
            settings.weights,
            input_bias=settings.input_bias,
            forget_bias=settings.forget_bias,
            output_bias=settings.output_bias,
        )
        masked = settings.momentum or topology.groups  # the plain update changes all weights
        rule = WITH_MOMENTUM if masked else PLAIN
        course = Course(
            self.parameters,
            np.zeros_like(self.parameters),
            np.zeros_like(self.parameters),
            topology.exists,
            np.array([settings.rate]),
            np.zeros(1, dtype=np.int64),
        )
        self.net = Net(
            topology.kernel_shape,
            topology.views(self.parameters),
            topology.views(course.negative_gradient),
            new_memory(topology),
            Pace(
                NESTEROV if settings.nesterov else rule,
                settings.momentum,
                settings.decay,
                settings.weight_decay,
                settings.tolerance,
            ),
            course,
        )

    @property
    def state(self) -> list[np.ndarray]:
        """See `Rule.state`."""
        course = self.net.course
        return [
            *(course.weights, course.negative_gradient, course.velocity),
            *(course.rate, course.updates),
        ]

    def run(self, strings: Strings, outputs: np.ndarray, *, keep_state: bool = False) -> None:
        """Run as in `Rule.run`, in O(1) memory per step."""
        self._pass(strings, outputs, Way(NEVER, keep_state, False, 0, 0.0))

    def learn(self, strings: Strings, outputs: np.ndarray, *, update: Update = "step") -> None:
        """Learn as in `Rule.learn`, by truncated gradients."""
        self._pass(strings, outputs, Way(check_update(update), False, False, 0, 0.0))

    def learn_stream(
        self,
        strings: Strings,
        outputs: np.ndarray,
        criterion: Criterion,
        *,
        keep_state: bool = False,
    ) -> int:
        """Learn as in `Rule.learn_stream`, by truncated gradients."""
        if not keep_state:
            self.net.memory.source[-1] = 0.0  # request a reset in the next pass
        way = Way(STEP, True, True, criterion.kind, criterion.bound)
        return self._pass(strings, outputs, way)

    def learn_openings(
        self, training: Strings, tests: Strings, criterion: Criterion
    ) -> tuple[np.ndarray, np.ndarray, int]:
        """Learn as in `Rule.learn_openings`, many streams per call."""
        outputs = np.zeros_like(training.targets), np.zeros_like(tests.targets)
        self.check(training, outputs[0])
        self.check(tests, outputs[1])
        ways = tuple(Way(kind, False, True, *criterion) for kind in (STEP, NEVER))
        begun = np.zeros((training.count, 2), dtype=np.int64)
        with flushed():
            m, unended = learn_openings(self.net, training, tests, outputs, ways, begun)
        return begun[:m], outputs[0], int(unended)

    def _pass(self, strings: Strings, outputs: np.ndarray, way: Way) -> int:
        self.check(strings, outputs)
        with flushed():
            return int(pass_over(self.net, strings, outputs, way))


def new_memory(topology: Topology) -> Memory:
    """Return the state of a network that is still to be reset."""
    layer = topology.lowest
    cells, sources = layer.n_cells, layer.n_sources
    return Memory(
        np.zeros(sources),
        np.zeros(layer.n_units),
        np.zeros(cells),
        np.zeros(cells),
        np.zeros(cells),
        np.zeros(cells),
        np.zeros(topology.n_read),
        np.zeros(topology.n_outputs),
        np.zeros(topology.n_outputs),
        np.zeros((3, cells, sources)),
        np.zeros((2, cells, cells)),
    )
