// Draws one tile; the words come from the station.
import { h, signOfKind, signOfTone } from "./signs.js";

const bar = (share) => {
  const filled = h("i");
  filled.style.width = `${Math.round(share * 1000) / 10}%`;
  return h("div.bar", { role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.round(share * 100) }, filled);
};

const trace = (nodes) =>
  h("ol.trace", {}, nodes.map((node) => h(`li.${node.state}`, {}, h("b", {}, node.text), node.state === "now" ? ` ${node.count}` : "")));

const acts = (slot, may, open) => {
  const made = [];
  if (may && slot.pick) made.push(h("button", { type: "button", "data-act": "pick", click: () => open.pick(slot) }, slot.pick.button));
  if (may && slot.release)
    made.push(
      h("button", { type: "button", "data-act": "release", disabled: slot.release.confirmed, click: () => open.release(slot) }, slot.release.button),
    );
  return made.length ? h("div.acts", {}, made) : null;
};

export const tile = (slot, may, open, words) => {
  const name = [slot.recorder ? h("b", {}, slot.recorder) : "", slot.who ? ` · ${slot.who}` : ""];
  const files = slot.docking
    ? h("button.files", { type: "button", "data-act": "files", "aria-label": `${slot.label}: ${words.details}`, click: () => open.files(slot.docking, slot.label) }, words.details)
    : null;
  return h(
    `article.tile.${slot.tone}`,
    { "data-slot": slot.slot, "data-kind": slot.kind, "aria-label": `${slot.label}: ${slot.headline}` },
    h("div.head", {}, h("span", {}, slot.label), files),
    h("h2", {}, signOfKind(slot.kind), h("span", {}, slot.headline)),
    slot.bar === null ? null : bar(slot.bar),
    h("div.lines", {}, slot.lines.map((line) => h("p", {}, line))),
    slot.call ? h("p.call", {}, slot.call) : null,
    slot.notes.map((note) => h("p.note", {}, signOfTone("wait"), h("span", {}, note))),
    slot.trace.length ? trace(slot.trace) : null,
    h("div.foot", {}, h("span.name", {}, name), acts(slot, may, open)),
  );
};
