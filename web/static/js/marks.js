// Marks: set while watching, listed beside the player, ticks on the line of time.

import { readTimeCode, timeCode } from "./timecode.js";

export class Marks {
  constructor(card, { place, go, changed, noted }) {
    this.list = card.querySelector("[data-marks]");
    this.form = card.querySelector("[data-mark-form]");
    this.told = card.querySelector("[data-mark-told]");
    this.place = place;
    this.go = go;
    this.changed = changed;
    this.noted = noted;
    const find = (name) => card.querySelector(`[data-mark-${name}]`);
    [this.start, this.end, this.note] = [find("start"), find("end"), find("note")];

    this.list.addEventListener("htmx:beforeRequest", (event) => {
      // Nothing is swapped under somebody's hands.
      if (event.target === this.list && this.busy()) event.preventDefault();
    });
    // What was refused comes back as the list with its reason above it.
    card.addEventListener("htmx:beforeSwap", (event) => {
      if (event.detail.xhr.status === 400 && event.detail.target === this.list) {
        event.detail.shouldSwap = true;
        event.detail.isError = false;
      }
    });
    // Whoever stood on a mark stands there afterwards.
    this.list.addEventListener("htmx:beforeSwap", () => {
      const { activeElement: here } = document;
      this.stood = this.list.contains(here) ? here.closest("[data-mark]")?.dataset.mark : null;
    });
    this.list.addEventListener("htmx:afterSwap", () => {
      if (this.stood) this.list.querySelector(`[data-mark="${this.stood}"] [data-seek]`)?.focus({ preventScroll: true });
      this.changed(this.all());
    });
    if (this.form) this.watchForm(find("in"), find("out"));
  }

  watchForm(begins, ends) {
    begins.addEventListener("click", () => this.setStart());
    ends.addEventListener("click", () => this.setEnd());
    for (const field of [this.start, this.end]) field.addEventListener("input", () => this.changed(this.all()));
    this.form.addEventListener("htmx:configRequest", (event) => {
      if (event.target !== this.form) return;
      const { formData } = event.detail;
      if (!this.start.value.trim()) formData.set("start", timeCode(this.place(), 3));
      this.sent = formData.get("start");
    });
    this.form.addEventListener("htmx:afterRequest", (event) => {
      if (event.target !== this.form || event.detail.xhr.status !== 200) return;
      this.clear();
      this.told.textContent = this.told.dataset.sayMarked.replace("{place}", this.sent);
      this.noted(this.told.textContent);
      document.querySelector("[data-player]").focus({ preventScroll: true });
    });
    this.note.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      this.clear();
      document.querySelector("[data-player]").focus({ preventScroll: true });
    });
  }

  busy() {
    return this.list.querySelector(".mark-more[open]") !== null;
  }

  // M: the place is taken at the moment of the key, however long the note takes to write.
  write(at) {
    if (!this.form) return;
    if (!this.start.value.trim()) this.setStart(at);
    this.note.focus();
  }

  setStart(at = this.place()) {
    if (!this.form) return;
    this.start.value = timeCode(at, 3);
    const end = readTimeCode(this.end.value);
    if (end !== null && end <= at) this.end.value = "";
    this.changed(this.all());
  }

  setEnd() {
    if (!this.form) return;
    this.end.value = timeCode(this.place(), 3);
    this.changed(this.all());
  }

  preset(number) {
    this.form?.querySelector(`[data-preset="${number}"]`)?.click();
  }

  clear() {
    for (const field of [this.start, this.end, this.note]) field.value = "";
    this.changed(this.all());
  }

  // What is being marked, for showing it on the line.
  range() {
    return this.form ? [readTimeCode(this.start.value), readTimeCode(this.end.value)] : [null, null];
  }

  all() {
    return [...this.list.querySelectorAll("[data-mark]")].map((one) => ({
      from: Number(one.dataset.from),
      to: one.dataset.to === "" ? null : Number(one.dataset.to),
      label: one.dataset.label,
    }));
  }

  // The mark after (1) or before (-1) where we are.
  next(direction) {
    const here = this.place();
    const places = this.all().map((mark) => mark.from);
    const target = direction > 0
      ? places.find((at) => at > here + 0.05)
      : places.findLast((at) => at < here - 0.8);
    if (target !== undefined) this.go(target);
  }

  // Which marks hold the place that is being shown.
  follow(here) {
    for (const one of this.list.querySelectorAll("[data-mark]")) {
      const from = Number(one.dataset.from);
      const to = one.dataset.to === "" ? from + 2 : Number(one.dataset.to);
      one.classList.toggle("now", here >= from - 0.05 && here <= to);
    }
  }
}
