package training

// Progress is told how far a training run is.
type Progress interface {
	// Start begins a stage of total steps and returns what counts them. The
	// count may come from several goroutines.
	Start(stage string, total int) func(steps int)
}

// Quiet is a Progress that shows nothing.
type Quiet struct{}

// Start returns a counter that does nothing.
func (Quiet) Start(string, int) func(int) { return func(int) {} }
