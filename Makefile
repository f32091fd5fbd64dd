# `make demo` and `make test` need only python3 (3.11 or newer) and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo
RUN := cd $(DEMO) && ../$(BIN)/lstmtool

.PHONY: demo test test-all test-slow test-python test-bounds test-oldest test-oldest-python test-oldest-compiled coverage \
	check bench real-sets data docs notebooks clean

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "lstmtool needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[audio,test]'
	touch $@

$(VENV)/.checks: $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

# The main job on artificial data and on the shipped clarinet sounds.
demo: $(VENV)/.installed
	mkdir -p $(DEMO)
	$(RUN) gen-data artificial -o artificial.h5 --force
	$(RUN) train artificial.h5 --objective bingo -o artificial-run.h5 --force
	$(RUN) gen-data clarinet --phase trigger -o clarinet.h5 --force
	$(RUN) train clarinet.h5 --objective bingo -o clarinet-run.h5 --force
	$(RUN) report artificial-run.h5 --html artificial.html --force
	$(RUN) report clarinet-run.h5 --html clarinet.html --force
	@echo
	@echo The reports:
	@ls $(CURDIR)/$(DEMO)/artificial.html
	@ls $(CURDIR)/$(DEMO)/clarinet.html

# Kernels are compiled into a folder that is removed afterwards, so that they are those of this text, or
# into KERNELS, where that is set. Kernels with bounds checks lie in a folder of their own in either.
with_kernels = folder=$(or $(KERNELS),$$(mktemp -d)); export NUMBA_CACHE_DIR=$$folder; $(1); code=$$?; \
	$(if $(KERNELS),,rm -rf $$folder;) exit $$code

test: $(VENV)/.installed
	$(call with_kernels,$(BIN)/python -m pytest -q -m 'not slow' $(BESIDE))

test-all: test test-slow test-python test-bounds

test-slow: $(VENV)/.installed
	$(call with_kernels,$(BIN)/python -m pytest -q -m slow)

test-python: $(VENV)/.installed
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -q -m 'not slow' $(CORE_TESTS)

test-bounds: $(VENV)/.installed
	$(call with_kernels,NUMBA_BOUNDSCHECK=1 $(BIN)/python -m pytest -q -m 'not slow' $(CORE_TESTS))

# The oldest versions that pyproject.toml allows, in an environment of their own.
OLDEST := .venv-oldest

$(OLDEST)/.installed: pyproject.toml constraints/oldest.txt
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13) and "the oldest versions \
	have wheels for Python 3.11 and 3.12 alone: name one, as in make test-oldest PYTHON=python3.11")'
	$(PYTHON) -m venv $(OLDEST)
	$(OLDEST)/bin/pip install --quiet --disable-pip-version-check --only-binary numpy,scipy \
	--constraint constraints/oldest.txt --editable '.[test]'
	touch $@

# Kernels that another version of Numba compiled are of no use: they lie in folders of their own.
test-oldest test-oldest-compiled: override KERNELS :=

test-oldest: $(OLDEST)/.installed
	$(call with_kernels,$(OLDEST)/bin/python -m pytest -q -m 'not slow' $(BESIDE) $(CORE_TESTS) $(FILE_TESTS))

# The same in two shorter parts: what runs kernels as plain Python, and compiled what depends most on Numba's version.
test-oldest-python: $(OLDEST)/.installed
	NUMBA_DISABLE_JIT=1 $(OLDEST)/bin/python -m pytest -q -m 'not slow' $(CORE_TESTS)

test-oldest-compiled: $(OLDEST)/.installed
	$(call with_kernels,$(OLDEST)/bin/python -m pytest -q -m 'not slow' $(NUMBA_TESTS) $(WRITING_TESTS))

# Tests beside each other; more processes would compile the same kernels more often.
BESIDE := --numprocesses auto --maxprocesses 4 --dist worksteal

# What runs kernels; the rest does not depend on how they are compiled.
CORE_TESTS := tests/kernels tests/objectives tests/supervised tests/training/test_gradient_check.py tests/training/test_batch.py \
	tests/network tests/training/test_selection.py tests/training/test_train.py \
	tests/clustering/test_assess.py tests/data/test_preprocessing.py

# What reads and writes files, and what shows what they hold.
FILE_TESTS := tests/io tests/report tests/cli/test_gen_data.py tests/cli/test_info.py tests/cli/test_convert.py \
	tests/cli/test_assign.py tests/cli/test_report.py tests/test_distribution.py

# What depends most on the version of Numba: the kernels, and all that they are put together to.
NUMBA_TESTS := tests/kernels tests/objectives tests/network tests/training/test_batch.py tests/training/test_gradient_check.py

# What depends most on the version of h5py, and compiles no kernel.
WRITING_TESTS := tests/io/test_atomic.py tests/io/test_hdf5.py tests/io/test_layout.py tests/io/test_readback.py \
	tests/io/test_runs.py tests/io/test_sequences.py tests/io/test_superblock.py tests/io/test_unfinished.py \
	tests/test_distribution.py

# What makes machine code; kernels are seen by coverage as plain Python alone.
COMPILED_TESTS := tests/kernels/test_jit.py tests/kernels/test_subnormals.py tests/kernels/test_elementwise.py \
	tests/kernels/test_products.py

coverage: $(VENV)/.checks
	folder=$$(mktemp -d) && export COVERAGE_FILE=$$folder/coverage NUMBA_CACHE_DIR=$$folder/kernels && \
	NUMBA_DISABLE_JIT=1 $(BIN)/coverage run -m pytest -q -m 'not slow' $(CORE_TESTS) && \
	$(BIN)/coverage run -m pytest -q $(CORE_TESTS:%=--ignore=%) && \
	$(BIN)/coverage run -m pytest -q -m 'not slow' $(COMPILED_TESTS) && \
	$(BIN)/coverage combine -q && $(BIN)/coverage report --fail-under=100; \
	code=$$?; rm -rf $$folder; exit $$code

check: $(VENV)/.checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy lstmtool

# The pages as a site, in build/site; whoever reads it needs no network.
docs: $(VENV)/.docs notebooks
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet
	@ls $(CURDIR)/build/site/index.html

$(VENV)/.docs: $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[docs]'
	touch $@

# The tutorials as notebooks; `python -m docs_site.figures` draws the pages' figures again.
notebooks: $(VENV)/.installed
	$(BIN)/python -m docs_site.notebooks

# Against PyTorch and JAX, in an environment of its own; rewrites benchmarks/RESULTS.md.
bench:
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install --quiet --disable-pip-version-check --editable . \
	-r benchmarks/requirements.txt
	.venv-bench/bin/python benchmarks/run.py

# On sets that nobody here made, beside other packages; rewrites benchmarks/REAL_SETS.md. What is
# finished is kept in benchmarks/real_sets/results.jsonl, so that it may be stopped and started again.
real-sets:
	$(PYTHON) -m venv .venv-real
	.venv-real/bin/pip install --quiet --disable-pip-version-check --editable . \
	-r benchmarks/real_sets/requirements.txt
	.venv-real/bin/python -m benchmarks.real_sets.run

data: $(VENV)/.installed
	$(BIN)/python data/rebuild_clarinet.py
	$(BIN)/python data/rebuild_phonemes.py

clean:
	rm -rf $(VENV) $(OLDEST) .venv-bench .venv-real $(DEMO) build *.egg-info
