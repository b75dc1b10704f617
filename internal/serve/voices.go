package serve

import (
	"context"
	"errors"
	"math"
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/enroll"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// voices are the enrolled speakers, made ready for comparisons. It may be shared
// by goroutines.
type voices struct {
	kv jetstream.KeyValue
	m  *model.Model

	mu    sync.Mutex
	known map[string]known
}

type known struct {
	name  string
	voice *model.Voice // never changed
}

func openVoices(ctx context.Context, js jetstream.JetStream, m *model.Model, o StoreOptions) (*voices, error) {
	kv, err := bucket(ctx, js, VoiceBucket, "enrolled speakers: biometric data", o)
	if err != nil {
		return nil, err
	}
	return &voices{kv: kv, m: m, known: map[string]known{}}, nil
}

// follow keeps the voices up to date until ctx is done.
func (v *voices) follow(ctx context.Context, report func(error)) {
	watcher, err := v.kv.WatchAll(ctx)
	if err != nil {
		if ctx.Err() == nil {
			report(err)
		}
		return
	}
	defer func() { _ = watcher.Stop() }() // fails on a closed connection only
	scorer := v.m.NewScorer()
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-watcher.Updates():
			if !ok {
				return
			}
			if e == nil {
				continue
			}
			if err := v.put(scorer, e); err != nil {
				report(err)
			}
		}
	}
}

func (v *voices) put(scorer *model.Scorer, e jetstream.KeyValueEntry) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.known, e.Key())
	if e.Operation() != jetstream.KeyValuePut {
		return nil
	}
	s, err := enroll.Decode(e.Value(), v.m)
	if errors.Is(err, enroll.ErrOtherModel) {
		return nil // of workers with that model
	}
	if err != nil {
		return err
	}
	voice := model.NewVoice(v.m.Nu)
	voice.Stats.Add(s.Stats)
	scorer.Update(&voice)
	v.known[e.Key()] = known{name: s.Name, voice: &voice}
	return nil
}

func (v *voices) all() []known {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := make([]known, 0, len(v.known))
	for _, k := range v.known {
		all = append(all, k)
	}
	return all
}

// What it takes to give a speaker a name.
const (
	recognizeEvery  = 2 * capture.Rate // samples between two looks
	recognizeFrames = 300              // frames of speech, at least
	recognizeGrowth = 1.5              // by which speech has to grow to be compared again
	recognizeSure   = 0.9              // probability, at least
)

// recognition is what an owner keeps to compare its speakers with the enrolled.
type recognition struct {
	scorer *model.Scorer
	voice  model.Voice
	next   int64           // stream position of the next look
	heard  map[int]float64 // frames at the last comparison
}

// recognize compares the stream's speakers with the enrolled ones, if that was
// asked for, and notes among the stream's sound who is known.
func (o *owner) recognize(ctx context.Context) error {
	if !o.current().Identify {
		return nil
	}
	at := o.follow.stream.At()
	r := &o.recognition
	if len(o.chain.logged) > 0 || at < r.next {
		return nil
	}
	r.next = at + recognizeEvery
	all := o.w.voices.all()
	if len(all) == 0 {
		return nil
	}
	m := o.w.opts.Pipeline.Model
	if r.scorer == nil {
		r.scorer, r.voice, r.heard = m.NewScorer(), model.NewVoice(m.Nu), map[int]float64{}
	}
	for speaker, stats := range o.follow.stream.Speakers() {
		if o.follow.desk.Identified(speaker) || stats.N < recognizeFrames || stats.N < recognizeGrowth*r.heard[speaker] {
			continue
		}
		r.voice.Stats.Reset()
		r.voice.Stats.Add(stats)
		r.scorer.Update(&r.voice)
		name, p := likeliest(m, r.scorer, &r.voice, all)
		if p >= recognizeSure {
			o.log.Info("speaker identified", "speaker", speaker, "name", name, "probability", p)
			found := identity{Run: o.follow.enc.Run, Speaker: speaker, Name: name, Confidence: p}
			if err := o.w.s.putNote(ctx, o.stream, o.follow.session, noteIdentity, found); err != nil {
				o.report(err) // and compared again at the next look
				continue
			}
		}
		r.heard[speaker] = stats.N
	}
	return nil
}

// likeliest returns the enrolled speaker who is most probably v's, with the
// probability: that of one speaker behind both rather than two, every other
// enrolled one and a stranger being the alternatives, all equally likely before.
func likeliest(m *model.Model, scorer *model.Scorer, v *model.Voice, all []known) (name string, p float64) {
	best, sum := math.Inf(-1), 1.0 // the stranger, at the threshold
	for _, k := range all {
		odds := m.Slope * (scorer.Score(v, k.voice) - m.Threshold)
		sum += math.Exp(min(odds, 500))
		if odds > best {
			best, name = odds, k.name
		}
	}
	return name, math.Exp(min(best, 500)) / sum
}
