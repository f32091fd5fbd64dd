"""A self-contained HTML page: what a run found, how reliable it is, how to repeat it."""

from __future__ import annotations

from html import escape

import numpy as np

from lstmtool import __version__
from lstmtool.clustering.certainty import certainty
from lstmtool.clustering.confidence import TELLS
from lstmtool.records.results import Assessment, Comparison
from lstmtool.records.run import Run
from lstmtool.report import markup, svg
from lstmtool.report.run import activity, learning, members, origin, outputs, tables, timelines
from lstmtool.report.run.contents import Contents
from lstmtool.report.run.differences import MEANING, differences
from lstmtool.report.style import CSS
from lstmtool.report.text import number, shown

GENERATOR = f"lstmtool {__version__} report"
POLICY = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'"


def page(
    run: Run,
    assessment: Assessment,
    file: str,
    comparison: Comparison | None = None,
    found: Contents | None = None,
    why: str = "",
) -> str:
    """Return the page. Equal runs give equal pages; nothing is fetched from the network.

    Parameters
    ----------
    file : str
        Name of the run file, used in the title and the commands.
    comparison : Comparison, optional
        The run compared with simple methods.
    found : Contents, optional
        The sequences themselves.
    why : str
        Why there are none, in a sentence.
    """
    title = f"{tables.objective_name(run)} on {shown(run.source.get('file', 'sequences'))}"
    sure = certainty(run, assessment) if found is None else found.sure
    body = [
        markup.element("h1", title),
        markup.element("p", tables.answer(run, assessment)),
        markup.element("p", _subtitle(run, file), "soft"),
        _tiles(run, assessment),
        *(markup.element("p", w, "warning") for w in assessment.warnings),
        *(markup.element("p", shown(note, 400), "soft") for note in run.notes),
        _sequences(run, found, why),
        timelines.section(run, assessment, found),
        _outputs(run, assessment, sure),
        _activity(run, found),
        _consensus(run, assessment),
        _scores(run, assessment),
        _groups(run, assessment),
        _every_sequence(run, assessment, sure),
        "" if comparison is None else _comparison(comparison),
        markup.section("Learning curves", _learning(run)),
        _restarts(run, assessment),
        _origin(run, file),
    ]
    return frame(title, body, file)


def frame(title: str, body: list[str], file: str, extra_css: str = "") -> str:
    """Return a complete page from HTML parts, with a policy against fetching anything.

    Parameters
    ----------
    body : list of str
        HTML parts; empty ones are skipped.
    file : str
        Name of the file reported on, by which `is_report_page` recognises the page.
    """
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta name="generator" content="{escape(GENERATOR)}">',
            f'<meta name="lstmtool-run" content="{escape(shown(file, 255))}">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            markup.element("title", f"{title} – lstmtool report"),
            f"<style>{CSS}{extra_css}</style>\n</head>\n<body>\n<main>",
            svg.shapes(),
            *filter(None, body),
            "</main>\n</body>\n</html>\n",
        ]
    )


def _subtitle(run: Run, file: str) -> str:
    lengths = run.lengths
    steps = (
        f"{lengths.min()}"
        if lengths.min() == lengths.max()
        else (f"{lengths.min()} to {lengths.max()}")
    )
    window = run.settings.inputs.window
    steps += f" steps, of which the network reads {window}" if window else " steps"
    return (
        f"{len(lengths)} sequences of {steps}, {tables.epochs(run)} epochs, learned without "
        f"labels. Run file: {shown(file)}."
    )


def _tiles(run: Run, assessment: Assessment) -> str:
    after, control = assessment.after, assessment.untrained

    def beside(value: float | None, unit: str = "", decimals: int = 2) -> str:
        own = f"control: {number(value, decimals)}" if run.settings.trains_blocks else ""
        return "; ".join(filter(None, (unit, own)))

    tiles = [("Clusters found", str(after.n_clusters), beside(control.n_clusters, decimals=0))]
    if after.joint_bits is not None:
        unit = f"of {run.after.activations.shape[1]} bits"
        tiles.append(
            ("Joint information", number(after.joint_bits, 2), beside(control.joint_bits, unit))
        )
    if after.entropy is not None:
        form = "minus log spread" if run.settings.stages[-1].form == "invariant" else ""
        name = f"Entropy {form}".strip()
        tiles.append((name, number(after.entropy, 2), beside(control.entropy, "nats")))
    if after.ari is not None:
        tiles.append(("Adjusted Rand index", number(after.ari, 2), beside(control.ari)))
    tiles.append(("Confidence", assessment.confidence.word, "see Restarts"))
    made = "".join(
        f"<li>{markup.element('span', name)}{markup.element('b', value)}"
        f"{markup.element('span', other)}</li>"
        for name, value, other in tiles
    )
    return f'<ul class="tiles">{made}</ul>'


def _consensus(run: Run, assessment: Assessment) -> str:
    table = tables.alternatives_table(assessment)
    if table is None:
        return ""
    sentences = markup.element("p", tables.consensus_sentences(run, assessment))
    meant = (
        "Answers by the number of restarts that share them; their mean selection score; the mean "
        "share of them that agree on a sequence's cluster."
    )
    made = markup.table(table, "What the restarts agree on")
    return markup.section("Consensus", sentences, made, markup.element("p", meant, "soft"))


def _sequences(run: Run, found: Contents | None, why: str) -> str:
    """Return what is seen of the sequences: how clusters differ, and their members."""
    if found is None:
        text = f"The sequences are not shown: {why}"
        return markup.section("The sequences", markup.element("p", text, "soft")) if why else ""
    told = differences(found.members, found.features)
    differing = (
        ""
        if told is None
        else markup.section(
            "How the clusters differ",
            markup.items(list(told.sentences)),
            markup.table(told.table, "Simple features of every cluster"),
            markup.element("p", MEANING, "soft"),
        )
    )
    return "\n".join(filter(None, [differing, members.section(run, found)]))


def _soft(text: str) -> list[str]:
    return [markup.element("p", text, "soft")] if text else []


def _activity(run: Run, found: Contents | None) -> str:
    if found is None:
        return ""
    if found.work is None:
        return markup.section(activity.TITLE, *_soft(found.no_work))
    places = tuple(members.colour_of(run, found, one) for one in found.members)
    return activity.section(run, found.work, found.members, places)


def _outputs(run: Run, assessment: Assessment, sure: np.ndarray) -> str:
    marked = "cluster found" if run.labels is None else "group (never shown to the network)"
    several = "The network's outputs at the end of every sequence, in pairs."
    single = "The network's output at the end of every sequence."
    n_outputs = run.after.activations.shape[1]
    caption = (
        f"{single if n_outputs <= 2 else several} The symbol shows the sequence's {marked}. "
        "Sequences that lie on one another share a symbol, larger, with their number; the pointer "
        "brings out their names."
    )
    plots = outputs.section(run, assessment, sure)
    return markup.section("Network output", plots, markup.element("p", caption, "soft"))


def _scores(run: Run, assessment: Assessment) -> str:
    table = markup.table(tables.score_table(run, assessment), "Scores")
    if not run.settings.trains_blocks:
        return markup.section("Scores", table)
    control = (
        "The untrained control is the same initial network with only its output layer trained: "
        "whatever it achieves did not require training the memory blocks."
    )
    return markup.section("Scores", table, markup.element("p", control, "soft"))


def _groups(run: Run, assessment: Assessment) -> str:
    table = markup.table(tables.range_table(run, assessment), "Output ranges")
    kind = "cluster" if run.labels is None else "group"
    return markup.section(f"Outputs of every {kind}", table)


def _every_sequence(run: Run, assessment: Assessment, sure: np.ndarray) -> str:
    """Return a folded table for every cluster."""
    parts = [
        markup.details(name, markup.table(table, name))
        for name, table in tables.sequence_tables(run, assessment, sure)
    ]
    text = (
        f"By cluster, the surest first. {CONFIDENCE[_kind_of_confidence(run, assessment)]} "
        "All of it as a table: lstmtool report --export FILE.csv."
    )
    return markup.section("Every sequence", markup.element("p", text, "soft"), *parts)


CONFIDENCE = {
    "consensus": "Confidence is the share of the restarts that agree on a sequence's cluster.",
    "codes": "Confidence is the probability of a sequence's code by its outputs.",
    "modes": "Confidence is its cluster's fraction of the density at a sequence's output.",
}


def _kind_of_confidence(run: Run, assessment: Assessment) -> str:
    if assessment.consensus is not None and assessment.consensus.answer is not None:
        return "consensus"
    return "codes" if run.settings.makes_codes else "modes"


def _comparison(comparison: Comparison) -> str:
    verdict = markup.element("p", comparison.verdict, "warning" if comparison.better else "")
    table = markup.table(tables.rival_table(comparison), "Beside simple methods")
    notes = (markup.element("p", note, "soft") for note in comparison.notes)
    return markup.section("Beside simple methods", verdict, table, *notes)


def _learning(run: Run) -> str:
    plots = learning.learning_curves(run)
    several = " Dotted lines: another stage begins." if len(run.settings.stages) > 1 else ""
    return plots and plots + markup.element("p", f"The chosen restart.{several}", "soft")


def _restarts(run: Run, assessment: Assessment) -> str:
    table = markup.table(tables.restart_table(run), "Restarts")
    plot = learning.restarts(run)
    if plot:
        told = f"{TELLS[assessment.confidence.rests_on]} It reads no labels."
        plot += markup.element("p", told, "soft")
    sentence = tables.confidence_sentence(assessment)
    folded = markup.details("All restarts", table) if len(table) > 6000 else table
    return markup.section("Restarts", markup.element("p", sentence), plot, folded)


def _origin(run: Run, file: str) -> str:
    return "\n".join(
        [
            markup.section(
                "Repeat this run",
                markup.element("pre", origin.commands(run, file)),
                markup.details(
                    "settings.toml: save this beside the data",
                    markup.element("pre", origin.settings_file(run)),
                ),
            ),
            markup.section(
                "Configuration",
                markup.details(
                    "All settings", markup.table(tables.settings_table(run), "Settings")
                ),
            ),
            markup.section(
                "What is the paper's, and what is ours",
                markup.element(
                    "p",
                    "The paper: M. Klapper-Rybicka, N. N. Schraudolph and J. Schmidhuber, "
                    "Unsupervised Learning in LSTM Recurrent Neural Networks, ICANN 2001.",
                ),
                markup.element("p", "As published:"),
                markup.items(origin.of_the_paper(run)),
                markup.element("p", "Added or chosen by lstmtool:"),
                markup.items(origin.of_our_own(run)),
            ),
        ]
    )
