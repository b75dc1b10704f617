package simulate

import (
	"math"
	"math/rand/v2"

	"github.com/seed-7adb9000/diarizer/internal/lab/dataset"
)

// Shoebox is a room with parallel walls.
type Shoebox struct {
	// Size is the room's, in metres.
	Size [3]float64
	// RT60 is how long sound takes to fall by 60 dB, in seconds.
	RT60 float64
}

const (
	soundSpeed = 343.0 // metres per second
	// mirrored is how long reflections are found one by one, in seconds. Later
	// ones are so many that noise stands for them.
	mirrored = 0.06
	sinc     = 8 // samples on each side of a reflection between two of them
)

// Response returns the response at 16 kHz from a source to a microphone, both
// inside the room, in metres: early reflections by the image method (Allen &
// Berkley 1979), all walls alike after Sabine, then a tail of noise that goes on
// with their decay. Its direct sound, 1 m away, has energy 1; it delays nothing.
func (b Shoebox) Response(rng *rand.Rand, source, microphone [3]float64) []float32 {
	n := int(math.Ceil(b.RT60*dataset.Rate)) + 2*sinc
	h := make([]float64, n)
	direct := distance(source, microphone)
	reach := direct + mirrored*soundSpeed
	reflection := b.reflection()
	var most [3]int
	for i := range most {
		most[i] = int(reach/(2*b.Size[i])) + 1
	}
	for x := -most[0]; x <= most[0]; x++ {
		for y := -most[1]; y <= most[1]; y++ {
			for z := -most[2]; z <= most[2]; z++ {
				for side := range 8 {
					var image [3]float64
					bounces := 0
					for i, k := range [3]int{x, y, z} {
						mirror := side >> i & 1
						image[i] = float64(1-2*mirror)*source[i] + 2*float64(k)*b.Size[i]
						bounces += abs(k-mirror) + abs(k)
					}
					d := distance(image, microphone)
					if d > reach {
						continue
					}
					add(h, sinc+(d-direct)/soundSpeed*dataset.Rate, math.Pow(reflection, float64(bounces))/max(d, 0.2))
				}
			}
		}
	}
	b.tail(rng, h)
	out := make([]float32, n-sinc)
	for i := range out {
		out[i] = float32(h[i+sinc])
	}
	return out
}

// tail adds noise from where reflections end, as loud as they were before that.
func (b Shoebox) tail(rng *rand.Rand, h []float64) {
	end := min(sinc+int(mirrored*dataset.Rate), len(h))
	from := end - int(mirrored/3*dataset.Rate)
	var power float64
	for _, v := range h[from:end] {
		power += v * v
	}
	level := math.Sqrt(power / float64(end-from))
	fall := func(samples int) float64 { return math.Pow(10, -3*float64(samples)/(b.RT60*dataset.Rate)) }
	for i := end; i < len(h); i++ {
		h[i] = level * fall(i-(from+end)/2) * rng.NormFloat64()
	}
}

// reflection is the part of the pressure that a wall gives back, after Sabine.
func (b Shoebox) reflection() float64 {
	x, y, z := b.Size[0], b.Size[1], b.Size[2]
	absorption := 0.161 * x * y * z / (2 * (x*y + y*z + z*x) * b.RT60)
	return math.Sqrt(1 - min(absorption, 0.99))
}

// add adds a reflection of the given strength at a position between samples.
func add(h []float64, at, strength float64) {
	first := int(math.Floor(at)) - sinc + 1
	for i := max(first, 0); i < min(first+2*sinc, len(h)); i++ {
		t := float64(i) - at
		w := 0.5 + 0.5*math.Cos(math.Pi*t/sinc)
		if math.Abs(t) > 1e-9 {
			w *= math.Sin(math.Pi*t) / (math.Pi * t)
		}
		h[i] += strength * w
	}
}

func distance(a, b [3]float64) float64 {
	return math.Sqrt((a[0]-b[0])*(a[0]-b[0]) + (a[1]-b[1])*(a[1]-b[1]) + (a[2]-b[2])*(a[2]-b[2]))
}

func abs(i int) int { return max(i, -i) }

// Table is a room with a microphone on a table and people around it.
type Table struct {
	room       Shoebox
	microphone [3]float64
}

// NewTable returns a meeting room of 12 to 60 m² with a table in it.
func NewTable(rng *rand.Rand) Table {
	between := func(low, high float64) float64 { return low + (high-low)*rng.Float64() }
	t := Table{room: Shoebox{Size: [3]float64{between(4, 9), between(3, 7), between(2.4, 3.5)}, RT60: between(0.2, 0.7)}}
	t.microphone = [3]float64{t.room.Size[0] * between(0.4, 0.6), t.room.Size[1] * between(0.4, 0.6), 0.8}
	return t
}

// Seat returns the response from somebody who sits 0.5 to 4 m from the microphone.
func (t Table) Seat(rng *rand.Rand) []float32 {
	const wall = 0.3
	for {
		angle, far := 2*math.Pi*rng.Float64(), 0.5*math.Pow(8, rng.Float64())
		at := [3]float64{t.microphone[0] + far*math.Cos(angle), t.microphone[1] + far*math.Sin(angle), 1.1 + 0.3*rng.Float64()}
		if at[0] > wall && at[0] < t.room.Size[0]-wall && at[1] > wall && at[1] < t.room.Size[1]-wall {
			return t.room.Response(rng, at, t.microphone)
		}
	}
}
