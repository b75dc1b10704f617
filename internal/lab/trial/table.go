package trial

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/seed-7adb9000/diarizer/internal/voices/identify"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// Report fits a rule on one half of the people and prints it, as Markdown, beside the
// program's, and what comes of the program's on the other half; then what comes on
// both halves, each by the rule that was fitted on the other.
func Report(ctx context.Context, w io.Writer, mt *Material, m model.Model) error {
	fitted, cost, err := Fit(ctx, mt, 0, m)
	if err != nil {
		return err
	}
	other, _, err := Fit(ctx, mt, 1, m)
	if err != nil {
		return err
	}
	rules := []struct {
		name string
		rule identify.Rule
	}{{"the program's", identify.RuleOf(m)}, {"fitted now", fitted}}
	for half, what := range []string{"fitted", "reported"} {
		people := map[int]bool{}
		for _, s := range mt.Streams[half] {
			for _, t := range s.Talkers {
				people[t.Person] = true
			}
		}
		enrolled := map[int]bool{}
		for _, s := range mt.Samples[half] {
			enrolled[s.Person] = true
		}
		fmt.Fprintf(w, "The half that is %s: %d people in %d streams, %d of them with samples\n", what, len(people), len(mt.Streams[half]), len(enrolled))
	}
	refused, samples := refusals(mt)
	fmt.Fprintf(w, "Samples refused: %d of %d\n\n", refused, samples)
	t := tabwriter.NewWriter(w, 0, 0, 1, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "| rule\t| slack\t| length\t| slope\t| offset\t| growth\t| bits, fitted half\t|\n| ---\t| ---:\t| ---:\t| ---:\t| ---:\t| ---:\t| ---:\t|\n")
	for _, r := range rules {
		bits := cost
		if r.rule != fitted {
			bits = Cost(mt, 0, m, r.rule)
		}
		fmt.Fprintf(t, "| %s\t| %g\t| %g\t| %.3f\t| %.3f\t| %.3f\t| %.4f\t|\n", r.name, r.rule.WithinSpeakerVariance, r.rule.LengthExponent, r.rule.Slope, r.rule.Offset, r.rule.Growth, bits)
	}
	fmt.Fprint(t, "\n| streams\t| speech\t| speakers enrolled\t| missed\t| with another's name\t| strangers\t| with a name\t| false names\t|\n| ---\t| ---:\t| ---:\t| ---:\t| ---:\t| ---:\t| ---:\t| ---:\t|\n")
	all, by := Counts(mt, 1, m, identify.RuleOf(m))
	for l, seconds := range Lengths {
		row(t, "all", seconds, all[l])
	}
	for _, condition := range slices.Sorted(maps.Keys(by)) {
		row(t, condition, Lengths[2], by[condition][2])
	}
	// Everybody, by numbers that were fitted on the others.
	whole, parts := Counts(mt, 1, m, fitted)
	rest, more := Counts(mt, 0, m, other)
	for l, seconds := range Lengths {
		whole[l].add(rest[l])
		row(t, "all, both halves", seconds, whole[l])
	}
	for _, condition := range slices.Sorted(maps.Keys(parts)) {
		c := parts[condition][2]
		c.add(more[condition][2])
		row(t, condition+", both halves", Lengths[2], c)
	}
	return t.Flush()
}

func row(w io.Writer, streams string, seconds float64, c Count) {
	fmt.Fprintf(w, "| %s\t| %g s\t| %d\t| %.1f %%\t| %.1f %%\t| %d\t| %.1f %%\t| %.1f %%\t|\n", streams, seconds,
		c.Known, 100*c.Missed(), 100*part(c.Wrong, c.Known), c.Strangers, 100*part(c.Named, c.Strangers), 100*c.False())
}

// refusals counts the samples, each of one person, that enrolment would refuse.
func refusals(mt *Material) (refused, of int) {
	for _, half := range mt.Samples {
		for _, s := range half {
			of++
			if s.Check() != nil {
				refused++
			}
		}
	}
	return refused, of
}
