# Everything starts here and needs only make and Python 3.11 or newer: `.ci/venv` makes `.venv` and keeps it
# as pyproject.toml describes it. Paths are relative, so that a checkout may lie in a folder with spaces.

.NOTPARALLEL:
.PHONY: help demo test lint docs bench clean

python := .venv/bin/python
export PDF OPEN
# pyright must not ask the network whether there is a newer one.
export PYRIGHT_PYTHON_IGNORE_WARNINGS = 1

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile

demo: ## send, sign, refuse, receive and check against the simulators (PDF=file.pdf, OPEN=1)
	@sh .ci/venv simulator
	@.venv/bin/paraph demo $(if $(PDF),--pdf "$$PDF") $(if $(OPEN),--open)

# One process more than most machines have cores at least: much of what tests do is waiting. Tests of one
# module or class stay together, so that they share what they set up. WORKERS=0 runs all in one process.
WORKERS ?= 3

test: ## run the whole test suite
	@sh .ci/venv dev
	@$(python) -m pytest -q -n $(WORKERS) --dist loadscope

lint: ## check style, types and the directions of imports
	@sh .ci/venv dev
	$(python) -m ruff check .
	$(python) -m ruff format --check .
	$(python) -m mypy
	$(python) -m pyright
	.venv/bin/lint-imports

docs: ## build the documentation into docs/_build/html; a warning is an error
	@sh .ci/venv dev
	@$(python) -m sphinx -W -n --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: ## measure speed and memory, with peers to compare (ARGS="--quick calls" for some of it)
	@sh .ci/venv bench
	@.venv-bench/bin/python -m benchmarks $(ARGS)

clean: ## remove what make has made
	rm -rf .venv .venv-bench build dist docs/_build docs/_generated paraph-demo
