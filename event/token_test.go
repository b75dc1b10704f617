package event

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTokenOfAnyName(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name, other := rapid.String().Draw(t, "name"), rapid.String().Draw(t, "other")
		token := Token(name)
		if !ValidToken(token) {
			t.Fatalf("%q became %q", name, token)
		}
		if Token(name) != token || Token(token) != token {
			t.Fatalf("%q became %q, then %q and %q", name, token, Token(name), Token(token))
		}
		if name != other && Token(other) == token && other != token && name != token {
			t.Fatalf("%q and %q both became %q", name, other, token)
		}
		if id := StreamID(name); !ValidToken(id) {
			t.Fatalf("file %q became stream %q", name, id)
		}
	})
}

func TestStreamID(t *testing.T) {
	for path, want := range map[string]string{
		"meeting.wav":                       "meeting",
		"/data/ami_EN2001a.flac":            "ami_EN2001a",
		"a/b/2026-03-01_standup.flac":       "2026-03-01_standup",
		"no-extension":                      "no-extension",
		".hidden":                           "hidden-", // its extension is all it has
		"Meeting 3.wav":                     "Meeting-3-",
		"Besprechung März.wav":              "Besprechung-M-rz-",
		"会議.wav":                            "stream-",
		strings.Repeat("long", 40) + ".wav": strings.Repeat("long", 13) + "lon-",
		"v1.2.wav":                          "v1-2-",
		"*.>":                               "stream-",
	} {
		got := StreamID(path)
		ok := got == want
		if strings.HasSuffix(want, "-") { // eight hexadecimal digits follow
			ok = strings.HasPrefix(got, want) && len(got) == len(want)+8
		}
		if !ok {
			t.Errorf("%q became %q, expected %q", path, got, want)
		}
	}
}
