// The list of recordings: "/" goes to the words, arrows walk through the list, ticks in the table add up.

const finder = document.getElementById("finder");
const list = document.getElementById("list");

const writing = (element) => element.closest("input:not([type=checkbox]), select, textarea, [contenteditable]") !== null;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && !writing(event.target)) {
    event.preventDefault();
    finder.elements.words.select();
    finder.elements.words.focus();
    return;
  }
  const down = event.key === "ArrowDown" && event.target === finder.elements.words;
  if (!down && (writing(event.target) || !event.key.startsWith("Arrow"))) return;
  const links = [...list.querySelectorAll("[data-walk] a[href*='/clips/']")];
  const here = links.indexOf(document.activeElement);
  if (!links.length || (here < 0 && !down)) return;
  event.preventDefault();
  const next = down ? 0 : here + step(event.key, links);
  links[Math.min(Math.max(next, 0), links.length - 1)].focus();
});

// Tiles stand in rows of as many as fit; in a table there is one to a row.
function step(key, links) {
  const top = links[0].getBoundingClientRect().top;
  const wide = links.filter((link) => Math.abs(link.getBoundingClientRect().top - top) < 4).length;
  return { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -wide, ArrowDown: wide }[key] ?? 0;
}

// A named range and days of one's own exclude each other: the last one chosen counts.
finder.addEventListener("change", (event) => {
  const { when, from, to } = finder.elements;
  if (event.target === when && when.value) from.value = to.value = "";
  if (event.target === from || event.target === to) when.value = "";
}, { capture: true });

list.addEventListener("change", (event) => {
  const form = event.target.closest("[data-bulk]");
  if (!form) return;
  const ticks = [...form.querySelectorAll("input[name=clip]")];
  if (event.target.matches("[data-all]")) for (const tick of ticks) tick.checked = event.target.checked;
  add(form, ticks);
});
list.addEventListener("click", (event) => {
  if (!event.target.matches("[data-none]")) return;
  const form = event.target.closest("[data-bulk]");
  const ticks = [...form.querySelectorAll("input[name=clip]")];
  for (const tick of ticks) tick.checked = false;
  add(form, ticks);
});

function add(form, ticks) {
  const count = ticks.filter((tick) => tick.checked).length;
  const bar = form.querySelector("[data-bulk-bar]");
  bar.hidden = count === 0;
  bar.querySelector("[data-count]").textContent = count;
  const all = form.querySelector("[data-all]");
  all.checked = count === ticks.length;
  all.indeterminate = count > 0 && count < ticks.length;
}

// A distance from nowhere does not belong into an address that is passed on.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt === finder && !finder.elements.near.value) event.detail.formData.delete("within");
});
