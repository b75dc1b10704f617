// The list of voices that are kept: whose they are, until when they are kept, and a button to erase
// each.

import { element } from "./text.js";

const $ = (id) => document.getElementById(id);

/** showVoices puts the button there that opens the list; toast says something. */
export function showVoices({ toast }) {
  const open = async () => {
    if (await list(toast)) $("voices").showModal();
  };
  $("voices-open").hidden = false;
  $("voices-open").addEventListener("click", open);
}

/** list fills the list, and says whether it could. */
async function list(toast) {
  let all;
  try {
    const answer = await fetch("voices");
    all = await answer.json();
    if (!answer.ok) throw new Error(all.error);
  } catch (e) {
    toast(`The voices cannot be shown: ${e.message}.`, true);
    return false;
  }
  $("voices-list").replaceChildren(...all.map((voice) => row(voice, toast)));
  $("voices-none").hidden = all.length > 0;
  return true;
}

/** row is one voice. The first click on Erase asks, the second erases. */
function row(voice, toast) {
  const erase = element("button", { type: "button", "aria-label": `Erase the voice of ${voice.name}` }, "Erase");
  const until = voice.expires ? `until ${date(voice.expires)}` : "until somebody erases it";
  const speech = voice.seconds ? `${voice.seconds.toFixed(0)} s of speech, ` : "";
  erase.addEventListener("click", async () => {
    if (!erase.classList.contains("sure")) {
      erase.classList.add("sure");
      erase.textContent = "Erase for good";
      erase.setAttribute("aria-label", `Erase the voice of ${voice.name} for good`);
      return;
    }
    erase.disabled = true;
    try {
      const answer = await fetch(`voices?name=${encodeURIComponent(voice.name)}`, { method: "DELETE" });
      const reply = await answer.json();
      const text = reply.error ?? reply.text;
      toast(`${text[0].toUpperCase()}${text.slice(1)}.`, Boolean(reply.error));
    } catch {
      toast("The server does not answer: the voice may be kept still.", true);
    }
    if (!(await list(toast))) $("voices").close();
    else $("voices-close").focus();
  });
  return element("li", {},
    element("div", {}, element("b", {}, voice.name), element("span", { class: "note" }, `${speech}${voice.source}, ${until}`)), erase);
}

/** date is a day as the browser's people write it. */
function date(time) {
  return new Date(time).toLocaleDateString(undefined, { dateStyle: "medium" });
}
