package report_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/show/report"
)

func Example() {
	var page bytes.Buffer
	if err := report.Write(&page, demo.Reference(), report.Options{Title: "The garden"}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Contains(page.String(), "<h1>The garden</h1>"))
	// Output: true
}

type fataler interface {
	Helper()
	Fatal(...any)
}

// element is what the tests compare of a parsed page.
type element struct {
	tag   string
	attrs map[string]string
	text  string // inside, with the text of its children
}

// parse writes the page and parses it as a browser does.
func parse(t fataler, turns []rttm.Segment, opts report.Options) []element {
	t.Helper()
	var page bytes.Buffer
	if err := report.Write(&page, turns, opts); err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(&page)
	if err != nil {
		t.Fatal(err)
	}
	var all []element
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		e := element{tag: n.Data, attrs: map[string]string{}}
		for _, a := range n.Attr {
			e.attrs[a.Key] = a.Val
		}
		for d := range n.Descendants() {
			if d.Type == html.TextNode {
				e.text += d.Data
			}
		}
		all = append(all, e)
	}
	return all
}

func find(all []element, tag, class string) (found []element) {
	for _, e := range all {
		if e.tag == tag && (class == "" || strings.Contains(" "+e.attrs["class"]+" ", " "+class+" ")) {
			found = append(found, e)
		}
	}
	return found
}

func TestReportOfTheDemo(t *testing.T) {
	all := parse(t, demo.Reference(), report.Options{Source: "demo.rttm"})
	if n := len(find(all, "rect", "turn")); n != 23 {
		t.Errorf("%d turns drawn, want 23", n)
	}
	body := find(all, "body", "")[0].text
	for _, want := range []string{"demo", "4 speakers", "23 turns", "35 %", "00:21", "Made by diarizer from demo.rttm", "interjection"} {
		if !strings.Contains(strings.Join(strings.Fields(body), " "), want) {
			t.Errorf("no %q in the page", want)
		}
	}
}

// The page loads nothing and runs nothing: it has no element or attribute that could, and a
// policy that forbids it. The one style is valid under that policy.
func TestReportNeedsNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
			`<img src=x onerror=alert(1)>`, `"><script>alert(1)</script>`, `</title></style><script>`,
			`' onmouseover='alert(1)`, `{{.}}`, `javascript:alert(1)`, "\x00\xff",
		})).Draw(t, "name")
		turns := []rttm.Segment{{File: name, Speaker: name, Start: 0, End: 3}, {Speaker: "b", Start: 2, End: 4}}
		all := parse(t, turns, report.Options{Source: name})
		allowed := map[string]bool{}
		for _, tag := range strings.Fields(`html head meta title style body header main footer section h1 h2 ul li p b span
			div svg rect line text table thead tbody tr th td details summary`) {
			allowed[tag] = true
		}
		var policy string
		for _, e := range all {
			if !allowed[e.tag] {
				t.Fatalf("element %s in the page of %q", e.tag, name)
			}
			for key := range e.attrs {
				if strings.HasPrefix(key, "on") || key == "href" || key == "src" || key == "style" {
					t.Fatalf("attribute %s of %s in the page of %q", key, e.tag, name)
				}
			}
			if e.attrs["http-equiv"] == "Content-Security-Policy" {
				policy = e.attrs["content"]
			}
		}
		styles := find(all, "style", "")
		sum := sha256.Sum256([]byte(styles[0].text))
		if len(styles) != 1 || !strings.Contains(policy, "default-src 'none'; style-src 'sha256-"+
			base64.StdEncoding.EncodeToString(sum[:])+"'") {
			t.Fatalf("%d styles, policy %s", len(styles), policy)
		}
		if strings.Contains(styles[0].text, "url(") || strings.Contains(styles[0].text, "@import") {
			t.Fatal("the style fetches something")
		}
	})
}

// Every part of every turn is drawn once, at its place, whatever the length of the
// recording.
func TestTurnsAreDrawnWhereTheyAre(t *testing.T) {
	label := regexp.MustCompile(`^Turns from`)
	rapid.Check(t, func(t *rapid.T) {
		var turns []rttm.Segment
		at, talk := 0.0, 0.0
		scale := rapid.SampledFrom([]float64{1, 30, 600}).Draw(t, "scale")
		for range rapid.IntRange(1, 30).Draw(t, "turns") {
			at += scale * rapid.Float64Range(0.05, 4).Draw(t, "pause")
			length := scale * rapid.Float64Range(0.05, 9).Draw(t, "length")
			turns = append(turns, rttm.Segment{Speaker: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "who"), Start: at, End: at + length})
			at, talk = at+length, talk+length
		}
		all := parse(t, turns, report.Options{})
		strips, drawn := 0, 0.0
		for _, e := range all {
			if label.MatchString(e.attrs["aria-label"]) {
				strips++
			}
		}
		for _, e := range find(all, "rect", "turn") {
			x, _ := strconv.ParseFloat(strings.TrimSuffix(e.attrs["x"], "%"), 64)
			width, _ := strconv.ParseFloat(strings.TrimSuffix(e.attrs["width"], "%"), 64)
			if x < 0 || width <= 0 || x+width > 100.1 {
				t.Fatalf("a bar from %v %% of width %v %%", x, width)
			}
			drawn += width
		}
		// In units of the whole time: strips may end in unused time, which is less than one strip.
		low := 100 * talk / at * float64(strips-1)
		high := 100 * talk / at * float64(strips)
		slack := 0.1 * float64(len(turns)+strips)
		if strips > 12 || drawn < low-slack || drawn > high+slack || math.IsNaN(drawn) {
			t.Fatalf("%d strips show %v %%, expected %v to %v", strips, drawn, low, high)
		}
	})
}

// Overlap that was not looked for is not counted as none.
func TestNothingIsSaidOfOverlapWhereThereIsNone(t *testing.T) {
	text := func(turns []rttm.Segment, opts report.Options) string {
		return strings.Join(strings.Fields(find(parse(t, turns, opts), "body", "")[0].text), " ")
	}
	a, b := rttm.Segment{Speaker: "a", Start: 0, End: 2}, rttm.Segment{Speaker: "b", Start: 2, End: 4}
	words := []string{"two or more at once", "Interrupts", "Interjects", "An interruption is"}
	alone := text([]rttm.Segment{a, b}, report.Options{})
	b.Start = 1
	together := text([]rttm.Segment{a, b}, report.Options{})
	for _, w := range words {
		if strings.Contains(alone, w) || !strings.Contains(together, w) {
			t.Errorf("%q: %v where there is no overlap, %v where there is", w, strings.Contains(alone, w), strings.Contains(together, w))
		}
	}
	if !strings.Contains(alone, "such speech was not looked for") {
		t.Error("no word about what is missing")
	}
}

// The page counts the turns that have a line in files.
func TestTurnsAreThoseOfTheFile(t *testing.T) {
	turns := []rttm.Segment{{Speaker: "a", Start: 0, End: 2}, {Speaker: "a", Start: 2, End: 5}, {Speaker: "b", Start: 6, End: 7}}
	all := parse(t, turns, report.Options{})
	if facts := find(all, "ul", "facts")[0].text; !strings.Contains(facts, "3 turns") {
		t.Errorf("facts %q, expected 3 turns", facts)
	}
	if n := len(find(all, "rect", "turn")); n != 2 {
		t.Errorf("%d stretches drawn, want 2", n)
	}
}

func TestNobodySpeaks(t *testing.T) {
	if err := report.Write(io.Discard, nil, report.Options{}); !errors.Is(err, report.ErrNothing) {
		t.Errorf("no turns: %v", err)
	}
	if body := find(parse(t, nil, report.Options{Title: "hush"}), "body", "")[0].text; !strings.Contains(body, "Nobody speaks") || !strings.Contains(body, "0 speakers") {
		t.Errorf("a page about nothing: %q", body)
	}
}
