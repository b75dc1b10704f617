package natsaudio

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
)

// storedAt are packets that were stored as they were spoken, from a second on.
func storedAt(ps []Packet, second float64) []Packet {
	ps = slices.Clone(ps)
	for i := range ps {
		at := second + float64(ps[i].Position)/float64(ps[i].Rate)
		ps[i].Stored = time.Unix(0, 0).Add(time.Duration(at * float64(time.Second)))
	}
	return ps
}

// asStored are packets of several senders in the order of their storing.
func asStored(all ...[]Packet) []Packet {
	ps := slices.Concat(all...)
	slices.SortStableFunc(ps, func(a, b Packet) int { return a.Stored.Compare(b.Stored) })
	return ps
}

// TestRivals: only the session that is heard can end its run, by its end mark or by its silence. Another session loses
// nothing while it waits. Packets that are not heard are counted, and a warning says so.
func TestRivals(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	const rate = 16000
	a, _ := cut(r, "a", rate, 1, 20*rate, 320)
	b, _ := cut(r, "b", rate, 1, 8*rate, 320)
	half := len(a) / 2
	spoken := func(ps []Packet) (n int) {
		for _, p := range ps {
			n += p.Samples
		}
		return n
	}
	cutoff := spoken(a[:half])
	burst := storedAt(b, 0)
	for i := range burst {
		burst[i].Stored = time.Unix(10, 0).Add(time.Duration(i) * time.Millisecond)
	}
	for _, c := range []struct {
		name     string
		ps       []Packet
		only, ab int // samples of the first session, of all with Follow
		dropped  bool
	}{
		{"began again", asStored(storedAt(a, 0)[:half], storedAt(b, 30)), cutoff, cutoff + 8*rate, false},
		{"began again at once", asStored(storedAt(a, 0)[:half], storedAt(b, 10.5)), cutoff, cutoff + 8*rate, false},
		{"at once and quickly", asStored(storedAt(a, 0)[:half], burst), cutoff, cutoff + 8*rate, false},
		{"two at once", asStored(storedAt(a, 0), storedAt(b, 3)), 20 * rate, 20 * rate, true},
		{"a burst between two packets", asStored(storedAt(a, 0), burst), 20 * rate, 20 * rate, true},
		{"a stray packet", asStored(storedAt(a, 0), storedAt(b, 3)[5:6]), 20 * rate, 20 * rate, true},
		{"woke up", asStored(storedAt(a, 0)[:half], storedAt(b, 11), storedAt(a, 10)[half:]), cutoff, cutoff + 8*rate, true},
	} {
		got, _ := assemble(t, Options{}, c.ps)
		if len(got.samples) != c.only {
			t.Errorf("%s: %d samples of the first session, expected %d", c.name, len(got.samples), c.only)
		}
		said := 0
		got, asm := assemble(t, Options{Follow: true, OnWarning: func(error) { said++ }}, c.ps)
		if len(got.samples) != c.ab {
			t.Errorf("%s: %d samples, expected %d", c.name, len(got.samples), c.ab)
		}
		if dropped := asm.Stats().Dropped > 0; dropped != c.dropped || c.dropped != (said > 0) {
			t.Errorf("%s: %+v, %d warnings", c.name, asm.Stats(), said)
		}
	}
}

// TestRivalsAreBounded: the packets that wait for the end of another session are bounded.
func TestRivalsAreBounded(t *testing.T) {
	a, err := NewAssembler(Options{Follow: true})
	if err != nil {
		t.Fatal(err)
	}
	p := Packet{Session: "a", Seq: 1, Encoding: S16, Rate: 16000, Channels: 1, Samples: 100, Data: make([]byte, 200), Stored: time.Unix(0, 0)}
	big := p
	big.Session, big.Data = "b", make([]byte, MaxPayload)
	big.Samples = len(big.Data) / 2
	for i := range 10_000 {
		for _, p := range []Packet{p, big} {
			p.Seq = uint64(i + 1)
			if p.Session == "a" && i > 0 {
				continue
			}
			if _, err := a.Push(p, func(capture.Block) {}); err != nil {
				t.Fatal(err)
			}
		}
	}
	held := 0
	for _, p := range a.rival.packets {
		held += len(p.Data)
	}
	if held > maxRivalBytes || len(a.rival.packets) > maxRival || a.Stats().Dropped == 0 {
		t.Errorf("%d bytes in %d packets wait, %+v", held, len(a.rival.packets), a.Stats())
	}
}
