package publish

import "github.com/seed-7adb9000/diarizer/event"

// Prefix begins every subject: diarizer.v1.<stream>.<kind>.
const Prefix = "diarizer.v1"

// AllSubjects matches every event of every stream.
const AllSubjects = Prefix + ".>"

// Subject returns the subject of a stream's events of one kind.
func Subject(stream string, kind event.Kind) string {
	return Prefix + "." + stream + "." + string(kind)
}

// StreamSubjects matches all events of one stream.
func StreamSubjects(stream string) string { return Prefix + "." + stream + ".>" }
