package identify

import (
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/embedding"
)

// exact returns what Probabilities approximates, by going through all ways of saying
// who is who.
func exact(odds [][]float64) [][]float64 {
	people := len(odds[0])
	prior := Prior / (1 - Prior) / float64(people)
	sums, total := grid(len(odds), people), 0.0
	who, taken := make([]int, len(odds)), make([]bool, people)
	var walk func(i int, weight float64)
	walk = func(i int, weight float64) {
		if i == len(odds) {
			total += weight
			for k, j := range who {
				if j >= 0 {
					sums[k][j] += weight
				}
			}
			return
		}
		who[i] = -1
		walk(i+1, weight)
		for j := range people {
			if !taken[j] {
				taken[j], who[i] = true, j
				walk(i+1, weight*prior*math.Exp(odds[i][j]))
				taken[j] = false
			}
		}
	}
	walk(0, 1)
	for _, row := range sums {
		for j := range row {
			row[j] /= total
		}
	}
	return sums
}

func random(rng *rand.Rand, speakers, people int, spread float64) [][]float64 {
	odds := grid(speakers, people)
	for _, row := range odds {
		for j := range row {
			row[j] = spread * rng.NormFloat64()
		}
	}
	return odds
}

// TestProbabilities holds them against those of all ways of saying who is who.
func TestProbabilities(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		speakers, people := 1+rng.IntN(4), 1+rng.IntN(4)
		odds := random(rng, speakers, people, 4)
		tolerance := 0.12 // an approximation
		if speakers == 1 || people == 1 {
			tolerance = 1e-4 // odds are bounded
		}
		want := exact(odds)
		for i, row := range Probabilities(odds) {
			for j, p := range row {
				if math.Abs(p-want[i][j]) > tolerance {
					t.Errorf("%d speakers, %d people: speaker %d is person %d with %v, expected %v", speakers, people, i, j, p, want[i][j])
				}
			}
		}
	}
}

// TestOneEach: nobody is two speakers and no speaker is two people, whatever the odds
// and whoever was called what before, and what was sure before stands between doubt and
// certainty.
func TestOneEach(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	named := 0
	for range 500 {
		speakers, people := 1+rng.IntN(12), 1+rng.IntN(30)
		odds := random(rng, speakers, people, math.Exp(4*rng.Float64()))
		p := Probabilities(odds)
		columns := make([]float64, people)
		for i, row := range p {
			sum := 0.0
			for j, v := range row {
				sum += v
				columns[j] += v
			}
			if sum > 1+1e-6 {
				t.Fatalf("speaker %d is somebody with %v", i, sum)
			}
		}
		for j, sum := range columns {
			if sum > 1+1e-2 {
				t.Fatalf("person %d is somebody with %v", j, sum)
			}
		}
		now := rng.Perm(max(speakers, people))[:speakers]
		for i, who := range now {
			if who >= people {
				now[i] = -1
			}
		}
		seen := map[int]bool{}
		for i, n := range Names(odds, now) {
			if n.Who < 0 {
				continue
			}
			named++
			if seen[n.Who] {
				t.Fatalf("person %d is two speakers", n.Who)
			}
			seen[n.Who] = true
			if n.Probability < Doubtful || n.Who != now[i] && n.Probability < Sure {
				t.Fatalf("named with %v, before %d, now %d", n.Probability, now[i], n.Who)
			}
		}
	}
	if named == 0 {
		t.Error("nobody was named at all")
	}
}

// TestTwoClaims: of two speakers who both sound like the one person enrolled, none is
// named where they are alike, and the nearer one where they are not.
func TestTwoClaims(t *testing.T) {
	for _, c := range []struct {
		odds [][]float64
		want []int
	}{
		{[][]float64{{8}, {8}}, []int{-1, -1}},
		{[][]float64{{8}, {12}}, []int{-1, 0}},
		{[][]float64{{8, -5}, {12, 11}}, []int{0, 1}}, // the second is the other person
	} {
		now := make([]int, len(c.odds))
		for i := range now {
			now[i] = -1
		}
		for i, n := range Names(c.odds, now) {
			if n.Who != c.want[i] {
				t.Errorf("%v: speaker %d is person %d with %v, expected %d", c.odds, i, n.Who, n.Probability, c.want[i])
			}
		}
	}
}

// TestRevised: a name is kept in doubt, taken back beyond it, and gives way to another.
func TestRevised(t *testing.T) {
	for _, c := range []struct {
		odds []float64
		now  int
		want int
	}{
		{[]float64{2, -20}, -1, -1},
		{[]float64{2, -20}, 0, 0},
		{[]float64{-1, -20}, 0, -1},
		{[]float64{3, 20}, 0, 1},
	} {
		if n := Names([][]float64{c.odds}, []int{c.now})[0]; n.Who != c.want {
			t.Errorf("%v, called %d before: now %d with %v, expected %d", c.odds, c.now, n.Who, n.Probability, c.want)
		}
	}
}

// people draws pairs of voices of a model: what is known of each, and what they say in
// another recording, each with a channel of its own.
type people struct {
	m    *embedding.Model
	rng  *rand.Rand
	rule Rule
}

func newPeople(seed uint64) people {
	const nu = 80
	m := &embedding.Model{Mean: make([]float64, nu), A: make([]float64, nu), B: make([]float64, nu), Phi: 0.5, Slope: 1}
	for i := range nu {
		m.A[i], m.B[i] = 0.3, 0.5
	}
	return people{m, rand.New(rand.NewPCG(seed, 6)), RuleOf(m)}
}

func (p people) person() []float64 {
	y := make([]float64, p.m.Nu())
	for i := range y {
		y[i] = p.rng.NormFloat64()
	}
	return y
}

// said is the pair of so many seconds of somebody in a new recording.
func (p people) said(y []float64, seconds float64) model.Stats {
	s := p.m.Shape().NewStats()
	s.N = 100 * seconds
	for i := range y {
		w := seconds / (p.m.A[i] + p.m.B[i])
		s.DInv[i] = w
		s.D[i] = w * (y[i] + math.Sqrt(p.rule.WithinSpeakerVariance)*p.rng.NormFloat64() + p.rng.NormFloat64()/math.Sqrt(w))
	}
	return s
}

// TestStrangersStayUnnamed has streams of two people enrolled and two strangers, of
// voices drawn from the model: at most one name in a hundred is false, and nearly all of
// those enrolled have theirs after 20 s.
func TestStrangersStayUnnamed(t *testing.T) {
	p := newPeople(5)
	c := NewComparer(p.m, p.rule)
	var strangers, named, enrolled, right, wrong int
	for range 100 {
		var voices [][]float64
		var known []Known
		for range 10 {
			voices = append(voices, p.person())
			known = append(known, c.Know(p.said(voices[len(voices)-1], 15)))
		}
		speakers := [][]float64{voices[0], voices[1], p.person(), p.person()}
		var odds [][]float64
		for _, y := range speakers {
			odds = append(odds, c.LogOdds(nil, p.said(y, 20), known))
		}
		for i, n := range Names(odds, []int{-1, -1, -1, -1}) {
			switch {
			case i >= 2:
				strangers++
				if n.Who >= 0 {
					named++
				}
			case n.Who == i:
				right++
				enrolled++
			default:
				enrolled++
				if n.Who >= 0 {
					wrong++
				}
			}
		}
	}
	if named+wrong > (strangers+enrolled)/100 || right < enrolled*9/10 {
		t.Errorf("%d of %d strangers are named, of %d enrolled %d are right and %d wrong", named, strangers, enrolled, right, wrong)
	}
}

// TestSymmetric holds that a comparison does not depend on what was compared before.
func TestComparerKeepsNothing(t *testing.T) {
	p := newPeople(7)
	c := NewComparer(p.m, p.rule)
	known := []Known{c.Know(p.said(p.person(), 10))}
	a, b := p.said(p.person(), 5), p.said(p.person(), 9)
	first := c.LogOdds(nil, a, known)[0]
	c.LogOdds(nil, b, known)
	if again := c.LogOdds(nil, a, known)[0]; again != first {
		t.Errorf("%v, and then %v", first, again)
	}
}

// TestPersons holds that the pairs of speakers who are one person are added up, whatever
// order they come in, and that nothing is shared with them.
func TestPersons(t *testing.T) {
	pair := func(n, d float64) model.Stats { return model.Stats{N: n, D: []float64{d}, DInv: []float64{2 * d}} }
	speakers := map[int]model.Stats{1: pair(10, 1), 2: pair(20, 2), 3: pair(40, 4)}
	got := Persons(maps.All(speakers), func(n int) int { return min(n, 2) })
	for n, want := range map[int]model.Stats{1: pair(10, 1), 2: pair(60, 6)} {
		if !reflect.DeepEqual(got[n], want) {
			t.Errorf("person %d has %+v, expected %+v", n, got[n], want)
		}
	}
	if len(got) != 2 || !reflect.DeepEqual(speakers[2], pair(20, 2)) {
		t.Errorf("%d persons of 2, and speaker 2 has %+v now", len(got), speakers[2])
	}
}
