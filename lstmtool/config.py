"""What a training run is made of: frozen, checked settings that a run file stores as JSON."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_serializer,
    model_validator,
)

from lstmtool.names import augmentation
from lstmtool.objectives import registry
from lstmtool.option_texts import TEXTS

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


Augmentation = Annotated[str, AfterValidator(augmentation)]
Blocks = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)]
ObjectiveName = Annotated[str, AfterValidator(lambda name: registry.find(name).name)]
Range = Annotated[tuple[Finite, Finite], AfterValidator(_ordered)]
Sizes = tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]
Shares = Annotated[
    tuple[Annotated[float, Field(gt=0, le=1)], Annotated[float, Field(gt=0, le=1)]],
    AfterValidator(_ordered),
]
Strength = Annotated[float, Field(ge=0, le=10)]
"""Of deformed copies: times a normal number, of which the exponential is taken."""
PositiveRange = Annotated[tuple[Positive, Positive], AfterValidator(_ordered)]


class Settings(BaseModel):
    """A group of settings: frozen, and unknown names are refused.

    What its fields mean is said in `option_texts`, under the name of the group.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    group: ClassVar[str | None] = None
    later: ClassVar[tuple[str, ...]] = ()
    """Fields that earlier versions have not: not written where they have their defaults."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Describe the fields."""
        if cls.group is not None:
            for name, field in cls.model_fields.items():
                field.description = TEXTS[f"{cls.group}.{name}".lstrip(".")]

    @model_serializer(mode="wrap")
    def _without_what_came_later(self, serialise: Any) -> dict[str, Any]:
        values = serialise(self)
        usual = {name: type(self).model_fields[name].default for name in self.later}
        return {
            name: value
            for name, value in values.items()
            if name not in usual or getattr(self, name) != usual[name]
        }


class NetworkSettings(Settings):
    """The memory blocks and the output units."""

    group = "network"
    later = ("above", "plain", "directions", "readout", "gates_are_read")

    blocks: Blocks = (1, 1)
    above: tuple[Blocks, ...] = ()
    plain: int = Field(0, ge=0, le=MOST_OUTPUTS)
    directions: Literal["forward", "both"] = "forward"
    readout: tuple[Literal["last", "mean", "max", "eighths"], ...] = Field(("last",), min_length=1)
    gates_are_read: bool = False
    outputs: int = Field(2, ge=1, le=MOST_OUTPUTS)
    g: Literal["tanh", "4s-2", "identity"] = "tanh"
    h: Literal["tanh", "2s-1", "identity"] = "tanh"
    output_unit: Literal["logistic", "linear"] = "logistic"
    forget_gate: bool = True
    peepholes: bool = True

    @field_validator("readout")
    @classmethod
    def _each_once(cls, readout: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(readout)) < len(readout):
            raise ValueError("every way of reading the outputs can be named once")
        return tuple(kind for kind in ("last", "mean", "max", "eighths") if kind in readout)


class InputSettings(Settings):
    """What is done to the sequences before the network sees them."""

    group = "inputs"
    later = ("differences", "average")

    square: bool = True
    differences: bool = False
    average: Annotated[int, Field(ge=1)] | Literal["auto"] = 1
    scaling: Literal["none", "standardise", "whiten"] = "whiten"
    normalise: bool = False
    window: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def _window_in_steps(self) -> InputSettings:
        if self.window is not None and self.average != 1:
            raise ValueError("inputs with a window cannot be averaged over steps")
        return self

    @property
    def of_each(self) -> int:
        """Inputs of the network that are made of each input of the data."""
        return 1 + self.square + self.differences


class InitialSettings(Settings):
    """Initial weights, and trials of several initial networks."""

    group = "initial"
    later = ("draw", "input_gain", "recurrent_gain")

    draw: Literal["uniform", "scaled"] = "uniform"
    weights: NonNegative = 0.1
    input_gain: PositiveRange = (1.0, 3.0)
    recurrent_gain: NonNegative = 0.5
    cell_gain: NonNegative = 10.0
    forget_bias: Range | Literal["auto", "spread"] = "auto"
    input_bias: Finite | Literal["auto"] = "auto"
    bias_steps: float | None = Field(None, gt=0)
    output_bias: Finite = 0.0
    output_layer: Literal["data", "random"] = "data"
    trials: int = Field(1, ge=1, le=MOST_RESTARTS)
    trial_epochs: int = Field(600, ge=1, le=MOST_EPOCHS)


class Stage(Settings):
    """One objective, maximised or minimised for a number of epochs."""

    group = "stages"
    later = ("warp", "stretch", "scale", "drift", "trains", "draws", "discriminants", "decay")

    objective: ObjectiveName = "bingo"
    outputs: int | None = Field(None, ge=1)
    trains: Literal["network", "output"] = "network"
    epochs: int = Field(1000, ge=0, le=MOST_EPOCHS)
    optimiser: Literal["momentum", "adam"] = "momentum"
    rate: Rate = 0.003
    output_rate: Rate = 0.02
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    clip: NonNegative = 1.0
    precondition: bool = True
    augmentation: Augmentation = "none"
    crop: PositiveRange = (0.6, 0.6)
    noise: NonNegative = 0.5
    block: Annotated[float, Field(gt=0, le=1)] = 0.1
    warp: Strength = 0.5
    stretch: Shares = (0.8, 1.0)
    scale: Strength = 0.1
    drift: Strength = 0.1
    draws: int = Field(6, ge=1, le=MOST_OUTPUTS)
    discriminants: int = Field(10, ge=1, le=MOST_OUTPUTS)
    decay: NonNegative = 0.0015
    marginal_weight: NonNegative = 2.0
    form: Literal["invariant", "literal"] = "invariant"
    width_floor: Positive = 1e-3
    sample: Sizes | None = None
    stop_below: NonNegative = 0.0
    patience: int = Field(100, ge=1)

    @property
    def record(self) -> registry.Objective:
        """The registry's record of the objective."""
        return registry.find(self.objective)


class TrainSettings(Settings):
    """Everything that decides what `lstmtool train` computes."""

    group = ""
    later = ("consensus", "clusters", "until_stable")

    network: NetworkSettings = NetworkSettings()
    inputs: InputSettings = InputSettings()
    initial: InitialSettings = InitialSettings()
    stages: tuple[Stage, ...] = Field((Stage(),), min_length=1)
    gradient: Literal["exact", "truncated"] = "exact"
    precision: Literal["double", "single"] = "double"
    restarts: int = Field(20, ge=1, le=MOST_RESTARTS)
    seed: int = Field(0, ge=0)
    selection: tuple[Literal["codes"] | Augmentation, ...] = Field(("none", "crop"), min_length=1)
    selection_crop: PositiveRange = (0.6, 0.8)
    selection_noise: NonNegative = 0.5
    selection_block: Annotated[float, Field(gt=0, le=1)] = 0.1
    selection_pairs: int = Field(8, ge=1)
    consensus: bool = False
    clusters: int | None = Field(None, ge=2)
    until_stable: bool = False

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

    @model_validator(mode="after")
    def _consensus_is_possible(self) -> TrainSettings:
        if self.consensus and self.restarts == 1:
            raise ValueError("a consensus needs at least two restarts")
        if self.clusters is not None and not self.consensus:
            raise ValueError("clusters are those of the consensus, which is left out")
        if self.until_stable and not self.consensus:
            raise ValueError("until_stable is about the consensus, which is left out")
        return self

    @property
    def objective(self) -> str:
        """The objective of the last stage, which names the run."""
        return self.stages[-1].objective

    @property
    def trains_blocks(self) -> bool:
        """Whether the memory blocks are trained in some stage, and not only the output units."""
        return any(stage.trains == "network" for stage in self.stages)

    @property
    def makes_codes(self) -> bool:
        """Whether the run's clusters are binary codes, and not modes of a density."""
        return self.stages[-1].record.makes_codes
