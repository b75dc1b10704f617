package tracks

import (
	"slices"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event/rttm"
)

// through returns what leaves a gate of all tracks.
func through(g *gate, sounds [][]float32) [][]float32 {
	out := make([][]float32, len(sounds))
	pass := func(tracks [][]float32) {
		for i, x := range tracks {
			out[i] = append(out[i], x...)
		}
	}
	for n := 0; n+hop <= len(sounds[0]); n += hop {
		hops := make([][]float32, len(sounds))
		for i := range sounds {
			hops[i] = sounds[i][n : n+hop]
		}
		g.push(hops, pass)
	}
	g.flush(pass)
	return out
}

// lateMeeting is a meeting whose first device is so many samples late.
func lateMeeting(t *testing.T, leak float32, late int) (names []string, sounds [][]float32, reference []rttm.Segment) {
	t.Helper()
	names, sounds, reference = meeting(t, leak)
	sounds[0] = append(slices.Clone(sounds[0][:late]), sounds[0]...)[:len(sounds[0])]
	return names, sounds, reference
}

// kept is the share of a track's own speech that leaves the gate unchanged, and the share
// of the others' speech that does.
func kept(name string, before, after []float32, reference []rttm.Segment, late int) (own, others float64) {
	var mine, theirs [2]float64
	for _, s := range reference {
		from, to := int(s.Start*capture.Rate)+late, min(len(after), int(s.End*capture.Rate)+late)
		for n := from; n < to; n++ {
			same := 0.0
			if before[n] == after[n] {
				same = 1
			}
			if s.Speaker == name {
				mine[0], mine[1] = mine[0]+same, mine[1]+1
			} else {
				theirs[0], theirs[1] = theirs[0]+same, theirs[1]+1
			}
		}
	}
	return mine[0] / mine[1], theirs[0] / theirs[1]
}

// As the sound comes, the gate removes crosstalk and keeps the track's own speech, whatever
// the levels. Without crosstalk nothing is changed. The offset of a device that is a third
// of a second late is found.
func TestGateTakesWhatOthersSay(t *testing.T) {
	for _, c := range []struct {
		leak        float32
		late        int
		least, most float64
	}{
		{leak: 0, least: 1, most: 1},
		{leak: 0.05, least: 0.98, most: 0.05},
		{leak: 0.2, least: 0.98, most: 0.05},
		{leak: 0.2, late: 5000, least: 0.95, most: 0.3},
	} {
		names, sounds, reference := lateMeeting(t, c.leak, c.late)
		g := newGate(len(sounds))
		out := through(g, sounds)
		for i, name := range names {
			late := 0
			if i == 0 {
				late = c.late
			}
			if len(out[i]) != len(sounds[i]) {
				t.Fatalf("leak %v: %d samples left the gate, %d entered", c.leak, len(out[i]), len(sounds[i]))
			}
			own, others := kept(name, sounds[i], out[i], reference, late)
			t.Logf("leak %v, late %d, track %d: own %.3f, others' %.3f kept; about %v", c.leak, c.late, i, own, others, g.about[i])
			if own < c.least || others > c.most {
				t.Errorf("leak %v, late %d, track %d: %.3f of its own speech is kept, want %v; %.3f of others', want at most %v", c.leak, c.late, i, own, c.least, others, c.most)
			}
			if c.leak == 0 && !slices.Equal(out[i], sounds[i]) {
				t.Errorf("track %d: what is alone was changed", i)
			}
		}
	}
}

// Two devices have clocks that differ by 3 in 1000. After 24 s they are 70 ms further apart
// than at the start, and the gate follows.
func TestGateFollowsClocks(t *testing.T) {
	names, sounds, reference := meeting(t, 0.2)
	var slow []float32
	for n, x := range sounds[0] {
		if slow = append(slow, x); n%333 == 0 {
			slow = append(slow, x)
		}
	}
	sounds[0] = slow[:len(sounds[0])]
	out := through(newGate(len(sounds)), sounds)
	for i, name := range names[1:] {
		own, others := kept(name, sounds[i+1], out[i+1], reference, 0)
		t.Logf("track %d: own %.3f, others' %.3f kept", i+1, own, others)
		if own < 0.95 || others > 0.1 {
			t.Errorf("track %d: own %.3f, others' %.3f kept", i+1, own, others)
		}
	}
}

// A gate keeps seconds of a stream that never ends, and sound leaves it after a bounded
// time.
func TestGateIsBounded(t *testing.T) {
	g := newGate(2)
	x := make([]float32, hop)
	left := 0
	for n := range 60 * 60 * 10 {
		for k := range x {
			x[k] = float32((n*k)%17-8) / 100
		}
		g.push([][]float32{x, x}, func(tracks [][]float32) { left += len(tracks[0]) })
		if late := (n+1)*hop - left; late > delay {
			t.Fatalf("%d samples have not left, want at most %d", late, delay)
		}
	}
	for _, e := range g.ears {
		if len(e.frames) > 2000 || cap(e.frames) > 8000 || cap(e.sound) > 8000*hop || len(e.marks) > 2*confirm {
			t.Errorf("%d frames (%d), %d samples, %d marks are kept after six minutes", len(e.frames), cap(e.frames), cap(e.sound), len(e.marks))
		}
	}
}

// BenchmarkGate is a minute of two devices.
func BenchmarkGate(b *testing.B) {
	g := newGate(2)
	x, y := make([]float32, hop), make([]float32, hop)
	for k := range x {
		x[k], y[k] = float32(k%31-15)/100, float32(k%29-14)/100
	}
	for b.Loop() {
		for range 6000 {
			g.push([][]float32{x, y}, func([][]float32) {})
		}
	}
}
