// Package examples holds subscribers in other languages than Go, as short as
// they can be, bridges that tell a diarizer the words that a recogniser hears or Home
// Assistant who speaks, a dashboard, and the tests that they do what they say.
package examples
