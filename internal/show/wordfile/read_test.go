package wordfile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/words"
)

// demo is the first forty words of the demo. All files in testdata are made of them.
func demo(t *testing.T) []words.Word {
	t.Helper()
	tr, err := ReadFile("../../cli/demo/demo.ctm", "demo")
	if err != nil {
		t.Fatal(err)
	}
	return tr.Words[:40]
}

// The file of each recogniser has the demo's words. The recogniser's own program wrote it,
// or testdata/make.py did after the program's source.
func TestRead(t *testing.T) {
	want := demo(t)
	for _, c := range []struct {
		file   string
		format Format
		timed  bool // each word has its own times
	}{
		{"whispercpp.json", WhisperCpp, false},
		{"whispercpp-full.json", WhisperCpp, true},
		{"whisper.json", Whisper, true},
		{"whisper-ctranslate2.json", Whisper, true},
		{"faster-whisper.json", Whisper, true},
		{"whisperx.json", WhisperX, true},
		{"openai.json", OpenAI, true},
		{"openai-segments.json", OpenAI, false},
		{"meeteval.ctm", CTM, true},
		{"whisper.srt", SRT, false},
		{"whisper-word.srt", SRT, true},
		{"whisper-highlight.srt", SRT, true},
		{"whisper.vtt", WebVTT, false},
		{"whisper-highlight.vtt", WebVTT, true},
	} {
		t.Run(c.file, func(t *testing.T) {
			got, err := ReadFile(filepath.Join("testdata", c.file), "demo")
			if err != nil {
				t.Fatal(err)
			}
			if got.Format != c.format || len(got.Words) != len(want) {
				t.Fatalf("%s with %d words, want %s with %d", got.Format, len(got.Words), c.format, len(want))
			}
			notes := 0
			for i, w := range got.Words {
				off, most := (w.Start - want[i].Start).Abs(), 20*time.Millisecond
				if w.Estimated {
					most = time.Second
				}
				if w.Text != want[i].Text || off > most || w.End < w.Start || (w.End-want[i].End).Abs() > most {
					t.Errorf("word %d: %+v, want %+v", i+1, w, want[i])
				}
				if w.Estimated == c.timed {
					notes++
				}
			}
			if c.file == "whisperx.json" { // one word has no times
				if notes != 1 || len(got.Notes) != 1 || !strings.Contains(got.Notes[0], `1 word without times, first segment 2, word 4 "given": they share`) {
					t.Errorf("%d words estimated, notes %q", notes, got.Notes)
				}
			} else if notes != 0 || len(got.Notes) != 0 {
				t.Errorf("%d words with estimated %v, notes %q", notes, !c.timed, got.Notes)
			}
		})
	}
}

// Words have the beginnings of lines and the confidence of the recogniser.
func TestReadBreaksAndConfidence(t *testing.T) {
	for _, file := range []string{"whispercpp-full.json", "whisper.json", "whisper-highlight.vtt", "whisper.srt"} {
		tr, err := ReadFile(filepath.Join("testdata", file), "")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, w := range tr.Words[:20] {
			if w.Break {
				got = append(got, w.Text)
			}
		}
		if g := strings.Join(got, " "); g != "Right, The Good When" {
			t.Errorf("%s: breaks before %s", file, g)
		}
		c := tr.Words[5].Confidence // "council", made of two tokens
		if want := map[string]float64{"whispercpp-full.json": 0.8, "whisper.json": 0.9}[file]; c != want {
			t.Errorf("%s: confidence of %q is %v, want %v", file, tr.Words[5].Text, c, want)
		}
	}
}

// list is words in one line, with "~" after words with estimated times.
func list(words []words.Word) string {
	var b strings.Builder
	for _, w := range words {
		mark := ""
		if w.Estimated {
			mark = "~"
		}
		fmt.Fprintf(&b, "%s%s[%.2f-%.2f] ", w.Text, mark, w.Start.Seconds(), w.End.Seconds())
	}
	return strings.TrimSpace(b.String())
}

func TestReadText(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a voice in two cues without a blank line between", "1\n00:00:01,000 --> 00:00:02,000\nHi!\n2\n00:00:02,500 --> 00:00:03,000\nYou?\n",
			"Hi!~[1.00-2.00] You?~[2.50-3.00]"},
		{"SRT with Windows line ends, a mark and tags", "\ufeff1\r\n00:00:01,000 --> 00:00:03,000 X1:1 X2:2\r\n<i>So</i> {\\an8}so\r\n\r\n",
			"So~[1.00-2.00] so~[2.00-3.00]"},
		{"two people in one cue", "1\n00:00:00,000 --> 00:00:02,000\n- Yes?\n- No.\n",
			"-Yes?~[0.00-1.08] -No.~[1.08-2.00]"},
		{"WebVTT with everything", "WEBVTT - a title\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE\nnot said --> either\n\nintro\n00:01.000 --> 01:02.000 align:start position:0%\n<v.loud Ann Lee>Wir &amp; two</v>\n",
			"Wir~[1.00-25.40] &~[25.40-37.60] two~[37.60-62.00]"},
		{"WebVTT with times for words that roll up", "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n \nso<00:00:00.500><c> it</c><00:00:01.000><c> goes</c>\n\n00:00:02.000 --> 00:00:02.010\nso it goes\n\n" +
			"00:00:02.010 --> 00:00:04.000\nso it goes\non<00:00:03.000><c> and on</c>\n",
			"so[0.00-0.50] it[0.50-1.00] goes[1.00-2.00] on[2.01-3.00] and~[3.00-3.57] on~[3.57-4.00]"},
		{"CTM with comments, other recordings and silence", ";; by hand\nother 1 0 1 no\ntalk A 1.5 0.25 so 0.8 lex ann\n\ntalk A 1.75 .25 <eps>\ntalk B 2 0 it <NA>\n",
			"so[1.50-1.75] it[2.00-2.00]"},
		{"words without times at both ends", `{"segments":[{"start":1,"end":5,"words":[{"word":"one"},{"word":"two","start":3,"end":3.5},{"word":"three"},{"word":"four"}]}]}`,
			"one~[1.00-3.00] two[3.00-3.50] three~[3.50-4.32] four~[4.32-5.00]"},
		{"Chinese", `{"segments":[{"start":0,"end":2,"text":"你好，世界 ok"}]}`,
			"你~[0.00-0.33] 好，~[0.33-0.83] 世~[0.83-1.17] 界~[1.17-1.50] ok~[1.50-2.00]"},
		{"unordered", "f 1 3 1 b\nf 1 1 1 a\n", "a[1.00-2.00] b[3.00-4.00]"},
		{"two words in one", `{"segments":[{"words":[{"word":" New York","start":0,"end":0.9}]}]}`, "New~[0.00-0.40] York~[0.40-0.90]"},
		{"of this program", `{"schema":"urn:diarizer:v1:transcript","words":[{"text":"so","start":1,"end":2,"speaker":"S1","estimated":true}]}`, "so~[1.00-2.00]"},
		{"a character in two tokens", "{\"transcription\":[{\"offsets\":{\"from\":0,\"to\":1000},\"text\":\" é!\",\"tokens\":[{\"text\":\" \xc3\",\"offsets\":{\"from\":0,\"to\":500}},{\"text\":\"\xa9!\",\"offsets\":{\"from\":500,\"to\":1000}}]}]}",
			"é!~[0.00-1.00]"},
		{"lines that a Mac of 1999 ended", "WEBVTT\r\r00:01.000 --> 00:02.000\rso\r", "so~[1.00-2.00]"},
		{"a line of one word, too long to say when", "1\n00:00:01,000 --> 00:00:09,000\nso\n", "so~[1.00-9.00]"},
		{"UTF-16", "\xff\xfe" + utf16("1\n00:00:01,000 --> 00:00:02,000\nÄh\n"), "Äh~[1.00-2.00]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr, err := Read(strings.NewReader(c.text), "x", "talk")
			if err != nil {
				t.Fatal(err)
			}
			if got := list(tr.Words); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func utf16(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteByte(byte(r))
		b.WriteByte(byte(r >> 8))
	}
	return b.String()
}

func TestNotes(t *testing.T) {
	tr, err := Read(strings.NewReader("f 1 3 1 b\nf 1 1 1 a\nf 1 1 1 c\nf 1 20 6 long\n"), "x.ctm", "f")
	want := []string{
		`x.ctm: 1 word before the one before, first "a" at 1.00 s: words are sorted by their start`,
		`x.ctm: 1 word longer than 5s, first "long" at 20.00 s: where in that time they were said is not known`,
		`x.ctm: 1 word at the same time as the one before, first "c" at 1.00 s: they are taken for two speakers' where that is possible`,
	}
	if err != nil || strings.Join(tr.Notes, "\n") != strings.Join(want, "\n") {
		t.Errorf("notes, %v:\n%s\nwant\n%s", err, strings.Join(tr.Notes, "\n"), strings.Join(want, "\n"))
	}
}

// The error for a file that cannot be read is one line that names the place and what was
// expected.
func TestReadErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                   `x: nothing in it: expected JSON of whisper.cpp`,
		"Hello there.\nYes?": `x: unknown format, it begins with "Hello there.": expected JSON of whisper.cpp (-oj, -ojf), faster-whisper`,
		"\x00\x01\x02":       `x:1: byte 0x00: expected text in UTF-8`,
		"1\n00:00:01,000 --> 00:00:02,000\n\xe4h\n": `x:3: byte 0xe4: expected text in UTF-8, or UTF-16 with a byte order mark`,
		"{":                                               `x:1: the JSON ends too early: expected the whole file, is it cut off?`,
		"{\"segments\":\n[{\"start\": \"1\"}]}":           `x:2: string in "segments.start": expected a number`,
		"{\"text\": \"so\"}":                              `x: JSON without "segments", "words" or "transcription": expected`,
		`{"segments":[]}`:                                 `x: no words in this Whisper JSON: expected some`,
		`{"segments":5}`:                                  `x:1: number in "segments": expected a list`,
		`[{"text":"so"},7]`:                               `x:1: number in the list: expected an object`,
		`["so"]`:                                          `x: unknown format, it begins with "[\"so\"]"`,
		"[Script Info]\nTitle: so\n":                      `x: unknown format, it begins with "[Script Info]"`,
		"\xff\xfe" + utf16("so") + "s":                    `x: UTF-16 of 7 bytes: expected an even number`,
		"\xff\xfe\x00\x00s\x00\x00\x00":                   `x:1: byte 0x00: expected text in UTF-8`, // UTF-32
		utf16("{\n\"segments\":[]}"):                      `x:1: byte 0x00: expected text in UTF-8, or UTF-16 with a byte order mark`,
		"1\n-00:00:01,000 --> 00:00:02,000\nso\n":         `x:2: start "-00:00:01,000": expected a time such as 00:01:02,345`,
		"1\n00:00:61,000 --> 00:01:02,000\nso\n":          `x:2: start "00:00:61,000": expected minutes and seconds below 60`,
		"1\n00:60:01,000 --> 01:01:02,000\nso\n":          `x:2: start "00:60:01,000": expected minutes and seconds below 60`,
		`{"segments":[{"start":-1,"end":2,"text":"so"}]}`: `x: segment 1: start -1: expected seconds from 0 to 100000000`,
		`{"segments":[{"words":[{"word":"a","start":0,"end":1},{"word":"so","start":2,"end":1}]}]}`: `x: segment 1, word 2 "so": from 2s to 1s: expected an end not before the start`,
		`{"segments":[{"words":[{"word":"so"}]}]}`:                                                  `x: segment 1: no word has times: expected start and end`,
		`{"segments":[{"text":"so"}]}`:                                                              `x: segment 1, "so": no start and end: expected both`,
		`{"segments":[{"start":0,"end":1e300,"text":"a"}]}`:                                         `x: segment 1: end 1e+300: expected seconds`,
		`{"transcription":[{"text":"so"}]}`:                                                         `x: segment 1: no "offsets": expected what whisper-cli -oj writes`,
		"WEBVTT\n\n00:01.000 -->\nso\n":                                                             `x:3: end "": expected a time such as 00:01:02,345`,
		"1\n00:00:03,000 --> 00:00:02,000\nso\n":                                                    `x:2: from 3s to 2s: expected an end not before the start`,
		"WEBVTT\n":                                                                                  `x: no words in this WebVTT: expected some`,
		"WEBVTT\n\n00:00.000 --> 00:02.000\nso<00:00:03.000> it\n":                                  `x:3: <00:00:03.000> within a cue: expected a time from 0s to 2s`,
		"f 1 0 1 so\nf 1 0 x so\n":                                                                  `x:2: duration "x": expected seconds from 0 to 100000000`,
		"f 1 0 -1 so\n":                                                                             `x:1: duration "-1": expected`,
		"f 1 0 1 so 2\n":                                                                            `x:1: confidence "2": expected a probability, or <NA>`,
		"f 1 0 1 so\nf 1 0\n":                                                                       `x:2: "f 1 0": expected 5 to 8 fields`,
		"a 1 0 1 so\nb 1 0 1 so\n":                                                                  `x: none of its 2 recordings is "talk": expected one of them, the first is "a"`,
		"[{\xff}]":                                                                                  `x:1: invalid character`,
		"{\"segments\":[{\"start\":0,\"end\":1,\"text\":\"\xe4h\"}]}":                               `x:1: byte 0xe4: expected JSON in UTF-8`,
	} {
		tr, err := Read(strings.NewReader(text), "x", "talk")
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") || tr.Words != nil {
			t.Errorf("%q: %v\nwant %s", text, err, want)
		}
	}
	if _, err := ReadFile(filepath.Join(t.TempDir(), "none.json"), ""); !os.IsNotExist(err) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// FuzzRead reads anything. The result is words in order with valid times, or an error of
// one line that begins with the name.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data[:min(len(data), 2000)])
		if len(data) < 5000 {
			f.Add(data)
		}
	}
	f.Add([]byte("WEBVTT\n\n1\n00:00.000 --> 00:01.000\n<v A>- so\n- <00:00:00.500>it\n"))
	f.Add([]byte(`{"transcription":[{"offsets":{"from":0,"to":1},"text":"a","tokens":[{"text":" a","offsets":{"from":1,"to":0}}]}]}`))
	f.Add([]byte("f 1 1e7 1e7 so 0 lex a\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		tr, err := Read(strings.NewReader(string(data)), "fuzz", "demo")
		if err != nil {
			if msg := err.Error(); !strings.HasPrefix(msg, "fuzz:") || strings.ContainsAny(msg, "\n\r") {
				t.Errorf("error %q: want one line that begins with the name", msg)
			}
			return
		}
		if len(tr.Words) == 0 {
			t.Error("no words and no error")
		}
		for i, w := range tr.Words {
			if w.Start < 0 || w.End < w.Start || w.Text == "" || i > 0 && w.Start < tr.Words[i-1].Start {
				t.Errorf("word %d: %+v", i, w)
			}
		}
		if _, err := words.Join(tr.Words, nil); err != nil {
			t.Error(err)
		}
	})
}
