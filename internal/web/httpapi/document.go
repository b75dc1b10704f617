package httpapi

import (
	_ "embed"
	"net/http"
)

//go:embed openapi.json
var openapi []byte

// Document is the OpenAPI document.
func Document() []byte { return openapi }

// document answers with what can be asked.
func document(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(openapi) // the client is gone
}
