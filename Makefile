# make demo    train the digits program on minitorch and on PyTorch, side by side
# make test    everything that CI checks; DEVICE=cuda: the tests that run on a card, alone
# make bench   how fast minitorch is beside PyTorch, in half a minute
# make lessons  run every lesson from top to bottom; make book: build the website of them, out/book
# make docs   build the website: guides, reference, lessons, in out/docs. LESSONS=none: without running the lessons
#             (or text, short); CHECK=1: then look at every page
# make coverage  which lines the tests reach; make drawing: docs/images/architecture.svg from the imports
# make gpu     tests, comparisons and measurements on a card, in six minutes or so
# make dist    the wheel and the source distribution, in dist; make check-dist: install and use them in clean
#              environments, with NumPy alone, on each of PYTHONS that is there
#
# All but gpu set up .venv first, once. PYTHON names the Python that does it (3.11 or newer), ARGS the demo's flags.

PYTHON ?= python3
DEVICE ?= cpu
# The net is too small to share among threads: one is faster, on both engines.
ARGS ?= --threads 1
PYTHONS ?= python3.11 python3.12 python3.13
BIN := .venv/bin
READY := .venv/ready

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test bench lessons book docs coverage drawing gpu lint dist check-dist clean

demo: $(READY)
	$(BIN)/minitorch digits $(ARGS)

ifeq ($(DEVICE),cuda)
# Without a card they are skipped, and say why. .venv has neither PyTorch for CUDA nor CuPy unless they were put there:
# PYTHON, where it is given, is the Python that has them.
ifeq ($(origin PYTHON),file)
test: PYTHON := $(BIN)/python
test: $(READY)
endif
test:
	$(PYTHON) -m pytest -q --device cuda tests/test_cuda_*.py
else
test: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2
endif

# Everything that needs a card: tests, comparisons, the benchmark. With the Python that has PyTorch for CUDA, and CuPy.
gpu:
	PYTHON=$(PYTHON) bash benchmarks/gpu_run.sh

# Slow is no failure, another result is. One thread: on a machine that others use, too, two wait for each other.
bench: $(READY)
	$(BIN)/minitorch bench --quick --threads 1

# In full, trainings included. `minitorch lessons run --short` is what tests do.
lessons: $(READY)
	$(BIN)/minitorch lessons run

book: $(READY)
	$(BIN)/minitorch lessons build

LESSONS ?= full
docs: $(READY)
	$(BIN)/python -m docs.site --lessons $(LESSONS:0=none) $(if $(CHECK),--check)

# coverage is not among what CI installs: `.venv/bin/python -m pip install coverage`, once. Three times as long as the
# tests alone. Examples and tests run apart, so that the page can tell what an example alone reaches; a test that fails
# for being watched (it counts open files, or seconds) does not end it.
coverage: $(READY)
	rm -f .coverage .coverage.*
	-OMP_NUM_THREADS=1 $(BIN)/python -m coverage run --context=examples -m pytest -q -n 2 minitorch
	-OMP_NUM_THREADS=1 $(BIN)/python -m coverage run --context=tests -m pytest -q -n 2 tests
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python tests/coverage_by_room.py --write

drawing: $(READY)
	$(BIN)/python tests/draw_architecture.py

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/python -m mypy

dist: $(READY)
	rm -rf dist
	$(BIN)/python -m hatchling build -d dist

# Needs a connection: packages are fetched for each Python, ten minutes in all.
check-dist: dist
	$(BIN)/python tools/check_dist.py dist --pythons "$(PYTHONS)"

clean:
	rm -rf .venv dist out

# Written last, so an installation that broke off is begun anew.
$(READY): pyproject.toml requirements/ci.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "minitorch needs Python 3.11 or newer, this is " + sys.version)'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet -r requirements/ci.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
