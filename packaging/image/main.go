// Command image makes an OCI image of the program and nothing else, as a layout in a
// directory, for several architectures. It needs no container engine, no registry and
// no base image.
package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "image: expected DIRECTORY ARCH=PROGRAM... LICENCE..., such as dist/image amd64=dist/linux-amd64/diarizer LICENSE")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

// nobody is the user that the program runs as.
const nobody = 65532

// write makes the layout of what args name: programs as ARCH=PROGRAM, and texts that each
// image has beside its program.
func write(dir string, args []string) error {
	var programs, texts []string
	for _, arg := range args {
		if strings.Contains(arg, "=") {
			programs = append(programs, arg)
		} else {
			texts = append(texts, arg)
		}
	}
	if len(programs) == 0 {
		return fmt.Errorf("%q: expected ARCH=PROGRAM", args)
	}
	index := v1.ImageIndex(mutate.IndexMediaType(empty.Index, types.OCIImageIndex))
	for _, p := range programs {
		arch, path, _ := strings.Cut(p, "=")
		img, err := image(arch, path, texts)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: img,
			Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}}})
	}
	_, err := layout.Write(dir, index)
	return err
}

// image is that of one architecture.
func image(arch, path string, texts []string) (v1.Image, error) {
	files, err := root(path, texts)
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(files)), nil },
		tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, err
	}
	img, err := mutate.AppendLayers(mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON), layer)
	if err != nil {
		return nil, err
	}
	return mutate.ConfigFile(img, config(img, arch))
}

// config says how the program is started.
func config(img v1.Image, arch string) *v1.ConfigFile {
	c, err := img.ConfigFile()
	if err != nil { // it was made a moment ago
		c = &v1.ConfigFile{}
	}
	c = c.DeepCopy()
	c.OS, c.Architecture = "linux", arch
	c.Config = v1.Config{
		User:         fmt.Sprint(nobody),
		Env:          []string{"PATH=/usr/bin", "XDG_STATE_HOME=/var/lib/diarizer", "DIARIZER_CONFIG=off"},
		Entrypoint:   []string{"/usr/bin/diarizer"},
		Cmd:          []string{"web", "--http", "0.0.0.0:8080"},
		ExposedPorts: map[string]struct{}{"8080/tcp": {}},
		WorkingDir:   "/tmp",
		Labels:       map[string]string{"org.opencontainers.image.licenses": "Apache-2.0", "org.opencontainers.image.title": "diarizer"},
	}
	return c
}

// documents is where the texts are.
const documents = "usr/share/doc/diarizer/"

// root is the file system: the program, its licences, and where it may write. The same files
// make the same bytes.
func root(program string, texts []string) ([]byte, error) {
	data, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	var errs []error
	add := func(h tar.Header, content []byte) {
		h.Size, h.ModTime, h.Format = int64(len(content)), time.Unix(0, 0), tar.FormatPAX
		if err := w.WriteHeader(&h); err != nil {
			errs = append(errs, err)
			return
		}
		_, err := w.Write(content)
		errs = append(errs, err)
	}
	for _, dir := range []string{"usr/", "usr/bin/", "usr/share/", "usr/share/doc/", documents, "var/", "var/lib/"} {
		add(tar.Header{Typeflag: tar.TypeDir, Name: dir, Mode: 0o755}, nil)
	}
	add(tar.Header{Typeflag: tar.TypeReg, Name: "usr/bin/diarizer", Mode: 0o755}, data)
	for _, path := range texts {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		add(tar.Header{Typeflag: tar.TypeReg, Name: documents + filepath.Base(path), Mode: 0o644}, text)
	}
	add(tar.Header{Typeflag: tar.TypeDir, Name: "tmp/", Mode: 0o1777}, nil)
	add(tar.Header{Typeflag: tar.TypeDir, Name: "var/lib/diarizer/", Mode: 0o700, Uid: nobody, Gid: nobody}, nil)
	err = errors.Join(append(errs, w.Close())...)
	return b.Bytes(), err
}
