package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strconv"
)

// slotSize is the room for one cursor in bytes. The file has two slots, written in turn, so that one
// is whole even if the writing of the other is interrupted.
const slotSize = 2048

func writeCursor(f *os.File, slot int64, c Cursor) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	line := sign(text)
	if len(line) >= slotSize {
		return fmt.Errorf("cursor of %d bytes: expected at most %d", len(line), slotSize-1)
	}
	block := make([]byte, slotSize)
	for i := copy(block, line); i < slotSize-1; i++ {
		block[i] = ' '
	}
	block[slotSize-1] = '\n'
	_, err = f.WriteAt(block, slot*slotSize)
	return err
}

// readCursor returns the later one of the whole cursors and its slot. Without a whole cursor, it
// returns the zero cursor.
func readCursor(f *os.File) (latest Cursor, slot int64, err error) {
	for i := range int64(2) {
		block := make([]byte, slotSize)
		n, err := f.ReadAt(block, i*slotSize)
		if err != nil && err != io.EOF {
			return latest, slot, err
		}
		if n < slotSize {
			continue
		}
		var c Cursor
		text, ok := verify(bytes.TrimRight(block, " \n"))
		if !ok {
			continue
		}
		if json.Unmarshal(text, &c) == nil && c.Writes > latest.Writes && c.Offset >= 0 {
			latest, slot = c, i
		}
	}
	return latest, slot, nil
}

// sign puts a checksum before text.
func sign(text []byte) []byte {
	return fmt.Appendf(make([]byte, 0, len(text)+10), "%08x %s", crc32.ChecksumIEEE(text), text)
}

// verify returns the text of a signed line, if its checksum is right.
func verify(line []byte) (text []byte, ok bool) {
	const before = 9 // the checksum and a space
	if len(line) < before {
		return nil, false
	}
	sum, err := strconv.ParseUint(string(line[:before-1]), 16, 32)
	text = line[before:]
	return text, err == nil && line[before-1] == ' ' && uint32(sum) == crc32.ChecksumIEEE(text)
}
