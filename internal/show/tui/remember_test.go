package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seed-7adb9000/diarizer/internal/voices/remember"
)

// asking returns the view of corrected, with a list to which voices are kept.
func asking(t *testing.T, keepFor time.Duration) (tea.Model, *[]remember.Wish) {
	t.Helper()
	m, _ := corrected(t)
	model := m.(Model)
	var kept []remember.Wish
	model.keepFor = keepFor
	model.remember = func(stream string, w remember.Wish) (string, error) {
		if stream != "s" || w.Name == "Nobody" {
			return "", fmt.Errorf("%w: nothing of %s is left alone", remember.ErrRefused, w.Name)
		}
		kept = append(kept, w)
		return "the voice of " + w.Name + " is kept", nil
	}
	return model, &kept
}

// name is the keys that name the first speaker.
func name(who string) []string {
	keys := []string{"1", "n"}
	for _, r := range who {
		keys = append(keys, string(r))
	}
	return append(keys, "enter")
}

// After a new name, the view asks once. Only y is a yes, and then the voice is kept for as long as
// was chosen.
func TestAsksWhetherToKeepAVoice(t *testing.T) {
	m, kept := asking(t, 0)
	m = do(m, name("Ada")...)
	if got := foot(m); !strings.Contains(got, "Keep Ada's voice 90 days? y: Ada was asked, says yes   ←→ time   Esc no") {
		t.Fatalf("behind a name: %s", got)
	}
	// Keys that do something elsewhere do nothing here.
	if m = do(m, "x", "u", "1", "g", "tab", "s"); len(*kept) != 0 || !strings.Contains(foot(m), "Keep Ada's voice") {
		t.Errorf("other keys: %s, kept %v", foot(m), *kept)
	}
	for _, no := range []string{"esc", "n", "enter", "q"} {
		next := do(m, no)
		if got := foot(next); len(*kept) != 0 || !strings.Contains(got, "the voice of Ada is not kept") {
			t.Errorf("%s: %s, kept %v", no, got, *kept)
		}
	}
	m = do(m, "esc")
	if m = do(m, name("Ada")...); foot(m) != "S1 is Ada" {
		t.Errorf("asked again: %s", foot(m))
	}
	// The user may ask about any speaker who has a name.
	if m = do(m, "v"); !strings.Contains(foot(m), "Keep Ada's voice") {
		t.Errorf("v: %s", foot(m))
	}
	if m = do(m, "right", "right"); !strings.Contains(foot(m), "voice 365 days?") {
		t.Errorf("longer: %s", foot(m))
	}
	if m = do(m, "left", "left", "left"); !strings.Contains(foot(m), "voice 30 days?") {
		t.Errorf("shorter: %s", foot(m))
	}
	if m = do(m, "y"); foot(m) != "the voice of Ada is kept" || len(*kept) != 1 {
		t.Fatalf("yes: %s, kept %v", foot(m), *kept)
	}
	w := (*kept)[0]
	if left := time.Until(w.Expires); w.Name != "Ada" || w.Speaker != 1 || left < 29*day || left > 30*day {
		t.Errorf("kept %+v", w)
	}
	if m = do(m, "2", "v"); foot(m) != "S2 has no name yet: n" {
		t.Errorf("without a name: %s", foot(m))
	}
	if m = do(m, "esc", "v"); !strings.Contains(foot(m), "choose a speaker") {
		t.Errorf("without a speaker: %s", foot(m))
	}
	if m = do(m, append(name("Nobody"), "y")...); !strings.Contains(foot(m), "the voice is not kept: nothing of Nobody") || len(*kept) != 1 {
		t.Errorf("refused: %s", foot(m))
	}
	if m = do(m, "1", "n", "enter"); foot(m) != "S1 has no name" {
		t.Errorf("no name: %s", foot(m))
	}
}

// A question does not interrupt what the user is doing by then, and there is no question about a
// name that was refused.
func TestDoesNotAskInBetween(t *testing.T) {
	m, kept := asking(t, 36*time.Hour)
	next, cmd := press(m, name("Ada")...)
	next = do(next, "2", "n", "B") // before the answer has come
	next, _ = next.Update(cmd())
	if got := foot(do(next, "o")); !strings.Contains(got, "S2 is called: Bo") || len(*kept) != 0 {
		t.Errorf("in between: %s", got)
	}
	if m = do(m, append(name("Ada"), "left")...); !strings.Contains(foot(m), "voice 36 hours?") {
		t.Errorf("the user's own time: %s", foot(m))
	}
	if m = do(m, "right", "right"); !strings.Contains(foot(m), "voice 90 days?") {
		t.Errorf("another time: %s", foot(m))
	}
	model, _ := asking(t, 0)
	refusing := model.(Model)
	refusing.correct = nil
	if got := foot(do(refusing, "1")); strings.Contains(got, "v keep") {
		t.Errorf("offered to those who only look: %s", got)
	}
	plain, _ := corrected(t)
	if plain = do(plain, append(name("Ada"), "v")...); foot(plain) != "Ada: n name  m merge into another  s split in two  u undo  Esc nobody  ? keys" {
		t.Errorf("where nothing is kept: %s", foot(plain))
	}
}
