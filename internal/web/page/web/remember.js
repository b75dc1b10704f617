// The question behind a new name: whether the voice is to be known in later meetings.

const $ = (id) => document.getElementById(id);

/**
 * offerVoices returns what asks about a voice: about nobody until the person's yes is ticked, and
 * each of them once. shown is the board of the stream that is shown, toast says something.
 */
export function offerVoices({ shown, toast }) {
  const asked = new Set(); // streams, speakers and names
  let about = null;
  $("voice-consent").addEventListener("change", () => ($("voice-yes").disabled = !$("voice-consent").checked));
  $("voice-no").addEventListener("click", () => $("voice").close());
  $("voice-form").addEventListener("submit", async () => {
    const { stream, speaker, name } = about;
    const body = JSON.stringify({ speaker, name, days: Number($("voice-days").value), consent: $("voice-consent").checked });
    try {
      const answer = await fetch(`remember?stream=${encodeURIComponent(stream)}`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
      const reply = await answer.json();
      toast(sentence(reply.error ?? reply.text), Boolean(reply.error));
    } catch {
      toast("The server does not answer: the voice is not kept.", true);
    }
  });
  return (speaker, name) => {
    const stream = shown().stream;
    const key = JSON.stringify([stream, speaker, name]);
    if (!name || name === speaker || asked.has(key)) return;
    asked.add(key);
    about = { stream, speaker, name };
    $("voice-title").textContent = `Remember the voice of ${name}?`;
    for (const e of document.querySelectorAll(".voice-who")) e.textContent = name;
    $("voice-consent").checked = false;
    $("voice-yes").disabled = true;
    $("voice").showModal();
    $("voice-no").focus();
  };
}

/** sentence begins with a capital letter and ends with a full stop. */
function sentence(text) {
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}
