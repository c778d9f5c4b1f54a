// What every page does: form tokens for htmx, quiet polling, a word when the server is gone, clocks.

const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = token;
  const keep = event.detail.elt.closest?.("[data-keep]");
  if (keep?.dataset.mark) event.detail.headers["X-Have"] = keep.dataset.mark;
  // Empty filters do not belong into an address that is passed on.
  if (event.detail.elt.matches?.("form[data-auto]")) {
    for (const [name, value] of [...event.detail.formData.entries()]) {
      if (value === "") event.detail.formData.delete(name);
    }
  }
});

// A press and its release must meet the same element, or the browser makes no click of them.
let pressed = false;
document.addEventListener("pointerdown", () => { pressed = true; });
for (const end of ["pointerup", "pointercancel", "dragend"]) {
  document.addEventListener(end, () => setTimeout(() => { pressed = false; }));
}

document.addEventListener("htmx:beforeSwap", (event) => {
  if (pressed && event.detail.target.matches?.("[data-keep]")) {
    event.detail.shouldSwap = false; // the next poll brings it
    return;
  }
  const mark = event.detail.xhr.getResponseHeader("X-Mark");
  if (mark && event.detail.target.dataset) event.detail.target.dataset.mark = mark;
});

// A page that polls says so when nobody answers, and takes it back by itself.
const lost = document.getElementById("lost");
const gone = () => { if (lost) lost.hidden = false; };
document.addEventListener("htmx:sendError", gone);
document.addEventListener("htmx:timeout", gone);
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status >= 500) gone();
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful && lost) lost.hidden = true;
});

// When the work on a recording is done, its page is shown anew, unless somebody has begun to write on it.
const begun = (field) => field.type !== "hidden" && (field.matches("select")
  ? [...field.options].some((option) => option.selected !== option.defaultSelected) && field.selectedIndex > 0
  : field.value !== field.defaultValue || field.checked !== field.defaultChecked);
document.addEventListener("htmx:afterSettle", () => {
  const waiting = document.querySelector('[data-player][data-media="waiting"]');
  if (!waiting || !document.querySelector("#work[data-done]")) return;
  if (![...document.querySelectorAll("main form :is(input, textarea, select)")].some(begun)) location.reload();
});

// A link to a folded part opens it.
for (const link of document.querySelectorAll("[data-open]")) {
  link.addEventListener("click", () => {
    const part = document.getElementById(link.dataset.open);
    if (!part) return;
    part.open = true;
    if (part.matches(".pull")) part.querySelector("textarea, input")?.focus();
  });
}

// Folded menus close on Escape and on a click elsewhere.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-open]")) return; // it has just opened one
  for (const menu of document.querySelectorAll("details.pull[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.pull[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

const clock = document.querySelector("[data-clock]");
if (clock) {
  const format = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit", minute: "2-digit", timeZone: clock.dataset.zone || undefined,
  });
  setInterval(() => { clock.textContent = format.format(new Date()); }, 1000);
}

// A session ends when nobody uses it. Typing, pressing and watching count, also where they reach no server; what a page
// asks for by itself does not. A page left open says that the session ended, and keeps what was typed.
const ended = document.getElementById("ended");
const place = document.body.dataset.session;
if (place && ended) {
  const whole = Number(document.body.dataset.sessionSeconds) * 1000;
  let ends = Date.now() + whole;
  let told = Date.now();
  let used = false;
  for (const kind of ["pointerdown", "keydown", "input", "wheel", "touchstart"]) {
    document.addEventListener(kind, (event) => { if (event.isTrusted) used = true; }, { passive: true, capture: true });
  }
  const watching = () => [...document.querySelectorAll("video, audio")].some((media) => !media.paused);
  const show = (over) => { ended.hidden = !over; };
  const ask = async (method) => {
    try {
      const answer = await fetch(place, { method, headers: { Accept: "application/json", "X-CSRFToken": token } });
      if (answer.status === 401) show(true);
      if (!answer.ok) return;
      ends = Date.now() + (await answer.json()).seconds * 1000;
      show(false);
    } catch {
      // The server does not answer: that is another trouble, and said elsewhere.
    }
  };
  const every = Math.min(60_000, whole / 4);
  setInterval(() => {
    const now = Date.now();
    if (ended.hidden && (used || watching()) && now - told >= every) {
      used = false;
      told = now;
      ask("POST");
    } else if (!ended.hidden || now >= ends) {
      ask("GET"); // another window may have gone on, or signed in anew
    }
  }, Math.min(5000, whole / 8));
  document.addEventListener("submit", (event) => {
    if (ended.hidden) return;
    event.preventDefault(); // it would be refused, and what was typed be gone
    event.stopImmediatePropagation();
    ended.querySelector("a").focus();
  }, { capture: true });
}
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.getResponseHeader("X-Session-Ended") !== "1") return;
  if (ended) ended.hidden = false;
  else location.assign(`/signin?next=${encodeURIComponent(location.pathname + location.search)}`);
});
