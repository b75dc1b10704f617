package segment

// FeatureConfig are the settings of the acoustic front end. They belong to the
// model that was trained with them and travel in its file.
type FeatureConfig struct {
	// Ceps is the number of cepstral coefficients, C1 to C_Ceps.
	Ceps int `json:"ceps"`
	// Energy adds log energy (or C0) as one more static feature.
	Energy bool `json:"energy"`
	// Deltas appends the regression over DeltaSpan frames on both sides.
	Deltas bool `json:"deltas"`
	// DeltaSpan is in frames, usually 2.
	DeltaSpan int `json:"delta_span"`
	// Filters is the number of mel filters between LowHz and HighHz.
	Filters int     `json:"filters"`
	LowHz   float64 `json:"low_hz"`
	HighHz  float64 `json:"high_hz"`
	// MeanPrior is how many frames the model's own mean weighs in the running
	// mean that is taken off, so that the first second of a stream is not
	// normalised by itself alone.
	MeanPrior float64 `json:"mean_prior"`
}
