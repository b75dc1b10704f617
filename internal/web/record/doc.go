// Package record takes the sound of recorders whose connections may break: browsers,
// phones, programs behind a flaky network. A [Session] is one recording. Sound that
// it has acknowledged is not lost when the connection breaks, and a recorder that comes
// back in time goes on where it was. With [Registry.Keep], the sound is not lost when the
// process is killed either: a packet is acknowledged when a [State] covers it. The caller
// keeps the State, and another process takes the recordings up with it. This package has
// no network and no disk: the WebSocket and the files are in internal/web/httpapi.
package record
