package online

import (
	"math"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// decide gives u, the utterance at hand, the speaker of largest posterior among
// those known, or Unknown where a new one is more probable. The scores are
//
//	log P(H1 | u, s) + log W + prior,
//
// and the threshold stands for log W and the odds of a newcomer.
func (c *Clusterer) decide(u *utterance) {
	best, bestLogP, bestScore := Unknown, math.NaN(), c.rule.Threshold
	last := math.Inf(-1) // the score of who spoke last
	sum := 0.0
	first := true
	add := func(score float64) { // log-sum-exp over the alternatives
		if first {
			sum, first = score, false
			return
		}
		hi, lo := max(sum, score), min(sum, score)
		sum = hi + math.Log1p(math.Exp(lo-hi))
	}
	if c.full() && u.created == 0 { // who was added for it has a place
		bestScore = math.Inf(-1)
	} else {
		add(c.rule.Slope * c.rule.Threshold)
	}
	for i := range c.speakers {
		s := &c.speakers[i]
		if c.links.alias(s.number) || c.hopeless(s, bestScore) {
			continue
		}
		logP, who := c.compare(&c.voice, s.number)
		if who == Unknown {
			continue
		}
		score := logP
		if c.links.same(who, c.look.last) {
			score += c.cfg.SelfLoopPrior
			last = score
		}
		add(c.rule.Slope * score)
		if score > bestScore {
			best, bestLogP, bestScore = who, logP, score
		}
	}
	if bestScore <= c.rule.Threshold && int(c.voice.Stats.N) >= c.cfg.MinCreate {
		// Somebody new, unless it is somebody who has been silent for long.
		if who, score := c.recall(&c.voice, c.rule.Threshold); who != Unknown {
			add(c.rule.Slope * score)
			best, bestLogP, bestScore = who, score, score
		}
	}
	if best == Unknown && int(c.voice.Stats.N) < c.cfg.MinCreate && c.look.last != Unknown {
		best, bestScore = c.look.last, last // too short to be anybody new
	}
	u.speaker, u.logP = best, bestLogP
	u.conf = math.Exp(min(0, c.rule.Slope*bestScore-sum))
}

// hopeless says whether speaker s is out of the question for the utterance at
// hand: at most one in e³ as probable as that which scores best so far.
func (c *Clusterer) hopeless(s *speaker, best float64) bool {
	return s.number != c.look.last && c.rule.Slope*(c.bound(&c.voice, s)-best) < -3
}

// bound returns what v and speaker s would hardly exceed in compare, +Inf where
// nobody knows.
func (c *Clusterer) bound(v *model.Voice, s *speaker) float64 {
	if len(c.links.told) > 0 || s.voice.Stats.N <= 0 {
		return math.Inf(1)
	}
	return c.scorer.Bound(v, &s.voice)
}

// full says whether no speaker may be added any more.
func (c *Clusterer) full() bool {
	l := c.limits()
	return l.Max > 0 && len(c.speakers) >= l.Max && len(c.speakers)-len(c.idle()) >= l.Max
}

// mayCreate says whether the utterance at hand may be somebody new.
func (c *Clusterer) mayCreate() bool {
	return !c.full() && (int(c.voice.Stats.N) >= c.cfg.MinCreate || c.absent.given == 0)
}

// add makes a new speaker and returns its number. Where there are as many speakers as
// there may be, a new one gets the number of one who is idle and is none of taken.
func (c *Clusterer) add(at int64, emit func(Event), taken ...int) int {
	if l := c.limits(); l.Max > 0 && len(c.speakers) >= l.Max {
		if idle := c.idle(taken...); len(idle) > 0 {
			for i := range c.looks {
				if c.looks[i].last == idle[0] {
					c.looks[i].last = Unknown // it was somebody else, if anybody
				}
			}
			return idle[0]
		}
	}
	if c.next != nil {
		c.absent.given = c.next(c.absent.given)
	} else {
		c.absent.given++
	}
	c.speakers = append(c.speakers, speaker{
		number: c.absent.given,
		anchor: c.m.Shape().NewStats().Keep(),
	})
	emit(Event{Kind: SpeakerAdded, At: at, Speaker: c.absent.given})
	return c.absent.given
}
