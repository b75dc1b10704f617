package simulate_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/seed-7adb9000/diarizer/internal/lab/simulate"
)

func ExampleTalk() {
	rng := rand.New(rand.NewPCG(1, 2))
	hum := simulate.Coloured(rng, 20*16000, 1) // stands for a voice
	hiss := simulate.Coloured(rng, 20*16000, 0)
	cast := []simulate.Speaker{{Name: "hum", Recordings: [][]float32{hum}}, {Name: "hiss", Recordings: [][]float32{hiss}}}
	c := simulate.Talk(rng, cast, simulate.Acoustics{}, simulate.Options{Name: "talk", Seconds: 6})
	fmt.Println(c.Speakers, "speakers,", len(c.Reference) > 1)
	// Output: 2 speakers, true
}
