# `make demo` and `make test` set up everything they need. VENV=path reuses an environment.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
# Tests side by side, each with one thread: small networks gain little from a second.
PYTEST = OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

.PHONY: demo test check fashion lowest clean

$(VENV)/.installed-%: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[$*]"
	touch $@

demo: $(VENV)/.installed-demo
	@$(BIN)/python -m benchmarks demo

test: $(VENV)/.installed-test,peers fashion check lowest

check: $(VENV)/.installed-test,peers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	GANEVAL_TESTS_STRICT=1 $(PYTEST)

# Debian's Fashion-MNIST, for tests on real images; elsewhere those tests are skipped.
fashion:
	@if [ ! -d /usr/share/datasets/fashion-mnist ] && command -v apt-get >/dev/null; then \
	  as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	  $$as_root apt-get update -qq && $$as_root apt-get install -y -qq dataset-fashion-mnist; fi

# The oldest light dependencies that pyproject.toml admits, laid over the same torch.
.lowest/.installed: constraints/lowest.txt | $(VENV)/.installed-test,peers
	rm -rf .lowest
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target .lowest -r constraints/lowest.txt
	touch $@

lowest: .lowest/.installed
	PYTHONPATH=$(CURDIR)/.lowest $(PYTEST) -m "not slow and not peer" tests/test_lowest.py tests/sources tests/cli

clean:
	rm -rf .venv .lowest demo
