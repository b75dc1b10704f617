package serve

import (
	"cmp"
	"slices"
)

// sortBy orders s by a key.
func sortBy[T any](s []T, key func(T) string) {
	slices.SortFunc(s, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
}
