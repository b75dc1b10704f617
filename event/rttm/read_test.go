package rttm

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	const text = "\ufeff;; made by hand\n" +
		"SPKR-INFO meeting 1 <NA> <NA> <NA> adult_female ann <NA>\n" +
		"SPEAKER meeting 1 3.340 0.540 <NA> <NA> ann <NA> <NA>\r\n" +
		"\n" +
		"  SPEAKER\tmeeting 1 3.88 0 <NA> <NA> bob\n" +
		"LEXEME meeting 1 3.4 0.2 hello lex ann <NA>\n" +
		"SPEAKER other A 1e1 2 <NA> <NA> <NA> <NA>" // no newline at the end
	got, err := Read(strings.NewReader(text), "x.rttm")
	if err != nil {
		t.Fatal(err)
	}
	want := []Segment{
		{"meeting", "1", 3.34, 3.88, "ann"},
		{"meeting", "1", 3.88, 3.88, "bob"},
		{"other", "A", 10, 12, "<NA>"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestReadErrors(t *testing.T) {
	const good = "SPEAKER f 1 0 1 <NA> <NA> ann <NA> <NA>\n"
	for _, c := range []struct{ name, text, want string }{
		{"start", good + "SPEAKER f 1 x 1 <NA> <NA> ann <NA> <NA>",
			`x.rttm:2: start "x": expected seconds from 0 to 100000000`},
		{"not a number", good + ";;\n" + "SPEAKER f 1 NaN 1 <NA> <NA> ann <NA> <NA>",
			`x.rttm:3: start "NaN": expected seconds from 0 to 100000000`},
		{"infinite", "SPEAKER f 1 0 +Inf <NA> <NA> ann <NA> <NA>",
			`x.rttm:1: duration "+Inf": expected seconds from 0 to 100000000`},
		{"negative start", "SPEAKER f 1 -0.5 1 <NA> <NA> ann <NA> <NA>",
			`x.rttm:1: start "-0.5": expected seconds from 0 to 100000000`},
		{"negative duration", "SPEAKER f 1 0.5 -1 <NA> <NA> ann <NA> <NA>",
			`x.rttm:1: duration "-1": expected seconds from 0 to 100000000`},
		{"too long", "SPEAKER f 1 6e7 6e7 <NA> <NA> ann <NA> <NA>",
			`x.rttm:1: duration "6e7": expected an end not after 100000000 s`},
		{"missing fields", "SPEAKER f 1 0.5 1",
			`x.rttm:1: number of fields "5": expected 8 to 10: type, file, channel, start, duration, <NA>, <NA>, speaker, <NA>, <NA>`},
		{"name with a space", "SPEAKER my file 1 0 1 <NA> <NA> ann <NA> <NA>",
			`x.rttm:1: number of fields "11": expected 8 to 10: type, file, channel, start, duration, <NA>, <NA>, speaker, <NA>, <NA>`},
		{"another format", "RIFF\x00\x00WAVE" + strings.Repeat("z", 50),
			`x.rttm:1: line type "RIFF\x00\x00WAVEzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz…": expected SPEAKER or another RTTM type`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Read(strings.NewReader(c.text), "x.rttm")
			if err == nil || err.Error() != c.want {
				t.Errorf("error %v\nwant  %v", err, c.want)
			}
			if got != nil {
				t.Errorf("segments %v beside an error", got)
			}
			if syntax := (*SyntaxError)(nil); !errors.As(err, &syntax) {
				t.Errorf("%T is not a *SyntaxError", err)
			}
		})
	}
	if _, err := Read(strings.NewReader(good+strings.Repeat("x", 1<<17)), "x.rttm"); err == nil ||
		!strings.HasPrefix(err.Error(), "x.rttm:2: line longer than") {
		t.Errorf("endless line: %v", err)
	}
}

func TestReadUEM(t *testing.T) {
	got, err := ReadUEM(strings.NewReader(";; scored\nmeeting 1 0 300.25\n\nmeeting 1 400 400\n"), "x.uem")
	want := []Region{{"meeting", "1", 0, 300.25}, {"meeting", "1", 400, 400}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for text, want := range map[string]string{
		"f 1 5 4":   `x.uem:1: end "4": expected a time not before the start, 5`,
		"f 1 5":     `x.uem:1: number of fields "3": expected 4: file, channel, start, end`,
		"f 1 -1 4":  `x.uem:1: start "-1": expected seconds from 0 to 100000000`,
		"f 1 0 nan": `x.uem:1: end "nan": expected seconds from 0 to 100000000`,
	} {
		if _, err := ReadUEM(strings.NewReader(text), "x.uem"); err == nil || err.Error() != want {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
}

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	if _, err := ReadFile(filepath.Join(dir, "none.rttm")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, err := ReadUEMFile(dir); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("directory: %v", err)
	}
	path := filepath.Join(dir, "a.rttm")
	if err := os.WriteFile(path, []byte("SPEAKER"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(path); err == nil || !strings.HasPrefix(err.Error(), path+":1: ") {
		t.Errorf("bad line: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"", ";;", "SPEAKER", "\ufeffSPEAKER f 1 0 1 <NA> <NA> a <NA> <NA>\n",
		"SPEAKER f 1 3.34 0.54 <NA> <NA> a\nSPEAKER f 1 3.88 1 <NA> <NA> b <NA>",
		"SPEAKER f 1 1e-9 0x1p-3 <NA> <NA> \u00a0 <NA>", "SPEAKER f 1 -0 1e8 <NA> <NA> a",
		"SPEAKER f 1 .0005 .0005 <NA> <NA> a <NA> <NA>\x85", "SPKR-INFO\nA/P\n\x00",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		segments, err := Read(strings.NewReader(text), "fuzz")
		if err != nil {
			if msg := err.Error(); !strings.HasPrefix(msg, "fuzz:") || strings.Contains(msg, "\n") {
				t.Errorf("error %q: want one line that starts with the name", msg)
			}
			return
		}
		rewrite(t, segments)
	})
}

func FuzzReadUEM(f *testing.F) {
	for _, text := range []string{"", "f 1 0 1", ";;\nf A 1e3 0x10000\n", "f 1 5 4", "f 1 0 nan"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		regions, err := ReadUEM(strings.NewReader(text), "fuzz")
		if err != nil && !strings.HasPrefix(err.Error(), "fuzz:") {
			t.Errorf("error %q does not start with the name", err)
		}
		for _, r := range regions {
			if !(r.Start >= 0 && r.Start <= r.End && r.End <= MaxSeconds) {
				t.Errorf("region %v", r)
			}
		}
	})
}
