package trial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/lab/dataset"
	"github.com/seed-7adb9000/diarizer/internal/lab/experiment"
	"github.com/seed-7adb9000/diarizer/internal/lab/simulate"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// Lengths are the seconds of speech after which names are looked at.
var Lengths = [...]float64{3, 5, 10, 20}

// Material is what a model makes of the sound of people.
type Material struct {
	// Samples are enrolments: two of each person of either half, through different
	// channels.
	Samples [2][]Sample
	// Streams are conversations of one half's people.
	Streams [2][]Stream
}

// Sample is an enrolment.
type Sample struct {
	Person int
	enroll.Sample
}

// Stream is a conversation.
type Stream struct {
	Condition string
	Talkers   []Talker
}

// Talker is a person of a stream, whose utterances are taken for given.
type Talker struct {
	Person int
	// Said is what the person had said when it was as long as each of Lengths, or a
	// little longer. It ends where they say no more.
	Said []model.Stats
}

// The sizes of the experiment.
const (
	samplesEach = 2 // enrolments of a person
	rounds      = 3 // conversations of a person
	company     = 4 // people in a conversation
)

// Gather enrols everybody and has them talk.
func Gather(ctx context.Context, people []Person, ac simulate.Acoustics, m model.Model, seed uint64, progress func(done, all int)) (*Material, error) {
	var jobs []func() error
	mt := &Material{}
	for half := range mt.Samples {
		var those []int
		for i, p := range people {
			if p.Half == half {
				those = append(those, i)
			}
		}
		if len(those) < company {
			return nil, fmt.Errorf("half %d has %d people, expected %d or more", half, len(those), company)
		}
		var enrolled []int
		for _, i := range those {
			if people[i].Sample != nil {
				enrolled = append(enrolled, i)
			}
		}
		samples := make([]Sample, samplesEach*len(enrolled))
		mt.Samples[half] = samples
		for k, i := range enrolled {
			for v := range samplesEach {
				jobs = append(jobs, func() (err error) {
					s := &samples[k*samplesEach+v]
					s.Person = i
					rng := rand.New(rand.NewPCG(seed, uint64(1+v)<<32|uint64(i)))
					s.Sample, err = learn(ctx, m, channel(rng, people[i].Sample, ac))
					return err
				})
			}
		}
		conversations := make([]Stream, 0, rounds*(len(those)/company))
		for round := range rounds {
			rng := rand.New(rand.NewPCG(seed, uint64(100+round)<<32|uint64(half)))
			order := rng.Perm(len(those))
			for at := 0; at+company <= len(order); at += company {
				s := Stream{Condition: simulate.Condition((len(conversations)) % 4).String()}
				for _, k := range order[at : at+company] {
					s.Talkers = append(s.Talkers, Talker{Person: those[k]})
				}
				conversations = append(conversations, s)
			}
		}
		mt.Streams[half] = conversations
		for k := range conversations {
			jobs = append(jobs, func() error {
				rng := rand.New(rand.NewPCG(seed, uint64(200+half)<<32|uint64(k)))
				return converse(rng, &conversations[k], simulate.Condition(k%4), people, ac, m)
			})
		}
	}
	return mt, parallel(ctx, jobs, progress)
}

// parallel runs jobs on all processors.
func parallel(ctx context.Context, jobs []func() error, progress func(done, all int)) error {
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		next int
		errs error
	)
	take := func() func() error {
		mu.Lock()
		defer mu.Unlock()
		if errs != nil || ctx.Err() != nil || next == len(jobs) {
			return nil
		}
		if progress != nil {
			progress(next, len(jobs))
		}
		next++
		return jobs[next-1]
	}
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for job := take(); job != nil; job = take() {
				if err := job(); err != nil {
					mu.Lock()
					errs = errors.Join(errs, err)
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs, ctx.Err())
}

// channel returns a copy of x as somebody might record a sample: with one of many
// microphones, close to it, over a telephone, in a room or at a table.
func channel(rng *rand.Rand, x []float32, ac simulate.Acoustics) []float32 {
	y := append([]float32(nil), x...)
	simulate.Scale(y, 0.05/max(1e-6, rms(y)))
	simulate.Equalise(rng, y, 6)
	noise := simulate.Coloured(rng, 5*dataset.Rate, rng.Float64())
	if k := rng.IntN(2 * (len(ac.Noises) + 1)); k < len(ac.Noises) {
		noise = ac.Noises[k]
	}
	switch rng.IntN(5) {
	case 0, 1:
		simulate.AddNoise(rng, y, noise, 20+20*rng.Float64())
	case 2:
		simulate.AddNoise(rng, y, noise, 20+15*rng.Float64())
		y = simulate.PhoneLine(y)
	case 3:
		room := simulate.Room(rng, 0.15+0.4*rng.Float64(), 10*rng.Float64())
		if k := rng.IntN(2 * (len(ac.Rooms) + 1)); k < len(ac.Rooms) {
			room = simulate.Unit(ac.Rooms[k])
		}
		y = simulate.Convolve(y, room)
		simulate.AddNoise(rng, y, noise, 15+20*rng.Float64())
	case 4:
		table := simulate.NewTable(rng)
		y = simulate.Convolve(y, table.Seat(rng))
		simulate.AddNoise(rng, y, noise, 15+15*rng.Float64())
	}
	return y
}

// learn enrols somebody from sound.
func learn(ctx context.Context, m model.Model, x []float32) (enroll.Sample, error) {
	sample, err := enroll.Learn(ctx, m, &sound{x: x})
	return sample, err
}

// converse composes the conversation of a stream and keeps what its people have said.
func converse(rng *rand.Rand, s *Stream, cond simulate.Condition, people []Person, ac simulate.Acoustics, m model.Model) error {
	var speakers []simulate.Speaker
	for _, t := range s.Talkers {
		x := append([]float32(nil), people[t.Person].Talk...)
		speakers = append(speakers, simulate.Speaker{Name: people[t.Person].Name, Recordings: [][]float32{x}})
	}
	c := simulate.Talk(rng, speakers, ac, simulate.Options{Name: "stream", Condition: cond, Seconds: 300})
	simulate.Equalise(rng, c.Samples, 4)
	rec, err := experiment.NewRecording(c.Name, s.Condition, c.Samples, c.Reference, m.Front())
	if err != nil {
		return err
	}
	// The recording numbers speakers as they come in the reference, which calls
	// them s1, s2 and so on.
	var number []int
	seen := map[string]bool{}
	for _, seg := range c.Reference {
		if !seen[seg.Speaker] {
			seen[seg.Speaker] = true
			var n int
			if _, err := fmt.Sscanf(seg.Speaker, "s%d", &n); err != nil {
				return fmt.Errorf("speaker %q of a composed conversation: %w", seg.Speaker, err)
			}
			number = append(number, n-1)
		}
	}
	sums := make([]model.Stats, len(s.Talkers))
	for i := range sums {
		sums[i] = m.Shape().NewStats()
	}
	for i, pair := range rec.Pairs(m) {
		at := number[rec.Utterances[i].Speaker]
		sum, t := &sums[at], &s.Talkers[at]
		sum.Add(pair)
		for len(t.Said) < len(Lengths) && sum.N >= 100*Lengths[len(t.Said)] {
			t.Said = append(t.Said, sum.Clone())
		}
	}
	return nil
}

// sound is a source of samples in memory.
type sound struct {
	x  []float32
	at int64
}

func rms(x []float32) float64 { return math.Sqrt(simulate.Power(x)) }

// Next implements [capture.Source].
func (s *sound) Next(context.Context) (capture.Block, error) {
	if int(s.at) == len(s.x) {
		return capture.Block{}, io.EOF
	}
	n := min(len(s.x)-int(s.at), capture.Rate)
	b := capture.Block{Start: s.at, Samples: s.x[s.at : int(s.at)+n]}
	s.at += int64(n)
	return b, nil
}

// Close implements [capture.Source].
func (s *sound) Close() error { return nil }
