// Package record takes the sound of recorders that may come and go: browsers,
// phones, programs behind a flaky network. A [Session] is one recording. What it
// has acknowledged stays, be the connection lost a moment later; whoever comes
// back within a while goes on where it was. With [Registry.Keep] it stays even where the
// process is killed: only what a [State] covers is acknowledged, which is for the caller
// to keep, and by which another process takes the recordings up. There is no network and
// no disk in this package: internal/web/httpapi has the WebSocket and the files.
package record
