package main

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/serve"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/publish"
)

// What changes something says what it has changed.
func TestCommandsSayWhatTheyDid(t *testing.T) {
	url := natsServer(t)
	nc, err := publish.Connect(t.Context(), url, publish.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	// Stands for a worker that does what it is told.
	if _, err := nc.Subscribe(serve.ControlPrefix+".*", func(m *nats.Msg) { _ = m.Respond([]byte("{}")) }); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	m, err := modelfile.Eigenvoices()
	if err != nil {
		t.Fatal(err)
	}
	store, err := serve.Enrolled(t.Context(), nc, m, nil, serve.StoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ada := enroll.Speaker{Name: "Ada", Enrolled: time.Now(), Stats: m.Shape().NewStats()}
	if err := store.Add(t.Context(), ada, false); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"streams", "stop", "standup"}, "standup ends where its sound ends now"},
		{[]string{"streams", "rename", "standup", "Team A"}, `standup has the title "Team A"`},
		{[]string{"streams", "identify", "standup", "on"}, "standup: its speakers are compared with the enrolled ones from now on"},
		{[]string{"streams", "identify", "standup", "off"}, "standup: its speakers are not compared with the enrolled ones any more"},
		{[]string{"enroll", "rename", "Ada", "Ada L"}, "Ada is called Ada L from now on"},
		{[]string{"enroll", "delete", "Ada L"}, "what was kept of Ada L's voice is deleted: the server was asked again and has nothing of it"},
	} {
		status, _, stderr := diarizer(t.Context(), nil, append(c.args, "--nats", url)...)
		if status != 0 || stderr != c.says+"\n" {
			t.Errorf("%v: status %d, said %q, expected %q", c.args, status, stderr, c.says)
		}
	}
	if status, _, stderr := diarizer(t.Context(), nil, "enroll", "delete", "Ada", "--nats", url); status == 0 || strings.Contains(stderr, "deleted") {
		t.Errorf("of nobody: status %d, said %q", status, stderr)
	}
	if status, _, stderr := diarizer(t.Context(), nil, "streams", "stop", "standup", "--nats", natsServer(t)); status != exitServer || !strings.Contains(stderr, "no worker answers") {
		t.Errorf("without a worker: status %d, said %q", status, stderr)
	}
}
