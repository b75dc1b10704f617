// Package trial measures how well people who are enrolled are known again in streams,
// and finds the numbers of package identify.
//
// Everybody's sample and everything they say in streams come through different rooms,
// microphones and lines, and from different recordings where there are several. Streams
// are composed conversations whose turns are given, so that what is measured is naming
// and not the clustering before it. Numbers are fitted on one half of the people and
// reported on the other.
package trial
