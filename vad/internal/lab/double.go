package lab

import "math"

// double interpolates x to twice its sample rate: even outputs are x itself, odd
// ones a sum over 2*sinc neighbours.
func double(x []float32) []float32 {
	const reach = 24
	var tap [reach]float64
	for k := range tap {
		d := float64(k) + 0.5
		tap[k] = math.Sin(math.Pi*d) / (math.Pi * d) * (0.5 + 0.5*math.Cos(math.Pi*d/reach))
	}
	at := func(i int) float64 {
		if i < 0 || i >= len(x) {
			return 0
		}
		return float64(x[i])
	}
	y := make([]float32, 2*len(x))
	for i, v := range x {
		y[2*i] = v
		var sum float64
		for k, t := range tap {
			sum += t * (at(i-k) + at(i+1+k))
		}
		y[2*i+1] = float32(sum)
	}
	return y
}
