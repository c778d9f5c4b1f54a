// The line of time under the player: waveform, place, range, marks, small pictures while the pointer hovers.

import { timeCode } from "./timecode.js";

const BESIDE = 14; // pixels around the label of a mark

// Whether a film lacks so much of what is known of it that it must be said; seconds.
export function lacks(there, known) {
  return known - there > Math.min(2, known / 10);
}

export class Timeline {
  // `known`: the running time in seconds as far as the catalog knows it, or what the header claims of a damaged one.
  constructor(line, film, known) {
    this.line = line;
    this.film = film;
    this.known = known;
    const find = (name) => line.querySelector(`[data-${name}]`);
    [this.wave, this.head, this.span, this.rest, this.ticks, this.glance] =
      ["wave", "head", "range", "rest", "ticks", "glance"].map(find);
    this.cues = [];
    this.sheet = "";
    this.marks = [];
    this.range = [null, null];
    line.addEventListener("pointerdown", (event) => this.grab(event));
    line.addEventListener("pointermove", (event) => this.hover(event));
    line.addEventListener("pointerup", (event) => this.letGo(event));
    line.addEventListener("pointercancel", (event) => this.letGo(event));
    line.addEventListener("pointerleave", () => { this.glance.hidden = true; });
    line.addEventListener("keydown", (event) => this.key(event));
    for (const event of ["timeupdate", "seeking"]) film.addEventListener(event, () => this.follow());
    film.addEventListener("loadedmetadata", () => this.lay());
    new ResizeObserver(() => this.lay()).observe(line);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  // What can be played, seconds.
  get there() {
    const { duration } = this.film;
    return Number.isFinite(duration) && duration > 0 ? duration : this.known;
  }

  // What the line stands for: with a missing rest, where much more should be than is there.
  get duration() {
    return lacks(this.there, this.known) ? this.known : this.there;
  }

  share(seconds) {
    return this.duration ? `${Math.min(100, Math.max(0, (seconds / this.duration) * 100))}%` : "0";
  }

  at(event) {
    const box = this.line.getBoundingClientRect();
    const there = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * this.duration;
    return Math.min(there, this.there);
  }

  lay() {
    const missing = this.duration - this.there;
    this.rest.hidden = !(missing > 0);
    this.rest.style.left = this.share(this.there);
    this.line.setAttribute("aria-valuemax", String(Math.round(this.there)));
    this.showRange(...this.range);
    this.showMarks(this.marks);
    this.follow();
    this.draw();
  }

  follow() {
    if (!this.duration) return;
    this.head.style.left = this.share(this.film.currentTime);
    this.line.setAttribute("aria-valuenow", String(Math.round(this.film.currentTime)));
    this.line.setAttribute("aria-valuetext", timeCode(this.film.currentTime));
  }

  grab(event) {
    if (event.button !== 0) return;
    const tick = event.target.closest("[data-tick]");
    if (tick) {
      this.film.currentTime = Number(tick.dataset.tick);
      return;
    }
    this.held = true;
    this.line.setPointerCapture(event.pointerId);
    this.film.currentTime = this.at(event);
  }

  letGo() {
    this.held = false;
  }

  key(event) {
    const jump = { ArrowLeft: -5, ArrowRight: 5, ArrowDown: -5, ArrowUp: 5, PageDown: -60, PageUp: 60 }[event.key];
    if (event.shiftKey && jump) return; // of the page, one second or the sound
    if (jump) this.film.currentTime = Math.max(0, this.film.currentTime + jump);
    else if (event.key === "Home") this.film.currentTime = 0;
    else if (event.key === "End") this.film.currentTime = this.there;
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  showRange(start, end) {
    this.range = [start, end];
    this.span.hidden = !(this.duration && start !== null && (end === null || end > start));
    if (this.span.hidden) return;
    this.span.style.left = this.share(start);
    this.span.style.width = end === null ? "2px" : `calc(${this.share(end)} - ${this.share(start)})`;
  }

  // Ticks under the line; labels only where there is room for them before the next one.
  showMarks(marks) {
    this.marks = marks;
    this.ticks.textContent = "";
    const width = this.line.clientWidth;
    if (!this.duration || !width) return;
    const left = (mark) => (mark.from / this.duration) * width;
    for (const [n, mark] of marks.entries()) {
      const tick = document.createElement("span");
      tick.className = mark.to === null ? "mark" : "mark long";
      tick.dataset.tick = mark.from;
      tick.title = `${timeCode(mark.from)} ${mark.label}`;
      tick.style.left = this.share(mark.from);
      if (mark.to !== null) tick.style.width = `calc(${this.share(mark.to)} - ${this.share(mark.from)})`;
      const label = document.createElement("span");
      label.textContent = mark.label;
      tick.append(label);
      this.ticks.append(tick);
      const room = (n + 1 < marks.length ? left(marks[n + 1]) : width) - left(mark);
      if (label.offsetWidth + BESIDE > room) label.remove();
    }
  }

  async load(addresses) {
    this.renew(addresses);
    if (addresses.waveform) {
      try {
        const wave = await (await fetch(addresses.waveform.url)).json();
        this.peaks = wave.peaks;
        this.heard = wave.seconds || this.there;
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
    if (!this.duration) return;
    const seconds = this.at(event);
    if (this.held) this.film.currentTime = seconds;
    const cue = this.cues.find((c) => seconds >= c.from && seconds < c.to) ?? this.cues.at(-1);
    const { style } = this.glance;
    const wide = cue?.w ?? 64;
    style.width = `${wide}px`;
    style.height = `${cue?.h ?? 0}px`;
    if (cue) {
      if (!style.backgroundImage) style.backgroundImage = `url("${this.sheet}")`;
      style.backgroundPosition = `-${cue.x}px -${cue.y}px`;
    }
    const box = this.line.getBoundingClientRect();
    const left = event.clientX - box.left - wide / 2;
    style.left = `${Math.min(box.width - wide, Math.max(0, left))}px`;
    this.glance.querySelector("b").textContent = timeCode(seconds);
    this.glance.hidden = false;
  }

  draw() {
    if (!this.peaks?.length || !this.duration) return;
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
    const drawn = Math.min(width, width * (this.heard / this.duration));
    for (let x = 0; x < drawn; x += 3) {
      const from = Math.floor((x / drawn) * points);
      const to = Math.max(from + 1, Math.floor(((x + 3) / drawn) * points));
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
