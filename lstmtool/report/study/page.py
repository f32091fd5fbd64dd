"""A self-contained HTML page: success rates of the four experiments over many data sets."""

from __future__ import annotations

from typing import Any, NamedTuple

from lstmtool.clustering.certainty import certainty
from lstmtool.records.results import Assessment
from lstmtool.records.run import Run
from lstmtool.report import markup
from lstmtool.report.run import origin, outputs, tables
from lstmtool.report.run.page import frame
from lstmtool.report.study import tables as study_tables
from lstmtool.report.study.figures import scatter
from lstmtool.report.text import shown

EXTRA_CSS = """
th:first-child { min-width: 9.5rem; }
th, td { padding-left: 1.2rem; }
td { white-space: nowrap; }
h3 { font-size: 1rem; margin: 1.8rem 0 .4rem; }
"""
TITLE = "Unsupervised learning in LSTM: four experiments as success rates"
FIGURES = {  # of the paper
    "bingo-artificial": "2",
    "neo-artificial": "3",
    "bingo-clarinet": "4",
    "neo-clarinet": "5",
}


class Typical(NamedTuple):
    """The runs on an experiment's typical data set, and their assessments."""

    run: Run
    assessment: Assessment
    literal: Run
    literal_assessment: Assessment


def page(study: dict[str, Any], typical: dict[str, Typical], file: str, command: str) -> str:
    """Return the page; nothing is fetched from the network.

    Parameters
    ----------
    study : dict
        ``plan`` and ``experiments``, each with its records, summary and settings.
    typical : dict of str to Typical
        Runs by experiment.
    file : str
        Name of the study file.
    command : str
        Command that repeats the study.
    """
    body = [
        markup.element("h1", TITLE),
        markup.element("p", _subtitle(study, file), "soft"),
        _tiles(study),
        _reading(study),
        markup.section(
            "All experiments",
            markup.table(study_tables.overview_table(study), "All experiments"),
            markup.element("p", OVERVIEW, "soft"),
        ),
        markup.section(
            "What a selection score is worth",
            markup.table(study_tables.calibration_table(study), "What a selection score is worth"),
            markup.element("p", CALIBRATION, "soft"),
        ),
        *(_experiment(part, typical.get(part["experiment"])) for part in study["experiments"]),
        markup.section("Repeat this study", markup.element("pre", command)),
    ]
    return frame(TITLE, body, file, EXTRA_CSS)


OVERVIEW = (
    "Fractions of data sets (for single runs: of runs) on which every sequence was put with its "
    "own group and no other. Fresh ARI: mean adjusted Rand index of the chosen network on unseen "
    "sequences. Epochs: mean per restart, without those of abandoned trials; seconds: for "
    "everything on one data set."
)


CALIBRATION = (
    "How many of the runs chosen without labels were perfect, by selection score as a fraction "
    "of the two bits that four clusters of equal size can carry. The counts that `lstmtool report` "
    "quotes beside its confidence come from such a table. It "
    "counts only runs that found four clusters; no other number can be right on these data."
)


def _subtitle(study: dict[str, Any], file: str) -> str:
    plan = study["plan"]
    first, count = plan["seed"], plan["seeds"]
    seeds = f"{count} data sets of each kind (seeds {first} to {first + count - 1})"
    seeds = f"one data set of each kind (seed {first})" if count == 1 else seeds
    return f"lstmtool {plan['version']}, {seeds}. Study file: {shown(file)}."


def _tiles(study: dict[str, Any]) -> str:
    made = []
    for part in study["experiments"]:
        method = part["summary"]["ways"][study_tables.CHOICE]
        lines = (
            markup.element("span", study_tables.title(part)),
            markup.element("b", study_tables.percent(method["rate"])),
            markup.element("span", f"95\N{NO-BREAK SPACE}%: {study_tables.interval(method)}"),
            markup.element("span", f"{method['perfect']} of {method['trials']} perfect"),
        )
        made.append(f"<li>{''.join(lines)}</li>")
    return f'<ul class="tiles">{"".join(made)}</ul>'


def _reading(study: dict[str, Any]) -> str:
    return markup.section(
        "How to read this",
        markup.element(
            "p",
            "The paper (M. Klapper-Rybicka, N. N. Schraudolph and J. Schmidhuber, Unsupervised "
            "Learning in LSTM Recurrent Neural Networks, ICANN 2001) shows one run of each "
            "experiment. This page repeats each experiment on many newly drawn data sets and says "
            "how often it succeeds.",
        ),
        markup.items(_rules(study["plan"])),
    )


def _rules(plan: dict[str, Any]) -> list[str]:
    said = [
        "From the paper: the data, the network with forget gates and peepholes, and the two "
        "objectives, BINGO and NEO. Added by lstmtool: the conditioning of inputs, initial "
        "weights and output layer, the recipe chosen to suit the data, the restarts and the "
        "choice among them, the consistency stages where listed, and "
        "NEO's affine-invariant form. Every experiment below lists both in detail.",
        "Literal form, one run: raw inputs, small random weights, no conditioning, no choice, for "
        "as many epochs as the paper's figure. The paper gives no learning rates or initial "
        "weights; these are ours.",
        "Labels are used only for scoring: neither training nor the label-free choice sees them.",
        "Success means an adjusted Rand index (ARI) of 1 on a data set: every sequence with its "
        "own group and no other.",
        "Best by labels uses the labels to pick the best restart. It is not available to a "
        "user and shows only what a perfect choice could achieve.",
        "Untrained control: the same initial networks with only the output layer trained, the "
        "same restarts and the same label-free choice. Whatever it achieves did not require "
        "training the memory blocks.",
        "k-means is given the number of groups, four; BINGO and NEO are not, though two binary "
        "outputs have room for four.",
        "Intervals are 95 % Wilson intervals; for single runs they account for the correlation of "
        "runs on the same data set.",
    ]
    if "shipped" in plan["sounds"]:
        said.append(
            "The real clarinet sounds come from one recording of each of four notes, transposed; "
            "fresh sequences are drawn from the same recordings and may overlap those."
        )
    return said


def _experiment(part: dict[str, Any], typical: Typical | None) -> str:
    methods = markup.table(study_tables.methods_table(part), study_tables.title(part), "the result")
    return markup.section(
        study_tables.title(part),
        methods,
        markup.items(study_tables.sentences(part)),
        markup.picture(
            scatter(part),
            "Selection score of every restart against its agreement with the groups.",
            "How well the label-free score ranks: every restart on every data set. If it ranks "
            "well, the perfect runs are on the right.",
        ),
        _typical(part, typical) if typical else "",
    )


def _typical(part: dict[str, Any], typical: Typical) -> str:
    seed, ari = part["summary"]["median_seed"], typical.assessment.after.ari
    like = f"As figure {FIGURES[part['name']]} of the paper" if part["name"] in FIGURES else ""
    ranges = study_tables.typical_table(part, typical.run, typical.assessment)
    return "\n".join(
        [
            markup.element("h3", f"A typical data set: seed {seed}, the median, not the best"),
            _outputs(
                typical.run,
                typical.assessment,
                f"{like}: the chosen network before and after training (ARI {ari:.2f}). Each "
                "symbol is one sequence and shows its group, which the network never sees.",
            ),
            markup.table(ranges, "Output ranges after training"),
            _outputs(
                typical.literal,
                typical.literal_assessment,
                "The literal form on the same data set: one run "
                f"(ARI {typical.literal_assessment.after.ari:.2f}).",
            ),
            _details(typical),
        ]
    )


def _outputs(run: Run, assessment: Assessment, caption: str) -> str:
    plots = outputs.section(run, assessment, certainty(run, assessment))
    return plots + markup.element("p", caption, "soft")


def _details(typical: Typical) -> str:
    both = "".join(
        [
            markup.element("p", "As published:"),
            markup.items(origin.of_the_paper(typical.run)),
            markup.element("p", "Added or chosen by lstmtool:"),
            markup.items(origin.of_our_own(typical.run)),
        ]
    )
    settings = markup.table(tables.settings_table(typical.run), "Settings")
    literal = markup.table(tables.settings_table(typical.literal), "Settings of the literal run")
    return (
        markup.details("What is the paper's, and what is ours", both)
        + markup.details("All settings", settings)
        + markup.details("All settings of the literal run", literal)
    )
