package mic

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
)

// trial runs an owner on a fake host and clock. It compares the positions of blocks with the times of their sound.
type trial struct {
	t       *testing.T
	host    *fakeHost
	opts    Options
	ready   error
	notices []Notice
	told    []time.Duration // when the notices came
	heard   time.Duration   // when the latest sound was passed on
	line    *line

	blocks  int
	next    int64 // position after the last block
	gaps    []gap
	origin  float64 // true time of position 0, in seconds
	known   bool
	errors  []float64 // of every hundredth block: true time less position, in ms
	ignored int
}

// gap is a jump of the positions.
type gap struct{ from, to int64 }

func (g gap) length() time.Duration { return capture.Duration(g.to - g.from) }

func newTrial(t *testing.T, h *fakeHost) *trial {
	t.Helper()
	h.clock = newFakeClock()
	h.began = h.clock.now
	if h.rate == 0 {
		h.rate = capture.Rate
	}
	if h.chunk == 0 {
		h.chunk = h.rate / 50
	}
	if h.latency == 0 {
		h.latency = 300 * time.Millisecond
	}
	return &trial{t: t, host: h}
}

func (tr *trial) run(d time.Duration) *trial {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tr.host.clock.end, tr.host.clock.over = tr.host.began.Add(d), cancel
	o := &owner{host: tr.host, opts: tr.opts, clock: tr.host.clock}
	o.line = newLine(tr.opts.Channel, tr.block)
	o.notify = func(n Notice) {
		tr.notices = append(tr.notices, n)
		tr.told = append(tr.told, tr.host.at())
	}
	tr.line = o.line
	o.run(ctx, func(err error) { tr.ready = err })
	if tr.host.open != 0 {
		tr.t.Errorf("%d streams left open", tr.host.open)
	}
	return tr
}

func (tr *trial) block(start int64, samples []float32) {
	if start < tr.next || len(samples) > capture.DefaultBlockSize {
		tr.t.Fatalf("block of %d at %d after %d", len(samples), start, tr.next)
	}
	if start > tr.next {
		if n := len(tr.gaps); n > 0 && tr.gaps[n-1].to == tr.next {
			tr.gaps[n-1].to = start // told in two parts
		} else {
			tr.gaps = append(tr.gaps, gap{tr.next, start})
		}
	}
	tr.next = start + int64(len(samples))
	if len(samples) == 0 {
		return
	}
	tr.heard = tr.host.at()
	if tr.blocks++; tr.blocks%100 != 1 && tr.blocks > 10 {
		return
	}
	v := float64(samples[len(samples)/2])
	if math.Abs(v) > .49 {
		tr.ignored++
		return
	}
	when := (v+.5)*period - float64(start+int64(len(samples)/2))/capture.Rate
	if !tr.known {
		tr.known, tr.origin = true, math.Remainder(when, period)
	}
	e := math.Remainder(when-tr.origin, period)
	if tr.host.clock.now.Sub(tr.host.began) > 3600*time.Second {
		tr.t.Fatal("the test is longer than it can tell")
	}
	tr.errors = append(tr.errors, e*1000)
}

// worst is the largest error of time, in ms.
func (tr *trial) worst() (worst float64) {
	for _, e := range tr.errors {
		worst = max(worst, math.Abs(e))
	}
	return worst
}

// lateness is a random delay of arrivals, mostly small.
func lateness(seed uint64) func(int64) time.Duration {
	return func(chunk int64) time.Duration {
		r := rand.New(rand.NewPCG(seed, uint64(chunk)))
		return time.Duration(min(r.ExpFloat64(), 8) * float64(4*time.Millisecond))
	}
}

func TestUntouchedWhereTheClockAgrees(t *testing.T) {
	for _, rate := range []int{8000, 16000, 44100, 48000} {
		tr := newTrial(t, &fakeHost{rate: rate, jitter: lateness(1)}).run(time.Minute)
		if tr.ready != nil || len(tr.gaps) > 0 || len(tr.notices) > 0 || tr.line.creep != 0 {
			t.Errorf("%d Hz: %v, gaps %v, notices %v, %d samples added", rate, tr.ready, tr.gaps, tr.notices, tr.line.creep)
		}
		if n := capture.Duration(tr.next); n < 59*time.Second || tr.worst() > .5 {
			t.Errorf("%d Hz: %v passed on, %.2f ms off", rate, n, tr.worst())
		}
	}
}

// TestDrift: with any deviation of the device's rate, the positions of an hour are right to 10 ms.
func TestDrift(t *testing.T) {
	d := time.Hour
	if testing.Short() {
		d /= 6
	}
	for _, ppm := range []float64{-200, 50} {
		if ppm > 0 {
			d /= 6 // an hour takes a while with the race detector
		}
		tr := newTrial(t, &fakeHost{ppm: ppm, jitter: lateness(2)}).run(d)
		if tr.ready != nil || len(tr.gaps) > 0 {
			t.Errorf("%g ppm: %v, gaps %v", ppm, tr.ready, tr.gaps)
		}
		want := -d.Seconds() * ppm * 1e-6 * capture.Rate
		if got := float64(tr.line.creep); math.Abs(got-want) > .01*capture.Rate || tr.worst() > 10 {
			t.Errorf("%g ppm: %.0f samples added, want about %.0f; %.1f ms off", ppm, got, want, tr.worst())
		}
		t.Logf("%g ppm: %d samples added, at most %.1f ms off in %v", ppm, tr.line.creep, tr.worst(), d)
	}
}

// TestSilentLoss: the clock reveals sound that is lost without an error.
func TestSilentLoss(t *testing.T) {
	for _, c := range []struct {
		lost    time.Duration
		decided time.Duration
	}{
		{30 * time.Millisecond, 12 * time.Second},
		{120 * time.Millisecond, 2 * time.Second},
		{700 * time.Millisecond, 2 * time.Second},
		{1400 * time.Millisecond, 2 * time.Second},
	} {
		from := 20 * time.Second
		tr := newTrial(t, &fakeHost{rate: 48000, chunk: 960, jitter: lateness(3), drops: []span{{from, from + c.lost}}}).run(time.Minute)
		if tr.ready != nil || len(tr.gaps) != 1 || len(tr.notices) > 0 {
			t.Fatalf("%v lost: %v, gaps %v, %v", c.lost, tr.ready, tr.gaps, tr.notices)
		}
		g := tr.gaps[0]
		if e := g.length() - c.lost; e.Abs() > 3*time.Millisecond {
			t.Errorf("%v lost: a gap of %v", c.lost, g.length())
		}
		if e := tr.errors[len(tr.errors)-1]; math.Abs(e) > 5 {
			t.Errorf("%v lost: %.1f ms off in the end", c.lost, e)
		}
		if late := capture.Duration(g.from) - from; late < -50*time.Millisecond || late > c.decided {
			t.Errorf("%v lost at %v: gap from %v", c.lost, from, capture.Duration(g.from))
		}
	}
}

// TestPileUp: after a pause that is too short to count as a stall, the sound that piled up in the sound server is heard
// at its time. Sound that did not fit is a gap behind it.
func TestPileUp(t *testing.T) {
	const rate = 48000
	for _, c := range []struct{ stall, kept time.Duration }{
		{1300 * time.Millisecond, 1300 * time.Millisecond},
		{1300 * time.Millisecond, 800 * time.Millisecond},
		{1300 * time.Millisecond, 100 * time.Millisecond},
		{1300 * time.Millisecond, 0},
		{180 * time.Millisecond, 0},
	} {
		from := 10 * time.Second
		h := &fakeHost{rate: rate, chunk: 960, jitter: lateness(4), stalls: []span{{from, from + c.stall}}, keeps: int(c.kept.Seconds() * rate)}
		tr := newTrial(t, h).run(30 * time.Second)
		if tr.ready != nil || len(tr.notices) > 0 {
			t.Fatalf("%v: %v, %v", c, tr.ready, tr.notices)
		}
		lost := c.stall - c.kept
		if lost == 0 {
			if len(tr.gaps) > 0 || tr.worst() > 1 {
				t.Errorf("%v: gaps %v, %.1f ms off", c, tr.gaps, tr.worst())
			}
			continue
		}
		if len(tr.gaps) != 1 || (tr.gaps[0].length()-lost).Abs() > 5*time.Millisecond {
			t.Errorf("%v: gaps %v, want one of %v", c, tr.gaps, lost)
			continue
		}
		if at := tr.place(tr.gaps[0].from); (at - from - c.kept + h.latency).Abs() > 200*time.Millisecond {
			t.Errorf("%v: the gap is at %v", c, at)
		}
	}
}

// place is the true time of a position.
func (tr *trial) place(pos int64) time.Duration {
	return time.Duration(tr.origin*1e9) + capture.Duration(pos)
}

// TestStall: a device that stalls is noticed within two seconds and opened again. The sound that was missed is one gap
// of the exact length.
func TestStall(t *testing.T) {
	for name, h := range map[string]*fakeHost{
		"falls silent":       {stalls: []span{{20 * time.Second, 40 * time.Second}}},
		"is gone":            {gone: []span{{20 * time.Second, 40 * time.Second}}},
		"comes back dead":    {gone: []span{{20 * time.Second, 25 * time.Second}}, silent: []span{{25 * time.Second, 38 * time.Second}}},
		"fails for a moment": {gone: []span{{20 * time.Second, 20*time.Second + time.Millisecond}}},
	} {
		h.rate, h.jitter, h.warmUp = 48000, lateness(5), 1200*time.Millisecond
		tr := newTrial(t, h).run(2 * time.Minute)
		if tr.ready != nil || len(tr.gaps) != 1 {
			t.Errorf("%s: %v, gaps %v, notices %v", name, tr.ready, tr.gaps, tr.notices)
			continue
		}
		if n := tr.notices[0]; n.Kind != Lost || tr.told[0] > 22*time.Second || n.Err == nil {
			t.Errorf("%s: told %v at %v", name, n, tr.told[0])
		}
		last := tr.notices[len(tr.notices)-1]
		if last.Kind != Back || last.Device != "Desk microphone" {
			t.Errorf("%s: ends with %v", name, last)
		}
		if e := tr.errors[len(tr.errors)-1]; math.Abs(e) > 8 {
			t.Errorf("%s: %.1f ms off in the end", name, e)
		}
		var wait time.Duration
		for _, n := range tr.notices[1 : len(tr.notices)-1] {
			if n.Kind != Failed || n.Err == nil || n.Next < wait || n.Next > MaxBackOff || strings.Contains(n.String(), "\n") {
				t.Errorf("%s: %v", name, n)
			}
			wait = n.Next
		}
		if len(tr.notices) > 12 {
			t.Errorf("%s: %d notices in 20 s", name, len(tr.notices))
		}
		if h.opened != h.closed {
			t.Errorf("%s: opened %d times, closed %d times", name, h.opened, h.closed)
		}
		t.Logf("%s: noticed at %v, gap of %v, %d notices, the last: %v", name, tr.told[0], tr.gaps[0].length(), len(tr.notices), last)
	}
}

// TestBackForAMoment holds that the sound of a device that comes back for a few seconds, too short for its place to be
// decided, is heard at its time and not right behind the sound before the loss.
func TestBackForAMoment(t *testing.T) {
	for _, until := range []time.Duration{63600 * time.Millisecond, 63800 * time.Millisecond, 64100 * time.Millisecond} {
		h := &fakeHost{rate: 48000, warmUp: 300 * time.Millisecond, gone: []span{{20 * time.Second, 60 * time.Second}, {until, 80 * time.Second}}}
		tr := newTrial(t, h).run(2 * time.Minute)
		if tr.ready != nil || len(tr.gaps) != 2 || tr.worst() > 10 {
			t.Errorf("gone again at %v: %v, gaps %v, %.1f ms off", until, tr.ready, tr.gaps, tr.worst())
		}
	}
}

// TestStoppedOurselves: if this program did not run for a while, the device has not stalled, and the sound that piled up
// in the server is heard.
func TestStoppedOurselves(t *testing.T) {
	h := &fakeHost{rate: 48000, jitter: lateness(6)}
	tr := newTrial(t, h)
	h.clock.slept = func(now time.Time) {
		if at := now.Sub(h.began); at > 10*time.Second && at < 11*time.Second {
			h.clock.now = now.Add(62 * time.Second)
		}
	}
	from := 10*time.Second + 39*time.Second // what a server keeps
	h.drops = []span{{from, from + 23*time.Second}}
	tr.run(2 * time.Minute)
	if tr.ready != nil || len(tr.notices) > 0 || len(tr.gaps) != 1 {
		t.Fatalf("%v, %v, gaps %v", tr.ready, tr.notices, tr.gaps)
	}
	if g := tr.gaps[0]; (g.length()-23*time.Second).Abs() > 5*time.Millisecond || (tr.place(g.from)-from).Abs() > 200*time.Millisecond {
		t.Errorf("gap of %v at %v, want 23 s at %v", g.length(), tr.place(g.from), from)
	}
	if tr.worst() > 10 {
		t.Errorf("%.1f ms off", tr.worst())
	}
}

func TestFirstSound(t *testing.T) {
	for name, c := range map[string]struct {
		host *fakeHost
		opts Options
		is   error
		says string
	}{
		"never delivers":   {&fakeHost{silent: []span{{0, time.Hour}}}, Options{}, ErrNoSound, "no sound for 5s"},
		"does not open":    {&fakeHost{gone: []span{{0, time.Hour}}}, Options{Device: "desk"}, ErrNoDevice, `"Line in"`},
		"no such channel":  {&fakeHost{channels: 2}, Options{Channel: 3}, nil, "has no channel 3, only 2"},
		"no such device":   {&fakeHost{}, Options{Device: "kitchen"}, ErrNoDevice, `0 "Line in", 1 "Desk microphone"`},
		"delivers at last": {&fakeHost{warmUp: 3 * time.Second}, Options{}, nil, ""},
	} {
		tr := newTrial(t, c.host)
		tr.opts = c.opts
		tr.run(10 * time.Second)
		switch {
		case c.says == "" && tr.ready != nil, c.says != "" && (tr.ready == nil || !strings.Contains(tr.ready.Error(), c.says)),
			c.is != nil && !errors.Is(tr.ready, c.is):
			t.Errorf("%s: %v", name, tr.ready)
		}
		if tr.ready != nil && tr.blocks > 0 {
			t.Errorf("%s: %d blocks", name, tr.blocks)
		}
	}
}

// TestChannel: the sound is on the last of four channels.
func TestChannel(t *testing.T) {
	for ch, scale := range map[capture.Channel]float64{4: 1, 2: 0, capture.Mix: .25} {
		var sum, n float64
		h := &fakeHost{channels: 4}
		tr := newTrial(t, h)
		tr.opts.Channel = ch
		o := &owner{host: h, opts: tr.opts, clock: h.clock, notify: func(Notice) {}}
		o.line = newLine(ch, func(_ int64, x []float32) {
			for _, v := range x {
				sum += math.Abs(float64(v))
				n++
			}
		})
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		h.clock.end, h.clock.over = h.began.Add(period*time.Second), cancel
		o.run(ctx, func(err error) { tr.ready = err })
		if got := sum / n; tr.ready != nil || math.Abs(got-scale/4) > .01 {
			t.Errorf("channel %v: %v, mean level %.3f, want %.3f", ch, tr.ready, got, scale/4)
		}
	}
}
