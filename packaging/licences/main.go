// Command licences prints the licences of all that a program is made of besides the
// standard library: of each module, its version and the texts in its directory. A
// module without any is an error.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "licences: expected one package, such as ./cmd/diarizer")
		os.Exit(2)
	}
	if err := print(os.Stdout, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

// module is what the Go command says of one.
type module struct {
	Path, Version, Dir string
	Main               bool
}

// print writes the texts of the modules that pkg is made of.
func print(w io.Writer, pkg string) error {
	all, err := modules(pkg)
	if err != nil {
		return err
	}
	for _, m := range all {
		texts, err := texts(m.Dir)
		if err != nil {
			return fmt.Errorf("%s: %w", m.Path, err)
		}
		for _, path := range texts {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(w, "%s\n%s %s, %s\n%s\n\n%s\n\n", rule, m.Path, m.Version, filepath.Base(path), rule, strings.TrimSpace(string(data))); err != nil {
				return err
			}
		}
	}
	return nil
}

var rule = strings.Repeat("=", 78)

// modules are those that pkg needs, by their path.
func modules(pkg string) ([]module, error) {
	cmd := exec.Command("go", "list", "-deps", "-json=Module", pkg)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w", pkg, err)
	}
	found := map[string]module{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct{ Module *module }
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list %s: %w", pkg, err)
		}
		if p.Module != nil && !p.Module.Main {
			found[p.Module.Path] = *p.Module
		}
	}
	all := make([]module, 0, len(found))
	for _, m := range found {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	return all, nil
}

// texts are the files of a directory that hold licences.
func texts(dir string) (paths []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		for _, begins := range []string{"LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"} {
			if strings.HasPrefix(name, begins) && e.Type().IsRegular() {
				paths = append(paths, filepath.Join(dir, e.Name()))
			}
		}
	}
	if len(paths) == 0 {
		return nil, errors.New("no licence in its directory")
	}
	return paths, nil
}
