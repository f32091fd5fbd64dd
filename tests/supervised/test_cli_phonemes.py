"""`learn phonemes`, its report, and `reproduce phonemes`, on a few short sentences."""

import json
from dataclasses import replace
from functools import partial

import h5py
import numpy as np
import pytest

from lstmtool.cli.main import main
from lstmtool.data.sequences import SequenceSource
from lstmtool.errors import FileError
from lstmtool.io import phonemes as phoneme_files
from lstmtool.io.phonemes import write_phonemes
from lstmtool.io.spool import FileSpool
from lstmtool.io.trained import read_trained, write_trained
from lstmtool.jobs.networks import Training
from lstmtool.kernels._jit import config
from lstmtool.report.tasks.phoneme_study import _spread
from lstmtool.supervised import batch_shards, phoneme_study, trials
from lstmtool.supervised.early_stopping import EarlyStopping
from lstmtool.supervised.rules.lstm_batch import LstmBatch
from lstmtool.supervised.systems import SYSTEMS
from lstmtool.training.stage import Stop, Stopped
from tests.clusters import cluster
from tests.io.test_phonemes import FESTIVAL, sentence
from tests.supervised.phoneme_cases import frames


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        main(list(map(str, arguments)))
    captured = capsys.readouterr()
    return end.value.code or 0, captured.out, captured.err


@pytest.fixture(autouse=True)
def _sentences(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_phonemes("few.h5", frames())
    stop = EarlyStopping(2, piece=4, at_once=4)
    monkeypatch.setattr(phoneme_study, "QUICK_STOP", stop)
    for name in list(phoneme_study.QUICK_UNITS):
        monkeypatch.setitem(phoneme_study.QUICK_UNITS, name, 2)
        topology = SYSTEMS[name].topology
        size = {"blocks": (1, 1)} if topology.blocks else {"plain": 2}
        settings = replace(SYSTEMS[name].settings, batch=4)
        small = replace(
            SYSTEMS[name], topology=replace(topology, **size), settings=settings, stop=stop
        )
        monkeypatch.setitem(SYSTEMS, name, small)
        monkeypatch.setitem(phoneme_study.PHONEME_SYSTEMS, name, small)


LEARN = ("learn", "phonemes", "--set", "data=few.h5")


def test_learn_and_report(capsys, tmp_path):
    code, out, _ = run(capsys, *LEARN, "-o", "a.h5")
    assert code == 0
    assert "not converged after 2 epochs; test frames right" in out
    found = read_trained("a.h5")
    assert (found.task, found.counted, found.sequences) == ("phonemes", "epochs", 2)
    assert found.topology["n_inputs"] == found.topology["n_outputs"] == 3
    assert run(capsys, *LEARN, "-o", "b.h5")[0] == 0
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    code, out, _ = run(capsys, "report", "a.h5")
    assert code == 0
    assert "2 x 2 memory blocks" in out
    assert "the backward net corrects the forward net" in out
    page = (tmp_path / "a.html").read_text()
    for said in ("Confusions", "States over a sentence", "Who corrects whom", "All settings"):
        assert said in page
    document = json.loads(run(capsys, "report", "a.h5", "--json", "--no-html")[1])
    assert np.sum(document["confusion"]) == frames().sentences.lengths[9]
    assert document["figures"] == found.figures


def test_delays_windows_and_units_without_memory(capsys):
    for system in ("phonemes-rnn-delay-3", "phonemes-mlp-window-5"):
        assert run(capsys, *LEARN, "--system", system, "-o", f"{system}.h5")[0] == 0
        code, out, _ = run(capsys, "report", f"{system}.h5", "--no-html")
        assert code == 0
        assert "logistic units" in out
        assert "Who is right" not in out
    assert read_trained("phonemes-rnn-delay-3.h5").options == {"delay": 3, "data": "few.h5"}


def test_other_sentences_are_another_training(capsys, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(trials, "run_trial", None)
        assert run(capsys, *LEARN, "-o", "a.h5")[0] == 1
    write_phonemes("few.h5", frames(seed=1))
    assert not (tmp_path / "a.h5").exists()
    code, _, err = run(capsys, *LEARN, "-o", "c.h5", "--resume")
    assert (code, "no unfinished run" in err) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--set", "data=gone.h5"), 4, "gone.h5"),
        (("--set", "window=-1"), 2, "at least 0"),
        (("--set", "delay=x"), 2, "a whole number"),
        (("--system", "phonemes-lstn"), 2, "Did you mean 'phonemes-lstm'"),
        (("--rule", "lstm"), 2, "for the rule lstm-batch"),
    ],
)
def test_what_cannot_be_learned(capsys, arguments, code, said):
    found = run(capsys, "learn", "phonemes", *arguments)
    assert found[0] == code
    assert said in found[2]


def test_sequences_without_classes_are_refused(capsys):
    assert run(capsys, "gen-data", "-o", "plain.h5")[0] == 0
    code, _, err = run(capsys, "learn", "phonemes", "--set", "data=plain.h5")
    assert code == 3
    assert "no classes of phonemes" in err


def test_frames_on_disk_give_the_same_bytes(capsys, tmp_path, monkeypatch):
    """Read block by block, with windows and delays; large files without being asked."""
    monkeypatch.setattr(SequenceSource.blocks, "__defaults__", (50,))
    for system in ("phonemes-blstm", "phonemes-rnn-delay-3", "phonemes-mlp-window-5"):
        learn = (*LEARN, "--system", system)
        assert run(capsys, *learn, "-o", "held.h5", "--force")[0] == 0
        code, _, err = run(capsys, *learn, "--stream", "-o", "streamed.h5", "--force")
        assert code == 0
        assert "10 sentences (0.0 MB) stay on disk" in err
        held = (tmp_path / "held.h5").read_bytes()
        assert (tmp_path / "streamed.h5").read_bytes() == held
        with monkeypatch.context() as patch:
            patch.setattr(phoneme_files, "LARGE", 100)
            code, _, err = run(capsys, *learn, "-o", "large.h5", "--force")
        assert "stay on disk" in err
        assert (tmp_path / "large.h5").read_bytes() == held
    told = run(capsys, "report", "held.h5", "--no-html")
    monkeypatch.setattr(phoneme_files, "LARGE", 100)
    streamed = run(capsys, "report", "held.h5", "--no-html")
    assert "stay on disk" in streamed[2]
    assert streamed[:2] == told[:2]
    assert len(list(tmp_path.iterdir())) == 4


def test_what_happens_to_a_file_that_was_read_does_not_matter(capsys, tmp_path, monkeypatch):
    assert run(capsys, *LEARN, "-o", "held.h5")[0] == 0
    run_trial = trials.run_trial

    def after_all_changed(*arguments, **options):
        (tmp_path / "few.h5").write_bytes(b"")
        return run_trial(*arguments, **options)

    monkeypatch.setattr(trials, "run_trial", after_all_changed)
    assert run(capsys, *LEARN, "--stream", "-o", "streamed.h5")[0] == 0
    assert (tmp_path / "held.h5").read_bytes() == (tmp_path / "streamed.h5").read_bytes()


def test_what_was_begun_in_memory_goes_on_from_disk(capsys, tmp_path, monkeypatch):
    assert run(capsys, *LEARN, "-o", "whole.h5")[0] == 0
    learn, calls = LstmBatch.learn, []

    def broken(self, *arguments, **options):
        calls.append(len(calls))
        if len(calls) == 6:
            raise RuntimeError
        learn(self, *arguments, **options)

    monkeypatch.setattr("lstmtool.jobs.learn.KEPT_EVERY", 0.0)
    monkeypatch.setattr(LstmBatch, "learn", broken)
    assert run(capsys, *LEARN, "-o", "part.h5")[0] == 1
    code, _, err = run(capsys, *LEARN, "-o", "part.h5", "--resume", "--stream")
    assert (code, "stay on disk" in err) == (0, True)
    assert len(calls) < 6 + 6  # the updates before are not repeated
    assert (tmp_path / "part.h5").read_bytes() == (tmp_path / "whole.h5").read_bytes()


def cut_in_half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def with_other(name, change):
    def spoil(path):
        with h5py.File(path, "r+") as file:
            change(file, name)

    return spoil


def shortened(file, name):
    values = file[name][:-1]
    del file[name]
    file[name] = values


def as_floats(file, name):
    values = file[name][:].astype(float)
    del file[name]
    file[name] = values


def set_to(value):
    def change(file, name):
        file[name][3] = value

    return change


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (cut_in_half, "few.h5"),
        (with_other("phonemes/classes", shortened), "has shape"),
        (with_other("phonemes/classes", as_floats), "Store integers"),
        (with_other("phonemes/classes", set_to(3)), "A class has no name"),
        (with_other("phonemes/parts", shortened), "has shape"),
        (with_other("phonemes/parts", set_to(7)), "for training, for validation"),
        (with_other("values", set_to(np.nan)), "sequence 0 (s0), step 3"),
        (with_other("offsets", set_to(9)), "offset"),
    ],
)
def test_a_file_that_is_spoiled_is_refused_from_disk_and_memory(
    capsys, tmp_path, monkeypatch, spoil, said
):
    monkeypatch.setattr("lstmtool.io.reading.refuse_damaged", lambda path: None)
    spoil(tmp_path / "few.h5")
    for how in ((), ("--stream",)):
        code, _, err = run(capsys, *LEARN, *how)
        assert code == 3
        assert said in err
    assert [path.name for path in tmp_path.iterdir()] == ["few.h5"]


def test_a_full_disk_is_said(capsys, monkeypatch):
    def full(spool, n_rows, n_columns):
        raise FileError("Cannot write sequences under way.", "No space left on device")

    monkeypatch.setattr(FileSpool, "make_room", full)
    code, _, err = run(capsys, *LEARN, "--stream")
    assert (code, "No space left" in err) == (4, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("phonemes", "--stream"), "--set data=FILE"),
        (("reber", "--stream"), "task reber, without a file"),
        (("reber", "--shards", 2), "no batches that shards could share"),
        (("reber", "--batch", 2), "The rule lstm has no batches"),
        (("mackey-glass", "--batch", 2), "--batch cannot be given"),
        (("phonemes", "--cluster", "nonsense"), "is not a valid address"),
    ],
)
def test_what_cannot_be_streamed_or_shared(capsys, arguments, said):
    code, _, err = run(capsys, "learn", *arguments)
    assert (code, said in err) == (2, True), err


def test_other_rules_say_that_a_cluster_does_not_help(capsys, monkeypatch):
    """Nothing connects to it; it may be set for all commands."""
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "tcp://nowhere:1")
    monkeypatch.setattr(trials, "run_trial", None)
    code, _, err = run(capsys, "learn", "reber", "--limit", 1)
    assert "the cluster is not used" in err
    assert (code, "NoneType" in err) == (1, True)


def test_a_batch_of_another_size(capsys, tmp_path):
    for size in (4, 6):
        assert run(capsys, *LEARN, "--batch", size, "-o", f"{size}.h5")[0] == 0
    assert run(capsys, *LEARN, "-o", "default.h5")[0] == 0
    four, six, default = (read_trained(f"{name}.h5") for name in (4, 6, "default"))
    assert (four.settings["batch"], six.settings["batch"]) == (4, 6)
    np.testing.assert_array_equal(four.parameters, default.parameters)
    assert (six.parameters != default.parameters).any()


@pytest.mark.slow
@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="takes minutes uncompiled")
@pytest.mark.parametrize("where", ["processes here", "a cluster"])
def test_two_shards_give_the_same_bytes(capsys, tmp_path, monkeypatch, where):
    write_phonemes("few.h5", frames(60))
    learn = (*LEARN, "--batch", 64)
    assert run(capsys, *learn, "-o", "one.h5")[0] == 0
    monkeypatch.setattr(batch_shards, "PAYS", 1)
    if where == "a cluster":
        with cluster(tmp_path, 2) as made:
            flags = ("--cluster", made.address)
            code, _, err = run(capsys, *learn, *flags, "-o", "two.h5")
    else:
        code, _, err = run(capsys, *learn, "--shards", 2, "--stream", "-o", "two.h5")
    assert code == 0, err
    assert "Batches of 64 sequences are shared out to workers, in 2 shards" in err
    assert ("where it pays" in err) == (where == "a cluster")
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "two.h5").read_bytes()


STUDY = ("reproduce", "phonemes", "--quick", "--from", "few.h5", "--threads", "1")


def test_the_table_and_its_page(capsys, tmp_path):
    code, out, _ = run(capsys, *STUDY, "--systems", "phonemes-blstm,phonemes-mlp", "--seeds", 2)
    assert code == 0
    assert "from memory" in out
    document = json.loads((tmp_path / "phonemes-study.json").read_text())
    assert [row["name"] for row in document["rows"]] == ["phonemes-blstm", "phonemes-mlp"]
    for row in document["rows"]:
        own = [t["figures"]["test frames right"] for t in document["trials"][row["name"]]]
        spread = row["figures"]["test frames right"]
        assert (spread["mean"], spread["least"]) == (pytest.approx(np.mean(own)), min(own))
    page = (tmp_path / "phonemes-study.html").read_text()
    for said in ("69.8", "BLSTM, retrained", "from memory", "Who corrects whom", "Confusions"):
        assert said in page
    code, again, _ = run(capsys, "report", "phonemes-study.json", "--html", "again.html")
    assert code == 0
    assert out.splitlines()[:-2] == again.splitlines()[:-1]
    assert (tmp_path / "again.html").read_text() == page


def test_a_study_of_a_folder_of_sounds(capsys, tmp_path):
    pytest.importorskip("soundfile")
    for n in range(10):
        sentence(tmp_path / "own", f"s{n}", FESTIVAL)
    asked = ["reproduce", "phonemes", "--quick", "--from", "own", "--systems", "phonemes-mlp"]
    code, out, _ = run(capsys, *asked, "--json")
    document = json.loads(out)
    assert (code, document["classes"]) == (0, ["a", "pau"])
    assert document["parts"]["test"] == {"sentences": 1, "frames": 48}
    assert document["page"] == "phonemes-study.html"


def test_a_network_ends_when_it_is_told_to():
    system, stop = SYSTEMS["phonemes-mlp"], Stop()
    training = Training(partial(phoneme_study.run_one, frames()))
    with pytest.raises(Stopped):
        training(0, (system, 0), stop, lambda words: stop.set())
    with pytest.raises(Stopped):
        training(0, (system, 0), stop, print)


def test_a_network_that_was_changed_is_refused(capsys):
    assert run(capsys, *LEARN, "-o", "a.h5")[0] == 0
    found = read_trained("a.h5")
    for change, said in (({"blocks": []}, "invalid"), ({"n_inputs": 4}, "does not fit")):
        write_trained("b.h5", replace(found, topology=found.topology | change))
        code, _, err = run(capsys, "report", "b.h5", "--no-html")
        assert (code, said in err) == (3, True)


def test_numbers_that_no_seed_has_are_left_out():
    assert _spread(None) == "–"
    assert _spread({"mean": 0.5, "least": 0.4, "most": 0.6}) == "50.0 (40.0-60.0)"


def test_a_study_that_was_begun_goes_on(capsys, monkeypatch, tmp_path):
    """The network that is finished is not trained again, and the bytes are the same."""
    asked = (*STUDY, "--systems", "phonemes-mlp,phonemes-rnn")
    assert run(capsys, *asked, "-o", "whole.json")[0] == 0
    run_trial, begun = trials.run_trial, []

    def broken(system, seed, number, **options):
        begun.append(system.name)
        if len(begun) == 2:
            raise RuntimeError
        return run_trial(system, seed, number, **options)

    monkeypatch.setattr(phoneme_study, "run_trial", broken)
    code, _, err = run(capsys, *asked, "-o", "part.json")
    assert code == 1
    assert "1 of 2 networks are finished" in err
    write_phonemes("other.h5", frames(seed=1))
    other = [word.replace("few", "other") for word in asked]
    code, _, err = run(capsys, *other, "-o", "part.json", "--resume")
    assert (code, "data" in err) == (2, True)
    assert run(capsys, *asked, "-o", "part.json", "--resume")[0] == 0
    assert begun == ["phonemes-mlp", "phonemes-rnn", "phonemes-rnn"]
    assert (tmp_path / "part.json").read_bytes() == (tmp_path / "whole.json").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "needs all sentences"),
        (("--from", "gone"), 4, "gone"),
        (("--quick", "--systems", "blstm"), 2, "There is no system 'blstm'"),
        (("--quick", "--restarts", "3"), 2, "does not go with phonemes"),
        (("classic",), 2, "stands alone"),
        (("--quick", "-o", "a.json", "--html", "a.json"), 2, "different files"),
    ],
)
def test_reproduce_refuses_what_makes_no_sense(capsys, arguments, code, said):
    found = run(capsys, "reproduce", "phonemes", *arguments)
    assert found[0] == code
    assert said in found[2]
