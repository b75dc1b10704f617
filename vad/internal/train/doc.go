// Package train fits the network of package net to labelled sequences: the
// gradient of the cross-entropy through time, of several sequences side by side,
// and Adam.
package train
