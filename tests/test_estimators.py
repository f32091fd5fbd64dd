import ast
import doctest
import importlib
import os
import pickle
import pkgutil
import re
import subprocess
import sys
import warnings
from pathlib import Path

import joblib
import numba
import numpy as np
import pytest
from numba.core.registry import CPUDispatcher
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import adjusted_rand_score, homogeneity_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import (
    check_clustering,
    estimator_checks_generator,
    parametrize_with_checks,
)

import lstmtool
from lstmtool import BingoLSTM, NeoLSTM, as_sequences, estimators, kernels, recipes
from lstmtool.cli import main
from lstmtool.clustering.assess import assess
from lstmtool.data.sequences import from_arrays
from lstmtool.errors import DataError, DataWarning, UsageError
from lstmtool.io.runs import read_run
from lstmtool.io.sequences import write_sequences
from tests.builders import assert_same, small_sequences

BOTH = [BingoLSTM, NeoLSTM]
QUICK = {"restarts": 2, "settings": {"selection_pairs": 2}}
both = pytest.mark.parametrize("estimator", BOTH)
neo_slow = pytest.mark.parametrize(
    "estimator", [BingoLSTM, pytest.param(NeoLSTM, marks=pytest.mark.slow)]
)


def for_two(estimator, restarts=2):
    """An estimator for two groups: one output either way."""
    return estimator(outputs=1, **QUICK | {"restarts": restarts})


def groups(per_group=6, n_inputs=1, seed=0):
    """Two groups of sequences that differ in their deviation, and in nothing else."""
    rng = np.random.default_rng(seed)
    deviations = np.repeat([0.1, 2.0], per_group)
    arrays = [rng.normal(0, s, (rng.integers(20, 40), n_inputs)) for s in deviations]
    return arrays, np.repeat([0, 1], per_group)


def brief(recipe, *stages):
    """Few epochs after one trial: the checks ask for the interface, and little of the clusters."""
    short = [stage | {"epochs": 80} for stage in recipes.recipe(stages, recipe)["stages"]]
    return {"selection_pairs": 2, "initial": {"trials": 1}, "stages": short}


BINGO = BingoLSTM(recipe="stationary", restarts=2, settings=brief("stationary", "bingo"))
# Bootstrap copies of sequences of two steps keep nothing of their order; noisy ones do.
NEO = NeoLSTM(
    recipe="phase-locked", restarts=2, settings=brief("phase-locked", "consistency", "neo", "neo")
)


@parametrize_with_checks([BINGO])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks([NEO])
def test_scikit_learns_checks_of_neo(estimator, check):
    check(estimator)


@both
def test_many_checks_run_and_no_tag_switches_one_off(estimator):
    checks = [check for _, check in estimator_checks_generator(estimator(), mark="skip")]
    names = {getattr(check, "func", check).__name__ for check in checks}
    assert len(names) >= 45
    tags = estimator().__sklearn_tags__()
    assert not (tags.no_validation or tags.non_deterministic or tags._skip_test)
    assert tags.requires_fit
    assert tags.input_tags.two_d_array


@pytest.mark.slow
@both
def test_blobs_of_two_columns_are_clustered_with_all_defaults(estimator):
    check_clustering(estimator.__name__, estimator())


@neo_slow
def test_groups_are_found_and_new_sequences_join_them(estimator):
    """On average over five seeds: one alone hangs on how a processor rounds."""
    (arrays, truth), (new, of_new) = groups(9), groups(9, seed=1)
    found, joined = [], []
    for seed in range(5):
        model = for_two(estimator, restarts=3).set_params(random_state=seed).fit(arrays)
        found.append(homogeneity_score(truth, model.labels_))
        joined.append(homogeneity_score(of_new, model.predict(new)))
    assert np.mean(found) > 0.75
    assert np.mean(joined) > 0.6
    assert model.n_clusters_ == len(np.unique(model.labels_))
    np.testing.assert_array_equal(model.predict(arrays), model.labels_)
    np.testing.assert_allclose(model.transform(arrays), model.outputs_, rtol=1e-9)
    confidence = model.assign(new).confidence
    assert ((confidence >= 0.25) & (confidence <= 1)).all()


@neo_slow
def test_every_way_to_give_sequences_is_the_same(estimator):
    table = np.array([a[:20, 0] for a in groups()[0]])
    model = estimator(**QUICK)
    runs = [
        model.fit(X).run_
        for X in (
            table,
            table.tolist(),
            table[:, :, None],
            list(table),
            tuple(row[:, None] for row in table),
            from_arrays(table, labels=np.arange(12) % 2, label_names=("a", "b")),
        )
    ]
    for run in runs[1:]:
        assert_same(run, runs[0])


@both
def test_ragged_lists_and_arrays_of_arrays_are_sequences(estimator):
    arrays, _ = groups()
    flat = [a[:, 0] for a in arrays]
    model = estimator(**QUICK).fit(flat)
    objects = np.empty(len(flat), dtype=object)
    objects[:] = flat
    for X in (arrays, [a.tolist() for a in flat], objects):
        np.testing.assert_array_equal(model.predict(X), model.labels_)


def hasty(estimator, **parameters):
    """An estimator that hardly learns."""
    changes = {"selection_pairs": 1, "initial": {"trials": 1}}
    return estimator(**{"restarts": 1, "epochs": 1, "settings": changes, **parameters})


@both
def test_frames_and_nested_lists_are_sequences(estimator):
    pandas = pytest.importorskip("pandas")
    X = np.array([a[:20] for a in groups(n_inputs=2)[0]])
    frames = [pandas.DataFrame(x, columns=["x", "y"]) for x in X]
    panel = pandas.concat(dict(enumerate(frames)), names=["case", "time"])
    nested = pandas.DataFrame({k: [f[k] for f in frames] for k in "xy"})
    model = hasty(estimator).fit(X)
    for given in (panel, panel.sample(frac=1, random_state=0).sort_index(level=0), nested):
        again = hasty(estimator).fit(given)
        assert_same(again.run_.parameters, model.run_.parameters)
        assert again.run_.source["inputs"] == ["x", "y"]
        assert not hasattr(again, "n_features_in_")
    for given in (frames, X.tolist(), dict(enumerate(X)), as_sequences(panel)):
        np.testing.assert_array_equal(model.predict(given), model.labels_)
    model.set_output(transform="pandas")
    found = model.transform(panel)
    np.testing.assert_array_equal(found, model.outputs_)
    assert found.index.equals(pandas.RangeIndex(12, name="case"))
    assert list(found.columns) == list(model.get_feature_names_out())
    assert hasty(estimator).fit(panel).run_.names == tuple(map(str, range(12)))
    for given in (panel.reset_index(), panel.reset_index(level=0), panel.reset_index(level=1)):
        with pytest.raises(DataError, match=r"as_sequences\(frame, id='case', time='time'\)"):
            model.fit(given)


@both
def test_arrays_with_channels_first(estimator):
    X = np.array([a[:20] for a in groups(n_inputs=3)[0]])
    turned = X.transpose(0, 2, 1)
    model = hasty(estimator).fit(X)
    with pytest.warns(DataWarning, match="channels_first=True"):
        assert hasty(estimator).fit(turned).n_inputs_ == 20
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first = hasty(estimator, channels_first=True).fit(turned)
        assert hasty(estimator, channels_first=False).fit(turned).n_inputs_ == 20
    assert_same(first.run_.parameters, model.run_.parameters)
    np.testing.assert_array_equal(first.predict(turned[:2]), model.labels_[:2])
    np.testing.assert_array_equal(first.predict(list(turned)), model.labels_)
    assert model.predict(X[:, :2]).shape == (12,)  # fitted to 3 inputs: nothing to warn of
    with pytest.raises(DataError, match=r"20 inputs per step.*trained on 3(?s:.*)channels_first"):
        model.predict(turned)


@both
def test_padded_arrays_are_shorter_sequences(estimator):
    arrays = [a[:, 0] for a in groups()[0]]
    padded = np.full((12, 40), np.nan)
    for row, array in zip(padded, arrays, strict=True):
        row[: len(array)] = array
    model = hasty(estimator).fit(arrays)
    for X in (padded, padded[:, :, None]):
        same = hasty(estimator, unequal=True).fit(X)
        assert_same(same.run_.parameters, model.run_.parameters)
        with pytest.raises(DataError, match=r"NaN(?s:.*)unequal=True"):
            hasty(estimator).fit(X)


@both
def test_several_inputs_and_other_lengths_than_in_training(estimator):
    X = np.array([a[:20] for a in groups(n_inputs=3)[0]])
    model = estimator(**QUICK).fit(X)
    assert model.n_inputs_ == 3
    assert not hasattr(model, "n_features_in_")
    assert model.predict(X[:, :7]).shape == (12,)
    with pytest.raises(ValueError, match="2 inputs per step, the run was trained on 3"):
        model.predict(X[:, :, :2])
    model.fit(X[:, :, 0])
    assert model.n_features_in_ == 20
    assert not hasattr(model.fit(X), "n_features_in_")


@pytest.mark.parametrize("objective", ["bingo", "neo"])
def test_the_command_line_gives_the_same_run(tmp_path, monkeypatch, objective):
    monkeypatch.chdir(tmp_path)
    data = small_sequences(12)
    write_sequences("data.h5", data)
    flags = ["--restarts", "2", "--seed", "5", "--epochs", "7", "--blocks", "1,2"]
    with pytest.raises(SystemExit) as stop:
        main.main(["train", "data.h5", "--objective", objective, *flags, "-o", "run.h5"])
    assert not stop.value.code
    run = read_run("run.h5")
    estimator = {"bingo": BingoLSTM, "neo": NeoLSTM}[objective]
    model = estimator(restarts=2, random_state=5, epochs=7, blocks=(1, 2)).fit(data)
    assert model.run_.settings == run.settings
    for part in ("parameters", "after", "untrained", "restarts", "preprocessing", "chosen"):
        assert_same(getattr(model.run_, part), getattr(run, part))
    clusters = assess(run).clusters
    assert adjusted_rand_score(clusters, model.labels_) == 1
    if objective == "neo":
        np.testing.assert_array_equal(model.labels_, clusters)
    else:
        np.testing.assert_array_equal(model.codes_[model.labels_], assess(run).codes)


@both
def test_the_defaults_are_those_of_the_command_line(tmp_path, monkeypatch, capsys, estimator):
    monkeypatch.chdir(tmp_path)
    data = small_sequences(12)
    write_sequences("data.h5", data)
    with pytest.raises(SystemExit):
        main.main(["train", "data.h5", "--objective", estimator._objective, "--print-config"])
    import tomllib

    model = estimator()
    told = model._settings(data).model_dump(mode="json", exclude_none=True)
    assert told == tomllib.loads(capsys.readouterr().out)


def test_labels_have_no_gaps_and_codes_that_did_not_occur_come_after():
    model = BingoLSTM(outputs=3, **QUICK).fit(groups(8)[0])
    assert model.codes_.shape == (8, 3)
    assert len(np.unique(model.codes_, axis=0)) == 8
    n = model.n_clusters_
    assert np.unique(model.labels_).tolist() == list(range(n))
    numbers = model.codes_ @ [4, 2, 1]
    assert (np.diff(numbers[:n]) > 0).all()
    assert (np.diff(numbers[n:]) > 0).all()
    np.testing.assert_array_equal(model.codes_[model.labels_], model.outputs_ > 0.5)


@both
def test_the_score_is_what_altered_copies_share(estimator):
    arrays, truth = groups()
    chosen = estimator(outputs=1, restarts=2, settings={"selection": ["none", "crop"]}).fit(arrays)
    assert chosen.score(arrays) == pytest.approx(chosen.selection_score_, abs=1e-9)
    model = for_two(estimator).fit(arrays)
    assert model.score(arrays) == model.score(arrays, truth)
    assert 0.5 < model.score(groups(seed=1)[0]) <= 2


@both
def test_threads_do_not_change_the_result(estimator):
    arrays, _ = groups()
    one = estimator(**QUICK).fit(arrays)
    two = estimator(n_jobs=-1, **QUICK).fit(arrays)
    assert_same(one.run_.parameters, two.run_.parameters)


@neo_slow
def test_random_states(estimator):
    table = np.array([a[:20, 0] for a in groups()[0]])
    quick = {**QUICK, "epochs": 2}

    def parameters(state):
        return estimator(random_state=state, **quick).fit(table).run_.parameters

    assert_same(parameters(np.random.RandomState(3)), parameters(np.random.RandomState(3)))
    assert (parameters(1) != parameters(2)).any()
    assert (parameters(None) != parameters(None)).any()


@both
def test_pickles_and_clones(estimator):
    arrays, _ = groups()
    model = estimator(**QUICK).fit(arrays)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(arrays), model.labels_)
    assert_same(again.run_, model.run_)
    ensemble = model.run_.ensemble
    assert ensemble is None or ensemble.components == ()  # they are large
    with pytest.raises(NotFittedError):
        clone(model).predict(arrays)
    assert clone(model).get_params() == model.get_params()


def compiled():
    """How many signatures of all kernels are compiled."""
    for module in pkgutil.walk_packages(kernels.__path__, f"{kernels.__name__}."):
        importlib.import_module(module.name)
    modules = [m for name, m in sys.modules.items() if name.startswith(kernels.__name__)]
    found = {id(k): k for m in modules for k in vars(m).values() if isinstance(k, CPUDispatcher)}
    return sum(len(kernel.signatures) for kernel in found.values())


@both
def test_an_estimator_mapped_from_a_file_compiles_nothing_new(estimator, tmp_path):
    arrays, _ = groups(n_inputs=2)
    model = hasty(estimator).fit(arrays)
    told = model.predict(arrays), model.transform(arrays), model.score(arrays)
    before = compiled()
    assert before or numba.config.DISABLE_JIT
    joblib.dump((model, from_arrays(arrays)), tmp_path / "mapped.joblib")
    mapped, data = joblib.load(tmp_path / "mapped.joblib", mmap_mode="r")
    assert not mapped.run_.parameters.flags.writeable
    assert not data.values.flags.writeable
    for X in (arrays, data):
        again = mapped.predict(X), mapped.transform(X), mapped.score(X)
        for one, other in zip(again, told, strict=True):
            np.testing.assert_array_equal(one, other)
    assert_same(hasty(estimator).fit(data).run_.parameters, model.run_.parameters)
    assert compiled() == before


def test_what_follows_from_a_run_is_not_pickled():
    model = hasty(BingoLSTM).fit(groups()[0])
    model.predict(groups()[0])
    assert "_assigner" not in model.__getstate__()
    network = model._assigner.network
    assert network.hidden is network.hidden
    assert vars(pickle.loads(pickle.dumps(network))).keys() == {"settings", "n_inputs", "exact"}
    older = model.__getstate__() | {"_assigner": model._assigner}  # as pickles had it before
    again = BingoLSTM()
    again.__setstate__(older)
    np.testing.assert_array_equal(again.predict(groups()[0]), model.labels_)


@both
def test_set_output_names_the_columns(estimator):
    pandas = pytest.importorskip("pandas")
    table = np.array([a[:20, 0] for a in groups()[0]])
    frame = pandas.DataFrame(
        table, columns=[f"t{k}" for k in range(20)], index=list("abcdefghijkl")
    )
    model = estimator(**QUICK).set_output(transform="pandas").fit(frame)
    found = model.transform(frame)
    name = estimator.__name__.lower()
    assert list(found.columns) == [f"{name}{k}" for k in range(model.outputs_.shape[1])]
    assert list(found.columns) == list(model.get_feature_names_out())
    assert list(found.index) == list("abcdefghijkl")
    assert list(model.feature_names_in_) == list(frame.columns)
    assert list(model.fit([a[:20] for a in groups()[0]]).transform(groups()[0]).columns) == list(
        found.columns
    )


def halved(X):
    return [x / 2 for x in X]


@neo_slow
def test_pipeline_and_grid_search_over_ragged_sequences(estimator):
    arrays, truth = groups(9)
    mixed = np.random.default_rng(0).permutation(18)  # so that every fold has both groups
    arrays, truth = [arrays[n] for n in mixed], truth[mixed]
    pipeline = make_pipeline(FunctionTransformer(halved), for_two(estimator, restarts=4))
    assert homogeneity_score(truth, pipeline.fit_predict(arrays)) > 0.999
    name = estimator.__name__.lower()
    grid = {f"{name}__epochs": [1, 3], f"{name}__blocks": [(1,), (1, 1)]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(arrays)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert homogeneity_score(truth, search.predict(arrays)) > 0.999
    grid = {f"{name}__epochs": [1, 3]}
    supervised = GridSearchCV(pipeline, grid, cv=2, scoring="adjusted_rand_score")
    assert supervised.fit(arrays, truth).best_score_ > 0.5


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"recipe": "stedy"}, ValueError),
        ({"restarts": 0}, UsageError),
        ({"settings": {"sede": 1}}, UsageError),
        ({"blocks": (0,)}, UsageError),
        ({"outputs": 9}, ValueError),
        ({"scaling": "much"}, UsageError),
    ],
)
@both
def test_parameters_that_make_no_sense_are_refused_when_fitting(estimator, changes, error):
    model = estimator(**{**QUICK, **changes})
    with pytest.raises(error):
        model.fit(groups(3)[0])


@both
@pytest.mark.parametrize(
    "X", [[np.ones(3)], [np.ones(3), np.ones(4)], [np.ones(3), np.ones((3, 2))]]
)
def test_bad_sequences_are_refused(estimator, X):
    with pytest.raises(ValueError):
        estimator(**QUICK).fit(X)


def test_neo_has_no_automatic_outputs():
    with pytest.raises(UsageError, match="binary"):
        NeoLSTM(outputs="auto", **QUICK).fit(groups()[0])


def test_the_examples_of_the_docstrings_run():
    result = doctest.testmod(estimators)
    assert result.attempted >= 15
    assert not result.failed


def test_importing_the_package_stays_light():
    program = (
        "import sys, lstmtool; heavy = {'numpy', 'sklearn', 'numba'} & set(sys.modules);"
        "assert not heavy, heavy; assert lstmtool.BingoLSTM; assert 'sklearn' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    assert set(lstmtool.__all__) <= set(dir(lstmtool))
    assert lstmtool.as_sequences is as_sequences
    with pytest.raises(AttributeError):
        lstmtool.Nothing  # noqa: B018


def test_what_is_imported_when_asked_for_is_imported_for_type_checkers():
    tree = ast.parse(Path(lstmtool.__file__).read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    assert ast.unparse(block.test) == "TYPE_CHECKING"
    # Only names imported as themselves are exported: `from x import name as name`.
    names = [(alias.name, alias.asname) for part in block.body for alias in part.names]
    assert sorted([*names, ("__version__", "__version__")]) == [(k, k) for k in lstmtool.__all__]


CLIENT = """
import numpy as np
from lstmtool import BingoLSTM, NeoLSTM, TrainedRun, as_sequences, load_run, load_sequences, plot
from lstmtool.training.restart import Progress


def enough(progress: Progress) -> bool:
    return progress.epoch > 100


data = as_sequences([[1.0, 2.0], [3.0]], unequal=True)
model = BingoLSTM(outputs=1, verbose=1, callback=enough).fit(data)
run: TrainedRun = model.run_
run.save("run.h5")
run = load_run("run.h5")
n_sequences: int = len(load_sequences("data.csv"))
clusters: np.ndarray = run.predict(data)
sure = run.clusters[run.confidence > 0.9]
word: str = run.assessment.confidence.word
seen = run.activations(data)
state: np.ndarray = seen["cell_states"]
axes: tuple[str, ...] = seen.dims["gates"]
steps = len(seen.of(0).panels[0].values)
plot.outputs(run).savefig("outputs.png")
plot.activations(seen, 0, kind="cell_state").savefig("states.png")
for figure in (plot.clusters(run), plot.learning_curves(run, quantity="sigma")):
    figure.suptitle(f"{word}: {run.outputs.shape}, {run.weights['output_unit']}")
reveal_type(data)
reveal_type(model)
reveal_type(run.confidence)
reveal_type(NeoLSTM().predict(data))
NeoLSTM(epoch=1)
run.cluster
"""


@pytest.mark.slow
def test_type_checkers_know_what_the_package_exports(tmp_path):
    pytest.importorskip("mypy")
    program = tmp_path / "user.py"
    program.write_text(CLIENT)
    found = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--ignore-missing-imports"),
            *("--follow-imports=silent", "--cache-dir", tmp_path / "cache", program),
        ],
        env={**os.environ, "MYPYPATH": str(Path(lstmtool.__file__).parent.parent)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    ).stdout
    for kind in (
        "lstmtool.data.sequences.Sequences",
        "lstmtool.estimators.BingoLSTM",
        "numpy.ndarray[",
    ):
        assert f'Revealed type is "{kind}' in found
    assert found.count('Revealed type is "numpy.ndarray[') == 2
    assert 'Unexpected keyword argument "epoch" for "NeoLSTM"' in found
    assert '"TrainedRun" has no attribute "cluster"' in found
    assert "Found 2 errors" in found, found


def test_the_run_of_an_estimator_knows_its_sequences():
    arrays, _ = groups()
    model = hasty(BingoLSTM, verbose=0).fit(arrays)
    run = model.run_
    np.testing.assert_array_equal(run.outputs, model.outputs_)
    np.testing.assert_array_equal(run.predict(arrays), run.clusters)
    assert adjusted_rand_score(run.clusters, model.labels_) == 1.0
    assert run.activations(arrays)["outputs"].shape == (12, max(map(len, arrays)), 2)


def test_lines_say_how_far_training_is(capsys, monkeypatch):
    arrays, _ = groups()
    quick = {"restarts": 2, "settings": {"selection_pairs": 1}, "epochs": 30}
    silent = BingoLSTM(**quick).fit(arrays)
    assert not capsys.readouterr().out
    model = BingoLSTM(verbose=2, **quick).fit(arrays)
    lines = capsys.readouterr().out.splitlines()
    for line in lines[:-1]:
        assert re.match(
            r"\[BingoLSTM\] (.+, restart \d/2|restart \d/2 done): [\d,]+ of [\d,]+ epochs", line
        )
    assert any(re.match(r"\[BingoLSTM\] bingo, restart 2/2: .* bits", line) for line in lines)
    assert lines[-2].startswith("[BingoLSTM] restart 2/2 done: ")
    assert "[BingoLSTM] 2 restarts in " in lines[-1]
    assert_same(model.run_.parameters, silent.run_.parameters)
    BingoLSTM(verbose=1, **quick).fit(arrays)
    assert len(capsys.readouterr().out.splitlines()) < len(lines)


def test_a_callback_sees_every_restart_and_may_end_training():
    arrays, _ = groups()
    quick = {"restarts": 3, "settings": {"selection_pairs": 1}, "n_jobs": 2, "surrogates": 2}
    seen = []
    whole = BingoLSTM(callback=seen.append, **quick).fit(arrays)
    assert {progress.restart for progress in seen} == {0, 1, 2}
    assert whole.run_.null_test is not None
    assert max(progress.epoch for progress in seen) == whole.run_.restarts["epochs"].max()
    ended = BingoLSTM(callback=lambda progress: progress.epoch >= 40, **quick).fit(arrays)
    assert ended.run_.restarts["epochs"].max() < whole.run_.restarts["epochs"].min()
    assert ended.run_.null_test is None
    assert np.isfinite(ended.outputs_).all()
    grown = BingoLSTM(callback=lambda progress: True, outputs="auto", **quick).fit(arrays)
    assert "training was stopped" in grown.run_.notes[-1]

    def broken(progress):
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        BingoLSTM(callback=broken, **quick).fit(arrays)


WITHOUT_GROUPS = {
    "noise": lambda rng: rng.normal(size=60),
    "sinusoid": lambda rng: np.sin(np.arange(60) / 3 + rng.uniform(0, 6)) + rng.normal(0, 0.5, 60),
    "walk": lambda rng: np.cumsum(rng.normal(size=60)),
}


@pytest.mark.parametrize(
    ("estimator", "outputs"),
    [(BingoLSTM, 1), (BingoLSTM, 2), pytest.param(NeoLSTM, 1, marks=pytest.mark.slow)],
    ids=str,
)
@pytest.mark.parametrize("kind", WITHOUT_GROUPS)
def test_nothing_is_sure_where_there_is_nothing_to_find(kind, estimator, outputs):
    rng = np.random.default_rng(1)
    arrays = [WITHOUT_GROUPS[kind](rng) for _ in range(12)]
    model = estimator(outputs=outputs, restarts=2, random_state=1).fit(arrays)
    found = assess(model.run_)
    assert model.confidence_ == found.confidence.word != "high"
    assert found.confidence.reasons or found.confidence.sizes == (12,)  # nothing to split
    if kind == "noise":
        assert model.confidence_ == "low"
        assert "there may be no groups in these data" in "\n".join(found.warnings)


@pytest.mark.slow
def test_two_groups_that_were_found_are_fairly_sure():
    arrays, own = groups(per_group=15)
    model = BingoLSTM().fit(arrays)
    assert adjusted_rand_score(own, model.labels_) == 1.0
    assert model.confidence_ in ("high", "moderate")


def test_inputs_in_another_order_are_found_by_name_with_a_warning():
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    frames = [
        pandas.DataFrame({"cur": rng.normal(0, s, 30), "vib": rng.normal(0, 1, 30)})
        for s in [0.1] * 6 + [2.0] * 6
    ]
    model = BingoLSTM(outputs=1, restarts=2).fit(frames)
    turned = [frame[["vib", "cur"]] for frame in frames]
    with pytest.warns(DataWarning, match="Inputs reordered by name: cur, vib"):
        found = model.predict(turned)
    np.testing.assert_array_equal(found, model.labels_)
    other = [frame.rename(columns={"cur": "amp"}) for frame in frames]
    with pytest.raises(DataError, match="names of the data's inputs differ") as caught:
        model.predict(other)
    assert "--" not in str(caught.value)


@both
def test_a_consensus_gives_the_labels(estimator):
    data = small_sequences(18)
    model = estimator(consensus=True, **QUICK | {"restarts": 3}).fit(data)
    answer = model.consensus_.answer
    assert model.labels_.tolist() == model.predict(data).tolist() == answer.clusters.tolist()
    assert model.n_clusters_ == len(answer.sizes) and model.run_.settings.consensus
    np.testing.assert_allclose(model.assign(data).confidence, answer.confidence)
    assert_same(pickle.loads(pickle.dumps(model)).predict(data), model.labels_)


def test_a_number_of_clusters_sets_the_outputs():
    data = small_sequences(18)
    model = BingoLSTM(clusters=3, **QUICK).fit(data)
    assert model.run_.settings.network.outputs == 2 and model.run_.settings.clusters == 3
    assert model.n_clusters_ <= 3 and model.codes_ is None
    with pytest.raises(UsageError, match="5 clusters need 3 outputs"):
        BingoLSTM(clusters=5, outputs=2).fit(data)
    with pytest.raises(DataError, match="20 clusters are too many for 18 sequences"):
        NeoLSTM(clusters=20).fit(data)


@both
def test_without_a_consensus_there_is_none(estimator):
    assert estimator(**QUICK).fit(small_sequences(18)).consensus_ is None
