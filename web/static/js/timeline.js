// The line of time under the player: waveform, place, marked range, small pictures while the pointer hovers.

import { timeCode } from "./timecode.js";

export class Timeline {
  constructor(line, film, duration) {
    this.line = line;
    this.film = film;
    this.known = duration;
    this.wave = line.querySelector("[data-wave]");
    this.head = line.querySelector("[data-head]");
    this.range = line.querySelector("[data-range]");
    this.glance = line.querySelector("[data-glance]");
    this.cues = [];
    this.sheet = "";
    line.addEventListener("pointermove", (event) => this.hover(event));
    line.addEventListener("pointerleave", () => { this.glance.hidden = true; });
    line.addEventListener("click", (event) => { film.currentTime = this.at(event); });
    line.addEventListener("keydown", (event) => this.key(event));
    film.addEventListener("timeupdate", () => this.follow());
    film.addEventListener("loadedmetadata", () => this.mark(...(this.marked ?? [null, null])));
    new ResizeObserver(() => this.draw()).observe(line);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  get duration() {
    return Number.isFinite(this.film.duration) && this.film.duration > 0 ? this.film.duration : this.known;
  }

  at(event) {
    const box = this.line.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * this.duration;
  }

  follow() {
    if (!this.duration) return;
    this.head.style.left = `${(this.film.currentTime / this.duration) * 100}%`;
    this.line.setAttribute("aria-valuenow", String(Math.round(this.film.currentTime)));
    this.line.setAttribute("aria-valuetext", timeCode(this.film.currentTime));
  }

  key(event) {
    const jump = { ArrowLeft: -5, ArrowRight: 5, PageDown: -60, PageUp: 60 }[event.key];
    if (jump) this.film.currentTime = Math.max(0, this.film.currentTime + jump);
    else if (event.key === "Home") this.film.currentTime = 0;
    else if (event.key === "End") this.film.currentTime = this.duration;
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  mark(start, end) {
    this.marked = [start, end];
    const whole = this.duration;
    this.range.hidden = !(whole && start !== null && end !== null && end > start);
    if (this.range.hidden) return;
    this.range.style.left = `${(start / whole) * 100}%`;
    this.range.style.width = `${((Math.min(end, whole) - start) / whole) * 100}%`;
  }

  async load(addresses) {
    this.renew(addresses);
    if (addresses.waveform) {
      try {
        this.peaks = (await (await fetch(addresses.waveform.url)).json()).peaks;
        this.draw();
      } catch { /* a page without a waveform is still a page */ }
    }
    if (addresses.thumbnails && addresses.sprite) {
      try {
        this.cues = readCues(await (await fetch(addresses.thumbnails.url)).text());
      } catch { /* nor does it need small pictures */ }
    }
  }

  renew(addresses) {
    this.sheet = addresses.sprite?.url ?? "";
    this.glance.style.backgroundImage = "";
  }

  hover(event) {
    const seconds = this.at(event);
    const cue = this.cues.find((c) => seconds >= c.from && seconds < c.to) ?? this.cues.at(-1);
    if (!cue || !this.duration) return;
    const style = this.glance.style;
    style.width = `${cue.w}px`;
    style.height = `${cue.h}px`;
    if (!style.backgroundImage) style.backgroundImage = `url("${this.sheet}")`;
    style.backgroundPosition = `-${cue.x}px -${cue.y}px`;
    const box = this.line.getBoundingClientRect();
    const left = event.clientX - box.left - cue.w / 2;
    style.left = `${Math.min(box.width - cue.w, Math.max(0, left))}px`;
    this.glance.querySelector("b").textContent = timeCode(seconds);
    this.glance.hidden = false;
  }

  draw() {
    if (!this.peaks?.length) return;
    this.wave.hidden = false;
    const ratio = devicePixelRatio || 1;
    const width = this.wave.clientWidth;
    const height = this.wave.clientHeight;
    this.wave.width = width * ratio;
    this.wave.height = height * ratio;
    const pen = this.wave.getContext("2d");
    pen.scale(ratio, ratio);
    pen.fillStyle = getComputedStyle(this.wave).color;
    const points = this.peaks.length / 2;
    for (let x = 0; x < width; x += 3) {
      const from = Math.floor((x / width) * points);
      const to = Math.max(from + 1, Math.floor(((x + 3) / width) * points));
      let low = 0;
      let high = 0;
      for (let n = from; n < to && n < points; n += 1) {
        low = Math.min(low, this.peaks[2 * n]);
        high = Math.max(high, this.peaks[2 * n + 1]);
      }
      const top = (height / 2) * (1 - high / 128);
      pen.fillRect(x, top, 2, Math.max(1, (height / 2) * (1 - low / 128) - top));
    }
  }
}

// WebVTT cues that point at places on one sheet: `sprite#xywh=0,0,160,90`.
function readCues(text) {
  const found = [];
  const pattern = /([\d:.]+)\s+-->\s+([\d:.]+)[^\n]*\n[^\n#]*#xywh=(\d+),(\d+),(\d+),(\d+)/g;
  const seconds = (code) => code.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  for (const [, from, to, x, y, w, h] of text.replace(/\r/g, "").matchAll(pattern)) {
    found.push({ from: seconds(from), to: seconds(to), x: Number(x), y: Number(y), w: Number(w), h: Number(h) });
  }
  return found;
}
