// Package segment computes the acoustic features of speech and cuts it into
// utterances, each of one speaker as far as the sound alone can tell.
package segment
