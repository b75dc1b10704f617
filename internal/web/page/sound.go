package page

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/seed-7adb9000/diarizer/event"
)

// Sounds knows the recordings of streams, so that a page can play them. The zero value
// knows none. Its methods may be called from any goroutine.
type Sounds struct {
	mu    sync.Mutex
	paths map[string]string
}

// soundTypes are the media types of recordings that browsers play, by file extension.
var soundTypes = map[string]string{
	".wav": "audio/wav", ".flac": "audio/flac", ".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".oga": "audio/ogg", ".opus": "audio/ogg",
	".m4a": "audio/mp4", ".mp4": "audio/mp4", ".webm": "audio/webm",
}

func soundType(path string) string { return soundTypes[strings.ToLower(filepath.Ext(path))] }

// Add adds the recording of a stream. The recording begins with the stream. Add ignores a
// path that is no file, or that no browser plays.
func (s *Sounds) Add(stream, path string) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || soundType(path) == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.paths == nil {
		s.paths = map[string]string{}
	}
	s.paths[stream] = path
}

func (s *Sounds) path(stream string) string {
	if s == nil {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.paths[stream]
}

func (s *Sounds) streams() []string {
	all := []string{}
	if s == nil {
		return all
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for stream := range s.paths {
		all = append(all, stream)
	}
	slices.Sort(all)
	return all
}

// listSounds answers with the streams whose recording can be played.
func (h *handler) listSounds(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	data, err := json.Marshal(h.sounds.streams())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(data) // the client may be gone
}

// sound answers with the recording of a stream, or with the requested part of it.
func (h *handler) sound(w http.ResponseWriter, r *http.Request) {
	stream := r.URL.Query().Get("stream")
	path := h.sounds.path(stream)
	if !event.ValidToken(stream) || path == "" {
		http.Error(w, "stream: there is no recording of it here", http.StatusNotFound)
		return
	}
	f, err := os.Open(path)
	if err != nil {
		http.Error(w, "the recording cannot be read any more", http.StatusNotFound)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		http.Error(w, "the recording cannot be read any more", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", soundType(path))
	w.Header().Set("Cache-Control", "no-store")
	http.ServeContent(w, r, "", info.ModTime(), f)
}
