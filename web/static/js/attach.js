// Attaching a range to a step: its start and end are taken from the player, or from a mark.

import { readTimeCode, timeCode } from "./timecode.js";

export class Attaching {
  constructor({ place, changed }) {
    this.part = document.getElementById("attach");
    this.start = this.part?.querySelector('input[name="start"]');
    this.end = this.part?.querySelector('input[name="end"]');
    this.changed = changed;
    if (!this.start) return;
    for (const field of [this.start, this.end]) field.addEventListener("input", changed);
    for (const button of this.part.querySelectorAll("[data-take]")) {
      button.addEventListener("click", () => {
        this[button.dataset.take].value = timeCode(place(), 1);
        changed();
      });
    }
    // Delegated, because the list of marks is swapped.
    document.addEventListener("click", (event) => {
      const button = event.target.closest("[data-attach-from]");
      if (button) this.take(button.dataset);
    });
  }

  take({ attachFrom, attachTo, attachNote }) {
    this.start.value = timeCode(Number(attachFrom), 3);
    this.end.value = attachTo === "" ? "" : timeCode(Number(attachTo), 3);
    const proves = this.part.querySelector('textarea[name="proves"]');
    if (proves && !proves.value.trim()) proves.value = attachNote;
    this.part.open = true;
    this.part.scrollIntoView({ block: "start" });
    this.part.querySelector('select[name="case"]').focus({ preventScroll: true });
    this.changed();
  }

  range() {
    return this.start ? [readTimeCode(this.start.value), readTimeCode(this.end.value)] : [null, null];
  }
}
