// Package record takes the sound of recorders whose connections may break: browsers,
// phones, programs behind a flaky network. A [Session] is one recording. Sound that
// it has acknowledged is not lost when the connection breaks, and a recorder that comes
// back in time goes on where it was. This package has no network: the WebSocket is in
// internal/web/httpapi.
package record
