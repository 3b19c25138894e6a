# Everything that a newcomer types. Needs Python 3.11 or newer and make; the rest is installed here.
#
#   make demo    a simulated shop, its server and its page
#   make test    every test
#   make check   what must pass before a commit: style, types, floors, documents, fast tests
#
# Nothing is installed outside this folder, except (as root, where apt is there) the system packages
# that a virtual environment or a browser test needs.

SHELL := /bin/sh
JOBS ?= 2
RUN := .venv/bin/python -m
READY := .venv/.ready
CODE := src tests tools benchmarks

.DEFAULT_GOAL := help
.PHONY: help install browser faults web clients demo test fast bench check style types floors reference wheel clean

help:  ## say what there is
	@awk -F ':.*## *' '/^[a-z]+:.*##/ { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

install: $(READY)  ## the virtual environment in .venv, exactly as uv.lock says

$(READY): uv.lock pyproject.toml tools/install.sh
	@sh tools/install.sh

browser:  ## Chromium for the tests of the page, where it can be had
	@sh tools/browser.sh

faults:  ## strace, faketime and FUSE for the tests of faults, where they can be had
	@sh tools/faults.sh

web: $(READY)  ## the web page, built into the package
	@.venv/bin/python tools/build_web.py

demo: $(READY) web  ## run Headwater with a simulated shop
	@.venv/bin/headwater demo $(DEMO)

clients: $(READY)  ## the client packages that tests run against the collector, in tests/clients
	@$(RUN) tools.install_clients

test: $(READY) browser faults web clients  ## run every test
	@$(RUN) pytest -n $(JOBS) $(PYTEST)

fast: $(READY)
	@$(RUN) pytest -n $(JOBS) -q -m "not slow" tests/test_house.py tests/contract tests/engine tests/journey tests/attribution

check: $(READY)  ## what must pass before a commit
	@$(MAKE) --no-print-directory --keep-going style types floors reference fast

style: $(READY)
	@$(RUN) ruff check $(CODE)
	@$(RUN) ruff format --check --quiet $(CODE) || { echo "Hint: .venv/bin/ruff format"; exit 1; }
	@.venv/bin/python tools/check_style.py

types: $(READY)
	@$(RUN) mypy

floors: $(READY)
	@.venv/bin/lint-imports --no-logo

reference: $(READY)
	@.venv/bin/python tools/reference.py --check

SIZES ?= 1e6 1e7
RIVAL := .tools-rival/bin/python
PEERS := .tools-peers/bin/python

bench: $(READY)  ## measure speed and durability; takes half an hour (SIZES="1e6 1e7 5e7")
	@test -x $(RIVAL) || { .venv/bin/python -m venv .tools-rival && $(RIVAL) -m pip install --quiet ChannelAttribution matplotlib; }
	@.venv/bin/python benchmarks/events_to_credits.py $(SIZES)
	@.venv/bin/python benchmarks/models_vs_channelattribution.py --rival-python $(RIVAL) --stored
	@test -x $(PEERS) || { .venv/bin/python -m venv .tools-peers && $(PEERS) -m pip install --quiet ChannelAttribution matplotlib \
		marketing-attribution-models mta do-attribution shapley-attribution pychattr pyarrow; }
	@.venv/bin/python benchmarks/models_vs_peers.py --peers-python $(PEERS)
	@.venv/bin/python benchmarks/incremental_at_scale.py
	@.venv/bin/python benchmarks/durable_intake.py
	@.venv/bin/python benchmarks/kill_intake.py
	@.venv/bin/python benchmarks/power_cuts.py

wheel: $(READY) web  ## a wheel and a source archive in dist/
	@.tools/bin/uv build --quiet

clean:  ## forget what was installed and built (no data is touched)
	rm -rf .venv .tools .tools-node .tools-rival .tools-peers dist build node_modules web/node_modules src/headwater/web/static \
		tests/clients/.venv tests/clients/node_modules
