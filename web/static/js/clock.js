// Recorded time: when, by the recorder's own clock, the moment on the screen was; in the bureau's zone.

export class Clock {
  constructor(box) {
    this.began = box.dataset.start === "" ? null : Number(box.dataset.start) * 1000;
    this.shown = box.querySelectorAll("[data-wall], [data-wall-over]");
    this.over = box.querySelector("[data-over]");
    // Not over the poster, which is a picture of some other moment.
    box.querySelector("video, audio").addEventListener("loadeddata", () => { this.over.hidden = false; }, { once: true });
    this.format = new Intl.DateTimeFormat("sv-SE", {
      dateStyle: "short", timeStyle: "medium", timeZone: box.dataset.zone || undefined,
    });
  }

  tell(seconds) {
    if (this.began === null) return;
    const text = this.format.format(new Date(this.began + seconds * 1000));
    for (const place of this.shown) if (place.textContent !== text) place.textContent = text;
  }

  // Over the picture, or not: a recorder may have printed something there itself.
  toggleOver() {
    this.over.hidden = !this.over.hidden;
  }
}
