package online

import (
	"math"
	"testing"

	"github.com/seed-7adb9000/diarizer/segment"
)

// Speech that is too short for a new speaker is given to who spoke last. How sure that is
// depends on how much it sounds like them, not on how much it sounds like somebody new.
func TestTooShortForSomebodyNew(t *testing.T) {
	w := newWorld(1, 2)
	c, err := New(w.m, Config{})
	if err != nil {
		t.Fatal(err)
	}
	hear := newListener(t).hear
	for range 5 {
		w.say(0, 300, 0, func(ev segment.Event) { c.Push(ev, hear) })
	}
	w.say(1, 80, 60, func(ev segment.Event) {
		if !ev.Closed {
			c.Push(ev, hear)
			return
		}
		u := utterance{start: ev.Utterance.Start, end: ev.Utterance.End}
		c.look = &c.looks[finalLook]
		c.measure(&u)
		c.decide(&u)
		own := c.rule.Slope * (c.scorer.Score(&c.voice, &c.speaker(1).voice) + c.cfg.SelfLoopPrior)
		other := c.rule.Slope * c.rule.Threshold
		want := math.Exp(own) / (math.Exp(own) + math.Exp(other))
		if u.speaker != 1 || u.conf >= 0.5 || math.Abs(u.conf-want) > 1e-9 {
			t.Errorf("speaker %d with confidence %v, expected 1 with %v, below a half", u.speaker, u.conf, want)
		}
		c.speaker(1).voice = c.m.Shape().NewVoice() // nobody's voice
		c.decide(&u)
		if u.speaker != 1 || u.conf != 0 {
			t.Errorf("speaker %d with confidence %v, expected 1 without a voice and with 0", u.speaker, u.conf)
		}
	})
}
