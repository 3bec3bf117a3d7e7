# SPDX-License-Identifier: Apache-2.0
# The verbs for people; CMake and its presets do the work. Every verb works on a Debian 12 with git, make and root or sudo.
.PHONY: all demo test lint format bench package image deb install clean deps

ROOT := $(if $(filter 0,$(shell id -u)),,sudo)

all: deps
	cmake --preset release
	cmake --build --preset release

deps:
	@packaging/install-deps.sh

# KEEP=1 leaves server, agent and engine running.
demo: all
	@KEEP=$(KEEP) lab/demo.sh build/release

test: deps
	cmake --preset dev
	cmake --build --preset dev
	$(ROOT) env AGENT_TEST_STRICT=1 ctest --preset dev; status=$$?; $(if $(ROOT),sudo chown -R $$(id -u) build/dev;) exit $$status

lint: deps
	packaging/lint/sources.sh
	packaging/lint/include_direction.py
	packaging/lint/format.sh
	packaging/lint/tidy.sh

format: deps
	packaging/lint/format.sh --fix

bench: deps
	cmake --preset bench
	cmake --build --preset bench --target benchmarks
	tests/bench/run.sh build/bench

# What a server hands to its hosts, and the image of the Add Host command (IMAGE=name).
package: deps
	cmake --preset package
	cmake --build --preset package
	packaging/package/build.sh build/package

image: package
	$(ROOT) packaging/image/build.sh $(or $(IMAGE),cattle-agent:latest) build/package

deb: all
	cpack --preset deb

install: all
	$(ROOT) cmake --install build/release --strip

clean:
	rm -rf build
