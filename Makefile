# make build      the binary, bin/diarizer, with the microphone where PortAudio is installed
# make test       vet, staticcheck, race-enabled tests, each benchmark once, microphone and page
# make bench      the benchmarks, for figures
# make accuracy   the tables of docs/accuracy.md, DATA=directory of recordings
# make examples   the NATS client for the example in JavaScript, pocketsphinx for the one that hears words
# make fuzz       every fuzz target for FUZZTIME
# make pictures   the pictures of the demo in docs/
# make soak       four hours of sound through the whole program, memory watched
# make test-cluster  three workers and three servers, 40 streams, and all that can be done to them
# make bench-serve   the cost of live streams, for figures

GO       ?= go
DATA     ?= ../shared/data
FUZZTIME ?= 30s

.PHONY: build test vet race bench-once bench accuracy fuzz toolchain examples reference-tools soak test-mic test-browser pictures test-cluster bench-serve

# Listening needs PortAudio and a C compiler, everything else only Go.
build:
	@if pkg-config --exists portaudio-2.0 2>/dev/null && command -v "$$($(GO) env CC)" >/dev/null; then \
	  echo "CGO_ENABLED=1 $(GO) build -tags portaudio -trimpath -o bin/diarizer ./cmd/diarizer"; \
	  CGO_ENABLED=1 $(GO) build -tags portaudio -trimpath -o bin/diarizer ./cmd/diarizer; \
	else \
	  echo "CGO_ENABLED=0 $(GO) build -trimpath -o bin/diarizer ./cmd/diarizer"; \
	  CGO_ENABLED=0 $(GO) build -trimpath -o bin/diarizer ./cmd/diarizer || exit 1; \
	  if command -v apt-get >/dev/null; then how="sudo apt-get install gcc pkg-config portaudio19-dev"; \
	  elif command -v dnf >/dev/null; then how="sudo dnf install gcc pkgconf-pkg-config portaudio-devel"; \
	  elif command -v pacman >/dev/null; then how="sudo pacman -S gcc pkgconf portaudio"; \
	  elif command -v brew >/dev/null; then how="brew install pkg-config portaudio"; \
	  else how="(see docs/capture.md)"; fi; \
	  echo "make: built without the microphone, PortAudio or a C compiler is not here; to have it: $$how && make build" >&2; \
	fi

test: toolchain examples reference-tools vet race soak test-mic bench-once test-browser

# The race detector needs a C compiler; nothing else here does.
toolchain:
	@command -v $(GO) >/dev/null || { echo "make: Go 1.26 or newer is needed: https://go.dev/dl" >&2; exit 1; }
	@command -v "$$($(GO) env CC)" >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -q && apt-get install -qy gcc libc6-dev; \
	  else \
	    echo "make: the race detector needs a C compiler: install gcc" >&2; exit 1; \
	  fi; }

# The subscriber in JavaScript needs a NATS client, and the bridge that hears words
# a recogniser; their tests are skipped without.
examples:
	@if command -v npm >/dev/null && [ ! -d examples/node_modules ]; then \
	  npm ci --prefix examples --no-audit --no-fund || echo "make: no NATS client for JavaScript, going on without" >&2; \
	fi
	@if command -v python3 >/dev/null && ! examples/.venv/bin/python -c 'import pocketsphinx' 2>/dev/null; then \
	  { python3 -m venv examples/.venv && examples/.venv/bin/pip install -q pocketsphinx==5.1.1; } || \
	    echo "make: no pocketsphinx, its bridge is not tested" >&2; \
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

# The packages whose tests kill servers and time their heartbeats have the
# machine to themselves.
FAULTS = ./internal/fault ./internal/serve

race:
	CGO_ENABLED=1 $(GO) test -race -timeout 15m $$($(GO) list ./... | grep -v -e /internal/fault$$ -e /internal/serve$$)
	CGO_ENABLED=1 $(GO) test -race -timeout 20m -p 1 $(FAULTS)

bench-once:
	$(GO) test -run '^$$' -bench . -benchtime 1x ./...

bench:
	$(GO) test -run '^$$' -bench . -benchmem -count 6 ./...

accuracy:
	$(GO) run ./cmd/diarizer evaluate --data $(DATA)/dev
	$(GO) run ./cmd/diarizer evaluate --data $(DATA) --simulated 10

fuzz:
	@set -e; for pkg in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "$$pkg $$target"; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$pkg; \
	  done; \
	done

# Four hours through the whole program, memory watched.
soak:
	DIARIZER_SOAK=1 $(GO) test -run 'Soak' -v -timeout 60m ./cmd/diarizer

# The microphone on a simulated sound card. What that needs is installed as root
# on Debian and its like; elsewhere the tests are skipped where it is not there.
# The binding hands PortAudio a number in place of a pointer, which checkptr, a
# part of -race, does not like.
test-mic: toolchain
	@have() { pkg-config --exists portaudio-2.0 2>/dev/null && command -v pulseaudio && command -v paplay && \
	  ls /usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so /usr/lib64/alsa-lib/libasound_module_pcm_pulse.so /usr/lib/alsa-lib/libasound_module_pcm_pulse.so 2>/dev/null | grep -q .; }; \
	if ! have >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -q && apt-get install -qy --no-install-recommends pkg-config portaudio19-dev libasound2-plugins pulseaudio pulseaudio-utils; \
	fi; \
	if ! have >/dev/null; then \
	  echo "make: tests of the microphone are skipped; install pkg-config, portaudio19-dev, libasound2-plugins, pulseaudio and pulseaudio-utils" >&2; \
	else \
	  set -ex; \
	  CGO_ENABLED=1 $(GO) vet -tags portaudio ./capture/mic ./cmd/diarizer; \
	  CGO_ENABLED=1 $(GO) test -race -gcflags=github.com/gordonklaus/portaudio=-d=checkptr=0 -tags portaudio -timeout 10m ./capture/mic; \
	  CGO_ENABLED=1 $(GO) test -race -gcflags=github.com/gordonklaus/portaudio=-d=checkptr=0 -tags portaudio -timeout 10m -run 'ListenHears' ./cmd/diarizer; \
	fi

# Needs Node and Chromium, which it installs as root; elsewhere it says what it leaves out.
test-browser:
	internal/page/browser/run

pictures: build
	bin/diarizer replay --speed max --nats off --rttm bin/demo.rttm internal/demo/demo.flac >/dev/null
	bin/diarizer plot bin/demo.rttm --reference internal/demo/demo.rttm --title "The demo, against who really spoke" -o docs/demo.svg
	internal/page/browser/run picture ../../../docs/view.png

# Workers that die, freeze, are cut off, lose their checkpoints and their servers, over many streams.
test-cluster:
	DIARIZER_CLUSTER_STREAMS=40 DIARIZER_CLUSTER_SECONDS=600 DIARIZER_CLUSTER_SPEED=2 $(GO) test -run 'TestCluster' -v -timeout 60m ./internal/serve

# What a live stream costs here.
bench-serve:
	$(GO) run ./cmd/diarizer bench-serve --streams 10,50,200 --length 60s
