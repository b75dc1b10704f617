//go:build portaudio && cgo && unix

package mic

/*
#include <fcntl.h>
#include <unistd.h>

// mute points standard error at /dev/null and returns a copy of what it was, or
// a negative number where that cannot be done.
static int mute(void) {
	static int null = -1;
	if (null < 0) null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null < 0) return -1;
	int kept = fcntl(2, F_DUPFD_CLOEXEC, 3);
	if (kept >= 0) dup2(null, 2);
	return kept;
}

static void unmute(int kept) {
	if (kept < 0) return;
	dup2(kept, 2);
	close(kept);
}
*/
import "C"

import "sync"

var muting sync.Mutex

// quiet calls f while standard error points to /dev/null, because ALSA, JACK and PortAudio write their errors
// there, some 50 lines on a machine without sound. Lines that other code writes to file descriptor 2
// meanwhile are lost, unless it uses [Stderr].
func quiet(f func()) {
	muting.Lock()
	defer muting.Unlock()
	kept := C.mute()
	defer C.unmute(kept)
	f()
}
