// Package examples holds subscribers in other languages than Go, as short as
// they can be, and the test that they get the same turns.
package examples
