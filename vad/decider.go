package vad

import "github.com/seed-7adb9000/diarizer/internal/state"

// Decider decides, frame by frame, by scores that come from elsewhere, as a [Detector]
// does by its own.
type Decider struct{ rule rule }

// NewDecider returns a decider at the start of a stream. Its errors match ErrConfig.
func NewDecider(cfg Config) (*Decider, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Decider{newRule(cfg)}, nil
}

// Delay is the number of frames by which decisions lag the scores.
func (d *Decider) Delay() int { return d.rule.delay() }

// Push takes the score, as log odds, and the level of the next frame, and appends the
// decision to dst that has become certain, if there is one.
func (d *Decider) Push(dst []Decision, score, level float32) []Decision {
	return d.rule.push(dst, score, level)
}

// Flush ends the stream and appends the decisions that were still to come.
func (d *Decider) Flush(dst []Decision) []Decision { return d.rule.drain(dst) }

// Resting reports whether all frames not decided yet are alike and none is speech or
// evidence for it.
func (d *Decider) Resting() bool { return d.rule.resting() }

// Skip does what pushing frames scores would do that are like the last one, while the
// decider is [Decider.Resting]. The decisions that would come out do not.
func (d *Decider) Skip(frames int64) { d.rule.skip(frames) }

// AppendBinary appends the state of the decider to b. It never fails.
func (d *Decider) AppendBinary(b []byte) ([]byte, error) {
	return state.Append(b, d.rule.fields()...), nil
}

// UnmarshalBinary gives d, which is new, the state of another decider of the same Config.
func (d *Decider) UnmarshalBinary(b []byte) error { return state.Restore(b, d.rule.fields()...) }
