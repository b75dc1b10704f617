package httpapi

import (
	_ "embed"
	"net/http"
)

//go:embed openapi.json
var openapi []byte

// Document is the OpenAPI document of the API, as JSON.
func Document() []byte { return openapi }

// document answers with the OpenAPI document.
func document(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(openapi) // the client is gone
}
