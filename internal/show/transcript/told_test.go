package transcript

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/event"
)

func drawPieces(t *rapid.T, name string) []piece {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) piece {
		start := event.Time(rapid.IntRange(0, 30).Draw(t, "start"))
		return piece{start, start + event.Time(rapid.IntRange(1, 10).Draw(t, "length")),
			event.Speaker(rapid.IntRange(0, 3).Draw(t, "speaker"))}
	}), 0, 6).Draw(t, name)
}

func TestUntoldIsWhatIsNeitherToldNorACorrection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		said, now := told(drawPieces(t, "told")), drawPieces(t, "now")
		p := piece{5, 35, event.Speaker(rapid.IntRange(0, 3).Draw(t, "speaker"))}
		now = append(now, p)
		parts := said.untold(p, now)
		for m := p.start; m < p.end; m++ {
			want := true
			for _, s := range at(said, m) {
				if s == p.speaker || !slices.Contains(at(now, m), s) {
					want = false
				}
			}
			if got := len(at(parts, m)) > 0; got != want {
				t.Fatalf("at %d: untold %v, expected %v", m, got, want)
			}
		}
		for i := range parts {
			if i > 0 && parts[i-1].end >= parts[i].start {
				t.Fatalf("parts %v are not apart", parts)
			}
		}
	})
}

func TestCorrectionsMakeWhatWasToldTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		said, now := told(drawPieces(t, "told")), drawPieces(t, "now")
		before := slices.Clone(said)
		found := said.corrections(now, 5, 35)
		for m := event.Time(0); m < 50; m++ {
			var hit *correction
			for i, c := range found {
				if c.start <= m && m < c.end {
					if hit != nil {
						t.Fatalf("two corrections at %d: %v", m, found)
					}
					hit = &found[i]
				}
			}
			was, is := at(said, m), at(now, m)
			wrong := m >= 5 && m < 35 && len(was) > 0 && !slices.Equal(was, is)
			if wrong != (hit != nil) || wrong && (!slices.Equal(hit.was, was) || !slices.Equal(hit.is, is)) {
				t.Fatalf("at %d: told %v, is %v, correction %+v", m, was, is, hit)
			}
		}
		for _, c := range found {
			said.correct(c)
		}
		for m := event.Time(0); m < 50; m++ {
			want := at(before, m)
			if m >= 5 && m < 35 && len(want) > 0 {
				want = at(now, m)
			}
			if got := at(said, m); !slices.Equal(got, want) {
				t.Fatalf("at %d: told %v after the corrections, expected %v", m, got, want)
			}
		}
	})
}
