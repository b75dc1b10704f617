package export

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// FormatOf returns the format of a file, by the extension of its name.
func FormatOf(name string) (Format, error) {
	suffix := strings.ToLower(strings.TrimPrefix(filepath.Ext(name), "."))
	if suffix == "htm" {
		return HTML, nil
	}
	if f := Format(suffix); slices.Contains(Formats(), f) {
		return f, nil
	}
	return "", fmt.Errorf("%s: expected a name that ends in %s", name, Endings())
}

// Endings lists the extensions of all formats for a sentence.
func Endings() string {
	all := Formats()
	var b strings.Builder
	for i, f := range all {
		switch {
		case i == len(all)-1:
			b.WriteString(" or ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString("." + string(f))
	}
	return b.String()
}

// Single reports whether a file of the format holds only one stream.
func (f Format) Single() bool { return single[f] != nil }
