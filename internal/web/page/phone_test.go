package page

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/boombuler/barcode/qr"
)

// TestPhone holds that the picture has the modules of the address's code inside its border,
// and that there is no picture if only this machine can open the page.
func TestPhone(t *testing.T) {
	const url = "http://192.168.1.20:8080/?token=ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for _, others := range []string{"", url} {
		server := httptest.NewServer(newHandler(NewHub(), Options{others: others}))
		defer server.Close()
		body := func(path string) (int, string) {
			resp, err := http.Get(server.URL + path)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			b, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			return resp.StatusCode, string(b)
		}
		if _, able := body("/abilities"); !strings.Contains(able, fmt.Sprintf(`"phone":%t`, others != "")) {
			t.Errorf("abilities %q with the address %q", able, others)
		}
		status, svg := body("/phone.svg")
		if others == "" {
			if status != http.StatusNotFound || !strings.Contains(svg, "--http") {
				t.Errorf("%d, %q: expected to hear how others may open the page", status, svg)
			}
			continue
		}
		var picture struct {
			ViewBox string `xml:"viewBox,attr"`
			Path    struct {
				D string `xml:"d,attr"`
			} `xml:"path"`
		}
		if err := xml.Unmarshal([]byte(svg), &picture); err != nil {
			t.Fatal(err)
		}
		code, err := qr.Encode(url, qr.M, qr.Auto)
		if err != nil {
			t.Fatal(err)
		}
		size := code.Bounds().Dx()
		if want := fmt.Sprintf("0 0 %d %[1]d", size+8); picture.ViewBox != want {
			t.Errorf("viewBox %q, expected %q", picture.ViewBox, want)
		}
		var black strings.Builder
		for y := range size {
			for x := range size {
				if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
					fmt.Fprintf(&black, "M%d %dh1v1h-1z", x+4, y+4)
				}
			}
		}
		if picture.Path.D != black.String() || strings.Count(picture.Path.D, "M") < size*size/4 {
			t.Error("the picture has other modules than the code")
		}
	}
}
