package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
)

// tellApart gives recordings of the same name different names. It adds as many directories
// above the files as it needs, and the file extension where directories do not help. A
// recording whose name is unique keeps it.
func tellApart(all []recording) {
	alike := map[string][]int{}
	for i, r := range all {
		alike[r.name] = append(alike[r.name], i)
	}
	for _, group := range alike {
		if len(group) > 1 {
			rename(all, group)
		}
	}
}

// rename finds names for the recordings of a group.
func rename(all []recording, group []int) {
	parts := make([][]string, len(group)) // of each path, the directory next to the file first
	ends := make([]string, len(group))
	for k, i := range group {
		parts[k] = above(all[i].path)
		ends[k] = strings.TrimPrefix(filepath.Ext(all[i].path), ".")
	}
	name := func(k, depth int, end bool) string {
		above := slices.Clone(parts[k][:min(depth, len(parts[k]))])
		slices.Reverse(above)
		words := append(above, all[group[k]].name)
		if end && ends[k] != "" {
			words = append(words, ends[k])
		}
		return rttm.RecordingName(strings.Join(words, "-") + ".")
	}
	deepest := 0
	for _, p := range parts {
		deepest = max(deepest, len(p))
	}
	for try := range 2 * (deepest + 1) {
		depth, end := try%(deepest+1), try > deepest
		names := map[string]bool{}
		for k := range group {
			names[name(k, depth, end)] = true
		}
		if len(names) < len(group) && try < 2*deepest+1 {
			continue
		}
		for k, i := range group {
			all[i].name = name(k, depth, end)
			all[i].stream = event.Token(all[i].name)
		}
		return
	}
}

// above are the directories of a path, the one next to the file first.
func above(path string) []string {
	if path == "-" {
		return nil
	}
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	var all []string
	for dir := filepath.Dir(path); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		all = append(all, filepath.Base(dir))
	}
	return all
}

// once leaves out recordings that are named twice, by any path.
func once(all []recording) (kept []recording, twice []string) {
	var seen []os.FileInfo
	paths := map[string]bool{}
	for _, r := range all {
		info, err := os.Stat(r.path)
		same := paths[r.path]
		if err == nil && r.path != "-" && info.Mode().IsRegular() {
			same = same || slices.ContainsFunc(seen, func(other os.FileInfo) bool { return os.SameFile(info, other) })
			seen = append(seen, info)
		}
		paths[r.path] = true
		if same {
			twice = append(twice, r.path)
			continue
		}
		kept = append(kept, r)
	}
	return kept, twice
}

// some lists the first of many names for a sentence.
func some(names []string) string {
	const most = 8
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// paths are the paths of recordings.
func paths(all []recording) []string {
	var out []string
	for _, r := range all {
		out = append(out, r.path)
	}
	return out
}
