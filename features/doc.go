// Package features computes the acoustic features of sound: mel cepstra with their
// deltas, log mel energies, and the running mean that is taken off them. A frame of
// features stands for 10 ms.
package features
