// Package raced is for tests of arithmetic in one goroutine: the race detector makes
// them ten times slower and has nothing to find in them. Under it they try few cases;
// make test runs the packages that use this once more without it, and then they try all.
package raced
