package features

import (
	"errors"
	"fmt"
)

// ErrConfig is wrapped by every error about feature settings that cannot work.
var ErrConfig = errors.New("features: unusable settings")

// Config are the settings of the acoustic front end. They belong to the
// model that was trained with them and travel in its file.
type Config struct {
	// Ceps is the number of cepstral coefficients, C1 to C_Ceps.
	Ceps int `json:"ceps"`
	// Energy adds the log energy between LowHz and HighHz as one more static
	// feature, after the coefficients.
	Energy bool `json:"energy"`
	// Deltas appends the regression over DeltaSpan frames on both sides.
	Deltas bool `json:"deltas"`
	// DeltaSpan is in frames, usually 2.
	DeltaSpan int `json:"delta_span"`
	// Filters is the number of mel filters between LowHz and HighHz.
	Filters int     `json:"filters"`
	LowHz   float64 `json:"low_hz"`
	HighHz  float64 `json:"high_hz"`
	// MeanPrior is the weight of the model's own mean in the running mean that is taken
	// off, in frames. It keeps the first second of a stream from being normalised by
	// itself alone.
	MeanPrior float64 `json:"mean_prior"`
	// MelBank appends the log mel energies of a [Bank], after the deltas: 0 for
	// none, or BankSize.
	MelBank int `json:"mel_bank,omitempty"`
}

// Default returns the settings of the published model: 18 mel cepstra with their deltas,
// 36 in all. They are of the telephone band, so that a telephone call and a studio
// recording of a voice look alike. Energy is left out, because in a room it says where a
// person sits.
func Default() Config {
	return Config{
		Ceps: 18, Deltas: true, DeltaSpan: 2,
		Filters: 28, LowHz: 100, HighHz: 3800, MeanPrior: 200,
	}
}

// Dim returns d, the number of features of a frame.
func (c Config) Dim() int {
	n := c.statics()
	if c.Deltas {
		n *= 2
	}
	return n + c.MelBank
}

// statics is the number of features before deltas.
func (c Config) statics() int {
	if c.Energy {
		return c.Ceps + 1
	}
	return c.Ceps
}

// span returns how many frames on each side of a frame its deltas use, 0 without deltas.
func (c Config) span() int {
	if c.Deltas {
		return c.DeltaSpan
	}
	return 0
}

// The bounds on settings keep a foreign model file from asking for absurd work.
const (
	maxFilters   = 128
	maxDeltaSpan = 10
)

// Validate reports the first setting that cannot work, as an error that wraps
// [ErrConfig].
func (c Config) Validate() error {
	bad := func(name string, found any, expected string) error {
		return fmt.Errorf("%w: %s is %v, expected %s", ErrConfig, name, found, expected)
	}
	switch {
	case c.Filters < 2 || c.Filters > maxFilters:
		return bad("filters", c.Filters, fmt.Sprintf("2 to %d", maxFilters))
	case c.Ceps < 1 || c.Ceps >= c.Filters:
		return bad("ceps", c.Ceps, fmt.Sprintf("1 to %d, one less than the filters", c.Filters-1))
	case c.Deltas && (c.DeltaSpan < 1 || c.DeltaSpan > maxDeltaSpan):
		return bad("delta_span", c.DeltaSpan, fmt.Sprintf("1 to %d", maxDeltaSpan))
	case !(c.LowHz >= 0 && c.LowHz < c.HighHz):
		return bad("low_hz", c.LowHz, "0 or more and below high_hz")
	case !(c.HighHz <= sampleRate/2):
		return bad("high_hz", c.HighHz, fmt.Sprintf("at most %d", sampleRate/2))
	case c.MelBank != 0 && c.MelBank != BankSize:
		return bad("mel_bank", c.MelBank, fmt.Sprintf("0 or %d", BankSize))
	case !(c.MeanPrior >= 0):
		return bad("mean_prior", c.MeanPrior, "0 or more")
	}
	return nil
}
