"""Evidence for or against a run's clusters that takes further training, whichever suits the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lstmtool.clustering.answers import answers_of
from lstmtool.clustering.consensus_null_test import null_test_of_consensus
from lstmtool.clustering.cross_check import with_cross_check, with_wider_check
from lstmtool.clustering.gap import judged_by_gap
from lstmtool.data.sequences import Sequences, SequenceSource, from_arrays
from lstmtool.records.run import Run
from lstmtool.training.null_test import SURROGATES, with_null_test
from lstmtool.training.output_search import is_narrow
from lstmtool.training.stage import Stop

WITHOUT_GROUPS = "Training on {} data sets made from yours without groups, for comparison."
AS_DRAWN = "Training networks that keep their memory blocks as drawn, for comparison."
WIDER = "Training networks with more outputs, for comparison."
BINARY = "Training networks with binary outputs, for comparison."


def with_evidence(
    run: Run,
    sequences: SequenceSource,
    surrogates: int | None = None,
    *,
    threads: int = 1,
    stop: Stop | None = None,
    tell: Callable[[str], None] = lambda sentence: None,
) -> Run:
    """Return the run with the result of its null test, and the check by other networks.

    A consensus of networks of which only the output units were trained is tested by its gap. If
    these are few, or linear, networks with as many binary ones as the recipe has are tested in
    their place. A run that trained the memory blocks is checked by networks that did not.

    Parameters
    ----------
    sequences : Sequences or SequenceFile
        The training set; labels are not read.
    surrogates : int or None
        Number of sets of surrogates; 0 for no evidence at all. None for `SURROGATES` where the test
        is cheap, of such a consensus, and for the check alone of other runs; for neither if the
        sequences are not in memory.
    threads, stop
        As for `lstmtool.training.null_test.with_null_test`.
    tell : callable
        Called with a sentence on what begins.

    Raises
    ------
    Stopped
        If `stop` was set.
    """

    def tell_number(surrogates: int) -> None:
        tell(WITHOUT_GROUPS.format(surrogates))

    in_memory = isinstance(sequences, Sequences)
    if surrogates == 0 or (surrogates is None and not in_memory):
        return run
    if judged_by_gap(run):
        kept = from_arrays([s for block in sequences.blocks() for s in block])
        wanted = SURROGATES if surrogates is None else surrogates
        if run.settings.makes_codes and not is_narrow(run.settings):
            test = null_test_of_consensus(
                run, kept, wanted, threads=threads, stop=stop, tell=tell_number
            )
            return replace(run, null_test=test)
        if len(answers_of(run)[0].ranks) < 2:
            return run
        tell(WIDER if run.settings.makes_codes else BINARY)
        return with_wider_check(run, kept, wanted, threads=threads, stop=stop, tell=tell_number)
    if isinstance(sequences, Sequences) and run.settings.trains_blocks:
        tell(AS_DRAWN)
        run = with_cross_check(run, sequences, threads=threads, stop=stop)
    return with_null_test(run, sequences, surrogates, threads=threads, stop=stop, tell=tell_number)
