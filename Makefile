# Each target sets up what it needs and says what it does.
PYTHON_HERE := .venv/bin/python
ARGS ?=

.PHONY: help demo serve test check benchmark python web tools clients readers rivals clean

help:
	@echo "make demo       a living demonstration centre in the browser   (ARGS=\"--port 8123 --no-browser --fresh\")"
	@echo "make test       every check and test                           (ARGS=\"-k calendar\")"
	@echo "make check      style, types and the laws of the house"
	@echo "make serve      your own centre                                (ARGS=\"--home DIR\")"
	@echo "make benchmark  measured figures, and the long tests"

.venv/.ready: pyproject.toml constraints.txt prepare.sh
	@./prepare.sh python
	@touch $@

dashboard/frontend/node_modules/.ready: dashboard/frontend/package.json dashboard/frontend/package-lock.json
	@./prepare.sh web
	@touch $@

# Where they cannot be had, the tests that need them are skipped and say so.
.venv-clients/.ready: .venv/.ready
	-@./prepare.sh clients && touch $@

# Where they cannot be had, the rows that need them say so.
.venv-benchmark/.ready: constraints-benchmark.txt .venv/.ready
	-@./prepare.sh benchmark && touch $@

.venv-readers/.ready: .venv/.ready
	-@./prepare.sh readers && touch $@

python: .venv/.ready
clients: .venv-clients/.ready
readers: .venv-readers/.ready
rivals: .venv-benchmark/.ready
web: dashboard/frontend/node_modules/.ready
tools:
	@./prepare.sh tools

# `exec` makes the centre the direct child of make, so that it sees when make alone is interrupted.
demo: python web
	@exec $(PYTHON_HERE) -m testbed demo --with-parent $(ARGS)

serve: python web
	@exec $(PYTHON_HERE) -m testbed serve --with-parent $(ARGS)

check: python
	@echo "» Style"
	@.venv/bin/ruff check --quiet . && .venv/bin/ruff format --check --quiet .
	@echo "» Types"
	@.venv/bin/mypy
	@echo "» Laws of the house"
	@.venv/bin/lint-imports --no-logo >/dev/null || .venv/bin/lint-imports --no-logo

test: python web tools clients readers check
	@echo "» Tests"
	@env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -m pytest -n 4 --dist loadgroup -m "not soak" $(ARGS)

benchmark: python web tools rivals
	@$(PYTHON_HERE) -m testbed benchmark all
	@echo "» Long tests"
	@.venv/bin/python -m pytest -m soak --timeout 3600 $(ARGS)

clean:
	rm -rf .venv .venv-clients .venv-readers .venv-benchmark dashboard/frontend/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
