// Passkeys: asks the server for a question and the device for an answer, then sends the answer as the form it belongs to.

const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
const known = Boolean(window.PublicKeyCredential && navigator.credentials);

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const described = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

class Refused extends Error {}

async function ask(address) {
  const answer = await fetch(address, { method: "POST", headers: { "X-CSRFToken": token } });
  if (answer.ok) return answer.json();
  const said = await answer.json().catch(() => ({}));
  throw new Refused(said.problem ?? "");
}

async function create(asked) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...asked,
      challenge: bytes(asked.challenge),
      user: { ...asked.user, id: bytes(asked.user.id) },
      excludeCredentials: described(asked.excludeCredentials),
    },
  });
  return {
    clientDataJSON: text(made.response.clientDataJSON),
    attestationObject: text(made.response.attestationObject),
    transports: made.response.getTransports?.() ?? [],
    of: made,
  };
}

async function get(asked) {
  const shown = await navigator.credentials.get({
    publicKey: {
      ...asked,
      challenge: bytes(asked.challenge),
      allowCredentials: described(asked.allowCredentials),
    },
  });
  const { clientDataJSON, authenticatorData, signature, userHandle } = shown.response;
  return {
    clientDataJSON: text(clientDataJSON),
    authenticatorData: text(authenticatorData),
    signature: text(signature),
    ...(userHandle ? { userHandle: text(userHandle) } : {}),
    of: shown,
  };
}

async function send(form) {
  const said = form.querySelector("[data-passkey-said]");
  const button = form.querySelector("button");
  said.hidden = true;
  button.disabled = true;
  try {
    const asked = await ask(form.dataset.question);
    const { of, ...response } = await (form.dataset.passkey === "create" ? create : get)(asked);
    form.elements.answer.value = JSON.stringify({ id: of.id, rawId: text(of.rawId), type: of.type, response });
    const typed = document.querySelector("input[name=name][autocomplete=username]");
    if (form.dataset.passkey === "get" && form.elements.name && typed) form.elements.name.value = typed.value;
    form.submit();
  } catch (error) {
    said.textContent = (error instanceof Refused && error.message) || form.dataset.failed;
    said.hidden = false;
    button.disabled = false;
  }
}

// A passkey belongs to one address: at another the browser would only say that it may not.
const elsewhere = (form) => known && form.dataset.passkeyAt !== location.origin;

for (const form of document.querySelectorAll("[data-passkey]")) {
  form.hidden = !known || elsewhere(form);
  if (elsewhere(form)) for (const note of document.querySelectorAll("[data-passkey-elsewhere]")) note.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
}
for (const note of document.querySelectorAll("[data-no-passkey]")) note.hidden = known;
