package segment

// Utterance is a stretch of speech of one speaker, as far as the sound alone
// can tell.
type Utterance struct {
	// ID counts the stream's utterances from 1.
	ID int
	// Start and End are in samples since the start of the stream.
	Start, End int64
}

// Event says that an utterance has grown or is complete, or only how far the stream has
// come: at every point of the grid comes an event with At and Until alone. The
// utterances of a stream follow each other: the first event of an utterance comes after
// the closing event of the utterance before.
type Event struct {
	// Utterance as it is now; its ID is 0 where the event is about no utterance. An open
	// utterance may still be cut: its closing event then has an earlier End than the
	// event before, and the rest is the beginning of the next utterance.
	Utterance Utterance
	// At is how far the stream had been heard, in samples.
	At int64
	// Until is how far it is decided what is speech, in samples.
	Until int64
	// Frames are the feature frames that are new with this event, by rows: those of one
	// chunk, or none. They are valid during the call only.
	Frames []float64
	// FrameStart is the position of the first of Frames, in samples.
	FrameStart int64
	// Level is that of the sound of Frames in dBFS, 0 where it is not known.
	Level float64
	// Crowd says that two or more people speak in Frames.
	Crowd bool
	// Two is the mean of Frame.Two over Frames.
	Two float32
	// Tracks are the means of Frame.Tracks over Frames.
	Tracks [Tracks]float32
	// Draft says that the event comes from a first look at the sound. An event of a
	// second look at the same sound follows later and replaces it.
	Draft bool
	// Closed says that Utterance is complete.
	Closed bool
	// Rest is set where Closed: no utterance that closes later starts before Rest, in
	// samples.
	Rest int64
	// Pause says that a closed utterance ends where speech ends. Otherwise it ends at a
	// change point, or because it was long.
	Pause bool
}
