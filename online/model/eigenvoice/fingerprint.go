package eigenvoice

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
)

// Fingerprint identifies m by everything that its results depend on: 32
// hexadecimal digits of a SHA-256. Statistics of one model mean nothing to
// another.
func (m *Model) Fingerprint() string {
	m.printOnce.Do(func() {
		h := sha256.New()
		fmt.Fprintf(h, "%+v %d %d %v", m.Features, m.Nu, m.channels(), m.Soft)
		u := m.U
		if m.IgnoreChannels {
			u = nil
		}
		var b []byte
		for _, values := range [][]float64{
			m.FeatureMean, m.Weights, m.Means, m.Vars, m.V, u,
			{m.Phi, m.OffsetVariance, m.WithinSpeakerVariance, m.LengthExponent, m.Threshold, m.Slope},
		} {
			b = binary.LittleEndian.AppendUint64(b[:0], uint64(len(values)))
			h.Write(b)
			for some := range slices.Chunk(values, 512) { // in the cache, not in megabytes
				b = b[:0]
				for _, v := range some {
					b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
				}
				h.Write(b)
			}
		}
		m.fingerprint = hex.EncodeToString(h.Sum(nil)[:16])
	})
	return m.fingerprint
}
