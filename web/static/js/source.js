// Where a film or a sound is read from: an address that soon expires, and is renewed without losing the place.

import { askAddresses } from "./addresses.js";

const RENEW_BEFORE = 90_000;
const SHORTEST = 20_000;
const ASK_AGAIN = 30_000;

export class Source extends EventTarget {
  // Says "addresses" when some were given, "refused" when none were, "failed" when the same place fails twice.
  constructor(place, film) {
    super();
    this.place = place;
    this.film = film;
    this.still = film.parentElement.querySelector("[data-still]");
    this.at = 0; // the last place that somebody saw or asked for
    this.waiting = null; // a fresh address, not in use yet
    this.changing = false;
    this.failedAt = null;
    this.timer = 0;
    // A film that was emptied says 0; that is nobody's place.
    const note = () => { if (!this.changing && film.readyState >= 1) this.at = film.currentTime; };
    film.addEventListener("timeupdate", note);
    film.addEventListener("seeking", () => {
      note();
      if (this.waiting && !this.changing) this.change(this.waiting);
    });
    film.addEventListener("pause", () => { if (this.waiting && !film.ended) this.change(this.waiting); });
    film.addEventListener("error", () => this.mend());
  }

  async begin() {
    const found = await this.ask();
    if (!found?.main) return;
    if (found.poster) {
      // Only until there is a picture: the poster shows another moment than the clock says.
      this.film.poster = found.poster.url;
      this.film.addEventListener("loadeddata", () => this.film.removeAttribute("poster"), { once: true });
    }
    this.film.src = found.main.url;
  }

  // Answers fresh addresses, and asks again before they expire. Nothing (and "refused") when there are none.
  async ask() {
    clearTimeout(this.timer);
    try {
      const found = await askAddresses(this.place);
      this.timer = setTimeout(() => this.renew(), Math.max(SHORTEST, found.validFor - RENEW_BEFORE));
      this.dispatchEvent(new CustomEvent("addresses", { detail: found.addresses }));
      return found.addresses;
    } catch {
      this.timer = setTimeout(() => this.renew(), ASK_AGAIN);
      this.dispatchEvent(new CustomEvent("refused"));
      return null;
    }
  }

  // A film that plays goes on reading what it has open; the fresh address is taken at the next pause or jump.
  async renew() {
    const found = await this.ask();
    if (!found?.main) return;
    this.waiting = found.main.url;
    if (this.film.paused || this.film.error) this.change(this.waiting);
  }

  // The address ran out while the machine slept, or the network broke: once more, from the same place.
  async mend() {
    if (!this.film.currentSrc) return;
    this.changing = false;
    if (this.failedAt !== null && Math.abs(this.failedAt - this.at) < 1) {
      this.dispatchEvent(new CustomEvent("failed"));
      return;
    }
    this.failedAt = this.at;
    const found = await this.ask();
    if (found?.main) this.change(found.main.url);
  }

  again() {
    this.failedAt = null;
    this.mend();
  }

  // Same place, same speed, playing or not as before; the picture stands still meanwhile instead of going black.
  change(url) {
    const film = this.film;
    const { paused, playbackRate: rate } = film;
    const at = this.at;
    this.waiting = null;
    this.changing = true;
    this.hold();
    film.src = url;
    film.addEventListener("loadedmetadata", () => {
      film.addEventListener("seeked", () => {
        this.changing = false;
        this.failedAt = null;
        if (this.still) this.still.hidden = true;
      }, { once: true });
      film.playbackRate = rate;
      film.currentTime = at;
      if (!paused) film.play().catch(() => {});
    }, { once: true });
  }

  hold() {
    const { still, film } = this;
    if (!still || !film.videoWidth || film.readyState < 2) return;
    still.width = film.videoWidth;
    still.height = film.videoHeight;
    still.getContext("2d").drawImage(film, 0, 0);
    still.hidden = false;
  }
}
