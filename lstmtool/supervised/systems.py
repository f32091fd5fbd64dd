"""All systems by name: the published ones, then ours, which differ from them as `ours` says.

Results are those that the tutorial and later digests quote; what the publications leave open is
stated in `note`.
"""

from __future__ import annotations

from dataclasses import is_dataclass, replace
from typing import Any

from lstmtool.errors import UsageError
from lstmtool.network.topology import Topology
from lstmtool.supervised.acting_systems import AGENTS
from lstmtool.supervised.chunking_systems import COMPRESSORS, RIVALS
from lstmtool.supervised.free_run import FreeRun
from lstmtool.supervised.frozen import FrozenTest
from lstmtool.supervised.lag_systems import LAG_SYSTEMS, ONE_UNIT
from lstmtool.supervised.phoneme_systems import PHONEME_SYSTEMS
from lstmtool.supervised.rules import KEPT
from lstmtool.supervised.rules.guessing import GuessingSettings
from lstmtool.supervised.rules.kalman import KalmanSettings
from lstmtool.supervised.rules.lstm import LstmSettings
from lstmtool.supervised.rules.lstm_batch import BatchSettings
from lstmtool.supervised.rules.simple import SimpleSettings
from lstmtool.supervised.second_order_systems import LISTED
from lstmtool.supervised.series_systems import BESIDE, RESERVOIRS
from lstmtool.supervised.stopping import BothSets, Guesses, Streams, WholeRange, Window
from lstmtool.supervised.system import System
from lstmtool.supervised.target_sequences import WITHIN, Criterion
from lstmtool.text import did_you_mean

SYSTEMS: dict[str, System] = {}
"""By name; the first system of a task is its default (`published_for`)."""


def _add(name: str, like: str = "", **fields: Any) -> None:
    """Add a system; with `like`, only fields that differ, also in topology, settings and stop."""
    if not like:
        SYSTEMS[name] = System(name=name, **fields)
        return
    for field, value in fields.items():
        if isinstance(value, dict) and is_dataclass(part := getattr(SYSTEMS[like], field)):
            fields[field] = replace(part, **value)  # type: ignore[type-var]
    SYSTEMS[name] = replace(SYSTEMS[like], name=name, **fields)


# fmt: off
# The embedded Reber grammar: rows of the tutorial's table.
_add(
    "reber-4x1-0.1", task="reber", update="sequence",
    topology=Topology(7, 7, (1,) * 4, forget_gate=False, gates_are_read=True, cell_bias=False,
                      output_bias=False),
    settings=LstmSettings(0.1, weights=0.2, output_bias=(-1.0, -2.0, -3.0, -4.0)),
    stop=BothSets(limit=200_000), weights=264, figure="100 % after 39,740", sequences=39_740,
    source="Hochreiter and Schmidhuber 1997, Neural Computation 9(8), experiment 1; 2003 tutorial",
    note="Left open: how often the sets are tested (here after every string). g and h are those of "
    "the publication's text; under its table of conditions they are exchanged.",
)
_add("reber-3x2-0.1", "reber-4x1-0.1", topology={"blocks": (2,) * 3}, weights=276,
     figure="100 % after 21,730", sequences=21_730)
_add("reber-3x2-0.2", "reber-3x2-0.1", settings={"rate": 0.2}, share=0.97,
     figure="97 % after 14,060", sequences=14_060)
_add("reber-4x1-0.5", "reber-4x1-0.1", settings={"rate": 0.5}, share=0.97,
     figure="97 % after 9,500", sequences=9_500)
_add("reber-3x2-0.5", "reber-3x2-0.1", settings={"rate": 0.5},
     figure="100 % after 8,440", sequences=8_440)
# Their published weight counts are those without biases; these networks have biases, too.
_add(
    "reber-elman-15", task="reber", topology=(7, 15, 7), rule="elman", rival=True,
    settings=SimpleSettings(method="bptt", rate=0.1, spread=0.2), stop=BothSets(limit=200_000),
    weights=435, figure="0 % after more than 200,000", source="2003 tutorial", share=0.0,
)
_add("reber-rtrl-12", "reber-elman-15", topology=(7, 12, 7), rule="recurrent",
     settings={"method": "rtrl"}, weights=494, figure="some after 25,000")
_add(
    "continual-reber", task="continual-reber",
    topology=Topology(7, 7, (2,) * 4, cell_bias=False, outputs_read_inputs=True),
    settings=LstmSettings(
        0.5, weights=0.2, input_bias=(-0.5, -1.0, -1.5, -2.0),
        forget_bias=(0.5, 1.0, 1.5, 2.0), output_bias=(-0.5, -1.0, -1.5, -2.0),
    ),
    stop=Streams(limit=30_000, steps=1_000_000, tests=10, test_steps=1_000_000), weights=424,
    figure="18 % perfect; 62 % after 14,087 streams with a rate that decays", share=0.18,
    source="Gers, Schmidhuber and Cummins 2000, Neural Computation 12(10)",
    note="Left open: how fast the rate decays; it does not here.",
)
_add(
    "continual-order", "continual-reber", task="continual-order",
    topology={"n_inputs": 8, "n_outputs": 8},
    settings=LstmSettings(
        0.1, weights=0.2, input_bias=(-1.0, -2.0, -3.0, -4.0), forget_bias=(5.0,),
        output_bias=(-1.0, -2.0, -3.0, -4.0),
    ),
    stop={"limit": 100_000, "steps": 10_500, "test_steps": 10_500}, weights=468, share=0.0,
    figure="solved with forget gates; share not known here", sequences=None,
    note="Left open: the rate, and the biases of input and output gates. The network is "
    "read as continual-reber's for 8 symbols; 100 sequences are 10,500 steps here.",
)
_add(
    "adding-100", task="adding", options={"length": 100}, update="sequence",
    topology=Topology(2, 1, (2, 2), forget_gate=False, gates_are_read=True),
    settings=LstmSettings(0.5, weights=0.1, input_bias=(-3.0, -6.0)),
    stop=Window(limit=1_000_000, mean_error=0.01), weights=93, most={"wrong of 2560": 3.0},
    figure="1 of 2560 wrong after 74,000", sequences=74_000,
    source="Hochreiter and Schmidhuber 1997, Neural Computation 9(8), experiment 4; 2003 tutorial",
)
_add("adding-500", "adding-100", options={"length": 500},
     figure="0 of 2560 wrong after 209,000", sequences=209_000)
_add("adding-1000", "adding-100", options={"length": 1000}, stop={"limit": 2_000_000},
     figure="1 of 2560 wrong after 853,000", sequences=853_000)
_add(
    "multiplication-140", "adding-100", task="multiplication", options={},
    settings={"rate": 0.1, "input_bias": ()}, stop=Window(limit=1_928_000, wrong=139),
    figure="139 of 2560 wrong after 482,000", sequences=482_000, most={"wrong of 2560": 139.0},
    source="Hochreiter and Schmidhuber 1997, Neural Computation 9(8), experiment 5", note="",
)
_add("multiplication-13", "multiplication-140", stop={"limit": 5_092_000, "wrong": 12},
     figure="14 of 2560 wrong after 1,273,000", sequences=1_273_000, most={"wrong of 2560": 14.0})
_add(
    "order-2", task="order-2", update="sequence",
    topology=Topology(8, 4, (2, 2), forget_gate=False, gates_are_read=True),
    settings=LstmSettings(0.5, weights=0.1, input_bias=(-2.0, -4.0, -6.0)),
    stop=Window(limit=125_560, mean_error=0.1), weights=156, most={"wrong of 2560": 3.0},
    figure="1 of 2560 wrong after 31,390", sequences=31_390,
    source="Hochreiter and Schmidhuber 1997, Neural Computation 9(8), experiment 6a; 2003 tutorial",
)
_add(
    "order-3", "order-2", task="order-3", topology={"n_outputs": 8, "blocks": (2, 2, 2)},
    settings={"rate": 0.1}, stop={"limit": 2_284_400}, weights=308,
    figure="2 of 2560 wrong after 571,100", sequences=571_100,
    source="Hochreiter and Schmidhuber 1997, Neural Computation 9(8), experiment 6b; 2003 tutorial",
)
# Counting languages: cells with peepholes, everything identity but the gates, outputs in (-2, 2).
_add(
    "anbn", task="anbn", update="sequence",
    topology=Topology(3, 3, (1,), peepholes=True, outputs_read_inputs=True, g="identity",
                      h="identity", output="4s-2"),
    settings=LstmSettings(1e-5, momentum=0.99, weights=0.1, input_bias=(-1.0,), forget_bias=(2.0,),
                          output_bias=(-2.0,)),
    stop=WholeRange(limit=10_000_000, chunk=1000, furthest=1000, beyond=4_000_000, looks=1000),
    weights=38, figure="1..10 right to n = 1000 (best of ten)", best={"right to n, best": 1000.0},
    source="Gers and Schmidhuber 2001, IEEE TNN 12(6); 2003 tutorial",
    note="The 38 weights are read as: every unit has a bias, outputs see the inputs.",
)
_add(
    "anbncn", "anbn", task="anbncn", topology={"n_inputs": 4, "n_outputs": 4, "blocks": (1, 1)},
    weights=72, figure="1..50 right to n = 500 (best of ten)", best={"right to n, best": 500.0},
    note="The network of a^n b^n with a second block has 90 weights, not 72; the reading "
    "that gives 72 (cells without bias, outputs that see the cells alone) learns nothing "
    "in 300,000 sequences.",
)
_add(
    "anbncn-kalman", "anbncn", options={"lowest": 1, "highest": 10}, rule="kalman", update="step",
    settings=KalmanSettings(input_bias=(-1.0,), forget_bias=(5.0,), output_bias=(-2.0,)),
    stop={"limit": 3000, "chunk": 20, "beyond": 3000, "looks": 150, "streamed": 22_000_000},
    figure="1..10 right to n = 1000 and more (slides: 22,000,000)", share=0.0,
    best={"right to n, best": 1000.0},
    source="Perez-Ortiz, Gers, Eck and Schmidhuber 2003, Neural Networks 16(2); slides",
    note="Left open: the filter's noise and first variance, and the initial biases; here they "
    "were found by trial, on other seeds. The network is that of anbncn.",
)
_add(
    "parity-guessing-a1", task="parity", topology=(1, 1, 1), rule="guessing",
    settings=GuessingSettings(Criterion(WITHIN, 0.1), "A1", limit=29_060),
    stop=Guesses(limit=29_060), weights=7, share=0.9,
    figure="2,906 guesses on average", sequences=2906,
    source="Hochreiter and Schmidhuber 1996, NIPS 8; 2003 tutorial",
    note="Left open: in which order units are updated (here one after the other), which error "
    "is small enough (here 0.1), how many sequences must be right (here 100) and, of A2, the "
    "hidden units (here 3). Reached if nine of ten need less than ten times the guesses.",
)
_add("parity-guessing-a2", "parity-guessing-a1", topology=(1, 3, 1), weights=17,
     settings={"architecture": "A2", "limit": 13_650}, stop={"limit": 13_650},
     figure="1,365 guesses on average", sequences=1365)
_add("parity-guessing-a2-", "parity-guessing-a2", weights=14,
     settings={"architecture": "A2-", "limit": 2500}, stop={"limit": 2500},
     figure="250 guesses on average", sequences=250)
# Spikes and functions: one cell with peepholes, everything identity but the gates.
_add(
    "msd", task="msd",
    topology=Topology(1, 1, (1,), peepholes=True, g="identity", h="identity"),
    settings=LstmSettings(1e-5, momentum=0.9999, weights=0.1, input_bias=(0.0,),
                          forget_bias=(-2.0,), output_bias=(2.0,)),
    stop=Streams(limit=10_000_000, steps=1000, test_steps=10_000), weights=17,
    figure="all of ten networks",
    source="Gers, Schraudolph and Schmidhuber 2002, JMLR 3; 2003 tutorial",
)
_add("gts", "msd", task="gts", options={"extra": 0}, settings={"momentum": 0.999})
_add("pfg", "gts", task="pfg", options={}, topology={"output": "identity"},
     settings={"momentum": 0.99})

# Ours. What is changed was found by trial, on other seeds than those of the table that compares.
# One trial of thirty on Reber may fail. The publication gives two ranges of g and h: (-2, 2) and
# (-1, 1) in its text, the reverse under its table of conditions.
_add(
    "reber-4x1-0.5-ours", "reber-4x1-0.5", rule="lstm-bptt",
    topology={"output_bias": True}, note="",
    settings=LstmSettings(
        0.05, momentum=0.9, weight_decay=3e-5, weights=0.1, input_bias=(-1.0, -2.0, -3.0, -4.0),
        output_bias=(-2.0, -3.0, -4.0, -5.0),
    ),
    ours="output units have biases; weights start within 0.1, input gates at -1, -2, -3, -4; "
    "output gates at -2, -3, -4, -5; exact gradient, rate 0.05 with momentum "
    "0.9 (as far as 0.5 without), weight decay 0.00003; 97 % of the trials must succeed",
)
_add(
    "reber-3x2-0.5-ours", "reber-3x2-0.5", rule="lstm-bptt", share=0.97,
    topology={"output_bias": True, "g": "2s-1", "h": "4s-2"}, note="",
    settings=LstmSettings(0.05, momentum=0.9, weight_decay=1e-4, weights=0.1,
                          input_bias=(-1.0, -2.0, -3.0), output_bias=(-1.0, -2.0, -3.0)),
    ours="output units have biases; weights start within 0.1, input gates at -1, -2, -3; "
    "exact gradient, rate 0.05 with momentum 0.9 (as far as 0.5 without), "
    "weight decay 0.00010; g in (-1, 1) and h in (-2, 2); 97 % of the trials must succeed",
)
for _name in [name for name in SYSTEMS if name.startswith(("reber-4x1-0.", "reber-3x2-0."))]:
    if not _name.endswith("-ours"):
        _add(f"{_name}-tolerant", _name, note="", settings={"tolerance": 0.3},
             topology={"g": "2s-1", "h": "4s-2"},
             ours="errors of output units below 0.3 count as 0; g in (-1, 1) and h in (-2, 2), as "
             "under the publication's table of conditions, in place of its text's ranges")
_add("order-3-tolerant", "order-3", settings={"tolerance": 0.1}, note="",
     ours="errors of output units below 0.1 count as 0")
_LINEAR = "the output unit is the identity in place of a logistic function"
_add("adding-100-ours", "adding-100", topology={"output": "identity"}, note="", ours=_LINEAR)
for _name in ("adding-100", "adding-500", "adding-1000", "multiplication-140", "multiplication-13"):
    _add(f"{_name}-cross-entropy", _name, topology={"error": "cross-entropy"}, note="",
         ours="cross-entropy in place of the squared error: delta is t - y, not f'(net) (t - y)")
# Kalman filters of all weights together.
_FILTER = "a Kalman filter estimates all weights together, in place of descent along the gradient"
_MARKED = KalmanSettings(variance=0.3, measured=(0.1, 1e-3), process=(1e-4, 1e-6), updates=10_000,
                         decoupled=False, input_bias=(-6.0, -8.0))
for _name in ("adding-100", "adding-500", "adding-1000", "multiplication-13"):
    _add(f"{_name}-kalman", _name, rule="kalman", update="step", stop={"limit": 100_000}, note="",
         topology={"output": "identity"}, settings=_MARKED,
         ours=f"{_FILTER}; input gates start at -6, -8; {_LINEAR}")
_add("order-3-kalman", "order-3", rule="kalman", update="step", stop={"limit": 100_000}, note="",
     settings=replace(_MARKED, input_bias=(-2.0, -4.0, -6.0)), ours=_FILTER)
_add(
    "msd-kalman", "msd", rule="kalman", update="step", stop={"limit": 100_000}, note="",
    settings=KalmanSettings(
        variance=0.25, measured=(1.0, 5e-3), process=(6e-5, 4e-5), updates=30_000, decoupled=False,
        input_bias=(0.0,), forget_bias=(3.0,), output_bias=(0.0,),
    ),
    ours=f"{_FILTER}; forget gates start at 3; output gates start at 0",
)
_add(
    "continual-order-kalman", "continual-order", rule="kalman", update="step",
    stop={"limit": 100_000}, note="",
    settings=KalmanSettings(
        variance=0.3, measured=(1.0, 1e-2), process=(1e-4, 1e-5), updates=20_000, decoupled=False,
        weights=0.2, input_bias=(-1.0, -2.0, -3.0, -4.0), forget_bias=(5.0,),
        output_bias=(-1.0, -2.0, -3.0, -4.0),
    ),
    ours=_FILTER,
)
for _name in ("gts", "pfg"):
    _add(f"{_name}-ours", _name, note="",
         settings={"input_bias": (-1.0,), "forget_bias": (2.0,), "output_bias": (-2.0,)},
         ours="biases of input, forget and output gates start at -1, 2 and -2, as those of the "
         "counting languages, in place of 0, -2 and 2")
_add("gts-exchanged", "gts", note="",
     settings={"forget_bias": (2.0,), "output_bias": (-2.0,)},
     ours="biases of forget and output gates start at 2 and -2 in place of -2 and 2")
for _name, _limit in (("gts", 10_000_000), ("gts-ours", 1_000_000), ("pfg-ours", 10_000_000)):
    _add(f"{_name}-no-peepholes", _name, topology={"peepholes": False}, stop={"limit": _limit},
         figure="not solved without peepholes", weights=14, share=0.0, rival=True)
# Batches of sequences side by side, with Adam.
_IN_BATCHES = (
    "forget gates and peepholes; batches of 24 sequences, exact gradients, Adam with rate 0.01, "
    "clipped at norm 1; forget gates start at 3 and 5"
)
for _name, _topology, _more in (
    ("order-2", {"blocks": (1,) * 8, "output": "softmax", "error": "cross-entropy"},
     "eight blocks of one cell, softmax outputs and cross-entropy"),
    ("adding-100", {"output": "identity"}, _LINEAR),
):
    _add(f"{_name}-batch", _name, rule="lstm-batch", update="batch", note="", weights=0,
         topology={"forget_gate": True, "peepholes": True, "gates_are_read": False, "g": "tanh",
                   "h": "tanh", **_topology},
         settings=BatchSettings(0.01, clip=1.0, forget_bias=(3.0, 5.0),
                                input_bias=SYSTEMS[_name].settings.input_bias[:2]),
         ours=f"{_IN_BATCHES}; {_more}")
_FROM_MEMORY = (
    "The publication could not be read again: what is said of it is quoted from memory and from "
    "later descriptions."
)
# Blues: chords alone, then chords and a melody, whose blocks the chords' blocks project to.
_add(
    "blues-chords", task="blues-chords", study="blues",
    topology=Topology(12, 12, (2,) * 4, outputs_read_inputs=True, error="cross-entropy"),
    settings=LstmSettings(1e-5, momentum=0.9, weights=0.1, output_bias=(-0.5, -1.0, -1.5, -2.0)),
    stop=FreeRun(limit=300_000), weights=0, share=0.0,
    figure="plays any number of cycles", source="Eck and Schmidhuber 2002",
    note=f"{_FROM_MEMORY} The chords are ours. Left open: weights, forget biases.",
)
_add(
    "blues", "blues-chords", task="blues",
    topology={"n_inputs": 25, "n_outputs": 25, "blocks": (2,) * 8,
              "groups": ((4, 12, 12), (4, 13, 13))},
    settings={"output_bias": (-0.5, -1.0, -1.5, -2.0) * 2},
    stop={"limit": 100_000, "whole": True}, figure="composes melodies over the form, without drift",
    note=f"{_FROM_MEMORY} Chords, scale and pieces are ours. Left open: weights, forget biases.",
)
_PLAYERS = (
    "twice as many blocks; peepholes; g is tanh and h the identity; exact gradients, Adam, clipped "
    "at norm 1; ten cycles must be right; "
)
for _name, _shape, _limit, _own, _more in (
    ("blues-chords", {"blocks": (2,) * 8}, 40_000,
     BatchSettings(0.01, batch=4, forget_bias=(3.0, 5.0)),
     "an update for every four songs, rate 0.01; forget gates start at 3 and 5"),
    ("blues", {"blocks": (2,) * 16, "groups": ((8, 12, 12), (8, 13, 13))}, 48_000,
     BatchSettings(0.01, batch=8, forget_bias=(3.0, 5.0), decay=0.7),
     "an update for every eight songs, rate 0.01, times 0.7 every 1000 updates; forget gates "
     "start at 3 and 5"),
):
    _add(f"{_name}-batch", _name, rule="lstm-batch", update="batch", note="", ours=_PLAYERS + _more,
         topology=_shape | {"peepholes": True, "g": "tanh", "h": "identity"},
         settings=replace(_own, clip=1.0, output_bias=(-0.5, -1.0, -1.5, -2.0) * 4),
         stop={"limit": _limit, "cycles": 10, "every": 10 * _own.batch})
for _name, _sizes in (("blues-chords", (12, 29, 12)), ("blues", (25, 42, 25))):
    _add(f"{_name}-elman", _name, topology=_sizes, rule="elman-bptt", update="sequence", note="",
         rival=True, stop={"limit": 20_000, "cycles": 10}, figure="",
         settings=SimpleSettings(rate=1e-4, momentum=0.9, cross_entropy=True, squashing="tanh"))
# Learning to learn: functions that are new in every sequence.
_add(
    "boolean-functions", task="boolean-functions", study="meta-learning",
    topology=Topology(3, 1, (1,) * 6, forget_gate=False, gates_are_read=True),
    settings=LstmSettings(0.01, weights=0.1),
    stop=FrozenTest(limit=1_000_000), weights=0, share=0.0,
    figure="learned; how many sequences that takes is not known here",
    source="Hochreiter, Younger and Conwell 2001, ICANN",
    note=f"{_FROM_MEMORY} Read as six blocks of one cell, without forget gates, weights within "
    "0.1, rate 0.01, an update at every step.",
)
_add("linear-functions", "boolean-functions", task="linear-functions",
     figure="semi-linear functions learned")
_add(
    "quadratic-functions", "boolean-functions", task="quadratic-functions",
    topology={"blocks": (1,) * 12}, stop={"limit": 2_000_000}, weights=5373,
    figure="any function of the family after about 30 examples",
    note=f"{_FROM_MEMORY} 5,373 weights and about 12 blocks are quoted; how these go together is "
    "not known here. Read as twelve blocks of one cell.",
)
_LEARNERS = (
    "forget gates and peepholes, gates not read, g and h tanh; output units are the identity and "
    "also read the inputs; targets are the functions' own values; batches of 16 sequences, exact "
    "gradients in single precision, Adam with rate 0.003, clipped at norm 1; forget gates start at "
    "1, 2, 3 and 4"
)
for _name, _blocks, _scaling, _changes in (
    ("boolean-functions", 24, {}, {"limit": 300_000}),
    ("linear-functions", 16, {"scale": 1.0, "offset": 0.0}, {"limit": 300_000}),
    ("quadratic-functions", 32, {"scale": 1.0, "offset": 0.0},
     {"limit": 2_000_000, "beyond": 2_000_000, "every": 50_000}),
):
    _decay = 0.99 if _blocks == 32 else 1.0
    _add(f"{_name}-batch", _name, rule="lstm-batch", update="batch", note="", weights=0,
         options=dict(_scaling), stop=_changes,
         topology={"blocks": (1,) * _blocks, "forget_gate": True, "peepholes": True,
                   "gates_are_read": False, "g": "tanh", "h": "tanh", "output": "identity",
                   "outputs_read_inputs": True},
         settings=BatchSettings(0.003, batch=16, clip=1.0, forget_bias=(1.0, 2.0, 3.0, 4.0),
                                precision="single", decay=_decay),
         ours=f"{_blocks} blocks of one cell; {_LEARNERS}"
         + (", times 0.99 every 1000 updates" if _decay < 1.0 else ""))
for _name, _units in (("boolean-functions", 50), ("linear-functions", 34),
                      ("quadratic-functions", 66)):
    _add(f"{_name}-elman", _name, topology=(3, _units, 1), rule="elman-bptt", update="sequence",
         options=SYSTEMS[f"{_name}-batch"].options, rival=True, note="", weights=0, figure="",
         stop={"limit": 100_000}, settings=SimpleSettings(rate=2e-5, momentum=0.9,
                                                          squashing="tanh", output="identity"))
# fmt: on
SYSTEMS |= PHONEME_SYSTEMS
SYSTEMS.update(
    (made.name, made)
    for made in (
        *(*RESERVOIRS, *BESIDE, *COMPRESSORS, *RIVALS, *AGENTS, *LISTED),
        *(*LAG_SYSTEMS, *ONE_UNIT),
    )
)


def find_system(name: str, task: str | None = None) -> System:
    """Return the system of this name.

    Raises
    ------
    UsageError
        If there is none; it lists all systems, or the trainable ones of the task.
    """
    if name not in SYSTEMS:
        hint = did_you_mean(name.lower(), SYSTEMS)
        fix = f"Systems: {', '.join(SYSTEMS)}." if task is None else choice_for(task)
        raise UsageError(f"There is no system {name!r}.{hint}", fix=fix)
    return SYSTEMS[name]


def trainable(task: str) -> list[System]:
    """Return the systems of a task that `learn` trains: LSTM networks, and some others."""
    return [s for s in SYSTEMS.values() if s.task == task and is_trainable(s)]


def is_trainable(system: System) -> bool:
    """Return whether `learn` trains it and a file can hold it."""
    return isinstance(system.topology, Topology) or system.rule in KEPT


def choice_for(task: str) -> str:
    """Return a sentence that names the trainable systems of a task."""
    return f"Systems of {task}: {', '.join(s.name for s in trainable(task)) or 'none'}."


def published_for(task: str) -> System | None:
    """Return the first trainable system of a task, or None if there is none."""
    return next(iter(trainable(task)), None)
