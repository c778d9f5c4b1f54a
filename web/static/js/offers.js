// Suggestions by keys: arrows walk, A attaches, X declines what has the focus. Only there, so it disturbs no typing.

const WRITING = "input, textarea, select";

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  const offer = event.target.closest?.("[data-offer]");
  if (!offer) return;
  if (event.target.matches(WRITING)) {
    if (event.key === "Escape") offer.focus();
    if (event.key !== "Enter") return;
    event.preventDefault();
    offer.querySelector("[data-accept]").click();
    return;
  }
  const walk = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  if (walk) {
    event.preventDefault();
    offer[walk]?.focus();
    return;
  }
  // Enter on a button or a link presses that.
  if (event.key === "Enter" && event.target !== offer) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const act = { a: "[data-accept]", Enter: "[data-accept]", x: "[data-decline]", Delete: "[data-decline]" }[key];
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  place = [...document.querySelectorAll("[data-offer]")].indexOf(offer);
  offer.querySelector(act).click();
}, true);

// After an answer the next one in the same place has the focus, so that the keys go on.
let place = -1;
document.addEventListener("htmx:afterSettle", () => {
  if (place < 0) return;
  const offers = [...document.querySelectorAll("[data-offer]")];
  if (offers.length) offers[Math.min(place, offers.length - 1)].focus();
  place = -1;
});
