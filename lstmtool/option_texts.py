"""What every setting means: said once, for the models, for options and for the printed TOML.

Plain data, so that `--help` need not wait for pydantic. `config.Settings` makes these texts the
descriptions of its fields; an option's help begins with that of its setting.
"""

TEXTS = {
    "network.blocks": "Cells in every memory block.",
    "network.above": "Cells in every memory block of each further layer, from the bottom up: every "
    "layer reads the outputs of the one below, and the output units read the top one.",
    "network.plain": "Plain tanh units in every layer, next to the memory blocks.",
    "network.directions": "With both, every layer has a second half that runs from a sequence's "
    "last step to its first.",
    "network.readout": "What the output units read of the cell outputs: those at the last step (of "
    "a layer that runs backward, at the first), their means, their largest values over time, their "
    "means over each eighth of the sequence, or several of these.",
    "network.gates_are_read": "Units also read the gates' activations at the previous step, as in "
    "1997.",
    "network.outputs": "Output units: bits of the code.",
    "network.g": "Activation function of the cell input.",
    "network.h": "Activation function of the cell state on output.",
    "network.output_unit": "Logistic for codes, linear for NEO.",
    "network.forget_gate": "Forget gates.",
    "network.peepholes": "Peephole connections.",
    "inputs.square": "Add the square of every input as a further input (the paper's second input).",
    "inputs.differences": "Add the change of every input since the previous step as a further "
    "input; 0 at the first step.",
    "inputs.average": "Replace so many neighbouring steps by their mean; auto leaves at most 100 "
    "steps of the longest sequence.",
    "inputs.scaling": "Scaling of the inputs, fitted once on all steps of the training set: "
    "affine, and the same for every sequence.",
    "inputs.normalise": "Divide every sequence by its own standard deviation first. Hides mean and "
    "variance.",
    "inputs.window": "Steps that the network sees, from the start of every sequence; all without a "
    "window. Copies by shift start elsewhere in the sequence, which must be longer.",
    "initial.draw": "Distribution of the hidden weights: uniform, or scaled, which is normal with "
    "a deviation that fits the number of inputs and of memory cells.",
    "initial.weights": "Hidden weights start uniform within this of zero.",
    "initial.input_gain": "Scaled weights from X inputs have the deviation gain / sqrt(X); every "
    "network draws its gain from this range.",
    "initial.recurrent_gain": "Scaled weights from H outputs of memory cells have the deviation "
    "gain / sqrt(H).",
    "initial.cell_gain": "Cell inputs' weights start this many times larger.",
    "initial.forget_bias": "Forget gates' bias, drawn from a range; auto sets it from the sequence "
    "length, log(T - 1), and spread gives every block a different time scale, spaced evenly from 2 "
    "to T steps on a logarithmic scale.",
    "initial.input_bias": "Input gates' bias; auto sets it from the sequence length, -log(T - 1), "
    "or, with spread time scales, to minus half the forget gate's.",
    "initial.bias_steps": "Sequence length T' for which the biases of forget and input gates were "
    "chosen: for length T they are shifted by log(T / T') and -log(T / T'), so that memories keep "
    "their length relative to the sequence. Without it, biases are the same for every length.",
    "initial.output_bias": "Output gates' bias.",
    "initial.output_layer": "Output weights start whitened by the cell outputs on the data, or "
    "small and random.",
    "initial.trials": "Initial networks drawn for every restart; the most promising is trained.",
    "initial.trial_epochs": "Epochs of the first stage after which the most promising is picked.",
    "stages.objective": "What to optimise.",
    "stages.outputs": "Output units of this stage, by default the network's; linear for NEO.",
    "stages.trains": "Train the whole network, or only the output units. What these read is then "
    "computed once, for every sequence and its copies, and they are trained in the directions in "
    "which copies of the same sequence differ least.",
    "stages.draws": "Altered copies of every sequence for training only the output units.",
    "stages.discriminants": "Number of directions in which only the output units are trained.",
    "stages.decay": "Weight decay of output units that are trained alone.",
    "stages.epochs": "Passes over all sequences.",
    "stages.optimiser": "Learning rule.",
    "stages.rate": "Learning rate of the memory blocks.",
    "stages.output_rate": "Learning rate of the output units.",
    "stages.momentum": "Momentum; 0 is plain gradient descent.",
    "stages.clip": "Largest norm of the memory blocks' gradient; 0 does not clip.",
    "stages.precondition": "Multiply the output weights' gradient by the inverse covariance of the "
    "cell outputs: the output layer learns in whitened coordinates.",
    "stages.augmentation": "Kind of altered copies.",
    "stages.crop": "Length of a crop, as a range of fractions of the sequence.",
    "stages.noise": "Standard deviation of the noise that copies by noise add to preprocessed "
    "inputs.",
    "stages.block": "Length of a bootstrap's blocks, as a fraction of the sequence.",
    "stages.warp": "Copies by warp pass through a sequence at a speed of exp(warp s), where s is a "
    "smooth curve through standard normal numbers.",
    "stages.stretch": "Length of the window of copies by stretch, as a range of fractions of the "
    "sequence; the window is stretched back to the full length.",
    "stages.scale": "Copies by scale multiply every preprocessed input by exp(scale n), where n is "
    "standard normal.",
    "stages.drift": "Standard deviation of the smooth curve that copies by drift add to every "
    "preprocessed input.",
    "stages.marginal_weight": "Weight of the code marginals (consistency).",
    "stages.form": "Form of NEO's entropy: affine-invariant, or the paper's equation 6 as printed.",
    "stages.width_floor": "NEO's smallest kernel width, relative to the outputs' standard "
    "deviation.",
    "stages.sample": "NEO of many sequences: every epoch draws this many outputs, S of the paper's "
    "equations 3 to 6, and others, T, for the kernels. Without it, S is all outputs and T, for "
    "each of them, all others.",
    "stages.stop_below": "End the stage when the objective gains less than this over `patience` "
    "epochs; 0 never ends it.",
    "stages.patience": "Epochs over which stop-below measures the gain.",
    "network": "The memory blocks and the output units.",
    "inputs": "What is done to the sequences before the network sees them.",
    "initial": "Initial weights.",
    "stages": "Objectives, each maximised or minimised for a number of epochs, in turn.",
    "gradient": "How errors flow back.",
    "precision": "Precision of the memory blocks; single is faster for many cells. Weights, "
    "objective and updates stay double.",
    "restarts": "Runs from different initial weights; the one with the best label-free score is "
    "kept.",
    "seed": "Random seed.",
    "selection": "Kinds of copies by which restarts are scored; the score is the mean over them. "
    "None alone alters nothing; codes alone compares NEO with the codes it was prepared by.",
    "selection_crop": "As `crop` of a stage, for the copies of the selection.",
    "selection_noise": "As `noise` of a stage, for the copies of the selection.",
    "selection_block": "As `block` of a stage, for the copies of the selection.",
    "selection_pairs": "Pairs of copies for the selection score.",
    "consensus": "The clusters are those that most restarts agree on, and other answers that many "
    "restarts share are given beside them.",
    "until_stable": "Leave out further restarts when two halves of at least eight agree on the "
    "clusters; not if the number of restarts is given.",
    "clusters": "Number of clusters of the consensus; without it the one on which random halves of "
    "the restarts agree best.",
}
"""By group of settings and name."""
