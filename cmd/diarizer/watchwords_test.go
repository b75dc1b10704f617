package main

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
)

// The demo's words are printed and corrected. The share of words with a wrong speaker is not
// larger than the share of time.
func TestDemoWords(t *testing.T) {
	var out, errs strings.Builder
	if status := run(t.Context(), []string{"demo", "--words"}, strings.NewReader(""), &out, &errs); status != 0 {
		t.Fatalf("status %d, %s", status, &errs)
	}
	if !strings.Contains(out.String(), "S1       Right, shall we start? The council has given us the plot behind the library.\n") {
		t.Errorf("the first line is not there:\n%s", &out)
	}
	m := regexp.MustCompile(`(?s)DER (\d+\.\d) %.*WDER (\d+\.\d) %: \d+ of 232 words have another speaker than theirs\n$`).FindStringSubmatch(out.String())
	if m == nil {
		t.Fatalf("no figures:\n%s", &out)
	}
	der, err := strconv.ParseFloat(m[1], 64)
	wder, err2 := strconv.ParseFloat(m[2], 64)
	if err != nil || err2 != nil || wder > der {
		t.Errorf("WDER %s %%, want at most the DER, %s %%", m[2], m[1])
	}
}

// The words of a stream are watched as text, or written in another format at the end.
func TestWatchWords(t *testing.T) {
	url := natsServer(t)
	events := talk("standup", "run1", 2)
	enc := event.Encoder{Stream: "standup", Run: "run1", Seq: events[len(events)-2].Seq}
	at := func(s float64) event.Time { return event.Time(s * event.Rate) }
	said := enc.Words(int64(at(3)), event.Words{Recogniser: "one", List: []event.Word{
		{ID: 1, Text: "Shall", Start: at(0), End: at(0.4), Speaker: 1}, {ID: 2, Text: "we?", Start: at(0.4), End: at(0.9), Speaker: 1},
		{ID: 3, Text: "Yes.", Start: at(1.3), End: at(1.6), Speaker: 2}}})
	end := enc.Finish(int64(at(3)), event.Finished, "")
	publishTo(t, url, append(events[:len(events)-1], said, end))
	for format, want := range map[string]string{
		"text": "listening to standup\n 00:00.0  S1       Shall we?\n 00:01.3  S2       Yes.\nfinished at 00:03.0: 2 speakers, 2 turns\n",
		"txt":  "00:00.0  S1  Shall we?\n00:01.3  S2  Yes.\n",
		"vtt":  "WEBVTT\n\n1\n00:00:00.000 --> 00:00:00.900\n<v S1>Shall we?</v>\n\n2\n00:00:01.300 --> 00:00:01.600\n<v S2>Yes.</v>\n\n",
	} {
		var out, errs bytes.Buffer
		o := watchOptions{url: url, streams: []string{"standup"}, format: format, words: true, untilEnd: true}
		if err := watch(t.Context(), &out, &errs, o); err != nil || out.String() != want {
			t.Errorf("%s: %v, %s\n%swant\n%s", format, err, &errs, &out, want)
		}
	}
	if err := watch(t.Context(), &bytes.Buffer{}, &bytes.Buffer{}, watchOptions{url: url, format: "csv", words: true}); err == nil ||
		!strings.Contains(err.Error(), "with --words") {
		t.Errorf("a table of words: %v", err)
	}
}
