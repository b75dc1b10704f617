package page

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
)

// phone serves the QR code of the page's address for other devices, token included.
// Everybody who can see the code has the token.
func phone(url string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if url == "" {
			http.Error(w, "only this machine can open the page: with --http 0.0.0.0:8080 others can too", http.StatusNotFound)
			return
		}
		code, err := qr.Encode(url, qr.M, qr.Auto)
		if err != nil {
			http.Error(w, fmt.Sprintf("QR code: %v", err), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "image/svg+xml")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write([]byte(drawn(code))) // the browser may be gone
	}
}

// quiet is the width of the white border in modules, by ISO/IEC 18004.
const quiet = 4

// drawn is a code as SVG, black on white in every colour scheme of the page.
func drawn(code barcode.Barcode) string {
	size := code.Bounds().Dx()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %[1]d" shape-rendering="crispEdges"><rect width="100%%" height="100%%" fill="#fff"/><path d="`, size+2*quiet)
	for y := range size {
		for x := range size {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String()
}
