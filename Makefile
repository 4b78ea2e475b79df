# `make run` and `make test` need Python 3.11+ and pip; they install everything else.
PYTHON ?= python3
VENV ?= .venv
CONFIG ?= configs/quickstart.yaml
ARGS ?=
WORKERS ?= 2
EXTRAS ?= bundled,hub,prefect
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help run smoke test test-slow test-ui test-operate test-scale test-image fuzz soak robust test-lowest pin-lowest check lint format docs bench-clean bench-scale bench-scripts bench-tmx bench-encode bench-mine bench-triplets bench-train bench-quality serve bench-scale-all bench-scale-out cost-model bench-pools bench-division bench-noise bench-scale-train bench-many-languages bench-retrieval bench-mteb bench-search bench-overhead bench-shared-workspace gate-study clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.run ## Run the pipeline on CONFIG (default: the quickstart); ARGS="--set train.steps=300"
	$(BIN)/python -m flows.align $(CONFIG) $(ARGS)

smoke: $(VENV)/.run ## Run every stage on a tiny corpus, in about a minute
	$(BIN)/python -m flows.align configs/smoke.yaml --workspace workspace/smoke $(ARGS)

test: $(VENV)/.test ## Run the tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

test-slow: $(VENV)/.bench $(VENV)-mlflow/bin/mlflow ## Run the tests that take minutes on real input
	$(BIN)/python -m pytest -m slow --timeout 1800 $(ARGS)

test-ui: $(VENV)/.test ## The pages of Prefect in a browser, with a real server and worker (ten minutes; needs Chromium)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/ui_prefect -m ui --timeout 900 $(ARGS)

test-image: ## Execute the Dockerfile in a clean Debian, then run it without rights (root, debootstrap, 20 minutes)
	$(PYTHON) tests/image/build.py $(ARGS)

fuzz: $(VENV)/.test ## Damaged inputs of every kind for FUZZ_MINUTES (60), with limits on time and memory
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.fuzz

soak: $(VENV)/.test ## SOAK_RUNS (200) runs, each killed, starved or damaged at random; every invariant is checked
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.soak

test-operate: $(VENV)/.test ## Kills, outages, full disks and a week of nightly runs on a real server, for an hour (OPERATE_SLOW=3 on a busy machine)
	$(BIN)/python -m pytest -m operate tests/operate --timeout 3600 $(ARGS)

test-scale: $(VENV)/.scale ## The smoke pipeline and a training on a Ray cluster of groups of processes, and of network namespaces (root); what is killed and cut off (20 minutes)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m scale tests/scale $(ARGS)

robust: $(VENV)/.bench ## What was once seen to go wrong and its variations, by section (ROBUST_SECTIONS)
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.robust

test-lowest: $(VENV)/bin/python ## Run the tests with the lowest allowed version of every dependency
	$(PYTHON) -m venv $(VENV)-lowest
	@echo "Installing the lowest allowed versions into $(VENV)-lowest"
	@$(VENV)-lowest/bin/python -m pip --disable-pip-version-check install --quiet --constraint constraints-lowest.txt --editable '.[bundled,hub,prefect,dev]'
	OMP_NUM_THREADS=1 $(VENV)-lowest/bin/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

# The tools for tests keep the versions of constraints.txt, and torch its own: old builds are gigabytes.
TOOLS := boto3|botocore|faiss-cpu|flask[a-z-]*|hypothesis|jsonschema|kubernetes-validate|moto|mypy|playwright|psutil|pytest[a-z-]*|ruff|torch|types-[a-zA-Z-]*
UV ?= uv
pin-lowest: ## Write constraints-lowest.txt, the lowest allowed versions (needs uv)
	(grep -E '^($(TOOLS))==' constraints.txt; echo 'fsspec>=2024.6') | $(UV) pip compile --quiet --no-header --no-annotate \
	    --resolution lowest-direct --python-version 3.11 --python-platform linux \
	    --extra bundled --extra hub --extra prefect --extra dev pyproject.toml - --output-file $(VENV)-lowest.txt
	(echo '# The lowest versions that pyproject.toml allows, for `make test-lowest`. Made by `make pin-lowest`.'; \
	    grep -vE '^(nvidia|cuda|triton)' $(VENV)-lowest.txt) > constraints-lowest.txt
	rm $(VENV)-lowest.txt

docs: $(VENV)/.docs ## Build the documentation site into site/, without warnings
	$(BIN)/python -m mkdocs build --strict

check: lint test ## Lint, types, import contracts, tests

lint: $(VENV)/.test ## Lint, formatting, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.test ## Format the code
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .

bench-clean: $(VENV)/.test ## Cleaning compared with OpusFilter, on 1.3 million pairs (fetches 350 MB)
	$(BIN)/python -m benchmarks.clean

bench-scale: $(VENV)/.test ## Time and memory of cleaning at 100 k, 1 M and 10 M pairs
	$(BIN)/python -m benchmarks.scale

bench-scale-all: $(VENV)/.test ## Every stage at 100 k, 1 M and 10 M pairs (SCALE_SIZES=100000,1000000; an hour and a half, 40 GB of disk)
	$(BIN)/python -m benchmarks.scale_all $(ARGS)

bench-scripts: $(VENV)/.test ## Good pairs that the filters lose, by script, spelling and number format (fetches 22 MB)
	$(BIN)/python -m benchmarks.scripts

bench-tmx: $(VENV)/.test ## Time and memory of reading a TMX file of 2 GB
	$(BIN)/python -m benchmarks.tmx

bench-encode: $(VENV)/.test ## Encoding compared with SentenceTransformer.encode
	$(BIN)/python -m benchmarks.encode

bench-mine: $(VENV)/.test ## Hard negatives of 100,000 pairs compared with mine_hard_negatives and faiss (five minutes of encoding first; half an hour without bf16)
	$(BIN)/python -m benchmarks.mine

bench-pools: $(VENV)/.test ## Time and memory of mining at 100 k and 1 M pairs, and what a pool finds of the nearest
	$(BIN)/python -m benchmarks.pools

bench-triplets: $(VENV)/.test ## Random and lexical triplets of a million pairs
	$(BIN)/python -m benchmarks.triplets

bench-train: $(VENV)/.test ## Training compared with sentence-transformers' trainer (which needs 20 GiB)
	$(BIN)/python -m benchmarks.train

bench-scale-train: $(VENV)/.test ## Memory and first step of training on 1 and 4 million triplets
	$(BIN)/python -m benchmarks.scale_train

bench-many-languages: $(VENV)/.test ## Memory and first step of training on 1.84 million misspelled triplets of 397 languages (fetches 350 MB)
	$(BIN)/python -m benchmarks.many_languages

bench-retrieval: $(VENV)/.bench ## 100,000 x 100,000 sentences compared with LASER's xsim (faiss) and MTEB's evaluator (ten minutes)
	$(BIN)/python -m benchmarks.retrieval

bench-mteb: $(VENV)/.bench ## MTEB's own Tatoeba task on the champion of the quickstart, and ours on the same file (ALIGNMENT_TATOEBA=FILE ARGS=MODEL)
	$(BIN)/python -m benchmarks.mteb_task $(ARGS)

gate-study: $(VENV)/.test ## How often the gate errs, over 2,000 simulated pairs of models (a minute or three)
	$(BIN)/python -m benchmarks.gate_study

bench-quality: $(VENV)/.test ## Tatoeba after 45 minutes of training on all catalogs (ALIGNMENT_TATOEBA=FILE)
	$(BIN)/python -m benchmarks.quality

bench-division: $(VENV)/.test ## What it costs to divide a language: mining in one go and in parts (ten minutes)
	$(BIN)/python -m benchmarks.division $(ARGS)

bench-noise: $(VENV)/.test ## Scores of planted noise in ten languages; NOISE_TRAINING=1 also trains on it (ALIGNMENT_TATOEBA=FILE)
	$(BIN)/python -m benchmarks.noise

bench-search: $(VENV)/.test ## Exact search, faiss and hnswlib on 100,000 sentences (ALIGNMENT_TATOEBA=FILE)
	$(BIN)/python -m benchmarks.search

bench-overhead: $(VENV)/.test ## The pipeline as a Prefect flow compared with the library (ten minutes)
	$(BIN)/python -m benchmarks.overhead $(ARGS)

bench-shared-workspace: $(VENV)/.test ## A workspace in a bucket compared with a directory (five minutes)
	$(BIN)/python -m benchmarks.shared_workspace $(ARGS)

bench-scale-out: $(VENV)/.scale ## The stages of each language on one machine of a Ray cluster and on two (SCALE_OUT_PAIRS=200000; two free cores)
	$(BIN)/python -m benchmarks.scale_out

cost-model: $(VENV)/.test ## What a run costs by the size of its corpus, and what a billion pairs need (ARGS=--check compares it with what was measured)
	$(BIN)/python -m benchmarks.cost_model $(ARGS)

serve: $(VENV)/.run ## Start a Prefect server and worker on loopback, with the deployments
	$(BIN)/python -m flows.serve

# The server wants an older pyarrow than constraints.txt has, so tests start it from its own environment.
$(VENV)-mlflow/bin/mlflow:
	@echo "Installing the MLflow server of the slow tests into $(VENV)-mlflow"
	@$(PYTHON) -m venv $(VENV)-mlflow
	@$(VENV)-mlflow/bin/python -m pip --disable-pip-version-check install --quiet mlflow==3.17.2

clean: ## Remove the environment (the workspace, with its models, stays)
	rm -rf $(VENV)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(v < (3, 11) and "Python 3.11 or newer is needed, this is %d.%d: make PYTHON=python3.12 ..." % v)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python pyproject.toml setup.py constraints.txt
	@echo "Installing into $(VENV) (the first time takes some minutes)"
	@$(PIP) --editable '.[$(EXTRAS)]'
	@touch $@

$(VENV)/.docs: $(VENV)/.run
	@echo "Installing the tools for the documentation into $(VENV)"
	@$(PIP) --editable '.[bundled,hub,prefect,docs]'
	@touch $@

$(VENV)/.test: $(VENV)/.run
	@echo "Installing the tools for tests into $(VENV)"
	@$(PIP) --editable '.[bundled,hub,mlflow,prefect,dev]'
	@touch $@

$(VENV)/.scale: $(VENV)/.test
	@echo "Installing Ray into $(VENV)"
	@$(PIP) --editable '.[bundled,hub,mlflow,prefect,ray,dev]'
	@touch $@

$(VENV)/.bench: $(VENV)/.test
	@echo "Installing the libraries that slow tests compare with into $(VENV)"
	@$(PIP) --editable '.[bundled,hub,mlflow,onnx,prefect,dev,bench]'
	@touch $@
