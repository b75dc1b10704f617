package main

import (
	"encoding/binary"
	"os"
	"strings"
	"testing"
	"unicode/utf16"
)

// words1 is a transcript of one segment, whose words are the elements of the list.
func words1(list string) string {
	return `{"segments":[{"start":0.5,"end":3,"words":[` + list + `]}]}`
}

// inUTF16 is text in UTF-16 of that order, without a mark.
func inUTF16(order binary.AppendByteOrder, text string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

// A transcript with something wrong. If it can be read, it is joined, and a line tells each
// kind of oddity. If it cannot, one line says where and what was expected, and the older
// output stays.
func TestBadTranscripts(t *testing.T) {
	const turns = "SPEAKER x 1 0.5 1.5 <NA> <NA> ann <NA> <NA>\nSPEAKER x 1 2.1 0.9 <NA> <NA> bob <NA> <NA>\n"
	srt := "1\n00:00:00,500 --> 00:00:02,000\nHow äre you?\n\n2\n00:00:02,100 --> 00:00:03,000\nFine.\n"
	small := words1(`{"word":"yoü?","start":0.5,"end":2},{"word":"Fine.","start":2.1,"end":3}`)
	latin := func(s string) string { return strings.NewReplacer("ä", "\xe4", "ü", "\xfc").Replace(s) }
	const joined = "" // nothing is odd
	for name, c := range map[string]struct{ text, refused, said string }{
		"overlapping words":         {words1(`{"word":"a","start":0.5,"end":1.5},{"word":"b","start":0.6,"end":1.6}`), "", `x: 1 word at the same time as the one before, first "b" at 0.60 s: they are taken for two speakers'`},
		"overlapping lines":         {strings.Replace(srt, "00:00:02,100", "00:00:00,600", 1), "", `x: 2 words at the same time as the one before, first "Fine." at 0.60 s`},
		"unordered words":           {words1(`{"word":"c","start":2.1,"end":3},{"word":"a","start":0.5,"end":0.9}`), "", `x: 1 word before the one before, first "a" at 0.50 s: words are sorted by their start`},
		"unordered CTM":             {"x 1 2.1 .5 a\nx 1 .5 .5 b\n", "", `x: 1 word before the one before, first "b" at 0.50 s: words are sorted by their start`},
		"a negative start":          {words1(`{"word":"a","start":-0.5,"end":0.9}`), `x: segment 1, word 1 "a": start -0.5: expected seconds from 0 to 100000000`, ""},
		"a negative end":            {words1(`{"word":"a","start":0.5,"end":-0.9}`), `x: segment 1, word 1 "a": end -0.9: expected seconds from 0`, ""},
		"a negative time, SRT":      {"1\n-00:00:01,000 --> 00:00:02,000\nso\n", `x:2: start "-00:00:01,000": expected a time such as 00:01:02,345`, ""},
		"a negative time, WebVTT":   {"WEBVTT\n\n-00:01.000 --> 00:02.000\nso\n", `x:3: start "-00:01.000": expected a time such as 00:01:02,345`, ""},
		"a negative time, CTM":      {"x 1 -0.5 0.4 so\n", `x:1: start "-0.5": expected seconds from 0`, ""},
		"a negative time, tokens":   {`{"transcription":[{"offsets":{"from":-500,"to":900},"text":" so"}]}`, `x: segment 1: start -0.5: expected seconds from 0`, ""},
		"an end before its start":   {words1(`{"word":"a","start":0.9,"end":0.5}`), `x: segment 1, word 1 "a": from 900ms to 500ms: expected an end not before the start`, ""},
		"a line before its start":   {"1\n00:00:02,000 --> 00:00:01,000\nso\n", `x:2: from 2s to 1s: expected an end not before the start`, ""},
		"no number":                 {"x 1 NaN 0.4 so\n", `x:1: start "NaN": expected seconds from 0`, ""},
		"some without times":        {words1(`{"word":"a"},{"word":"b","start":0.9,"end":1.2},{"word":"c"}`), "", `x: 2 words without times, first segment 1, word 1 "a": they share the time between their neighbours`},
		"all without times":         {`{"segments":[{"words":[{"word":"a"}]}]}`, `x: segment 1: no word has times: expected start and end`, ""},
		"a segment without times":   {`{"segments":[{"text":"so"}]}`, `x: segment 1, "so": no start and end: expected both`, ""},
		"a subtitle without end":    {"1\n00:00:02,000 -->\nso\n", `x:2: end "": expected a time such as 00:01:02,345`, ""},
		"a subtitle without times":  {"1\n\nso\n", `x: unknown format, it begins with "1": expected JSON of whisper.cpp`, ""},
		"CTM without duration":      {"x 1 0.5 0.4 so\nx 1 0.5 so\n", `x:2: "x 1 0.5 so": expected 5 to 8 fields: file, channel, start, duration, word`, ""},
		"a time as text":            {`{"segments":[{"start":"0.5","end":1,"text":"x"}]}`, `x:1: string in "segments.start": expected a number`, ""},
		"a word longer than 5 s":    {words1(`{"word":"a","start":0.5,"end":7},{"word":"b","start":2.1,"end":3}`), "", `x: 1 word longer than 5s, first "a" at 0.50 s: where in that time they were said is not known`},
		"a word of half a minute":   {"1\n00:00:00,500 --> 00:00:32,000\nso\n", "", `x: 1 word longer than 5s, first "so" at 0.50 s`},
		"UTF-8":                     {srt, "", joined},
		"UTF-8 with a mark":         {"\ufeff" + srt, "", joined},
		"UTF-8 with a mark, JSON":   {"\ufeff" + small, "", joined},
		"UTF-16, least first":       {inUTF16(binary.LittleEndian, "\ufeff"+srt), "", joined},
		"UTF-16, most first":        {inUTF16(binary.BigEndian, "\ufeff"+srt), "", joined},
		"UTF-16, JSON":              {inUTF16(binary.LittleEndian, "\ufeff"+small), "", joined},
		"UTF-16 without a mark":     {inUTF16(binary.LittleEndian, srt), `x:1: byte 0x00: expected text in UTF-8, or UTF-16 with a byte order mark`, ""},
		"the same, JSON":            {inUTF16(binary.LittleEndian, small), `x:1: byte 0x00: expected text in UTF-8, or UTF-16 with a byte order mark`, ""},
		"UTF-16 that was cut":       {inUTF16(binary.LittleEndian, "\ufeff"+srt) + "a", `x: UTF-16 of 171 bytes: expected an even number, it ends within a character`, ""},
		"UTF-32":                    {"\xff\xfe\x00\x001\x00\x00\x00", `x:1: byte 0x00: expected text in UTF-8`, ""},
		"Latin-1":                   {latin(srt), `x:3: byte 0xe4: expected text in UTF-8, or UTF-16 with a byte order mark`, ""},
		"Latin-1, JSON":             {latin(small), `x:1: byte 0xfc: expected JSON in UTF-8`, ""},
		"a byte 0":                  {strings.Replace(srt, "F", "F\x00", 1), `x:7: byte 0x00: expected text in UTF-8`, ""},
		"lines of Windows":          {strings.ReplaceAll(srt, "\n", "\r\n"), "", joined},
		"lines of an old Mac":       {"WEBVTT\r\r" + strings.ReplaceAll(srt, "\n", "\r"), "", joined},
		"an empty file":             {"", `x: nothing in it: expected JSON of whisper.cpp (-oj, -ojf), faster-whisper, WhisperX or OpenAI (verbose_json), CTM, SRT or WebVTT`, ""},
		"a mark and no more":        {"\ufeff", `x: nothing in it: expected JSON of whisper.cpp`, ""},
		"nothing said":              {"WEBVTT\n", `x: no words in this WebVTT: expected some`, ""},
		"nothing said, JSON":        {`{"segments":[]}`, `x: no words in this Whisper JSON: expected some`, ""},
		"JSON that was cut":         {small[:len(small)*2/3], `x:1: the JSON ends too early: expected the whole file, is it cut off?`, ""},
		"JSON cut after a line":     {"{\n\"segments\": [\n", `x:3: the JSON ends too early`, ""},
		"more behind JSON":          {small + "\n}", `x:2: invalid character '}' after top-level value: expected JSON`, ""},
		"other JSON":                {`{"foo":1}`, `x: JSON without "segments", "words" or "transcription": expected JSON of whisper.cpp`, ""},
		"a text":                    {"Hello there\n", `x: unknown format, it begins with "Hello there": expected JSON of whisper.cpp`, ""},
		"SubStation":                {"[Script Info]\n", `x: unknown format, it begins with "[Script Info]": expected JSON of whisper.cpp`, ""},
		"a recording":               {"RIFF\x24\x00\x00\x00WAVE", `x is a recording: expected a transcript of one, such as the JSON of a recogniser: diarizer words TRANSCRIPT --recording x`, ""},
		"FLAC":                      {"fLaC\x00\x00\x00\x22", `x is a recording: `, ""},
		"MP3 behind a tag":          {"ID3\x04\x00\x00\x00\x00\x00\x02\x00\x00\xff\xfb\x90\x64" + strings.Repeat("\x00", 600), `x is a recording: `, ""},
		"Opus":                      {"OggS\x00\x02" + strings.Repeat("\x00", 22) + "OpusHead", `x is a recording: `, ""},
		"a transcript of something": {"1\n00:00:10,000 --> 00:00:40,000\n" + strings.Repeat("so ", 40) + "\n", `x does not fit x.rttm: 8 % of its 30 s of words lie where somebody speaks, by chance 8 % would: is it of another recording? --anyway joins`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			status, stdout, stderr := runWords(t, map[string]string{"x": c.text, "x.rttm": turns, "kept.txt": "kept"}, "x", "--rttm", "x.rttm", "-o", "kept.txt")
			data, err := os.ReadFile("kept.txt")
			if err != nil || stdout != "" {
				t.Fatalf("%v, printed %s", err, stdout)
			}
			if c.refused != "" {
				if status != exitInput || !strings.HasPrefix(stderr, "diarizer: "+c.refused) || strings.Count(stderr, "\n") != 1 {
					t.Errorf("status %d, said\n%swant\ndiarizer: %s", status, stderr, c.refused)
				}
				if string(data) != "kept" {
					t.Errorf("what was there is %q now", data)
				}
				return
			}
			was, err := os.ReadFile("kept.txt.1")
			if status != 0 || string(was) != "kept" || !strings.Contains(string(data), ":0") {
				t.Errorf("status %d, %v, %swrote %q, kept %q", status, err, stderr, data, was)
			}
			odd := strings.HasPrefix(stderr, "diarizer: ")
			if odd != (c.said != joined) || !strings.Contains(stderr, c.said) {
				t.Errorf("said\n%swant\n%s", stderr, c.said)
			}
		})
	}
}
