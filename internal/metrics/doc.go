// Package metrics says how well a diarization fits a reference: diarization
// error rate with its parts, Jaccard error rate, cluster purity and coverage,
// numbers of speakers, and the errors of speech detection.
//
// Everything is computed on intervals, not on frames. Times are rounded to
// nanoseconds first and then counted as integers, so that sums are exact and
// do not depend on the order of the segments.
//
// The diarization error rate is that of the NIST Rich Transcription
// evaluations (RT-09 evaluation plan, section 6; md-eval). Where R reference
// and H hypothesis speakers speak at once and C of them are paired rightly,
//
//	speech     += R
//	miss       += max(0, R − H)
//	false alarm += max(0, H − R)
//	confusion  += min(R, H) − C
//
// times the duration, over all time that is scored. Hypothesis speakers are
// paired with reference speakers one to one, in each recording on its own, so
// that the paired time is largest. As in most scorers since, that is the time
// that is scored; md-eval itself pairs before it takes collars and overlap
// out, which can only give a confusion that is equal or larger.
package metrics
