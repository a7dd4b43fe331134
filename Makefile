# SPDX-License-Identifier: Apache-2.0
# Two commands matter: `make up` runs the product, `make test` proves it. Both install the Debian packages they miss.

# C code (BoringSSL, scrypt) is optimised in debug builds too: a login takes 0.1 s instead of 1 s.
SWIFT_FLAGS ?= -Xcc -O2
# Checks of the build alone, such as CI's.
BUILD_FLAGS ?=
BUILD := .build/debug
ARGS ?=
# Tests at once. Without a bound all of a thousand stand in line for two threads, and each waits for the others' work.
TEST_WIDTH := SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=32

.DEFAULT_GOAL := help
.PHONY: help up test chaos histories soak build release bench fuzz lint format certs packages packages-test packages-bench screenshot clean

help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-12s %s\n", $$1, $$2 }'

up: packages ## Build and run everything in one process: https://localhost:8443 (ARGS="--listen 127.0.0.1:9443 …")
	@test -x $(BUILD)/gatecast || echo "Building gatecast: the first time takes some ten minutes, later ones seconds."
	@scripts/build $(SWIFT_FLAGS) --product gatecast
	@exec $(BUILD)/gatecast up $(ARGS)

test: packages-test ## Install what tests need, build, run every test (FILTER=Name runs a part)
	@swift build $(SWIFT_FLAGS) $(BUILD_FLAGS) --build-tests
	@$(TEST_WIDTH) swift test $(SWIFT_FLAGS) --skip-build $(if $(FILTER),--filter $(FILTER))

soak: packages-test ## Reload under load, and reconnect over and over, for longer than `make test` does (ROUNDS=300, SOCKETS=1000; a few minutes)
	@swift build $(SWIFT_FLAGS) $(BUILD_FLAGS) --build-tests
	@GATECAST_SOAK_ROUNDS=$(or $(ROUNDS),300) GATECAST_SOAK_SOCKETS=$(or $(SOCKETS),1000) timeout 1800 \
		swift test $(SWIFT_FLAGS) --skip-build --filter SoakTests

build: packages ## Build all executables (debug)
	@swift build $(SWIFT_FLAGS)

release: packages ## Build all executables, optimised, Swift runtime linked in
	@swift build -c release --static-swift-stdlib

# Apart from .build, so that measuring and testing do not wait for each other.
BENCH_BUILD ?= .build-release
bench: packages-bench ## Measure a release build beside nginx, nchan and HAProxy (ONLY="requests …" ROUNDS=5 SECONDS=2; docs/benchmarks.md)
	@swift build -c release --static-swift-stdlib --scratch-path $(BENCH_BUILD) --product gatecast
	@swift build -c release --static-swift-stdlib --scratch-path $(BENCH_BUILD) --product tasks-service
	@python3 Benchmarks/bench.py $(ONLY) --rounds $(or $(ROUNDS),5) --seconds $(or $(SECONDS),2) --gatecast $(BENCH_BUILD)/release/gatecast

fuzz: packages ## Fuzz parsers of HTTP, WebSocket, Redis and MessagePack, header rules, cookies, tokens, a minute each (ONLY=request-head SECONDS=600; Fuzz/README.md)
	@SECONDS=$(or $(SECONDS),60) Fuzz/run $(ONLY)

chaos: packages-test ## Kill gateways and Redis at random under a model that knows every id (SECONDS=300 SEED=…)
	@swift build $(SWIFT_FLAGS) $(BUILD_FLAGS) --build-tests
	@GATECAST_CHAOS_SECONDS=$(or $(SECONDS),300) GATECAST_CHAOS_SEED=$(SEED) swift test $(SWIFT_FLAGS) --skip-build --filter ChaosTests

histories: packages-test ## Random histories of the live hub under the reference model, without sockets (SEEDS=100000)
	@swift build $(SWIFT_FLAGS) $(BUILD_FLAGS) --build-tests
	@GATECAST_HISTORIES=$(or $(SEEDS),100000) swift test $(SWIFT_FLAGS) --skip-build --filter HistoryTests

lint: ## Check formatting and repository rules (the same in CI)
	@scripts/lint

format: ## Format every Swift file in place
	@swift format -i -r -p --configuration .swift-format Sources Tests Fuzz Package.swift

certs: packages ## Make the local CA and the certificate for localhost under certs/ (ARGS=--trust: and trust it here)
	@scripts/build $(SWIFT_FLAGS) --product gatecast
	@$(BUILD)/gatecast certs $(ARGS)

screenshot: packages-test ## Take docs/page-*.png in headless Chromium from a running product it starts itself
	@swift build $(SWIFT_FLAGS) --product gatecast
	@scripts/screenshot

packages:
	@scripts/packages libssl-dev libhiredis-dev libsqlite3-dev libargon2-dev libcrypt-dev

packages-test:
	@scripts/packages libssl-dev libhiredis-dev libsqlite3-dev libargon2-dev libcrypt-dev redis-server nodejs node-typescript python3-venv prometheus
	@scripts/packages chromium libnss3-tools || echo "gatecast: without a browser its tests are skipped." >&2
	@scripts/interop
	@examples/django/run install || echo "gatecast: without them the test of examples/django is skipped." >&2
	@scripts/python-packages channels==4.3.2 channels-redis==4.3.0 daphne==4.2.3 playwright==1.65.2 axe-playwright-python==0.1.8 check-jsonschema==0.39.0 schemathesis==4.32.5

packages-bench:
	@scripts/packages libssl-dev libhiredis-dev libsqlite3-dev libargon2-dev libcrypt-dev gcc python3 openssl curl nginx-light libnginx-mod-nchan haproxy wrk nghttp2-client redis-server

clean: ## Remove build products; keeps var/ (data) and certs/
	@rm -rf .build .build-release .build-fuzz
