// Play, speed, sound and full screen: the buttons under the film, and what the keys ask of them.

const KEPT_VOLUME = "liuhen.volume";

export class Controls {
  constructor(box, film) {
    this.box = box;
    this.film = film;
    this.speed = box.querySelector("[data-speed]");
    this.volume = box.querySelector("[data-volume]");
    const find = (name) => box.querySelector(`[data-${name}]`);
    this.playing = find("play");
    this.muted = find("mute");

    this.playing.addEventListener("click", () => this.toggle());
    film.addEventListener("click", () => this.toggle());
    film.addEventListener("dblclick", () => this.fullScreen());
    for (const event of ["play", "pause", "ended"]) film.addEventListener(event, () => this.tellPlaying());
    this.speed.addEventListener("change", () => this.run(Number(this.speed.value)));
    film.addEventListener("ratechange", () => this.tellSpeed());
    this.muted.addEventListener("click", () => this.mute());
    this.volume.addEventListener("input", () => {
      film.volume = Number(this.volume.value);
      film.muted = false;
    });
    film.addEventListener("volumechange", () => this.tellSound());
    film.volume = keptVolume();
    find("full")?.addEventListener("click", () => this.fullScreen());
    this.tellSound();
  }

  toggle() {
    if (this.film.paused) this.film.play().catch(() => {});
    else this.film.pause();
  }

  jump(seconds) {
    this.film.currentTime = Math.max(0, this.film.currentTime + seconds);
  }

  go(seconds) {
    this.film.currentTime = Math.max(0, seconds);
  }

  // One step faster (1) or slower (-1) among the speeds of the menu; 0 is the usual one.
  faster(direction) {
    const speeds = [...this.speed.options].map((option) => Number(option.value));
    const now = this.film.playbackRate;
    if (!direction) this.run(1);
    else if (direction > 0) this.run(speeds.find((s) => s > now) ?? speeds.at(-1));
    else this.run(speeds.findLast((s) => s < now) ?? speeds[0]);
  }

  // Also for the time after a film was loaded anew.
  run(speed) {
    this.film.defaultPlaybackRate = speed;
    this.film.playbackRate = speed;
  }

  louder(by) {
    this.film.volume = Math.min(1, Math.max(0, Math.round((this.film.volume + by) * 20) / 20));
    this.film.muted = false;
  }

  mute() {
    this.film.muted = !this.film.muted;
  }

  fullScreen() {
    if (this.film.tagName !== "VIDEO") return;
    if (document.fullscreenElement) document.exitFullscreen();
    else this.box.requestFullscreen?.().catch(() => {});
  }

  tellPlaying() {
    const { paused } = this.film;
    this.playing.querySelector("[data-when-paused]").hidden = !paused;
    this.playing.querySelector("[data-when-playing]").hidden = paused;
    this.playing.setAttribute("aria-label", paused ? this.box.dataset.sayPlay : this.box.dataset.sayPause);
  }

  tellSpeed() {
    const fits = [...this.speed.options].find((option) => Number(option.value) === this.film.playbackRate);
    if (fits) this.speed.value = fits.value;
  }

  tellSound() {
    const silent = this.film.muted || this.film.volume === 0;
    this.muted.querySelector("[data-when-heard]").hidden = silent;
    this.muted.querySelector("[data-when-muted]").hidden = !silent;
    this.muted.setAttribute("aria-label", silent ? this.box.dataset.saySound : this.box.dataset.sayMute);
    this.volume.value = String(this.film.muted ? 0 : this.film.volume);
    try {
      localStorage.setItem(KEPT_VOLUME, String(this.film.volume));
    } catch { /* a browser that keeps nothing still plays */ }
  }
}

function keptVolume() {
  try {
    const kept = Number(localStorage.getItem(KEPT_VOLUME) ?? 1);
    return kept >= 0 && kept <= 1 ? kept : 1;
  } catch {
    return 1;
  }
}
