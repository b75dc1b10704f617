// Package numeric holds the functions of numbers that several packages need.
package numeric

// GCD returns the greatest common divisor of two numbers that are not negative.
func GCD[T ~int | ~int64](a, b T) T {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// BesselI0 is the modified Bessel function of the first kind of order 0, by its
// power series.
func BesselI0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*1e-17; k++ {
		term *= (x / (2 * k)) * (x / (2 * k))
		sum += term
	}
	return sum
}
