// What opens above the board: files of a docking, the last dockings, picking a name, releasing files.
import { h, signOfTone } from "./signs.js";

const dialog = document.getElementById("sheet");
const words = document.getElementById("words").dataset;
const language = document.body.dataset.language;

dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});

const ask = async (path, body) => {
  const posted = body ? { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : {};
  const answer = await fetch(`${path}?lang=${language}`, { credentials: "same-origin", ...posted });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.what);
  return said;
};

const show = (content, { small = false } = {}) => {
  dialog.className = small ? "small" : "";
  dialog.replaceChildren(content);
  if (!dialog.open) dialog.showModal();
};

const head = (title, close = words.close) =>
  h("div.line", {}, h("h2", { id: "sheet-title" }, title), h("button", { type: "button", "data-act": "close", click: () => dialog.close() }, close));

const state = (tone, text) => h(`td.state.${tone}`, {}, signOfTone(tone), text);
const heads = (...names) => h("tr", {}, names.map((name) => h("th", { scope: "col" }, name)));

export const openFiles = async (docking, label) => {
  const said = await ask(`/dockings/${docking}`);
  const rows = said.lines.map((file) =>
    h("tr", {}, h("td", {}, file.name), h("td.number", {}, file.size), state(file.tone, file.state), h("td", {}, file.reason)),
  );
  show(
    h(
      "div", {},
      head(`${label || said.slot} · ${said.recorder}`),
      h("p.line", {}, `${said.day} ${said.time}`, h("span", {}, said.said_files), h("span", {}, said.size), h("span", {}, said.result), h("span", {}, said.who)),
      h("div.scroll", { tabindex: 0 }, h("table", {}, h("thead", {}, heads(words.cFiles, words.cSize, words.cState, "")), h("tbody", {}, rows)), said.more ? h("p", {}, said.more) : null),
    ),
  );
};

export const openHistory = async () => {
  const said = await ask("/history");
  const rows = said.map((past) =>
    h(
      "tr", {},
      h("td", {}, `${past.day} ${past.time}`), h("td", {}, past.slot),
      h("td", {}, h("button", { type: "button", click: () => openFiles(past.docking, past.slot) }, past.recorder)),
      h("td.number", {}, String(past.files)), h("td.number", {}, past.size), state(past.tone, past.result),
    ),
  );
  const table = h("table", {}, h("thead", {}, heads(words.cTime, words.cSlot, words.cRecorder, words.cFiles, words.cSize, words.cResult)), h("tbody", {}, rows));
  show(h("div", {}, head(words.history), h("div.scroll", { tabindex: 0 }, rows.length ? table : h("p", {}, words.noneYet))));
};

// Act, close; what was refused is said in the sheet and nothing else changes.
const acting = (wrong, act) => async () => {
  try {
    await act();
    dialog.close();
  } catch (error) {
    wrong.textContent = error.message;
  }
};

export const openPick = async (slot) => {
  const officers = await ask(`/dockings/${slot.docking}/officers`);
  const wrong = h("p.wrong", { role: "alert" });
  const names = h("div.scroll.names");
  const search = h("input", { type: "search", placeholder: words.pickSearch, "aria-label": words.pickSearch, autocomplete: "off", autofocus: true });
  const draw = () => {
    const typed = search.value.trim().toLowerCase();
    const fitting = officers.filter((one) => one.number.toLowerCase().includes(typed) || one.name.toLowerCase().includes(typed));
    names.replaceChildren(
      ...fitting.map((one) =>
        h(
          "button",
          { type: "button", "data-number": one.number, "aria-pressed": String(one.number === slot.pick.picked), click: acting(wrong, () => ask(`/dockings/${slot.docking}/officer`, { number: one.number })) },
          one.name, h("small", {}, one.number),
        ),
      ),
    );
    if (!fitting.length) names.append(h("p", {}, words.pickNone));
  };
  const type = (text) => () => {
    search.value = text === "⌫" ? search.value.slice(0, -1) : search.value + text;
    draw();
  };
  search.addEventListener("input", draw);
  draw();
  const digits = h("div.digits", {}, [..."1234567890⌫"].map((digit) => h("button", { type: "button", "aria-label": digit, click: type(digit) }, digit)));
  show(h("div", {}, head(slot.pick.title, words.cancel), h("div.line", {}, search), digits, wrong, names));
};

export const openRelease = (slot) => {
  const wrong = h("p.wrong", { role: "alert" });
  const by = h("input", { name: "by", value: slot.release.by, maxlength: 64, required: true, "aria-label": words.releaseBy, autocomplete: "off" });
  const send = acting(wrong, () => ask(`/dockings/${slot.docking}/release`, { by: by.value }));
  const form = h(
    "form",
    { submit: (event) => { event.preventDefault(); send(); } },
    head(slot.release.title, words.cancel),
    h("p", {}, slot.release.text),
    h("label.line", {}, words.releaseBy, by),
    wrong,
    h("div.line", {}, h("button.main", { type: "submit", "data-act": "confirm" }, words.releaseDo)),
  );
  show(form, { small: true });
};
