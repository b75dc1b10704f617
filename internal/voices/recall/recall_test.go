package recall

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// Whatever is heard: at no moment two speakers have one name, what is told is what
// changed, and who said too little has no name.
func TestNamesAreOnes(t *testing.T) {
	m, _, err := modelfile.Embedded(modelfile.Light)
	if err != nil {
		t.Fatal(err)
	}
	stats := func(t *rapid.T, label string) model.Stats {
		s := m.Shape().NewStats()
		s.N = float64(rapid.IntRange(1, 5000).Draw(t, label+" frames"))
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, label+" seed"), 1))
		for i := range s.D {
			s.D[i] = s.N * r.NormFloat64() / 4
		}
		return s
	}
	rapid.Check(t, func(t *rapid.T) {
		var people []enroll.Speaker
		for range rapid.IntRange(0, 3).Draw(t, "people") {
			people = append(people, enroll.Speaker{Name: string(rune('A' + len(people))), Stats: stats(t, "person")})
		}
		r := New(m, people)
		called := map[int]string{}
		said := map[int]model.Stats{}
		most := map[int]float64{} // that a speaker was heard to say at once
		for range rapid.IntRange(1, 8).Draw(t, "looks") {
			who := rapid.IntRange(1, 4).Draw(t, "speaker")
			if rapid.IntRange(0, 5).Draw(t, "gone") == 0 {
				delete(said, who)
				delete(called, who)
				delete(most, who)
			} else if len(people) > 0 && rapid.Bool().Draw(t, "one of them") {
				said[who] = people[rapid.IntRange(0, len(people)-1).Draw(t, "whom")].Stats
			} else {
				said[who] = stats(t, "speaker")
			}
			most[who] = max(most[who], said[who].N)
			for _, f := range r.Look(said) {
				if f.Name == called[f.Speaker] {
					t.Fatalf("%+v is no change", f)
				}
				for other, name := range called {
					if f.Name != "" && name == f.Name && other != f.Speaker {
						t.Fatalf("%d and %d are both %s", other, f.Speaker, name)
					}
				}
				if f.Name == "" {
					delete(called, f.Speaker)
					continue
				}
				if most[f.Speaker] < leastFrames || f.Confidence <= 0 || f.Confidence > 1 {
					t.Fatalf("%+v by %v frames", f, most[f.Speaker])
				}
				called[f.Speaker] = f.Name
			}
		}
	})
}
