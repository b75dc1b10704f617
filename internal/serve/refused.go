package serve

import (
	"math/bits"
	"slices"
)

// refusals counts the messages of a stream that were refused, by what is wrong with
// them.
type refusals map[string]uint64

// add counts a message and reports whether to tell of it: of the first of each kind,
// and then the more rarely, the more there are.
func (r refusals) add(kind string) (all uint64, tell bool) {
	r[kind]++
	all = r[kind]
	return all, bits.OnesCount64(all) == 1
}

// refused tells of a message that was not used, or not as it is.
func (o *owner) refused(kind string, err error) {
	o.w.metrics.bad.WithLabelValues(kind).Inc()
	if o.refusals == nil {
		o.refusals = refusals{}
	}
	if all, tell := o.refusals.add(kind); tell {
		o.log.Warn("packets are refused", "kind", kind, "why", short(err), "message", o.follow.number, "refused", all)
	}
}

// short is an error without most of what a sender may have made of it.
func short(err error) string {
	const most = 300
	s := []rune(err.Error())
	if len(s) > most {
		s = append(slices.Clip(s[:most]), '…')
	}
	return string(s)
}
