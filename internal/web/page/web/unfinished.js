// Recordings of this browser that nobody stopped: their page was closed, reloaded or killed. The
// next page can resume them.

const prefix = "recording ";
const lasts = 24 * 3600 * 1000; // ms; by default, servers keep a recording no longer

/**
 * note keeps what has to be known to go on with a recording: its stream and name, the server's
 * session, the rate of its samples, and the time of day in ms at which the session began.
 */
export function note({ stream, name, session, rate, began }) {
  try {
    localStorage.setItem(prefix + stream, JSON.stringify({ stream, name, session, rate, began, at: Date.now() }));
  } catch {
    // without storage, the browser cannot resume anything
  }
}

/** forget says that a recording is over. */
export function forget(stream) {
  try {
    localStorage.removeItem(prefix + stream);
  } catch {
    // the browser had stored nothing
  }
}

/** hold says that this page is at a recording, until the page is gone or what it returns is called. */
export function hold(stream) {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  navigator.locks?.request(prefix + stream, () => held).catch(() => {}); // the page is gone
  return release;
}

/** latest is the latest recording that is unfinished and that no page is at, or null. */
export async function latest() {
  const held = new Set(((await navigator.locks?.query())?.held ?? []).map((l) => l.name));
  let found = null;
  try {
    for (const key of Object.keys(localStorage).filter((k) => k.startsWith(prefix))) {
      const one = JSON.parse(localStorage.getItem(key));
      if (Date.now() - one.at > lasts) localStorage.removeItem(key);
      else if (!held.has(key) && one.at > (found?.at ?? 0)) found = one;
    }
  } catch {
    return null;
  }
  return found;
}
