// Package training makes the weights of the speech detector: it composes
// conversations with exact labels out of recordings of single voices, noises and
// room responses, and fits the detector's network to them.
package training
