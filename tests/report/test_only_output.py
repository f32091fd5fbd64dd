"""Reports of runs whose memory blocks were not trained do not speak of what training them did."""

from dataclasses import replace

import numpy as np

from lstmtool.clustering.assess import assess
from lstmtool.report.run.origin import of_our_own
from lstmtool.report.run.page import page
from lstmtool.report.run.tables import restart_table, score_table
from lstmtool.training.train import ONLY_OUTPUT, train
from tests.training.test_readout import bumps, settings_for


def test_there_is_no_control_but_a_note():
    sequences, groups = bumps(24)
    run = train(replace(sequences, labels=groups, label_names=("one", "two")), settings_for())
    assessment = assess(run)
    assert score_table(run, assessment).headings == ("", "Before", "After")
    assert "Same, untrained control" not in restart_table(run).headings
    assert np.isnan(run.restarts["untrained_score"]).all()
    assert ONLY_OUTPUT in run.notes
    assert not any("control scores" in warning for warning in assessment.warnings)
    said = " ".join(of_our_own(run))
    assert "Output units trained alone" in said and "untrained control" not in said
    assert "The untrained control is the same" not in page(run, assessment, "run.h5")
