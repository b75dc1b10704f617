package wav

import (
	"bytes"
	"encoding/binary"
	"io"
)

// Read reads bytes of sound. If their number is not known, it ends at the header of another recording.
func (s *scanner) Read(p []byte) (int, error) {
	most := len(p)
	if s.endless {
		next, err := s.br.Peek(1)
		if len(next) == 0 {
			return 0, err
		}
		next, _ = s.br.Peek(min(most, s.br.Buffered()))
		if most = s.upToHeader(next); most == 0 {
			s.another = true
			return 0, io.EOF
		}
	}
	n, err := s.br.Read(p[:most])
	s.pos += int64(n)
	return n, err
}

// upToHeader is how many of the next bytes b lie before the header of a WAV recording, or before its possible beginning.
func (s *scanner) upToHeader(b []byte) int {
	const mark = "RIFF"
	if bytes.HasPrefix(b, []byte(mark[:min(len(b), len(mark))])) {
		if head, _ := s.br.Peek(12); isHeader(head) {
			return 0
		}
	}
	at := bytes.Index(b[1:], []byte(mark))
	if at >= 0 {
		return 1 + at
	}
	for k := min(len(mark)-1, len(b)-1); k > 0; k-- {
		if bytes.HasSuffix(b, []byte(mark[:k])) {
			return len(b) - k
		}
	}
	return len(b)
}

// isHeader reports whether a recording begins with b.
func isHeader(b []byte) bool {
	if len(b) < 12 || string(b[8:12]) != "WAVE" {
		return false
	}
	id := string(b[:4])
	return id == "RIFF" || id == "RF64" || id == "BW64"
}

// found is what follows the announced sound.
type found int

const (
	nothing found = iota
	chunk         // of sound or of something else
	more          // sound that was not announced
)

// find says what comes next, and how many bytes before it belong to nothing: the byte that pads a chunk of odd size, or
// zeros.
func (s *scanner) find() (at int, what found) {
	b, _ := s.br.Peek(16) // no more, because a pipe may have to be waited for
	for at = range min(2, len(b)) {
		if s.isChunk(b, at) {
			return at, chunk
		}
	}
	if len(bytes.TrimLeft(b, "\x00")) < 8 {
		b, _ = s.br.Peek(s.br.Size())
	}
	zeros := len(b) - len(bytes.TrimLeft(b, "\x00"))
	switch {
	case len(b) < 2, zeros == len(b) && len(b) < s.br.Size():
		return 0, nothing
	case s.isChunk(b, zeros):
		return zeros, chunk
	}
	return 0, more
}

// longestUnknown is the longest chunk with an unknown name, a mebibyte. It keeps samples from being taken for a chunk.
const longestUnknown = 1 << 20

// isChunk reports whether a chunk begins at b[at].
func (s *scanner) isChunk(b []byte, at int) bool {
	if b = b[at:]; len(b) < 8 {
		return false
	}
	if trailing(b[:4]) {
		return true
	}
	for _, c := range b[:4] {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == ' ' || c == '_') {
			return false
		}
	}
	n := int64(binary.LittleEndian.Uint32(b[4:]))
	return n <= longestUnknown && (s.size < 0 || s.pos+int64(at)+8+n <= s.size)
}
