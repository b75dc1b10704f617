package figure

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/lab/calibration"
)

// elements parses an SVG document and returns its title and how many elements
// of each name it has.
func elements(t *testing.T, doc []byte) (title string, count map[string]int) {
	t.Helper()
	count = map[string]int{}
	d := xml.NewDecoder(bytes.NewReader(doc))
	inTitle := false
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return title, count
		}
		if err != nil {
			t.Fatalf("not XML: %v", err)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			count[e.Name.Local]++
			inTitle = e.Name.Local == "title"
		case xml.CharData:
			if inTitle {
				title += string(e)
			}
		case xml.EndElement:
			inTitle = false
		}
	}
}

func claims(n int) []calibration.Claim {
	rng := rand.New(rand.NewPCG(1, 1))
	var out []calibration.Claim
	for range n {
		p := rng.Float64()
		out = append(out, calibration.Claim{Confidence: p, Right: rng.Float64() < p, Weight: 1})
	}
	return out
}

func TestReliability(t *testing.T) {
	var b, again bytes.Buffer
	curves := []Reliability{{"own <turns>", claims(500)}, {"none", nil}}
	if err := WriteReliability(&b, "Confidence & truth", curves); err != nil {
		t.Fatal(err)
	}
	title, count := elements(t, b.Bytes())
	if !strings.HasPrefix(title, "Confidence & truth: own <turns>: 500, Brier score 0.1") || strings.Contains(title, "none") {
		t.Errorf("title %q", title)
	}
	if count["text"] < 10 || count["path"] < 12 {
		t.Errorf("elements %v, expected ticks, a curve and ten discs", count)
	}
	if err := WriteReliability(&again, "Confidence & truth", curves); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Errorf("the same claims give another picture (%v)", err)
	}
	if err := WriteReliability(io.Discard, "x", []Reliability{{"none", nil}}); !errors.Is(err, ErrNothing) {
		t.Errorf("error %v, expected ErrNothing", err)
	}
}

func TestDET(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	var trials []calibration.Trial
	for range 3000 {
		trials = append(trials, calibration.Trial{Score: rng.NormFloat64()}, calibration.Trial{Score: 2 + rng.NormFloat64(), Same: true})
	}
	var b bytes.Buffer
	var curves []Curve
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		curves = append(curves, Curve{name, calibration.DET(trials)})
	}
	if err := WriteDET(&b, "Decisions", append(curves, Curve{Name: "none"})); err != nil {
		t.Fatal(err)
	}
	title, count := elements(t, b.Bytes())
	if !strings.Contains(title, "a: EER 1") || strings.Contains(title, "none") || count["path"] < 8 {
		t.Errorf("title %q, elements %v", title, count)
	}
	if !bytes.Contains(b.Bytes(), []byte("stroke-dasharray")) {
		t.Error("the eighth curve has the first one's colour and no dashes")
	}
	if err := WriteDET(io.Discard, "x", nil); !errors.Is(err, ErrNothing) {
		t.Errorf("error %v, expected ErrNothing", err)
	}
}

// TestVisibleIsStraightForNormals holds the scale to its purpose: scores of two
// normals of one width give a line of slope −1.
func TestVisibleIsStraightForNormals(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	var trials []calibration.Trial
	for range 50000 {
		trials = append(trials, calibration.Trial{Score: rng.NormFloat64()}, calibration.Trial{Score: 2 + rng.NormFloat64(), Same: true})
	}
	checked := 0
	for _, p := range visible(calibration.DET(trials)) {
		if p.X > -2 && p.X < 0 && p.Y > -2 && p.Y < 0 {
			checked++
			if sum := p.X + p.Y; sum < -2.1 || sum > -1.9 {
				t.Errorf("deviates %v and %v, expected a sum of −2", p.X, p.Y)
			}
		}
	}
	if checked < 20 {
		t.Errorf("%d points in the middle", checked)
	}
}
