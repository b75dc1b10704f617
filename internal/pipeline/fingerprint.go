package pipeline

import (
	"crypto/sha256"
	"fmt"
)

const fingerprintSize = 16

// fingerprint identifies what a stream's events depend on besides its samples.
func fingerprint(cfg Config) (sum [fingerprintSize]byte) {
	h := sha256.New()
	fmt.Fprintf(h, "%s %+v %+v %+v %v %v %v", cfg.Model.Fingerprint(), cfg.Detector, cfg.Segment, cfg.Online,
		cfg.Speech != nil, cfg.Speech, cfg.Utterances)
	copy(sum[:], h.Sum(nil))
	return sum
}
