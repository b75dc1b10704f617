package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// The layout is a whole image for each architecture, the same for the same program.
func TestImage(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "diarizer")
	if err := os.WriteFile(program, []byte("the program"), 0o755); err != nil {
		t.Fatal(err)
	}
	var digests []string
	for _, at := range []string{"one", "two"} {
		at = filepath.Join(dir, at)
		if err := write(at, []string{"amd64=" + program, "arm64=" + program}); err != nil {
			t.Fatal(err)
		}
		index, err := layout.ImageIndexFromPath(at)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate.Index(index); err != nil {
			t.Error(err)
		}
		digest, err := index.Digest()
		if err != nil {
			t.Fatal(err)
		}
		digests = append(digests, digest.String())
		manifest, err := index.IndexManifest()
		if err != nil || len(manifest.Manifests) != 2 {
			t.Fatal(manifest, err)
		}
		for _, m := range manifest.Manifests {
			img, err := index.Image(m.Digest)
			if err != nil {
				t.Fatal(err)
			}
			config, err := img.ConfigFile()
			if err != nil || config.Architecture != m.Platform.Architecture || config.Config.Entrypoint[0] != "/usr/bin/diarizer" || config.Config.User == "" {
				t.Errorf("%+v, %v", config, err)
			}
			files := mutate.Extract(img)
			if data, err := io.ReadAll(files); err != nil || len(data) == 0 {
				t.Error(err)
			}
			files.Close()
		}
	}
	if digests[0] != digests[1] {
		t.Error(digests)
	}
	if err := write(filepath.Join(dir, "three"), []string{"amd64"}); err == nil {
		t.Error("amd64 is taken for a program")
	}
}
