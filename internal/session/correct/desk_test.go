package correct

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online"
)

// bench is a desk between a made-up clustering and two listeners: one of the desk, one of
// the clustering itself.
type bench struct {
	t        *rapid.T
	r        *rand.Rand
	desk     *Desk
	got, raw event.Timeline
	rawEnc   event.Encoder
	events   []event.Event
	groups   [][]int
	gifts    []online.Gift

	at       int64
	id, last int
	labels   []int
	merges   [][2]int // of the clustering
	stands   []Correction
	gave     [][]gave               // for each of stands, what it gave
	live     map[event.Speaker]bool // as an outsider sees it
}

// gave is what was given of a turn. The turn is the clustering's.
type gave struct {
	event.Turn
	start, end event.Time
}

func (g gave) part() bool { return g.start > g.Turn.Start || g.end < g.Turn.End }

func newBench(t *rapid.T) *bench { return benchOf(t, rapid.Uint64().Draw(t, "seed")) }

func benchOf(t *rapid.T, seed uint64) *bench {
	b := &bench{t: t, r: rand.New(rand.NewPCG(seed, 1)), live: map[event.Speaker]bool{},
		rawEnc: event.Encoder{Stream: "s", Run: "r"}}
	b.desk = NewDesk(Options{
		Encoder: &event.Encoder{Stream: "s", Run: "r"},
		Emit:    b.emit,
		Link:    func(groups [][]int) { b.groups = groups },
		Give:    func(gifts []online.Gift) { b.gifts = gifts },
		Reserve: func(least int) int {
			b.last = max(b.last, least) + 1
			b.labels = append(b.labels, b.last) // the clustering knows the speaker from now on
			return b.last
		},
	})
	start := func(e *event.Encoder) event.Event { return e.Start(event.Source{}) }
	b.must(b.desk.Encode(start))
	b.must(b.raw.Apply(start(&b.rawEnc)))
	return b
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) emit(e event.Event) error {
	b.events = append(b.events, e)
	switch e.Kind {
	case event.SpeakerAdded:
		b.live[e.Speaker] = true
	case event.SpeakerMerged:
		if !b.live[e.Speaker] || !b.live[e.Into] {
			return fmt.Errorf("%s merged into %s, of %v", e.Speaker, e.Into, b.live)
		}
		delete(b.live, e.Speaker)
	}
	return b.got.Apply(e)
}

func (b *bench) decide(e online.Event) {
	e.At = b.at
	b.must(b.raw.Apply(online.Encode(&b.rawEnc, e)))
	b.must(b.desk.Decide(e))
}

func (b *bench) speaker() int {
	if len(b.labels) == 0 || b.r.IntN(6) == 0 {
		b.last++
		b.labels = append(b.labels, b.last)
		b.decide(online.Event{Kind: online.SpeakerAdded, Speaker: b.last})
	}
	if b.r.IntN(9) == 0 {
		return online.Unknown
	}
	return b.labels[b.r.IntN(len(b.labels))]
}

// step is one random decision of the clustering.
func (b *bench) step() {
	b.at += 1600
	turns := b.raw.Turns()
	switch n := b.r.IntN(10); {
	case n == 0 && len(b.labels) > 1:
		i := b.r.IntN(len(b.labels))
		from := b.labels[i]
		b.labels = slices.Delete(b.labels, i, i+1)
		into := b.labels[b.r.IntN(len(b.labels))]
		b.merges = append(b.merges, [2]int{from, into})
		b.decide(online.Event{Kind: online.SpeakerMerged, Speaker: from, Into: into})
	case n == 1 && len(turns) > 0:
		t := turns[b.r.IntN(len(turns))]
		b.decide(online.Event{Kind: online.TurnWithdrawn, Turn: online.Turn{ID: t.ID, End: 10, Speaker: int(t.Speaker)}})
	case n < 5 && len(turns) > 0:
		t := turns[b.r.IntN(len(turns))]
		kind := []online.Kind{online.TurnUpdated, online.TurnEnded, online.TurnRevised}[b.r.IntN(3)]
		b.decide(online.Event{Kind: kind, Turn: online.Turn{ID: t.ID, Start: int64(t.Start), End: b.at, Speaker: b.speaker(), State: online.Revised}})
	default:
		b.id++
		s := b.speaker()
		b.decide(online.Event{Kind: online.TurnStarted, Turn: online.Turn{ID: b.id, Start: b.at, End: b.at + 800, Speaker: s, State: online.Provisional}})
	}
}

func (b *bench) someone() event.Speaker {
	var all []event.Speaker
	for s := range b.live {
		all = append(all, s)
	}
	if len(all) == 0 {
		return 1
	}
	slices.Sort(all)
	return all[b.r.IntN(len(all))]
}

// correct makes a random correction.
func (b *bench) correct() {
	var c Correction
	var given []gave
	switch b.r.IntN(4) {
	case 3:
		c = Correction{Action: Give}
		if b.r.IntN(3) > 0 {
			c.Into = b.someone()
		}
		if b.r.IntN(2) == 0 { // only a part
			c.Start = event.Time(b.r.Int64N(b.at/800+1) * 800)
			c.End = c.Start + event.Time(1+b.r.IntN(6))*800
		}
		of := b.clusterings()
		for _, t := range b.got.Turns() {
			if b.r.IntN(4) > 0 || len(c.Turns) == 3 {
				continue
			}
			g := gave{of[t.ID], t.Start, t.End}
			if c.End > 0 {
				g.start, g.end = max(t.Start, c.Start), min(t.End, c.End)
			}
			if g.start < g.end || b.r.IntN(20) == 0 {
				c.Turns, given = append(c.Turns, t.ID), append(given, g)
			}
		}
	case 0:
		c = Correction{Action: Rename, Speaker: b.someone(), Name: []string{"Ada", "Grace", "Edsger", ""}[b.r.IntN(4)]}
	case 1:
		c = Correction{Action: Merge, Speaker: b.someone(), Into: b.someone()}
	case 2:
		c = Correction{Action: Undo}
	}
	events := len(b.events)
	_, err := b.desk.Correct(c)
	switch {
	case errors.Is(err, ErrMalformed), errors.Is(err, ErrRefused):
		if len(b.events) != events {
			b.t.Fatalf("%+v was refused and led to events", c)
		}
	case err != nil:
		b.t.Fatal(err)
	case c.Action == Undo:
		b.stands, b.gave = b.stands[:len(b.stands)-1], b.gave[:len(b.gave)-1]
	default:
		if c.Action == Give && c.Into == event.Unknown {
			c.Into = event.Speaker(b.last)
		}
		b.stands, b.gave = append(b.stands, c), append(b.gave, given)
	}
}

// found maps each label to the label that the clustering has merged it into.
func (b *bench) found(s event.Speaker) event.Speaker {
	for _, m := range b.merges {
		if int(s) == m[0] {
			s = event.Speaker(m[1])
		}
	}
	return s
}

// whose is the label of the speaker at a moment of a turn, after what was given.
func (b *bench) whose(t event.Turn, moment event.Time) (who event.Speaker, given bool) {
	for i := len(b.stands) - 1; i >= 0; i-- {
		for j := len(b.stands[i].Turns) - 1; j >= 0; j-- {
			g := b.gave[i][j]
			own := b.found(g.Speaker) == b.found(t.Speaker)
			in := min(g.Turn.End, t.End) - max(g.Turn.Start, t.Start)
			switch {
			case !g.part() && (g.ID == t.ID || 2*in > t.End-t.Start && in > (t.End-t.Start)/2 && own),
				g.part() && (g.ID == t.ID || own) && !b.raw.Open(t.ID) && g.start <= moment && moment < g.end:
				return b.stands[i].Into, true
			}
		}
	}
	return t.Speaker, false
}

// clusterings returns the clustering's turns by the numbers of the turns that listeners
// know.
func (b *bench) clusterings() map[int]event.Turn {
	byID := func(a, b event.Turn) int { return a.ID - b.ID }
	raw := slices.SortedFunc(slices.Values(b.raw.Turns()), byID)
	got := slices.SortedFunc(slices.Values(b.got.Turns()), byID)
	of := map[int]event.Turn{}
	for _, t := range got {
		if t.Of != 0 {
			continue
		}
		if len(raw) == 0 {
			b.t.Fatalf("turn %d is not the clustering's", t.ID)
		}
		of[t.ID], raw = raw[0], raw[1:] // numbers keep their order
	}
	if len(raw) > 0 {
		b.t.Fatalf("listeners do not know turn %d", raw[0].ID)
	}
	for _, t := range got {
		if t.Of != 0 {
			whole, ok := of[t.Of]
			if !ok {
				b.t.Fatalf("turn %d is a part of turn %d, which is not there", t.ID, t.Of)
			}
			of[t.ID] = whole
		}
	}
	return of
}

// class maps each label to the least label that is the same person, by the clustering's
// merges and by the merges that stand. It tries all pairs.
func (b *bench) class() map[int]int {
	class := map[int]int{0: 0}
	for s := 1; s <= b.last; s++ {
		class[s] = s
	}
	same := slices.Clone(b.merges)
	for _, c := range b.stands {
		if c.Action == Merge {
			same = append(same, [2]int{int(c.Speaker), int(c.Into)})
		}
	}
	for range b.last {
		for _, p := range same {
			low := min(class[p[0]], class[p[1]])
			class[p[0]], class[p[1]] = low, low
		}
	}
	return class
}

// check compares what the listener has with its definition.
func (b *bench) check() {
	b.t.Helper()
	class := b.class()
	shown := map[int]event.Speaker{} // class to speaker
	until := map[int]event.Time{}    // of the clustering's turns: up to where they are shown
	of := b.clusterings()
	for _, g := range b.got.Turns() {
		r := of[g.ID]
		if want, ok := until[r.ID]; (g.Of != 0 || g.Start != r.Start) && (!ok || g.Start != want || g.Start == g.End) {
			b.t.Fatalf("turn %+v of %+v begins at %v, want %v", g, r, g.Start, want)
		}
		until[r.ID] = g.End
		whose, given := b.whose(r, g.Start)
		for at, step := g.Start, 800*max(1, (g.End-g.Start)/4000); at < g.End; at += step {
			if who, sure := b.whose(r, at); class[int(who)] != class[int(whose)] || sure != given {
				b.t.Fatalf("turn %+v of %+v is %s's and, at %v, %s's", g, r, whose, at, who)
			}
		}
		c := class[int(whose)]
		if s, ok := shown[c]; ok && s != g.Speaker {
			b.t.Fatalf("one person is shown as %s and %s", s, g.Speaker)
		}
		shown[c] = g.Speaker
		if class[int(g.Speaker)] != c {
			b.t.Fatalf("turn %d is shown as %s, the clustering says %s", r.ID, g.Speaker, r.Speaker)
		}
		if s := g.Speaker; s != event.Unknown && !b.live[s] {
			b.t.Fatalf("turn %d is of %s, who is no speaker", r.ID, s)
		}
		if b.got.Open(g.ID) != b.raw.Open(r.ID) || g.Of != 0 && g.State != event.Revised {
			b.t.Fatalf("turn %+v, want %+v", g, r)
		}
		if given && (g.Confidence != 1 || !math.IsNaN(float64(g.LogP))) {
			b.t.Fatalf("what people have said is not sure: %+v", g)
		}
		if !given && (g.Confidence != r.Confidence || g.LogP != r.LogP) {
			b.t.Fatalf("turn %+v, want %+v", g, r)
		}
	}
	for _, r := range b.raw.Turns() {
		if until[r.ID] != r.End {
			b.t.Fatalf("turn %+v is shown until %v", r, until[r.ID])
		}
	}
	people := map[int]bool{}
	for _, l := range b.labels {
		people[class[l]] = true
	}
	if b.got.Speakers() != len(people) || len(b.live) != len(people) {
		b.t.Fatalf("%d speakers, want %d", b.got.Speakers(), len(people))
	}
}

func TestEventsAreTheClusteringInTheLightOfCorrections(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBench(t)
		for range rapid.IntRange(1, 150).Draw(t, "steps") {
			if b.r.IntN(4) == 0 {
				b.correct()
			} else {
				b.step()
			}
			b.check()
		}
		// After everything is taken back, the listener has what the clustering says.
		for len(b.stands) > 0 {
			if _, err := b.desk.Correct(Correction{Action: Undo}); err != nil {
				t.Fatal(err)
			}
			b.stands, b.gave = b.stands[:len(b.stands)-1], b.gave[:len(b.gave)-1]
			b.check()
		}
		for i, r := range b.raw.Turns() {
			if got := b.got.Turns()[i]; got.Speaker != r.Speaker || b.got.Name(got.Speaker) != r.Speaker.String() {
				t.Fatalf("turn %d is %s's after all was taken back, the clustering says %s", r.ID, b.got.Name(got.Speaker), r.Speaker)
			}
		}
		if _, err := b.desk.Correct(Correction{Action: Undo}); !errors.Is(err, ErrRefused) {
			t.Fatalf("undo of nothing: %v", err)
		}
		if len(b.groups) != 0 {
			t.Fatalf("groups %v are left", b.groups)
		}
		if len(b.gifts) != 0 {
			t.Fatalf("gifts %v are left", b.gifts)
		}
	})
}

// spoken is a desk that has heard two speakers, S1 twice and S2 once.
func spoken(t *testing.T) (*Desk, *event.Timeline, *[][]int) {
	t.Helper()
	var tl event.Timeline
	var groups [][]int
	d := NewDesk(Options{Encoder: &event.Encoder{Stream: "s", Run: "r"}, Emit: tl.Apply,
		Link: func(g [][]int) { groups = g }})
	if err := d.Encode(func(e *event.Encoder) event.Event { return e.Start(event.Source{}) }); err != nil {
		t.Fatal(err)
	}
	for i, s := range []int{1, 2, 1} {
		if i < 2 {
			decide(t, d, online.Event{Kind: online.SpeakerAdded, Speaker: s})
		}
		decide(t, d, online.Event{Kind: online.TurnEnded, At: int64(i+1) * 16000,
			Turn: online.Turn{ID: i + 1, Speaker: s, Start: int64(i) * 16000, End: int64(i+1) * 16000, State: online.Final}})
	}
	return d, &tl, &groups
}

func decide(t *testing.T, d *Desk, e online.Event) {
	t.Helper()
	if err := d.Decide(e); err != nil {
		t.Fatal(err)
	}
}

func correct(t *testing.T, d *Desk, c Correction) Reply {
	t.Helper()
	reply, err := d.Correct(c)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

func names(tl *event.Timeline) (names []string) {
	for _, s := range tl.Segments() {
		names = append(names, s.Speaker)
	}
	return names
}

func expect(t *testing.T, tl *event.Timeline, want ...string) {
	t.Helper()
	if got := names(tl); !slices.Equal(got, want) {
		t.Errorf("turns of %v, want %v", got, want)
	}
}

func TestNames(t *testing.T) {
	d, tl, _ := spoken(t)
	if err := d.Identify(50000, 1, "Annie?", 0.8); err != nil {
		t.Fatal(err)
	}
	expect(t, tl, "Annie?", "S2", "Annie?")
	correct(t, d, Correction{Action: Rename, Speaker: 1, Name: "Ann"})
	expect(t, tl, "Ann", "S2", "Ann")
	if err := d.Identify(60000, 1, "Bella?", 0.9); err != nil {
		t.Fatal(err)
	}
	expect(t, tl, "Ann", "S2", "Ann") // a correction takes precedence
	correct(t, d, Correction{Action: Rename, Speaker: 1})
	expect(t, tl, "S1", "S2", "S1")
	correct(t, d, Correction{Action: Undo})
	correct(t, d, Correction{Action: Undo})
	expect(t, tl, "Bella?", "S2", "Bella?")
	if got := d.Found(1); got != "Bella?" {
		t.Errorf("%q was found, expected Bella?", got)
	}
	if err := d.Identify(70000, 1, "", 0); err != nil { // the voice was not hers after all
		t.Fatal(err)
	}
	expect(t, tl, "S1", "S2", "S1")
	if got := d.Found(1); got != "" {
		t.Errorf("%q was found, expected nobody", got)
	}
}

func TestNameGoesAlongWithAMerge(t *testing.T) {
	d, tl, groups := spoken(t)
	correct(t, d, Correction{Action: Rename, Speaker: 2, Name: "Bob"})
	correct(t, d, Correction{Action: Merge, Speaker: 2, Into: 1})
	expect(t, tl, "Bob", "Bob", "Bob")
	if want := [][]int{{1, 2}}; !reflect.DeepEqual(*groups, want) {
		t.Errorf("groups %v, want %v", *groups, want)
	}
	decide(t, d, online.Event{Kind: online.TurnEnded, At: 80000, Turn: online.Turn{ID: 4, Speaker: 2, Start: 60000, End: 70000}})
	expect(t, tl, "Bob", "Bob", "Bob", "Bob")
	correct(t, d, Correction{Action: Undo})
	expect(t, tl, "S1", "Bob", "S1", "Bob")
	if len(*groups) != 0 || tl.Speakers() != 2 {
		t.Errorf("groups %v, %d speakers", *groups, tl.Speakers())
	}
}

// A name that was removed does not come back when its speaker is merged into another. A name
// that was not removed does.
func TestRemovedNameStaysRemoved(t *testing.T) {
	name := func(s event.Speaker, name string) Correction {
		return Correction{Action: Rename, Speaker: s, Name: name}
	}
	merge := func(s, into event.Speaker) Correction { return Correction{Action: Merge, Speaker: s, Into: into} }
	for about, c := range map[string]struct {
		found map[int]string
		all   []Correction
		want  string
	}{
		"given by people":    {nil, []Correction{name(2, "Bob"), name(2, ""), merge(2, 1)}, "S1"},
		"found by voice":     {map[int]string{2: "Bob"}, []Correction{name(2, ""), merge(2, 1)}, "S1"},
		"given again":        {nil, []Correction{name(2, ""), name(2, "Bob"), merge(2, 1)}, "Bob"},
		"given before merge": {map[int]string{3: "Cy"}, []Correction{name(3, "Bob"), merge(3, 2), name(2, ""), merge(2, 1)}, "S1"},
		"another's":          {map[int]string{2: "Cy"}, []Correction{name(3, "Bob"), name(2, ""), merge(2, 1), merge(3, 1)}, "Bob"},
		"another's voice":    {map[int]string{2: "Cy", 3: "Bob"}, []Correction{name(2, ""), merge(2, 1), merge(3, 1)}, "Bob"},
	} {
		t.Run(about, func(t *testing.T) {
			d, tl, _ := spoken(t)
			decide(t, d, online.Event{Kind: online.SpeakerAdded, At: 48000, Speaker: 3})
			for s, found := range c.found {
				if err := d.Identify(50000, s, found, 0.9); err != nil {
					t.Fatal(err)
				}
			}
			for _, c := range c.all {
				correct(t, d, c)
			}
			expect(t, tl, c.want, c.want, c.want)
		})
	}
}

// A name that was removed while its speaker was merged away is gone for listeners who knew it,
// also if they read only what comes after the merge.
func TestNameRemovedWhileMerged(t *testing.T) {
	d, tl, _ := spoken(t)
	if err := d.Identify(50000, 2, "Bob?", 0.8); err != nil {
		t.Fatal(err)
	}
	correct(t, d, Correction{Action: Merge, Speaker: 2, Into: 1})
	if err := d.Identify(60000, 2, "", 0); err != nil { // the voice was not his after all
		t.Fatal(err)
	}
	expect(t, tl, "S1", "S1", "S1")
	correct(t, d, Correction{Action: Undo})
	expect(t, tl, "S1", "S2", "S1")
}

func TestRepetitionIsHarmless(t *testing.T) {
	d, tl, _ := spoken(t)
	c := Correction{Action: Merge, Speaker: 1, Into: 2, ID: "x"}
	first, again := correct(t, d, c), correct(t, d, c)
	if first != again || tl.Seq() != first.Seq {
		t.Errorf("replies %v and %v at event %d", first, again, tl.Seq())
	}
}

func TestRefusals(t *testing.T) {
	d, tl, _ := spoken(t)
	before := tl.Seq()
	for _, c := range []Correction{
		{Action: Rename, Speaker: 3, Name: "x"}, {Action: Merge, Speaker: 1, Into: 9}, {Action: Merge, Speaker: 9, Into: 1},
		{Action: Undo}, {Action: Rename, Speaker: 1, Name: "x", Run: "other"},
	} {
		if _, err := d.Correct(c); !errors.Is(err, ErrRefused) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if err := d.Encode(func(e *event.Encoder) event.Event { return e.Finish(90000, event.Finished, "") }); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Correct(Correction{Action: Rename, Speaker: 1, Name: "x"}); !errors.Is(err, ErrRefused) || tl.Seq() != before+1 {
		t.Errorf("after the end: %v", err)
	}
}

// The clustering goes on while people correct.
func TestFromManyGoroutines(t *testing.T) {
	d, tl, _ := spoken(t)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 200 {
				switch g {
				case 0:
					_ = d.Decide(online.Event{Kind: online.TurnEnded, At: int64(i) * 1600, Turn: online.Turn{ID: 10 + i, Speaker: 1 + i%2, End: 100}})
				case 1:
					d.Heard(int64(i) * 1600)
				case 2:
					_, _ = d.Correct(Correction{Action: Merge, Speaker: 1, Into: 2})
				case 3:
					_, _ = d.Correct(Correction{Action: Undo})
				}
			}
		})
	}
	wg.Wait()
	for {
		if _, err := d.Correct(Correction{Action: Undo}); err != nil {
			break
		}
	}
	for _, turn := range tl.Turns() {
		if turn.ID >= 10 && int(turn.Speaker) != 1+turn.ID%2 {
			t.Errorf("turn %d is %s's", turn.ID, turn.Speaker)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	d, _, _ := spoken(t)
	d.opts.Emit = func(event.Event) error { return nil }
	for i := range 3 * maxTurns {
		decide(t, d, online.Event{Kind: online.TurnEnded, Turn: online.Turn{ID: 10 + i, Speaker: 1}})
	}
	if len(d.turns) > maxTurns {
		t.Errorf("%d turns are kept", len(d.turns))
	}
}

func Example() {
	var timeline event.Timeline
	desk := NewDesk(Options{
		Encoder: &event.Encoder{Stream: "standup", Run: "run1", Now: func() time.Time { return time.Time{} }},
		Emit:    timeline.Apply,
	})
	_ = desk.Encode(func(e *event.Encoder) event.Event { return e.Start(event.Source{}) })
	for i := 1; i <= 2; i++ { // decisions of the clustering
		_ = desk.Decide(online.Event{Kind: online.SpeakerAdded, Speaker: i})
		_ = desk.Decide(online.Event{Kind: online.TurnEnded, Turn: online.Turn{ID: i, Speaker: i, Start: int64(i) * 16000, End: int64(i+1) * 16000}})
	}
	for _, c := range []Correction{ // corrections of people
		{Action: Rename, Speaker: 1, Name: "Ada"}, {Action: Merge, Speaker: 2, Into: 1}, {Action: Undo},
	} {
		if _, err := desk.Correct(c); err != nil {
			fmt.Println(err)
		}
		fmt.Println(c.Action, names(&timeline))
	}
	// Output:
	// rename [Ada S2]
	// merge [Ada Ada]
	// undo [Ada S2]
}

// A mark is an event at its moment. Undo does not remove it.
func TestMark(t *testing.T) {
	var events []event.Event
	d := NewDesk(Options{Encoder: &event.Encoder{Stream: "s", Run: "r"}, Emit: func(e event.Event) error {
		events = append(events, e)
		return nil
	}})
	if _, err := d.Correct(Correction{Action: Mark}); !errors.Is(err, ErrRefused) || len(events) > 0 {
		t.Errorf("before the start: %v, %d events", err, len(events))
	}
	if err := d.Encode(func(e *event.Encoder) event.Event { return e.Start(event.Source{}) }); err != nil {
		t.Fatal(err)
	}
	events = nil
	d.Heard(5 * event.Rate)
	early, late := event.Time(2*event.Rate), event.Time(9*event.Rate)
	for _, c := range []Correction{{Action: Mark, Text: "now"}, {Action: Mark, At: &early}, {Action: Mark, At: &late}} {
		if _, err := d.Correct(c); err != nil {
			t.Fatal(err)
		}
	}
	want := []event.Mark{{At: 5 * event.Rate, Text: "now"}, {At: early}, {At: 5 * event.Rate}}
	for i, e := range events {
		if e.Kind != event.Marked || *e.Mark != want[i] || e.Revision != 0 {
			t.Errorf("event %d: %+v, mark %+v, want %+v", i, e, e.Mark, want[i])
		}
	}
	if _, err := d.Correct(Correction{Action: Undo}); len(events) != len(want) || !errors.Is(err, ErrRefused) {
		t.Errorf("%d events; undo: %v", len(events), err)
	}
	negative := event.Time(-1)
	for _, c := range []Correction{{Action: Mark, At: &negative}, {Action: Mark, Text: "a\nb"}} {
		if err := c.Check(); !errors.Is(err, ErrMalformed) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
