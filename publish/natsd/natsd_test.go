package natsd

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func connect(t *testing.T, url string) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func TestServerLeavesNothingBehind(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	s, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	js := connect(t, s.URL())
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "s", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if dirs, _ := filepath.Glob(filepath.Join(temp, "*")); len(dirs) != 1 {
		t.Errorf("streams in %v, expected one directory", dirs)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if dirs, _ := filepath.Glob(filepath.Join(temp, "*")); len(dirs) != 0 {
		t.Errorf("%v left behind", dirs)
	}
}

func TestStoreOutlivesServer(t *testing.T) {
	opts := Options{StoreDir: t.TempDir()}
	for i := range 3 {
		s, err := Start(t.Context(), opts)
		if err != nil {
			t.Fatal(err)
		}
		js := connect(t, s.URL())
		stream, err := js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}})
		if err != nil {
			t.Fatal(err)
		}
		if n := stream.CachedInfo().State.Msgs; n != uint64(i) {
			t.Errorf("start %d finds %d messages", i+1, n)
		}
		if _, err := js.Publish(t.Context(), "s", []byte("x")); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		_, port, _ := strings.Cut(strings.TrimPrefix(s.URL(), "nats://"), ":")
		fmt.Sscan(port, &opts.Port) // and the port is free again
	}
}

// The limit of a stream is no claim to the disk: a disk with less room takes the stream all the same.
func TestStreamMayBeLargerThanTheDisk(t *testing.T) {
	s, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const pebibyte = 1 << 50
	js := connect(t, s.URL())
	for _, name := range []string{"S", "T"} {
		config := jetstream.StreamConfig{Name: name, Subjects: []string{name}, MaxBytes: pebibyte}
		if _, err := js.CreateStream(t.Context(), config); err != nil {
			t.Errorf("stream %s: %v", name, err)
		}
	}
}

func TestStartSaysWhatIsInTheWay(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	if _, err := Start(t.Context(), Options{Port: port}); err == nil || !strings.Contains(err.Error(), fmt.Sprint(port)) {
		t.Errorf("port %d in use: error %v", port, err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), Options{StoreDir: file}); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("streams in a file: error %v", err)
	}
	t.Setenv("TMPDIR", filepath.Join(file, "none"))
	if _, err := Start(t.Context(), Options{}); err == nil {
		t.Error("no temporary directory, no error")
	}
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		s, err := Start(context.Background(), Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func Example() {
	s, err := Start(context.Background(), Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	nc, err := nats.Connect(s.URL())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer nc.Close()
	fmt.Println(nc.IsConnected(), strings.HasPrefix(s.URL(), "nats://127.0.0.1:"))
	// Output: true true
}
