package capture

import (
	"bufio"
	"encoding/binary"
)

// indexBehind reports whether br begins with a recording of the MP4 family whose index follows the sound,
// as cameras and telephones write it. Such a recording cannot be read from a pipe, which cannot go back.
func indexBehind(br *bufio.Reader) bool {
	at := 0
	for {
		b, _ := br.Peek(at + 8)
		if len(b) < at+8 {
			return false
		}
		size := int64(binary.BigEndian.Uint32(b[at:]))
		switch string(b[at+4 : at+8]) {
		case "moov":
			return false
		case "mdat":
			return true
		}
		// A box without a size goes to the end of the file. A box that does not fit into the
		// buffer cannot be looked behind.
		if size < 8 || int64(at)+size+8 > int64(br.Size()) {
			return false
		}
		at += int(size)
	}
}
