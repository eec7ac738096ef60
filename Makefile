# Bare `make` lists the targets. Everything runs in .venv, so nothing outside this folder is changed.

PYTHON ?= python3
N ?= 100000
# A case to run in the demo.
CASE ?= cases/seoul-banner-2026.yaml

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python

# The stamp carries this folder's own number: a tree that was copied or moved makes its .venv afresh,
# where the old one would go on importing the place that it came from.
HERE := $(shell pwd -P | cksum | cut -d' ' -f1)
VENV_STAMP := $(VENV)/.made-$(HERE)
USER_STAMP := $(VENV)/.user
DEV_STAMP := $(VENV)/.dev
EDITOR := tests/editor
METADATA := setup.cfg pyproject.toml
# Named because a comma would end the argument of `call`.
ALL_EXTRAS := [test,dev]

# No question is ever asked, and pip's advice to upgrade itself is noise in a log.
export PIP_NO_INPUT := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help venv demo test cover lint format golden docs site oracle bench editor editor-server wheel clean distclean

help: ## list these targets
	@echo "comity: make TARGET [PYTHON=python3.12]"
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/\1|\2/p' $(firstword $(MAKEFILE_LIST)) \
	  | awk -F'|' '{printf "  make %-10s %s\n", $$1, $$2}'

demo: $(USER_STAMP) ## install into .venv and check the Seoul banner case
	@$(PY) -m comity check $(CASE)

# Every check runs even when an earlier one failed, so that one run shows everything; the exit status
# is still a failure. pytest comes last: its summary is what a reader of the log looks for.
test: $(DEV_STAMP) editor-server ## ruff, mypy, import contracts, then pytest on all processors
	@status=0; \
	$(MAKE) --no-print-directory lint \
	  || { status=1; echo "lint failed (see above); the tests run all the same"; }; \
	$(PY) -m pytest -n auto || status=$$?; \
	exit $$status

cover: $(DEV_STAMP) ## the tests once more, with the coverage of every module (slow)
	@$(PY) -m pytest --cov -n auto

lint: $(DEV_STAMP) ## ruff, mypy and the import contracts, all three even if one fails
	@status=0; \
	$(PY) -m ruff check . || status=1; \
	$(PY) -m ruff format --check . || status=1; \
	$(PY) -m mypy || status=1; \
	$(BIN)/lint-imports --no-logo || status=1; \
	exit $$status

format: $(DEV_STAMP) ## let ruff lay out the code and make its safe repairs
	@$(PY) -m ruff check --fix . ; $(PY) -m ruff format .

golden: $(DEV_STAMP) ## rewrite the golden outputs; read the diff before you commit it
	@$(PY) -m pytest --update-golden

docs: $(DEV_STAMP) ## rewrite what is generated in docs/; read the diff before you commit it
	@$(PY) -m comity.schema docs/schema
	@$(PY) -m comity rules docs -o docs
	@$(PY) -m pytest --update-golden tests/test_docs.py tests/test_lint.py

site: $(DEV_STAMP) ## build the site of the norms and the handbook into site/
	@$(PY) -m comity rules docs --site --handbook docs -o site

oracle: $(DEV_STAMP) ## compare the two evaluators on N random cases (N=100000)
	@$(PY) -m tests.oracle $(N)

bench: $(DEV_STAMP) ## measure start-up, loading and evaluation
	@$(PY) bench/run.py

wheel: $(DEV_STAMP) ## build the sdist and the wheel into dist/, and test an installed wheel
	@$(PY) -m build
	@$(PY) -m pytest tests/test_packaging.py

editor: $(DEV_STAMP) ## ask the YAML language server, as an editor does (needs Node.js and npm)
	@rm -f $(EDITOR)/.tried; $(MAKE) --no-print-directory editor-server
	@$(PY) -m pytest --no-cov -rs tests/test_editor.py

# The server is fetched once. Where that cannot be done its tests are skipped, and say so.
editor-server: $(EDITOR)/.tried
$(EDITOR)/.tried: $(EDITOR)/package-lock.json
	@if command -v node >/dev/null && command -v npm >/dev/null; then \
	  npm ci --prefix $(EDITOR) --silent --no-audit --no-fund --fetch-retries=0 --fetch-timeout=30000 \
	    || echo "the YAML language server could not be fetched; its tests will be skipped"; fi
	@touch $@

venv: $(DEV_STAMP) ## make .venv with everything a developer needs

$(VENV_STAMP):
	@command -v $(PYTHON) >/dev/null 2>&1 || { \
	  echo "comity needs Python 3.10 or later, and '$(PYTHON)' was not found."; \
	  echo "Install it, or name another: make PYTHON=/path/to/python3"; exit 1; } >&2
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo "comity needs Python 3.10 or later; '$(PYTHON)' is $$($(PYTHON) -V 2>&1)."; \
	  echo "Name another: make PYTHON=python3.12"; exit 1; } >&2
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make virtual environments."; \
	  echo "  Debian, Ubuntu: sudo apt-get install python3-venv"; exit 1; } >&2
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

# durable_rules 2.0.28 calls a function that Python 3.13 removed: it compiles with older compilers, fails
# with newer ones, and cannot be imported. The successor takes the same arguments. Upstream has the
# repair (jruizgit/rules, pull request 403) but has not released it. Its setup.py overrides CFLAGS.
SUCCESSOR := -DPyEval_CallObject=PyObject_CallObject
FLAGS_FOR_PYTHON = $(shell $(PY) -c 'import sys; print("$(SUCCESSOR)" * (sys.version_info >= (3, 13)))')
PIP_INSTALL = CPPFLAGS="$$CPPFLAGS $(FLAGS_FOR_PYTHON)" $(PY) -m pip install --quiet

# pip's own words about a failed build are long and do not name the cause, so ours come after them.
# A wheel compiled without the repair may be in pip's cache: hence the trial and the second install.
# $(1) = the extras to install with it
define install
	@echo "installing comity into $(VENV) (the first time takes a minute: durable_rules is compiled)"
	@$(PIP_INSTALL) --editable '.$(1)' || { \
	  echo; echo "The installation failed."; \
	  if ! command -v $${CC:-cc} >/dev/null && ! command -v gcc >/dev/null; then \
	    echo "durable_rules has no ready-made wheels and no C compiler was found."; fi; \
	  echo "If it could not be compiled, a C compiler and the Python headers are needed:"; \
	  echo "  Debian, Ubuntu: sudo apt-get install build-essential python3-dev"; \
	  echo "  Fedora:         sudo dnf install gcc python3-devel"; \
	  echo "  macOS:          xcode-select --install"; \
	  echo "If a package could not be fetched, check the network or set PIP_INDEX_URL."; exit 1; } >&2
	@$(PY) -c 'import durable_rules_engine' 2>/dev/null \
	  || $(PIP_INSTALL) --force-reinstall --no-deps --no-cache-dir 'durable_rules>=2.0.28,<3'
	@$(PY) -c 'import durable_rules_engine' || { \
	  echo "durable_rules was installed but does not work with this Python."; \
	  echo "Try another: make distclean, then make demo PYTHON=python3.12"; exit 1; } >&2
	@$(PY) -m compileall -q engine/comity
endef

# Editable, so that an edited rule or case is in force at once.
$(USER_STAMP): $(METADATA) $(VENV_STAMP)
	$(call install,)
	@touch $@

$(DEV_STAMP): $(METADATA) $(VENV_STAMP)
	$(call install,$(ALL_EXTRAS))
	@touch $(USER_STAMP) $@

clean: ## remove what the tools leave behind, and keep .venv
	@rm -rf build dist site *.egg-info .coverage htmlcov .hypothesis
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	@find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean ## remove .venv as well
	@rm -rf $(VENV) $(EDITOR)/node_modules $(EDITOR)/.tried
