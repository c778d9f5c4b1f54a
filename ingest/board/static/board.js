// Asks the station twice a second how it stands and draws what changed. When it does not answer, says so at once:
// a green tile that nobody vouches for must not be seen.
import { h, signOfTone } from "./signs.js";
import { openFiles, openHistory, openPick, openRelease } from "./sheets.js";
import { tile } from "./tiles.js";

const part = (id) => document.getElementById(id);
const words = part("words").dataset;
const { language, poll } = document.body.dataset;
const PATIENCE = 2;
const open = { files: openFiles, pick: openPick, release: openRelease };
const drawn = new Map();
let boot = null;
let failures = 0;

const changed = (key, value) => {
  const text = JSON.stringify(value);
  if (drawn.get(key) === text) return false;
  drawn.set(key, text);
  return true;
};

const line = (what, said) => h(`${what}.${said.tone}`, { title: said.detail || null }, signOfTone(said.tone), said.text);

const past = (said) =>
  h(
    "li", {},
    h(
      `button.${said.tone}`, { type: "button", click: () => openFiles(said.docking, said.slot) },
      h("span", {}, said.time, h("b", {}, said.recorder)),
      h("span", {}, signOfTone(said.tone), h("span.result", {}, said.result)),
    ),
  );

const drawSlots = (slots, may) => {
  const main = part("slots");
  const count = slots.length;
  main.className = count > 12 ? "many" : count > 8 ? "n12" : count > 6 ? "n8" : count > 4 ? "n6" : count > 2 ? "n4" : `n${Math.max(1, count)}`;
  const known = new Map([...main.querySelectorAll(".tile")].map((one) => [one.dataset.slot, one]));
  slots.forEach((slot, place) => {
    const old = known.get(slot.slot);
    known.delete(slot.slot);
    let now = old;
    if (changed(`slot ${slot.slot}`, [slot, may]) || !old) {
      now = tile(slot, may, open, words);
      if (old) {
        const focused = old.contains(document.activeElement) ? document.activeElement.dataset.act : null;
        if (old.dataset.kind !== slot.kind) part("spoken").textContent = `${slot.label}: ${slot.headline}`;
        old.replaceWith(now);
        if (focused) now.querySelector(`[data-act="${focused}"]`)?.focus();
      }
    }
    if (main.children[place] !== now) main.insertBefore(now, main.children[place] ?? null);
  });
  for (const gone of known.values()) gone.remove();
  const none = main.querySelector(".none");
  if (count) none?.remove();
  else if (!none) {
    const empty = { slot: "", label: "", kind: "empty", tone: "idle", headline: words.noSlots, lines: [], bar: null, trace: [], notes: [], call: "" };
    const shown = tile(empty, false, open, words);
    shown.classList.add("none");
    main.replaceChildren(shown);
  }
};

const draw = (state) => {
  part("title").textContent = state.title;
  document.title = state.title;
  part("time").textContent = state.time;
  if (changed("chips", state.chips)) part("chips").replaceChildren(...state.chips.map((one) => line("li", one)));
  if (changed("banners", state.banners)) part("banners").replaceChildren(...state.banners.slice(0, 2).map((one) => line("div.banner", one)));
  if (changed("history", state.history)) part("history").replaceChildren(...state.history.map(past));
  if (changed("foot", state.foot)) part("foot").replaceChildren(...state.foot.map((one) => h("span", {}, one)));
  drawSlots(state.slots, state.acts);
};

const look = async () => {
  try {
    const answer = await fetch(`/state?lang=${language}`, { credentials: "same-origin", signal: AbortSignal.timeout(4000) });
    if (!answer.ok) throw new Error(String(answer.status));
    const state = await answer.json();
    if (boot && boot !== state.boot) {
      location.reload(); // another station, perhaps a newer one: take its page as well
      return;
    }
    boot = state.boot;
    failures = 0;
    draw(state);
  } catch {
    failures += 1;
  }
  part("veil").hidden = failures < PATIENCE;
  setTimeout(look, Number(poll));
};

part("all-history").addEventListener("click", openHistory);
look();
