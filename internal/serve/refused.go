package serve

import (
	"math/bits"
	"slices"
)

// refusals counts the refused messages of a stream, by the kind of error.
type refusals map[string]uint64

// add counts a message and reports whether to log it: the first of each kind, and the following
// ones more and more rarely.
func (r refusals) add(kind string) (all uint64, tell bool) {
	r[kind]++
	all = r[kind]
	return all, bits.OnesCount64(all) == 1
}

// refused logs a message that was not used, or not used unchanged.
func (o *owner) refused(kind string, err error) {
	o.w.metrics.bad.WithLabelValues(kind).Inc()
	if o.refusals == nil {
		o.refusals = refusals{}
	}
	if all, tell := o.refusals.add(kind); tell {
		o.log.Warn("packets are refused", "kind", kind, "why", short(err), "message", o.follow.number, "refused", all)
	}
}

// short is the text of an error, cut in length because a sender may decide a part of it.
func short(err error) string {
	const most = 300
	s := []rune(err.Error())
	if len(s) > most {
		s = append(slices.Clip(s[:most]), '…')
	}
	return string(s)
}
