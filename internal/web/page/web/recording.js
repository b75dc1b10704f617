// The button "Record here" and the text beside it.

import { Recorder, joinable, refusal, resumable } from "./record.js";
import { clock } from "./text.js";
import { forget, latest } from "./unfinished.js";

const again = 3000; // ms between two checks whether an unfinished recording can be resumed

const soon = 300; // ms until the browser knows that this page no longer records

const $ = (id) => document.getElementById(id);

/**
 * offer shows the button and returns the recorder. choose shows a stream, toast shows a message,
 * and shown returns the board of the stream that is shown.
 */
export function offer({ choose, toast, shown }) {
  const recorder = new Recorder({ show, tell: toast });
  $("record").hidden = false;
  $("record").addEventListener("click", () => {
    if (recorder.state !== "off") return recorder.stop();
    const no = refusal();
    if (no) return toast(no, true);
    $("mic-name").value = `Meeting ${new Date().toLocaleString([], { dateStyle: "short", timeStyle: "short" })}`;
    $("mic-join").hidden = true;
    $("mic").showModal();
    $("mic-name").select();
    offerJoin();
  });
  $("mic-cancel").addEventListener("click", () => $("mic").close());
  $("mic-form").addEventListener("submit", () => {
    const name = $("mic-name").value.trim() || "Meeting";
    record(streamOf(name), name, "new");
  });
  $("mic-join-go").addEventListener("click", () => {
    $("mic").close();
    record(room.stream, room.source?.name ?? room.stream, "join");
  });
  $("go-on").addEventListener("click", () => {
    const no = refusal();
    if (no) return toast(no, true);
    record(left.stream, left.name, "resume", left);
  });

  let room = null; // the board of a stream that other devices record
  async function offerJoin() {
    const board = shown();
    if (!board.stream || board.end || !(await joinable(board.stream)) || !$("mic").open) return;
    room = board;
    $("mic-joined").textContent = board.source?.name ?? board.stream;
    $("mic-join").hidden = false;
    $("mic-join-go").focus();
  }

  let left = null; // a recording that was left unfinished
  let timer = 0;
  async function offerLeft() {
    left = await latest();
    const can = left && (await resumable(left));
    if (can === false) forget(left.stream);
    clearTimeout(timer);
    if (left && !can) timer = setTimeout(offerLeft, again); // offers the recording before it, or asks again when the server is there
    if (recorder.state !== "off") return;
    $("go-on").hidden = !can;
    $("go-on").textContent = can ? `Go on with ${left.name}` : "";
  }
  offerLeft();

  async function record(stream, name, how, left = null) {
    $("go-on").hidden = true;
    try {
      await recorder.start(stream, name, how, left);
      choose(stream);
    } catch (e) {
      offerLeft();
      toast(e.name === "NotAllowedError" ? "The browser does not allow this page to use the microphone." : `No microphone: ${e.message}`, true);
    }
  }
  addEventListener("beforeunload", (e) => recorder.state !== "off" && e.preventDefault());

  let was = "off";
  function show() {
    const on = recorder.state !== "off";
    if (!on && was !== "off" && was !== "asking") {
      clearTimeout(timer);
      timer = setTimeout(offerLeft, soon);
    }
    was = recorder.state;
    $("record").setAttribute("aria-pressed", String(on));
    $("record-text").textContent = on ? "Stop" : "Record here";
    $("record").disabled = recorder.state === "asking" || recorder.state === "ending";
    const away = recorder.state === "recording" && !recorder.connected && recorder.seconds > 1;
    $("recording").classList.toggle("lost", away);
    const text = {
      off: "", asking: "waiting for the microphone", ending: "ending",
      recording: away ? `${clock(recorder.seconds)} no connection, sound is kept` : clock(recorder.seconds ?? 0),
    }[recorder.state];
    if ($("recording").textContent !== text) $("recording").textContent = text;
  }
  return recorder;
}

/** streamOf makes the id of a stream from a name. No two ids are the same. */
function streamOf(name) {
  const words = name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 40) || "meeting";
  const random = crypto.getRandomValues(new Uint8Array(3));
  return `${words}-${Array.from(random, (b) => b.toString(16).padStart(2, "0")).join("")}`;
}
