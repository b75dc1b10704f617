// Package record takes the sound of recorders that may come and go: browsers,
// phones, programs behind a flaky network. A [Session] is one recording. What it
// has acknowledged stays, be the connection lost a moment later; whoever comes
// back within a while goes on where it was. There is no network in this package:
// internal/web/httpapi has the WebSocket.
package record
