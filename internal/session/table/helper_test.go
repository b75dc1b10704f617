package table

import (
	"context"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sound is the demo's recording: four speakers, 70 s.
func sound(t testing.TB) []float32 {
	t.Helper()
	rec, err := capture.OpenReader(t.Context(), demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	all, err := capture.ReadAll(t.Context(), rec)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// microphone is a device that hears a recording.
type microphone struct {
	gain, noise   float64
	delay         int                          // samples by which sound reaches it later
	drift         float64                      // share by which its clock is fast
	joins, leaves float64                      // seconds
	late          int                          // samples by which its packets arrive later
	near          func(second float64) float64 // how loud the speaker of the moment is
	hall          float64                      // loudness of the reverberation relative to the direct sound
}

// hears is what a microphone hears of a recording from the moment it joins.
func (m microphone) hears(all []float32, seed uint64) []float32 {
	rng := rand.New(rand.NewPCG(seed, 1))
	all = m.thrownBack(all, rng)
	var heard []float32
	for i := 0; ; i++ {
		at := (m.joins*capture.Rate + float64(i)) / (1 + m.drift)
		if at >= float64(len(all)-1) || m.leaves > 0 && at >= m.leaves*capture.Rate {
			return heard
		}
		x := 0.0
		if k := at - float64(m.delay); k >= 0 {
			n := int(k)
			x = float64(all[n]) + (k-float64(n))*float64(all[n+1]-all[n])
		}
		loud := m.gain
		if m.near != nil {
			loud *= m.near(at / capture.Rate)
		}
		heard = append(heard, float32(loud*x+m.noise*rng.NormFloat64()))
	}
}

// thrownBack adds the reverberation of a room of half a second: two hundred paths of the
// sound, others for each microphone.
func (m microphone) thrownBack(all []float32, rng *rand.Rand) []float32 {
	if m.hall == 0 {
		return all
	}
	const ways = 200
	out := slices.Clone(all)
	for range ways {
		after := int(rng.Float64() * capture.Rate / 2)
		loud := float32(m.hall * rng.NormFloat64() * math.Pow(10, -3*float64(after)/(capture.Rate/2)) * math.Sqrt(6.9*2/ways))
		for i := after; i < len(all); i++ {
			out[i] += loud * all[i-after]
		}
	}
	return out
}

const packet = 960

// play lets the microphones hear a recording, and returns the table's sound.
func play(t testing.TB, all []float32, microphones []microphone) (blocks []capture.Block, said []string) {
	t.Helper()
	table := New(func(_ *Device, text string) { said = append(said, text) })
	heard := make([][]float32, len(microphones))
	devices := make([]*Device, len(microphones))
	for i, m := range microphones {
		heard[i] = m.hears(all, uint64(i))
	}
	drain := func() {
		for {
			b, ok := table.Next()
			if !ok {
				return
			}
			if n := len(blocks); n > 0 && b.Start < blocks[n-1].End() {
				t.Fatalf("a block at %d after %d", b.Start, blocks[n-1].End())
			}
			blocks = append(blocks, b)
		}
	}
	for now := packet; now < len(all)+40*packet; now += packet {
		for i, m := range microphones {
			joins := int(m.joins * capture.Rate)
			if devices[i] == nil && now > joins+m.late {
				var err error
				if devices[i], err = table.Join(); err != nil {
					t.Fatal(err)
				}
			}
			if devices[i] == nil || devices[i].ended {
				continue
			}
			from := int(devices[i].end)
			to := min(len(heard[i]), now-joins-m.late)
			if to > from {
				table.Push(devices[i], capture.Block{Start: int64(from), Samples: slices.Clone(heard[i][from:to])})
			}
			if to == len(heard[i]) {
				table.End(devices[i])
			}
		}
		drain()
		table.Wait(packet * time.Second / capture.Rate)
	}
	if !table.Over() {
		t.Fatalf("not over at %d", table.at)
	}
	return blocks, said
}

// source is the sound of a table.
type source struct{ blocks []capture.Block }

func (s *source) Next(context.Context) (capture.Block, error) {
	if len(s.blocks) == 0 {
		return capture.Block{}, io.EOF
	}
	b := s.blocks[0]
	s.blocks = s.blocks[1:]
	return b, nil
}

func (s *source) Close() error { return nil }
