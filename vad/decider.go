package vad

import "github.com/seed-7adb9000/diarizer/internal/state"

// Decider decides, frame by frame, whether a stream holds speech, from scores that the
// caller computes. A [Detector] does the same from samples.
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

// Push takes the score of the next frame, as log odds, and its level. If a decision has
// become certain, Push appends it to dst.
func (d *Decider) Push(dst []Decision, score, level float32) []Decision {
	return d.rule.push(dst, score, level)
}

// Flush ends the stream and appends the decisions that were still to come.
func (d *Decider) Flush(dst []Decision) []Decision { return d.rule.drain(dst) }

// Resting reports whether all frames that wait for a decision are alike, and none of
// them is speech or evidence for speech.
func (d *Decider) Resting() bool { return d.rule.resting() }

// Skip does what pushing so many scores like the last one would do, while the decider is
// [Decider.Resting]. It returns no decisions.
func (d *Decider) Skip(frames int64) { d.rule.skip(frames) }

// AppendBinary appends the state of the decider to b. It never fails.
func (d *Decider) AppendBinary(b []byte) ([]byte, error) {
	return state.Append(b, d.rule.fields()...), nil
}

// UnmarshalBinary gives d, which is new, the state of another decider of the same Config.
func (d *Decider) UnmarshalBinary(b []byte) error { return state.Restore(b, d.rule.fields()...) }
