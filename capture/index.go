package capture

import (
	"bufio"
	"encoding/binary"
)

// indexBehind reports whether a recording of the MP4 family that br begins with has
// its index behind the sound, as cameras and telephones write it. That cannot be
// read from a pipe, where nothing goes back.
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
		// A box without a size of its own ends the file; a longer one holds no sound
		// that we could look behind.
		if size < 8 || int64(at)+size+8 > int64(br.Size()) {
			return false
		}
		at += int(size)
	}
}
