// Package onpaper has the turns of two recordings as RTTM, small enough to score on
// paper: in meeting, 1 is late, 2 takes ann's last second, one of two is found from 14 to
// 15, and 3 is nobody; in call one speaker stands for two.
package onpaper

// MeetingRef, MeetingHyp, CallRef and CallHyp are the references and hypotheses.
const (
	MeetingRef = "SPEAKER meeting 1 0 10 <NA> <NA> ann <NA> <NA>\n" +
		"SPEAKER meeting 1 10 5 <NA> <NA> bob <NA> <NA>\n" +
		"SPEAKER meeting 1 14 2 <NA> <NA> ann <NA> <NA>\n"
	MeetingHyp = "SPEAKER meeting 1 0.5 8.5 <NA> <NA> 1 <NA> <NA>\n" +
		"SPEAKER meeting 1 9 6 <NA> <NA> 2 <NA> <NA>\n" +
		"SPEAKER meeting 1 20 1 <NA> <NA> 3 <NA> <NA>\n"
	CallRef = "SPEAKER call 1 0 4 <NA> <NA> kim <NA> <NA>\n" +
		"SPEAKER call 1 5 2 <NA> <NA> lee <NA> <NA>\n"
	CallHyp = "SPEAKER call 1 0 7 <NA> <NA> 1 <NA> <NA>\n"
)
