# make build      the binary, bin/diarizer
# make test       vet, staticcheck, race-enabled tests, each benchmark once
# make bench      the benchmarks, for figures
# make accuracy   the tables of docs/accuracy.md, DATA=directory of recordings
# make examples   the NATS client for the example in JavaScript
# make fuzz       every fuzz target for FUZZTIME
# make soak       four hours of sound through the whole program, memory watched
# make test-cluster  three workers and three servers, 40 streams, of which one each is lost
# make bench-serve   the cost of live streams, for figures

GO       ?= go
DATA     ?= ../shared/data
FUZZTIME ?= 30s

.PHONY: build test vet race bench-once bench accuracy fuzz toolchain examples reference-tools soak test-cluster bench-serve

build:
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/diarizer ./cmd/diarizer

test: toolchain examples reference-tools vet race bench-once

# The race detector needs a C compiler; nothing else here does.
toolchain:
	@command -v $(GO) >/dev/null || { echo "make: Go 1.26 or newer is needed: https://go.dev/dl" >&2; exit 1; }
	@command -v "$$($(GO) env CC)" >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -q && apt-get install -qy gcc libc6-dev; \
	  else \
	    echo "make: the race detector needs a C compiler: install gcc" >&2; exit 1; \
	  fi; }

# The subscriber in JavaScript needs a NATS client; its test is skipped without.
examples:
	@if command -v npm >/dev/null && [ ! -d examples/node_modules ]; then \
	  npm ci --prefix examples --no-audit --no-fund || echo "make: no NATS client for JavaScript, going on without" >&2; \
	fi

# The programs that the decoders of recordings are compared with. Without them
# those tests are skipped.
reference-tools:
	@missing=; for p in sox flac ffmpeg opusenc opusdec; do command -v $$p >/dev/null || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -q && apt-get install -qy --no-install-recommends sox flac ffmpeg opus-tools; \
	  else \
	    echo "make: comparisons with$$missing are skipped; install sox, flac, ffmpeg and opus-tools" >&2; \
	  fi; \
	fi

vet:
	@test -z "$$(gofmt -l . | tee /dev/stderr)" || { echo "make: gofmt would change the files above" >&2; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

race:
	CGO_ENABLED=1 $(GO) test -race -timeout 15m ./...

bench-once:
	$(GO) test -run '^$$' -bench . -benchtime 1x ./...

bench:
	$(GO) test -run '^$$' -bench . -benchmem -count 6 ./...

accuracy:
	$(GO) run ./cmd/diarizer evaluate --data $(DATA)/dev

fuzz:
	@set -e; for pkg in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "$$pkg $$target"; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$pkg; \
	  done; \
	done

# Four hours through the whole program, which takes minutes.
soak:
	DIARIZER_SOAK=1 $(GO) test -run 'Soak' -v -timeout 60m ./cmd/diarizer

# Workers that die, freeze and lose their servers, over many streams.
test-cluster:
	DIARIZER_CLUSTER_STREAMS=40 DIARIZER_CLUSTER_SECONDS=600 $(GO) test -run 'TestCluster' -v -timeout 60m ./internal/serve

# What a live stream costs here.
bench-serve:
	$(GO) run ./cmd/diarizer bench-serve --streams 10,50,200 --length 60s
