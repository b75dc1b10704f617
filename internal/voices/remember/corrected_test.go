package remember

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
)

// A yes during a meeting is for the person of that name. At the end the voice is kept of whom the
// speaker turned out to be, and not under a name that was corrected.
func TestWishesFollowCorrections(t *testing.T) {
	m, _, err := modelfile.Embedded(modelfile.Light)
	if err != nil {
		t.Fatal(err)
	}
	called := func(person int, name string) func(int) (int, string) {
		return func(int) (int, string) { return person, name }
	}
	for what, c := range map[string]struct {
		wishes []event.Speaker
		who    func(int) (int, string)
		kept   bool
		said   string
	}{
		"never named":              {[]event.Speaker{1}, called(1, ""), true, "the voice of Ada is kept"},
		"named":                    {[]event.Speaker{1}, called(1, "Ada"), true, "the voice of Ada is kept"},
		"merged":                   {[]event.Speaker{3}, called(1, "Ada"), true, "the voice of Ada is kept"},
		"merged, and two said yes": {[]event.Speaker{1, 3}, called(1, "Ada"), true, "the voice of Ada is kept"},
		"another name":             {[]event.Speaker{1}, called(1, "Grace"), false, "the yes was for Ada, who turned out to be Grace"},
		"merged into another":      {[]event.Speaker{3}, called(1, "Grace"), false, "the yes was for Ada, who turned out to be Grace"},
		"no name any more":         {[]event.Speaker{1}, called(1, "S1"), false, "the yes was for Ada, who turned out to be S1"},
	} {
		t.Run(what, func(t *testing.T) {
			var said []string
			k := New(filepath.Join(t.TempDir(), "voices.json"), m, nil, func(text string) { said = append(said, text) })
			if _, err := k.Begin("a", m); err != nil {
				t.Fatal(err)
			}
			for _, who := range c.wishes {
				if _, err := k.Keep("a", Wish{Speaker: who, Name: "Ada", Expires: time.Now().AddDate(0, 0, 90)}); err != nil {
					t.Fatal(err)
				}
			}
			k.Heard("a", heard(m), c.who)
			people, err := k.Begin("b", m)
			if err != nil || len(people) > 1 || (len(people) == 1) != c.kept || c.kept && (people[0].Name != "Ada" || people[0].Stats.N != 2000) {
				t.Errorf("kept %+v, %v", people, err)
			}
			if len(said) != 1 || !strings.Contains(said[0], c.said) {
				t.Errorf("said %q, want %q", said, c.said)
			}
		})
	}
}
