// Command licences prints the licences of all that a program is made of, on any of the
// systems that packages are made for: of the Go standard library, of each module, its
// version and the texts in its directory, and of what the program holds that others made,
// such as the weights of networks, the texts beside those files. A module without any is an
// error.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
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

// systems are those that packages are made for: on Windows a program is made of more.
var systems = []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64"}

// part is something with licences of its own.
type part struct{ name, dir string }

// print writes the texts of all that pkg is made of.
func print(w io.Writer, pkg string) error {
	all, err := parts(pkg)
	if err != nil {
		return err
	}
	for _, p := range all {
		texts, err := texts(p.dir)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		for _, path := range texts {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(w, "%s\n%s, %s\n%s\n\n%s\n\n", rule, p.name, filepath.Base(path), rule, strings.TrimSpace(string(data))); err != nil {
				return err
			}
		}
	}
	return nil
}

var rule = strings.Repeat("=", 78)

// listed is what the Go command says of a package.
type listed struct {
	ImportPath, Dir string
	EmbedFiles      []string
	Module          *struct {
		Path, Version, Dir string
		Main               bool
	}
}

// parts are those of pkg, by their names, the standard library first.
func parts(pkg string) ([]part, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOROOT: %w", err)
	}
	all := map[part]bool{}
	for _, system := range systems {
		goos, goarch, _ := strings.Cut(system, "/")
		cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Dir,EmbedFiles,Module", pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err == nil {
			err = collect(out, all)
		}
		if err != nil {
			return nil, fmt.Errorf("go list %s for %s: %w", pkg, system, err)
		}
	}
	sorted := slices.SortedFunc(maps.Keys(all), func(a, b part) int { return strings.Compare(a.name, b.name) })
	return append([]part{{"the Go standard library", strings.TrimSpace(string(root))}}, sorted...), nil
}

// collect adds the parts of what the Go command has listed.
func collect(list []byte, all map[part]bool) error {
	for dec := json.NewDecoder(bytes.NewReader(list)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		switch {
		case p.Module == nil: // of the standard library
		case !p.Module.Main:
			all[part{p.Module.Path + " " + p.Module.Version, p.Module.Dir}] = true
		default:
			for _, file := range p.EmbedFiles { // without a licence they are the program's own
				dir := filepath.Join(p.Dir, filepath.Dir(file))
				if _, err := texts(dir); err == nil && dir != p.Module.Dir {
					all[part{"in " + path.Join(p.ImportPath, filepath.ToSlash(filepath.Dir(file))), dir}] = true
				}
			}
		}
	}
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
		readme := filepath.Join(dir, "README.md")
		if data, err := os.ReadFile(readme); err == nil && chapter.Match(data) {
			return []string{readme}, nil
		}
		return nil, errors.New("no licence in its directory")
	}
	return paths, nil
}

// chapter is that of a README which says under which licence something is, where nothing else does.
var chapter = regexp.MustCompile(`(?mi)^#+ licen[cs]e\s*$`)
