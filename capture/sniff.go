package capture

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// container is a kind of file, recognised by its first bytes.
type container int

const (
	unknown  container = iota // not recognised
	notSound                  // recognised as something without sound
	wavFile
	flacFile
	opusFile
	mp3File
	otherAudio // recognised, and not decoded here
	timedAudio // as otherAudio, and its times begin at 0, so that sound may begin late
)

// sniffLen is how many bytes sniff looks at.
const sniffLen = 512

// sniff recognises a file by its first bytes, any ID3 tag taken off, and names
// it with its article: "an MP4 file".
func sniff(b []byte) (container, string) {
	has := func(at int, s string) bool { return len(b) >= at && bytes.HasPrefix(b[at:], []byte(s)) }
	switch {
	case has(8, "WAVE") && (has(0, "RIFF") || has(0, "RF64") || has(0, "BW64")):
		return wavFile, "a WAV file"
	case has(0, "fLaC"):
		return flacFile, "a FLAC file"
	}
	for _, k := range signatures {
		if has(k.at, k.magic) {
			return k.kind, k.name
		}
	}
	switch {
	case len(b) > 3 && b[0] == 0xFF && b[1] == 0xFE && b[3] == 0:
		return notSound, "a text file" // UTF-16, whose mark reads as MPEG layer I
	case len(b) > 1 && b[0] == 0xFF && b[1]&0xF6 == 0xF0:
		return otherAudio, "an AAC stream"
	case len(b) > 2 && b[0] == 0xFF && b[1]&0xE0 == 0xE0 && b[1]&0x18 != 0x08 && b[1]&6 != 0 && b[2]&0xF0 != 0xF0:
		return mp3File, "an MP3 file"
	case text(b):
		return notSound, "a text file"
	case has(0, "G") && has(188, "G") && has(376, "G"), has(4, "G") && has(196, "G") && has(388, "G"):
		return otherAudio, "an MPEG transport stream" // in packets of 188 bytes, of a card of 192
	}
	return unknown, fmt.Sprintf("not a known sound file (it begins with % x)", b[:min(len(b), 8)])
}

// IsRecording reports whether the file at path begins like a recording, by its content:
// in one of the formats that are decoded here or by ffmpeg. It does not say whether the
// file can be decoded to its end.
func IsRecording(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, systemError("open", path, err)
	}
	defer f.Close()
	head := make([]byte, sniffLen)
	n, err := io.ReadFull(f, head)
	if err == nil {
		if tag := id3Len(head); tag > 0 {
			n, err = f.ReadAt(head, int64(tag))
		}
	}
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return false, systemError("read", path, err)
	}
	kind, _ := sniff(head[:n])
	return kind != unknown && kind != notSound, nil
}

// containerName is the short name of what sniff calls "an MP4 file".
func containerName(what string) string {
	what = strings.TrimPrefix(strings.TrimPrefix(what, "an "), "a ")
	return strings.TrimSuffix(what, " file")
}

// text reports whether b reads as text.
func text(b []byte) bool {
	// The last character may be cut in the middle.
	for i := 0; i < utf8.UTFMax && len(b) > 0 && !utf8.Valid(b); i++ {
		b = b[:len(b)-1]
	}
	return len(b) > 0 && utf8.Valid(b) &&
		!strings.ContainsFunc(string(b), func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' })
}

// signatures are the first bytes of other formats, and of files that people name by mistake. The longer ones of a family
// come first.
var signatures = [...]struct {
	at    int
	magic string
	kind  container
	name  string
}{
	{28, "OpusHead", opusFile, "an Ogg Opus file"},
	{28, "\x01vorbis", timedAudio, "an Ogg Vorbis file"},
	{28, "\x7fFLAC", timedAudio, "an Ogg FLAC file"},
	{28, "Speex   ", timedAudio, "an Ogg Speex file"},
	{0, "OggS", timedAudio, "an Ogg file"},
	{4, "ftypM4A", timedAudio, "an M4A file"},
	{4, "ftypqt", timedAudio, "a QuickTime file"},
	{4, "ftyp3g", timedAudio, "a 3GP file"},
	{4, "ftyp", timedAudio, "an MP4 file"},
	{4, "moov", timedAudio, "a QuickTime file"},
	{4, "mdat", timedAudio, "a QuickTime file"},
	{4, "wide", timedAudio, "a QuickTime file"},
	{0, "\x1aE\xdf\xa3", timedAudio, "a Matroska or WebM file"},
	{8, "AIFF", otherAudio, "an AIFF file"},
	{8, "AIFC", otherAudio, "an AIFF-C file"},
	{8, "AVI ", otherAudio, "an AVI file"},
	{0, "RIFX", otherAudio, "a big-endian WAV file (RIFX)"},
	{0, "riff\x2e\x91\xcf\x11", otherAudio, "a Wave64 file"},
	{0, "caff", otherAudio, "a Core Audio file"},
	{0, ".snd", otherAudio, "an AU file"},
	{0, "#!AMR", otherAudio, "an AMR file"},
	{0, "0&\xb2u\x8ef\xcf\x11", otherAudio, "a Windows Media file"},
	{0, "wvpk", otherAudio, "a WavPack file"},
	{0, "MAC ", otherAudio, "a Monkey's Audio file"},
	{0, "TTA1", otherAudio, "a True Audio file"},
	{0, "NIST_1A", otherAudio, "a NIST SPHERE file"},
	{0, "FLV\x01", otherAudio, "a Flash video"},
	{0, "\x00\x00\x01\xba", otherAudio, "an MPEG program stream"},
	{0, "MThd", notSound, "a MIDI file, which is notes and not sound"},
	{0, "%PDF", notSound, "a PDF file"},
	{0, "PK\x03\x04", notSound, "a ZIP file"},
	{0, "\x1f\x8b", notSound, "a gzip file"},
	{0, "\x89PNG", notSound, "a PNG picture"},
	{0, "\xff\xd8\xff", notSound, "a JPEG picture"},
	{0, "GIF8", notSound, "a GIF picture"},
	{0, "\x7fELF", notSound, "a program (ELF)"},
	{0, "MZ\x90", notSound, "a Windows program"},
}

// id3Len is the length of the ID3v2 tag that b begins with, 0 if none does.
func id3Len(b []byte) int {
	if len(b) < 10 || string(b[:3]) != "ID3" || (b[6]|b[7]|b[8]|b[9])&0x80 != 0 {
		return 0
	}
	n := 10 + (int(b[6])<<21 | int(b[7])<<14 | int(b[8])<<7 | int(b[9]))
	if b[5]&0x10 != 0 {
		n += 10 // a footer
	}
	return n
}
