package main

import (
	"archive/tar"
	"errors"
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
	licence := filepath.Join(dir, "LICENSE")
	if err := os.WriteFile(licence, []byte("the licence"), 0o600); err != nil {
		t.Fatal(err)
	}
	var digests []string
	for _, at := range []string{"one", "two"} {
		at = filepath.Join(dir, at)
		if err := write(at, []string{"amd64=" + program, "arm64=" + program, licence}); err != nil {
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
			found := map[string]string{}
			for r := tar.NewReader(files); ; {
				h, err := r.Next()
				if errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatal(err)
				}
				data, err := io.ReadAll(r)
				if err != nil {
					t.Fatal(err)
				}
				found[h.Name] = string(data)
			}
			files.Close()
			if found["usr/bin/diarizer"] != "the program" || found["usr/share/doc/diarizer/LICENSE"] != "the licence" {
				t.Errorf("%v", found)
			}
		}
	}
	if digests[0] != digests[1] {
		t.Error(digests)
	}
	for _, args := range [][]string{{licence}, {"amd64=" + program, "amd64"}, {"amd64=" + licence + "s"}} {
		if err := write(filepath.Join(dir, "three"), args); err == nil {
			t.Errorf("%q makes an image", args)
		}
	}
}
