// The question after a new name: whether later meetings should know the voice.

const $ = (id) => document.getElementById(id);

/**
 * offerVoices returns a function that asks about the voice of a speaker of a run, once for each
 * name. No voice is kept unless the person's consent is ticked. toast shows a message.
 */
export function offerVoices({ toast }) {
  const asked = new Set(); // runs, speakers and names
  let about = null;
  $("voice-consent").addEventListener("change", () => ($("voice-yes").disabled = !$("voice-consent").checked));
  $("voice-no").addEventListener("click", () => $("voice").close());
  $("voice-form").addEventListener("submit", async () => {
    const { stream, run, speaker, name } = about;
    const body = JSON.stringify({ run, speaker, name, days: Number($("voice-days").value), consent: $("voice-consent").checked });
    try {
      const answer = await fetch(`remember?stream=${encodeURIComponent(stream)}`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
      const reply = await answer.json();
      toast(sentence(reply.error ?? reply.text), Boolean(reply.error));
    } catch {
      toast("The server does not answer: the voice is not kept.", true);
    }
  });
  return (speaker, name, { stream, run }) => {
    const key = JSON.stringify([stream, run, speaker, name]);
    if (!name || name === speaker || asked.has(key)) return;
    asked.add(key);
    about = { stream, run, speaker, name };
    $("voice-title").textContent = `Remember the voice of ${name}?`;
    for (const e of document.querySelectorAll(".voice-who")) e.textContent = name;
    $("voice-consent").checked = false;
    $("voice-yes").disabled = true;
    $("voice").showModal();
    $("voice-no").focus();
  };
}

/** sentence is a text with a capital letter and a full stop. */
function sentence(text) {
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}
