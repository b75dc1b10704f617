//go:build !race

package raced

// Enabled says whether the race detector watches the test.
const Enabled = false
