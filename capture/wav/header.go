package wav

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// header is the part of a recording before the samples.
type header struct {
	shape
	container string
	dataSize  int64 // bytes of sound, -1 if unknown
	offset    int64 // where the sound begins, in bytes
}

// scanner walks a stream's chunks and counts the bytes.
type scanner struct {
	br   *bufio.Reader
	pos  int64
	size int64 // of the stream, -1 if unknown
	// endless says that the length of the sound is not known. The sound may then end with
	// the header of another recording, which another reports.
	endless, another bool
	// sizes are the 64-bit sizes of an RF64 file's chunks, by id.
	sizes map[string]int64
	wide  bool
}

func (s *scanner) read(p []byte, what string) error {
	n, err := io.ReadFull(s.br, p)
	s.pos += int64(n)
	return cut(err, s.pos, what)
}

// cut turns the end of the stream into an error that says in which part and where it ended.
func cut(err error, pos int64, what string) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%w: ends after %d bytes, in %s", pcm.ErrTruncated, pos, what)
	}
	return err
}

func (s *scanner) skip(n int64, what string) error {
	for n > 0 {
		k, err := s.br.Discard(int(min(n, 1<<20)))
		s.pos += int64(k)
		n -= int64(k)
		if err != nil {
			return cut(err, s.pos, what)
		}
	}
	return nil
}

// maxChunks bounds the chunks before the samples; real files have some ten.
const maxChunks = 10000

// header reads a recording's chunks up to the samples. Another recording may follow the samples.
func (s *scanner) header() (header, error) {
	s.sizes, s.wide = nil, false
	var riff [12]byte
	if err := s.read(riff[:], "the RIFF header"); err != nil {
		return header{}, err
	}
	h := header{container: "WAV"}
	switch id := string(riff[:4]); id {
	case "RIFF":
	case "RF64", "BW64":
		h.container = id
		s.wide = true
		s.sizes = map[string]int64{}
	default:
		return header{}, fmt.Errorf("%w: begins with %q, expected RIFF, RF64 or BW64", pcm.ErrDamaged, id)
	}
	if string(riff[8:]) != "WAVE" {
		return header{}, fmt.Errorf("%w: a RIFF file of type %q, expected WAVE", pcm.ErrDamaged, riff[8:])
	}

	seen := false
	for range maxChunks {
		id, n, err := s.chunk()
		if err != nil {
			if !seen {
				return header{}, fmt.Errorf("%w, before any fmt chunk", err)
			}
			return header{}, fmt.Errorf("%w, before any data chunk", err)
		}
		switch {
		case id == "data":
			if !seen {
				return header{}, fmt.Errorf("%w: the data chunk at byte %d comes before any fmt chunk", pcm.ErrDamaged, s.pos-8)
			}
			h.offset = s.pos
			h.dataSize = s.dataSize(n)
			return h, nil
		case id == "fmt " && !seen:
			if h.shape, err = s.format(n); err != nil {
				return header{}, err
			}
			seen = true
		case id == "ds64" && s.wide:
			if err := s.ds64(n); err != nil {
				return header{}, err
			}
		case id == "LIST" && s.enter():
			continue
		case n == unknown32 && !s.wide:
			return header{}, fmt.Errorf("%w: chunk %q at byte %d has no size", pcm.ErrDamaged, id, s.pos-8)
		default:
			if err := s.skip(n, fmt.Sprintf("chunk %q", id)); err != nil {
				return header{}, fmt.Errorf("%w, before any data chunk", err)
			}
		}
		if n%2 == 1 {
			s.pad()
		}
	}
	return header{}, fmt.Errorf("%w: no data among the first %d chunks", pcm.ErrDamaged, maxChunks)
}

const unknown32 = 0xFFFFFFFF

// enter reads the head of a list of pieces of sound, after its name.
func (s *scanner) enter() bool {
	if kind, _ := s.br.Peek(4); string(kind) != "wavl" {
		return false
	}
	_ = s.skip(4, "") // does not fail, as the bytes were peeked
	return true
}

// maxZeros bounds the zeros before a chunk, with which some programs fill up.
const maxZeros = 1 << 20

// chunk reads a chunk's id and size. It skips zeros before the chunk.
func (s *scanner) chunk() (id string, n int64, err error) {
	for range maxZeros {
		if next, _ := s.br.Peek(1); len(next) == 0 || next[0] != 0 {
			break
		}
		_ = s.skip(1, "")
	}
	var b [8]byte
	if err := s.read(b[:], "a chunk header"); err != nil {
		return "", 0, err
	}
	id = string(b[:4])
	n = int64(binary.LittleEndian.Uint32(b[4:]))
	if !printable(b[:4]) {
		return "", 0, fmt.Errorf("%w: % x at byte %d, expected the name of a chunk", pcm.ErrDamaged, b[:4], s.pos-8)
	}
	if n == unknown32 && s.wide {
		if wide, ok := s.sizes[id]; ok {
			n = wide
		}
	}
	return id, n, nil
}

func printable(id []byte) bool {
	for _, c := range id {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// pad skips the byte that fills up a chunk of odd size, unless the writer
// forgot it and the next chunk's name stands there.
func (s *scanner) pad() {
	next, _ := s.br.Peek(4)
	if len(next) == 4 && printable(next) && next[0] != ' ' {
		return
	}
	_ = s.skip(1, "") // the next read finds the end of the stream
}

// ds64 reads the 64-bit sizes (EBU Tech 3306, 3.1).
func (s *scanner) ds64(n int64) error {
	if n < 24 || n > 1<<16 {
		return fmt.Errorf("%w: ds64 chunk of %d bytes, expected at least 24", pcm.ErrDamaged, n)
	}
	b := make([]byte, n)
	if err := s.read(b, "the ds64 chunk"); err != nil {
		return err
	}
	le := binary.LittleEndian
	s.sizes["data"] = int64(le.Uint64(b[8:]))
	if n < 28 {
		return nil
	}
	table := b[28:]
	for k := le.Uint32(b[24:]); k > 0 && len(table) >= 12; k-- {
		if size := int64(le.Uint64(table[4:])); size >= 0 {
			s.sizes[string(table[:4])] = size
		}
		table = table[12:]
	}
	return nil
}

// dataSize checks the size that the data chunk states. Programs that write to a pipe cannot know it: ffmpeg states
// 0xFFFFFFFF, arecord and sox a little less than 2 GiB, others 0. The size is doubted only if the length of the stream does
// not confirm it.
func (s *scanner) dataSize(n int64) int64 {
	confirmed := s.size >= 0 && n <= s.size-s.pos
	switch {
	case n < 0, n == unknown32 && !confirmed: // n < 0: RF64 with a size of 2⁶⁴-1
		return -1
	case n == 0:
		if next, _ := s.br.Peek(4); len(next) == 0 || trailing(next) {
			return 0
		}
		return -1
	case n >= 0x7FFF0000 && n <= 0x80000000 && !confirmed && !s.wide:
		return -1
	case n >= 0xFFFF0000 && n <= unknown32 && !confirmed && !s.wide:
		return -1
	}
	return n
}

// trailing reports whether a chunk that may follow the sound begins with id.
func trailing(id []byte) bool {
	for _, known := range []string{"LIST", "id3 ", "ID3 ", "fact", "cue ", "bext", "iXML", "_PMX", "JUNK", "junk", "axml", "smpl", "afsp",
		"data", "fmt ", "slnt", "RIFF", "RF64", "BW64", "PEAK", "PAD ", "inst", "plst", "chna", "levl", "DISP", "cart", "aXML"} {
		if bytes.HasPrefix(id, []byte(known)) {
			return true
		}
	}
	return false
}

// format reads the fmt chunk.
func (s *scanner) format(n int64) (shape, error) {
	if n < 16 || n > 1<<16 {
		return shape{}, fmt.Errorf("%w: fmt chunk of %d bytes, expected 16, 18 or 40", pcm.ErrDamaged, n)
	}
	b := make([]byte, n)
	if err := s.read(b, "the fmt chunk"); err != nil {
		return shape{}, err
	}
	e, err := parseFormat(b)
	if err != nil && !errors.Is(err, pcm.ErrUnsupported) {
		return shape{}, fmt.Errorf("fmt chunk: %w", err)
	}
	return e, err
}
