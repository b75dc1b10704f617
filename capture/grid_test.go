package capture

import (
	"context"
	"io"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// made is a decoder of parts that a test makes.
type made struct {
	parts []chunk
	cur   chunk
	gap   int64
}

func (m *made) Format() pcm.Format {
	if m.cur.format.Rate == 0 {
		return m.parts[0].format
	}
	return m.cur.format
}
func (m *made) Gap() int64     { return m.gap }
func (m *made) Warning() error { return nil }

func (m *made) Read(dst []float32) (int, error) {
	m.gap = 0
	for len(m.cur.samples) == 0 {
		if len(m.parts) == 0 {
			return 0, io.EOF
		}
		m.cur, m.parts = m.parts[0], m.parts[1:]
		m.gap += m.cur.gap
	}
	ch := m.cur.format.Channels
	n := copy(dst[:len(dst)/ch*ch], m.cur.samples)
	m.cur.samples = m.cur.samples[n:]
	return n / ch, nil
}

// parts are a tone of 100 Hz, with gaps and in changing formats, in which a sample
// is what the tone is at its time.
func parts(t *rapid.T) []chunk {
	var all []chunk
	at := 0. // seconds
	f := pcm.Format{Channels: 1, Rate: 8000}
	for range rapid.IntRange(1, 4).Draw(t, "parts") {
		if rapid.Bool().Draw(t, "another format") {
			rate := rapid.SampledFrom([]int{8000, 11025, 16000, 44100, 48000, 7999}).Draw(t, "rate")
			if rate != f.Rate {
				at = math.Ceil(at*Rate-1e-6) / Rate // where sound of another rate begins
			}
			f.Rate, f.Channels = rate, rapid.IntRange(1, 3).Draw(t, "channels")
		}
		c := chunk{format: f, gap: rapid.SampledFrom([]int64{0, 1, 3, 441, 5000, 100_000, 1 << 25}).Draw(t, "gap")}
		at += float64(c.gap) / float64(f.Rate)
		n := rapid.IntRange(f.Rate/10, f.Rate/4).Draw(t, "frames")
		for i := range n {
			x := float32(math.Sin(2*math.Pi*100*(at+float64(i)/float64(f.Rate)))) / 2
			for range f.Channels {
				c.samples = append(c.samples, x)
			}
		}
		at += float64(n) / float64(f.Rate)
		all = append(all, c)
	}
	return all
}

// heardBlocks are the blocks of a recording of the parts.
func heardBlocks(t *rapid.T, ps []chunk, size int, of Channel) (all []Block) {
	rec := &Recording{opts: Options{BlockSize: size}, channel: of}
	if err := rec.prepare(newLeveled(&made{parts: slices.Clone(ps)})); err != nil {
		t.Fatal(err)
	}
	for {
		b, err := rec.Next(context.Background())
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(b.Samples) == 0 || len(b.Samples) > size || len(all) > 0 && b.Start < all[len(all)-1].End() {
			t.Fatalf("block of %d samples at %d", len(b.Samples), b.Start)
		}
		all = append(all, b)
	}
}

// spans joins blocks that follow each other.
func spans(all []Block) (out []Block) {
	for _, b := range all {
		if n := len(out); n > 0 && out[n-1].End() == b.Start {
			out[n-1].Samples = append(out[n-1].Samples, b.Samples...)
			continue
		}
		out = append(out, Block{b.Start, slices.Clone(b.Samples)})
	}
	return out
}

// TestTimeIsKept: with gaps of any length and changes of rate and channels, each sample is the sound of its time.
// Samples do not depend on the size of blocks.
func TestTimeIsKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ps := parts(t)
		of := rapid.SampledFrom([]Channel{Mix, 1}).Draw(t, "channel")
		want := spans(heardBlocks(t, ps, 1<<20, of))
		got := spans(heardBlocks(t, ps, rapid.IntRange(1, 999).Draw(t, "block"), of))
		if !slices.EqualFunc(got, want, func(a, b Block) bool { return a.Start == b.Start && slices.Equal(a.Samples, b.Samples) }) {
			t.Fatal("blocks changed the sound")
		}
		var missing, heard, seconds float64
		for _, p := range ps {
			missing += float64(p.gap) / float64(p.format.Rate)
			seconds += float64(len(p.samples)/p.format.Channels) / float64(p.format.Rate)
		}
		for _, b := range want {
			heard += float64(len(b.Samples)) / Rate
			if len(b.Samples) < 400 {
				t.Fatalf("%d samples at %d", len(b.Samples), b.Start)
			}
		}
		end := float64(want[len(want)-1].End()) / Rate
		if math.Abs(heard-seconds) > 5./Rate || math.Abs(end-heard-missing) > 5./Rate {
			t.Fatalf("%.4f s of %.4f heard, up to %.4f with %.4f missing", heard, seconds, end, missing)
		}
		if n := want[len(want)-1].End(); n < 1<<22 {
			rec := &Recording{opts: Options{BlockSize: 999}, channel: of}
			if err := rec.prepare(newLeveled(&made{parts: slices.Clone(ps)})); err != nil {
				t.Fatal(err)
			}
			all, err := ReadAll(context.Background(), rec)
			if err != nil || int64(len(all)) != n {
				t.Fatalf("%d samples in all, want %d, %v", len(all), n, err)
			}
			for _, b := range want {
				if !slices.Equal(all[b.Start:b.End()], b.Samples) {
					t.Fatalf("samples from %d on are others when all are read", b.Start)
				}
			}
		}
		// The tone is cut where one part ends and another begins, and the filter rings there.
		// Most samples are far from it.
		near := 0
		for _, b := range want {
			for i, x := range b.Samples {
				if d := float64(x) - math.Sin(2*math.Pi*100*float64(b.Start+int64(i))/Rate)/2; math.Abs(d) > 2e-3 {
					near++
				}
			}
		}
		if most := len(ps) * 700; near > most {
			t.Fatalf("%d samples are not what the tone is at their time", near)
		}
	})
}

// TestRateChangesAreBounded, because each makes a filter.
func TestRateChangesAreBounded(t *testing.T) {
	var ps []chunk
	for i := range 3 * maxChanges {
		ps = append(ps, chunk{samples: make([]float32, 10), format: pcm.Format{Rate: 8000 + 8000*(i%2), Channels: 1}})
	}
	rec := &Recording{opts: Options{BlockSize: 1000}}
	if err := rec.prepare(newLeveled(&made{parts: ps})); err != nil {
		t.Fatal(err)
	}
	var err error
	for err == nil {
		_, err = rec.Next(context.Background())
	}
	if err == io.EOF || rec.changes != maxChanges+1 {
		t.Errorf("%d changes, %v", rec.changes, err)
	}
}

// TestLookingAheadChangesNothing: neither the sound, nor its gaps, nor the formats.
func TestLookingAheadChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ps := parts(t)
		var plain, looked []chunk
		read := func(r pcm.Reader) (all []chunk) {
			buf := make([]float32, rapid.IntRange(pcm.MaxChannels, 5000).Draw(t, "buffer"))
			for {
				n, err := r.Read(buf)
				if err != nil {
					return all
				}
				f, gap := r.Format(), pcm.Gap(r)
				if k := len(all) - 1; gap == 0 && k >= 0 && all[k].format == f {
					all[k].samples = append(all[k].samples, buf[:n*f.Channels]...)
					continue
				}
				all = append(all, chunk{samples: slices.Clone(buf[:n*f.Channels]), format: f, gap: gap})
			}
		}
		plain = read(&made{parts: slices.Clone(ps)})
		a := newAhead(&made{parts: slices.Clone(ps)})
		for range rapid.IntRange(1, 3).Draw(t, "looks") {
			left := rapid.IntRange(0, 20).Draw(t, "chunks")
			a.look(func(chunk) bool { left--; return left < 0 })
		}
		looked = read(a)
		if !slices.EqualFunc(plain, looked, func(a, b chunk) bool {
			return a.format == b.format && a.gap == b.gap && slices.Equal(a.samples, b.samples)
		}) {
			t.Fatal("looking ahead changed the sound")
		}
	})
}
