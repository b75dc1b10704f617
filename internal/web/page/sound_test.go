package page

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A page plays the recordings that it was told of, in parts too, and no other file of the
// disk.
func TestSound(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var sounds Sounds
	sounds.Add("talk", write("talk.FLAC", "fLaC and more"))
	sounds.Add("text", write("secret.txt", "of nobody's business"))
	sounds.Add("directory", dir)
	sounds.Add("gone", filepath.Join(dir, "gone.wav"))
	server := httptest.NewServer(newHandler(NewHub(), Options{Sounds: &sounds}))
	defer server.Close()
	get := func(path, span string) (int, http.Header, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if span != "" {
			req.Header.Set("Range", span)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		data, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, resp.Header, string(data)
	}
	if _, _, list := get("/sounds", ""); list != `["talk"]` {
		t.Errorf("listed %s", list)
	}
	if status, head, data := get("/sound?stream=talk", ""); status != http.StatusOK || data != "fLaC and more" || head.Get("Content-Type") != "audio/flac" {
		t.Errorf("status %d, %v, %s", status, head, data)
	}
	if status, _, data := get("/sound?stream=talk", "bytes=5-7"); status != http.StatusPartialContent || data != "and" {
		t.Errorf("a part: status %d, %q", status, data)
	}
	for _, stream := range []string{"text", "directory", "gone", "other", "", "../secret.txt"} {
		if status, _, data := get("/sound?stream="+stream, ""); status != http.StatusNotFound || strings.Contains(data, "business") {
			t.Errorf("%q: status %d, %s", stream, status, data)
		}
	}
	bare := httptest.NewServer(newHandler(NewHub(), Options{}))
	defer bare.Close()
	resp, err := http.Get(bare.URL + "/sounds")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if data, err := io.ReadAll(resp.Body); err != nil || string(data) != "[]" {
		t.Errorf("without sounds: %s, %v", data, err)
	}
}
