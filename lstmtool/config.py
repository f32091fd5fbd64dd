"""What a training run is made of: frozen, checked settings that a run file stores as JSON."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_serializer,
    model_validator,
)

from lstmtool.objectives import registry

Augmentation = Literal["none", "crop", "noise", "bootstrap", "shift"]
LARGEST = 1e100
"""Of all numbers: products of two are still finite."""
MOST_OUTPUTS, MOST_RESTARTS, MOST_EPOCHS = 4096, 1_000_000, 1_000_000_000
Positive = Annotated[float, Field(gt=0, le=LARGEST, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, le=LARGEST, allow_inf_nan=False)]
Rate = Annotated[float, Field(ge=0, allow_inf_nan=False)]  # too large ones are seen to diverge
Finite = Annotated[float, Field(ge=-LARGEST, le=LARGEST, allow_inf_nan=False)]


def _ordered(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] > pair[1]:
        raise ValueError(f"a range goes from low to high, not from {pair[0]:g} to {pair[1]:g}")
    return pair


Blocks = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)]
ObjectiveName = Annotated[str, AfterValidator(lambda name: registry.find(name).name)]
Range = Annotated[tuple[Finite, Finite], AfterValidator(_ordered)]
Sizes = tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]
PositiveRange = Annotated[tuple[Positive, Positive], AfterValidator(_ordered)]


class Settings(BaseModel):
    """A group of settings: frozen, and unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NetworkSettings(Settings):
    """The memory blocks and the output units."""

    blocks: Blocks = (1, 1)
    """Cells in every memory block."""
    above: tuple[Blocks, ...] = ()
    """Cells in every memory block of each further layer, from below: every layer reads the outputs
    of the one below it, and the output units read the topmost."""
    plain: int = Field(0, ge=0, le=MOST_OUTPUTS)
    """Plain tanh units beside the memory blocks of every layer."""
    directions: Literal["forward", "both"] = "forward"
    """Both: every layer has a second half that runs from a sequence's last step to its first."""
    readout: tuple[Literal["last", "mean", "max"], ...] = Field(("last",), min_length=1)
    """What the output units read of the cell outputs: those at the last step (of a layer that runs
    backward, at the first), their means, their largest values over time, or several of these."""
    gates_are_read: bool = False
    """Units read the gates' activations of the step before, too, as in 1997."""
    outputs: int = Field(2, ge=1, le=MOST_OUTPUTS)
    g: Literal["tanh", "4s-2", "identity"] = "tanh"
    """Squashing of the cell input."""
    h: Literal["tanh", "2s-1", "identity"] = "tanh"
    """Squashing of the cell state on its way out."""
    output_unit: Literal["logistic", "linear"] = "logistic"
    forget_gate: bool = True
    peepholes: bool = True

    @field_validator("readout")
    @classmethod
    def _each_once(cls, readout: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(readout)) < len(readout):
            raise ValueError("every way of reading the outputs can be named once")
        return tuple(kind for kind in ("last", "mean", "max") if kind in readout)

    @model_serializer(mode="wrap")
    def _without_what_came_later(self, serialise: Any) -> dict[str, Any]:
        """Leave out fields that earlier versions have not, where they do not matter."""
        values = serialise(self)
        later = ("above", "plain", "directions", "readout", "gates_are_read")
        usual = {name: type(self).model_fields[name].default for name in later}
        return {
            name: value
            for name, value in values.items()
            if name not in usual or getattr(self, name) != usual[name]
        }


class InputSettings(Settings):
    """What is done to the sequences before the network sees them."""

    square: bool = True
    """Add the square of every input as a further input (the paper's second input)."""
    scaling: Literal["none", "standardise", "whiten"] = "whiten"
    """Fitted once on all steps of the training set; affine, the same for every sequence."""
    normalise: bool = False
    """Divide every sequence by its own standard deviation first. Hides mean and variance."""
    window: int | None = Field(None, ge=1)
    """Steps that the network sees: the first of every sequence; None, all. Copies by shift begin
    elsewhere in the sequence, which must be longer."""


class InitialSettings(Settings):
    """Initial weights, and trials of several initial networks."""

    weights: NonNegative = 0.1
    """Hidden weights are uniform in (-weights, weights)."""
    cell_gain: NonNegative = 10.0
    """The cell inputs' weights are this many times larger."""
    forget_bias: Range | Literal["auto"] = "auto"
    """Range of the forget gates' biases; auto sets it from the sequence length, log(T - 1)."""
    input_bias: Finite | Literal["auto"] = "auto"
    """Bias of the input gates; auto sets it from the sequence length, -log(T - 1)."""
    bias_steps: float | None = Field(None, gt=0)
    """Sequence length T' for which the given biases of forget and input gates are meant; for length
    T they move by log(T / T') and -log(T / T'), so that memories keep their share of a sequence.
    None: they hold for every length."""
    output_bias: Finite = 0.0
    """Bias of the output gates."""
    output_layer: Literal["data", "random"] = "data"
    """Output weights drawn in whitened coordinates of the last cell outputs, or uniform."""
    trials: int = Field(1, ge=1, le=MOST_RESTARTS)
    """Initial networks drawn for every restart; the most promising one is trained."""
    trial_epochs: int = Field(600, ge=1, le=MOST_EPOCHS)
    """Epochs of the first stage after which the trial with the best objective is kept."""


class Stage(Settings):
    """One objective, maximised or minimised for a number of epochs."""

    objective: ObjectiveName = "bingo"
    outputs: int | None = Field(None, ge=1)
    """Output units of this stage; None takes the network's. They are linear for NEO."""
    epochs: int = Field(1000, ge=0, le=MOST_EPOCHS)
    optimiser: Literal["momentum", "adam"] = "momentum"
    rate: Rate = 0.003
    """Learning rate of the memory blocks."""
    output_rate: Rate = 0.02
    """Learning rate of the output units."""
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    clip: NonNegative = 1.0
    """Largest norm of the memory blocks' gradient; 0 does not clip."""
    precondition: bool = True
    """Multiply the output weights' gradient by the inverse covariance of the cell outputs."""
    augmentation: Augmentation = "none"
    crop: PositiveRange = (0.6, 0.6)
    """Length of a random window, as a range of fractions of the sequence."""
    noise: NonNegative = 0.5
    """Standard deviation of the noise added to the preprocessed inputs."""
    block: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Length of the blocks of a bootstrap copy, as a fraction of the sequence."""
    marginal_weight: NonNegative = 2.0
    """Weight lambda of the code marginals (consistency)."""
    form: Literal["invariant", "literal"] = "invariant"
    """NEO: affine-invariant entropy, or equation 6 of the paper as printed."""
    width_floor: Positive = 1e-3
    """NEO: smallest kernel width, relative to the standard deviation of the outputs."""
    sample: Sizes | None = None
    """NEO: sizes of the samples S and T of equations 3 to 6, drawn anew from the outputs in every
    epoch, without a common point. None: S is all outputs, and T for each of them all others."""
    stop_below: NonNegative = 0.0
    """End the stage when the objective gains less than this over `patience` epochs; 0 never."""
    patience: int = Field(100, ge=1)

    @property
    def record(self) -> registry.Objective:
        """The registry's record of the objective."""
        return registry.find(self.objective)


class TrainSettings(Settings):
    """Everything that decides what `lstmtool train` computes."""

    network: NetworkSettings = NetworkSettings()
    inputs: InputSettings = InputSettings()
    initial: InitialSettings = InitialSettings()
    stages: tuple[Stage, ...] = Field((Stage(),), min_length=1)
    gradient: Literal["exact", "truncated"] = "exact"
    precision: Literal["double", "single"] = "double"
    """Of the memory blocks: float64 or float32. Weights, objective and updates are float64."""
    restarts: int = Field(20, ge=1, le=MOST_RESTARTS)
    seed: int = Field(0, ge=0)
    selection: tuple[Augmentation | Literal["codes"], ...] = Field(("none", "crop"), min_length=1)
    """How pairs of copies are made for the selection score, which is the mean over these ways.

    NEO: ``codes`` alone scores by how far the clusters keep to the codes that were prepared."""
    selection_crop: PositiveRange = (0.6, 0.8)
    selection_noise: NonNegative = 0.5
    selection_block: Annotated[float, Field(gt=0, le=1)] = 0.1
    selection_pairs: int = Field(8, ge=1)

    @model_validator(mode="after")
    def _stages_fit_outputs(self) -> TrainSettings:
        unit, last = self.network.output_unit, self.stages[-1]
        wanted = last.record.output_unit
        if wanted != unit:
            raise ValueError(f"objective {last.objective} needs {wanted} output units, not {unit}")
        if last.outputs not in (None, self.network.outputs):
            raise ValueError(f"the last stage has {last.outputs} outputs, not network.outputs")
        linear = [not stage.record.makes_codes for stage in self.stages]
        if linear != sorted(linear):
            name = self.stages[linear.index(True)].objective
            raise ValueError(
                f"after a {name} stage only {name} can follow: its output units are linear"
            )
        counts = [stage.outputs or self.network.outputs for stage in self.stages]
        for old, new, to_linear in zip(counts, counts[1:], linear[1:], strict=False):
            if new != old and not (to_linear and new == 1):
                raise ValueError(f"{old} outputs cannot become {new} between two stages")
        prepared = linear[-1] and not linear[0]
        if "codes" in self.selection and (len(self.selection) > 1 or not prepared):
            raise ValueError("selection codes stands alone, and needs a stage of codes before neo")
        return self

    @property
    def objective(self) -> str:
        """The objective of the last stage, which names the run."""
        return self.stages[-1].objective

    @property
    def makes_codes(self) -> bool:
        """Whether the run's clusters are binary codes, and not modes of a density."""
        return self.stages[-1].record.makes_codes

    @property
    def needs_parzen(self) -> bool:
        """Whether a stage needs the Parzen kernels, which take long to compile."""
        return any("width_floor" in stage.record.settings for stage in self.stages)
