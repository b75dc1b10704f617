package main

import words "github.com/seed-7adb9000/diarizer/internal/show/talk"

// count writes how many things there are.
func count(n int, what string) string { return words.Count(n, what) }
