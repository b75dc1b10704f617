# make build      the binary, bin/diarizer, with all microphones where PortAudio is installed
# make deps       installs what the tests need besides Go, as root on Debian and its like
# make test       vet, staticcheck, other systems, race-enabled tests and what is slow under the race detector
#                 without it, each benchmark once, microphone and page;
#                 installs nothing: what the tests lack besides a C compiler is left out, or an error where DIARIZER_REQUIRE_TOOLS is set
# make cross      builds and vets for the other systems
# make vuln       known vulnerabilities of what the program is made of; asks vuln.go.dev, so it is not a part of test
# make bench      the benchmarks, for figures
# make accuracy   the tables of docs/accuracy.md, DATA=directory of recordings
# make fuzz       every fuzz target for FUZZTIME
# make packages   dist/: static binaries, .deb, .rpm, checksums, SBOM, licences and an image layout; installs nothing
# make pictures   the pictures of the demo in docs/
# make soak       four hours of sound through the whole program, memory watched
# make test-cluster  three workers and three servers, 40 streams, and all that can be done to them
# make bench-serve   the cost of live streams, for figures
# make lab        bin/diarizer-lab, which measures, trains and draws

GO       ?= go
DATA     ?= ../shared/data
FUZZTIME ?= 30s
LDFLAGS  ?= -s -w

.PHONY: build lab deps test vet cross vuln race unraced bench-once bench accuracy fuzz toolchain soak test-mic test-browser pictures test-cluster bench-serve packages

# The tests of servers and microphones time things; and deps comes before test.
.NOTPARALLEL:

# Listening to more than a sound server of Linux needs PortAudio and a C compiler, everything else only Go. Without
# symbols the binary is a quarter smaller; stack traces have their lines all the same.
build:
	@if pkg-config --exists portaudio-2.0 2>/dev/null && command -v "$$($(GO) env CC)" >/dev/null; then \
	  echo "CGO_ENABLED=1 $(GO) build -tags portaudio -trimpath -ldflags '$(LDFLAGS)' -o bin/diarizer ./cmd/diarizer"; \
	  CGO_ENABLED=1 $(GO) build -tags portaudio -trimpath -ldflags '$(LDFLAGS)' -o bin/diarizer ./cmd/diarizer; \
	else \
	  echo "CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/diarizer ./cmd/diarizer"; \
	  CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/diarizer ./cmd/diarizer || exit 1; \
	  if command -v apt-get >/dev/null; then how="sudo apt-get install gcc pkg-config portaudio19-dev"; \
	  elif command -v dnf >/dev/null; then how="sudo dnf install gcc pkgconf-pkg-config portaudio-devel"; \
	  elif command -v pacman >/dev/null; then how="sudo pacman -S gcc pkgconf portaudio"; \
	  elif command -v brew >/dev/null; then how="brew install pkg-config portaudio"; \
	  else how="(see docs/capture.md)"; fi; \
	  echo "make: built without PortAudio, as that or a C compiler is not here; on Linux the microphones of PulseAudio and PipeWire are heard all the same; to have all: $$how && make build" >&2; \
	fi

lab:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/diarizer-lab ./cmd/diarizer-lab

# What the tests need besides Go, by the programs that show that it is there: a C
# compiler for the race detector, the programs that decoders are compared with and
# that made the demo, a sound card without hardware, a subscriber's languages, and a
# browser.
PROGRAMS = gcc sox flac ffmpeg opusenc opusdec flite pkg-config pulseaudio paplay python3 node npm systemd-analyze
PACKAGES = gcc libc6-dev sox flac ffmpeg opus-tools flite pkg-config portaudio19-dev libasound2-plugins pulseaudio pulseaudio-utils python3 systemd
APT = DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300

have-browser = command -v chromium || command -v chromium-browser || command -v google-chrome
have-card = pkg-config --exists portaudio-2.0 && ls /usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so \
  /usr/lib64/alsa-lib/libasound_module_pcm_pulse.so /usr/lib/alsa-lib/libasound_module_pcm_pulse.so 2>/dev/null | grep -q .

deps:
	@missing=; for p in $(PROGRAMS); do command -v $$p >/dev/null || missing="$$missing $$p"; done; \
	{ $(have-card); } >/dev/null 2>&1 || missing="$$missing portaudio"; \
	{ $(have-browser); } >/dev/null || missing="$$missing chromium"; \
	[ -n "$$missing" ] || exit 0; \
	if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
	  echo "make: missing:$$missing; make deps installs that as root on Debian and its like; make test leaves out what needs it" >&2; exit 1; \
	fi; \
	packages="$(PACKAGES)"; \
	{ $(have-browser); } >/dev/null || packages="$$packages chromium fonts-dejavu-core"; \
	command -v node >/dev/null || packages="$$packages nodejs"; \
	command -v npm >/dev/null || packages="$$packages npm"; \
	set -x; $(APT) update -q && $(APT) install -qy --no-install-recommends $$packages
	@for d in examples internal/web/page/browser; do \
	  [ -d $$d/node_modules ] || npm ci --prefix $$d --no-audit --no-fund || exit 1; \
	done
	@examples/.venv/bin/python -c 'import pocketsphinx' 2>/dev/null || \
	  { python3 -m venv examples/.venv && examples/.venv/bin/pip install -q pocketsphinx==5.1.1; } || \
	  echo "make: no pocketsphinx: the bridge that hears words with it is not tested" >&2

test: toolchain vet cross race unraced soak test-mic bench-once test-browser

# The race detector needs a C compiler; nothing else here does.
toolchain:
	@command -v $(GO) >/dev/null || { echo "make: Go 1.26 or newer is needed: https://go.dev/dl" >&2; exit 1; }
	@command -v "$$($(GO) env CC)" >/dev/null || { echo "make: the race detector needs a C compiler: make deps, or install gcc" >&2; exit 1; }

vet:
	@test -z "$$(gofmt -l . | tee /dev/stderr)" || { echo "make: gofmt would change the files above" >&2; exit 1; }
	$(GO) vet ./...
	$(GO) build -C examples/library -o /dev/null ./...
	$(GO) vet -C examples/library ./...
	$(GO) tool staticcheck ./...

# Other systems, without the microphone: tests too compile there.
SYSTEMS = windows/amd64 darwin/arm64 linux/arm64

cross:
	@set -e; for s in $(SYSTEMS); do \
	  echo "CGO_ENABLED=0 GOOS=$${s%/*} GOARCH=$${s#*/} $(GO) build ./... && $(GO) vet ./..."; \
	  CGO_ENABLED=0 GOOS=$${s%/*} GOARCH=$${s#*/} $(GO) build ./...; \
	  CGO_ENABLED=0 GOOS=$${s%/*} GOARCH=$${s#*/} $(GO) vet ./...; \
	done

vuln:
	$(GO) run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...

# The packages whose tests kill servers and time their heartbeats have the
# machine to themselves.
FAULTS = ./internal/testkit/fault ./internal/serve

race:
	CGO_ENABLED=1 $(GO) test -race -timeout 15m $$($(GO) list ./... | grep -v -e /internal/testkit/fault$$ -e /internal/serve$$)
	CGO_ENABLED=1 $(GO) test -race -timeout 20m -p 1 $(FAULTS)

# What tries few cases under the race detector (internal/testkit/raced) tries all of them here.
unraced:
	$(GO) test -timeout 15m ./internal/pipeline
	$(GO) test -timeout 15m -run 'FourHours' ./capture
	$(GO) test -timeout 5m -run 'Heard|Devices|Kept' ./internal/session/table ./internal/web/httpapi

bench-once:
	$(GO) test -run '^$$' -bench . -benchtime 1x ./...

bench:
	$(GO) test -run '^$$' -bench . -benchmem -count 6 ./...

accuracy:
	for model in accurate light; do \
	  $(GO) run ./cmd/diarizer-lab evaluate --model $$model --data $(DATA)/dev && \
	  $(GO) run ./cmd/diarizer-lab evaluate --model $$model --data $(DATA) --simulated 10 || exit 1; \
	done

fuzz:
	@set -e; for pkg in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "$$pkg $$target"; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$pkg; \
	  done; \
	done

# Four hours through the whole program, memory watched.
soak:
	DIARIZER_SOAK=1 $(GO) test -run 'Soak' -v -timeout 60m ./cmd/diarizer

# The microphone on a simulated sound card. The binding hands PortAudio a number in
# place of a pointer, which checkptr, a part of -race, does not like.
test-mic: toolchain
	@if ! { $(have-card) && command -v pulseaudio && command -v paplay; } >/dev/null 2>&1; then \
	  echo "make: tests of the microphone are left out; make deps installs what they need" >&2; \
	  [ -z "$$DIARIZER_REQUIRE_TOOLS" ]; \
	else \
	  set -ex; \
	  CGO_ENABLED=1 $(GO) vet -tags portaudio ./capture/mic ./cmd/diarizer; \
	  CGO_ENABLED=1 $(GO) test -race -gcflags=github.com/gordonklaus/portaudio=-d=checkptr=0 -tags portaudio -timeout 10m ./capture/mic; \
	  CGO_ENABLED=1 $(GO) test -race -gcflags=github.com/gordonklaus/portaudio=-d=checkptr=0 -tags portaudio -timeout 10m -run 'ListenHears|ListenTo|ListenGoesOn' ./cmd/diarizer; \
	fi

# What is handed on, as goreleaser makes it too, without a container engine or anything
# that has to be installed: the tools are programs in Go, those of others at a version that is fixed here.
VERSION ?= $(shell git describe --tags --match 'v*' 2>/dev/null | sed 's/^v//' | grep . || echo 0.0.0)
NFPM     = $(GO) run github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.0
SBOM     = $(GO) run github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
TARGETS  = linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

packages:
	rm -rf dist && mkdir -p dist/completions
	$(GO) run ./packaging/licences ./cmd/diarizer > dist/THIRD_PARTY.txt
	$(GO) run ./cmd/diarizer man dist/man1
	$(GO) run ./cmd/diarizer completion bash > dist/completions/diarizer.bash
	$(GO) run ./cmd/diarizer completion zsh > dist/completions/_diarizer
	$(GO) run ./cmd/diarizer completion fish > dist/completions/diarizer.fish
	@set -e; for t in $(TARGETS); do \
	  os=$${t%/*} arch=$${t#*/}; at=dist/$$os-$$arch; exe=diarizer; [ $$os != windows ] || exe=diarizer.exe; \
	  echo "CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $$at/$$exe ./cmd/diarizer"; \
	  CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $$at/$$exe ./cmd/diarizer; \
	  cp LICENSE README.md dist/THIRD_PARTY.txt $$at; \
	  tar -C $$at -czf dist/diarizer-$(VERSION)-$$os-$$arch.tar.gz .; \
	done
	set -e; for arch in amd64 arm64; do for kind in deb rpm; do \
	  ARCH=$$arch VERSION=$(VERSION) $(NFPM) package --config packaging/nfpm.yaml --packager $$kind --target dist/; \
	done; done
	@set -e; for t in $(TARGETS); do \
	  os=$${t%/*} arch=$${t#*/}; exe=diarizer; [ $$os != windows ] || exe=diarizer.exe; \
	  echo "$(SBOM) bin -json -licenses -version v$(VERSION) -output dist/diarizer-$(VERSION)-$$os-$$arch.cdx.json dist/$$os-$$arch/$$exe"; \
	  $(SBOM) bin -json -licenses -version v$(VERSION) -output dist/diarizer-$(VERSION)-$$os-$$arch.cdx.json dist/$$os-$$arch/$$exe; \
	done
	$(GO) run ./packaging/image dist/image amd64=dist/linux-amd64/diarizer arm64=dist/linux-arm64/diarizer LICENSE dist/THIRD_PARTY.txt
	cd dist && sha256sum *.deb *.rpm *.tar.gz *.cdx.json THIRD_PARTY.txt > SHA256SUMS && cat SHA256SUMS

# Needs Node and Chromium; without them it says what it leaves out.
test-browser:
	internal/web/page/browser/run

pictures: build
	bin/diarizer replay --speed max --nats off --force --rttm bin/demo.rttm internal/cli/demo/demo.flac >/dev/null
	$(GO) run ./cmd/diarizer-lab plot bin/demo.rttm --reference internal/cli/demo/demo.rttm --title "The demo, against who really spoke" --force -o docs/demo.svg
	internal/web/page/browser/run picture ../../../../docs/view.png

# Workers that die, freeze, are cut off, lose their checkpoints and their servers, over many streams.
test-cluster:
	DIARIZER_CLUSTER_STREAMS=40 DIARIZER_CLUSTER_SECONDS=600 DIARIZER_CLUSTER_SPEED=2 $(GO) test -run 'TestCluster' -v -timeout 60m ./internal/serve

# What a live stream costs here.
bench-serve:
	$(GO) run ./cmd/diarizer-lab bench-serve --streams 10,50,200 --length 60s
