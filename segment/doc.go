// Package segment cuts frames of speech into utterances, each of one speaker as far as
// the sound alone can tell.
package segment
