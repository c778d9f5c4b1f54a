// A photo: zoom, move and turn. The view only: the file is never touched.

import { askAddresses } from "./addresses.js";
import { Keys } from "./keys.js";
import { layMark } from "./viewermark.js";

const [LEAST, MOST, STEP] = [1, 24, 1.3];

const box = document.querySelector("[data-player]");
const view = box.querySelector("[data-photo-view]");
layMark(box, view);
const photo = box.querySelector("[data-photo]");
const trouble = box.querySelector("[data-trouble]");
const told = box.querySelector("[data-zoom-at]");

class View {
  constructor() {
    this.fit();
    this.full = null; // address of the original, fetched when somebody looks closer than the preview can show
    this.sharpened = false;
    new ResizeObserver(() => this.lay()).observe(view);
  }

  fit() {
    [this.zoom, this.x, this.y, this.turn] = [1, 0, 0, this.turn ?? 0];
  }

  // The size at which the whole photo fits, turned as it is; zoom 1 is that.
  lay() {
    const { naturalWidth: wide, naturalHeight: high } = photo;
    if (!wide) return;
    const turned = this.turn % 180 !== 0;
    const room = [view.clientWidth, view.clientHeight];
    const share = Math.min(room[0] / (turned ? high : wide), room[1] / (turned ? wide : high));
    this.wide = wide * share;
    this.high = high * share;
    this.show();
  }

  show() {
    const turned = this.turn % 180 !== 0;
    const slack = (size, room) => Math.max(0, (size * this.zoom - room) / 2);
    const across = slack(turned ? this.high : this.wide, view.clientWidth);
    const down = slack(turned ? this.wide : this.high, view.clientHeight);
    this.x = Math.min(across, Math.max(-across, this.x));
    this.y = Math.min(down, Math.max(-down, this.y));
    photo.style.width = `${this.wide}px`;
    photo.style.height = `${this.high}px`;
    photo.style.transform =
      `translate(-50%, -50%) translate(${this.x}px, ${this.y}px) rotate(${this.turn}deg) scale(${this.zoom})`;
    view.classList.toggle("close", this.zoom > 1);
    told.textContent = `${this.zoom.toFixed(this.zoom < 10 ? 1 : 0).replace(/\.0$/, "")}×`;
    if (this.zoom * this.wide * devicePixelRatio > photo.naturalWidth * 1.1) this.sharpen();
  }

  // Around a point of the view (pixels from its middle), so that what is under the pointer stays there.
  zoomTo(zoom, [x, y] = [0, 0]) {
    const wanted = Math.min(MOST, Math.max(LEAST, zoom));
    const share = wanted / this.zoom;
    this.x = x - (x - this.x) * share;
    this.y = y - (y - this.y) * share;
    this.zoom = wanted;
    this.show();
  }

  move(x, y) {
    this.x += x;
    this.y += y;
    this.show();
  }

  rotate(by) {
    this.turn = (this.turn + by + 360) % 360;
    this.fit();
    this.lay();
  }

  async pixels() {
    await this.sharpen();
    this.zoomTo(photo.naturalWidth / this.wide / devicePixelRatio);
  }

  // The original in the preview's place. Its address may have run out since: then a fresh one is asked for.
  async sharpen() {
    if (this.sharpened || !this.full) return;
    this.sharpened = true;
    for (const renew of [false, true]) {
      const sharp = new Image();
      try {
        if (renew) this.full = (await askAddresses(box.dataset.addresses)).addresses.full;
        sharp.src = this.full.url;
        await sharp.decode();
        photo.src = sharp.src;
        box.querySelector("[data-photo-full]").hidden = false;
        return;
      } catch { /* the preview stays */ }
    }
    this.sharpened = false;
  }
}

function say(sentence) {
  trouble.querySelector("[data-trouble-words]").textContent = sentence;
  trouble.hidden = false;
}

const sight = new View();
photo.addEventListener("load", () => {
  trouble.hidden = true;
  sight.lay();
});
photo.addEventListener("error", () => say(box.dataset.sayFailed));

async function load() {
  try {
    const { addresses } = await askAddresses(box.dataset.addresses);
    sight.full = addresses.full ?? null;
    const address = addresses.main ?? addresses.preview;
    if (address) photo.src = address.url;
  } catch {
    say(box.dataset.sayRefused);
  }
}
trouble.querySelector("[data-again]").addEventListener("click", load);

// From the middle of the view.
function point(event) {
  const frame = view.getBoundingClientRect();
  return [event.clientX - frame.left - frame.width / 2, event.clientY - frame.top - frame.height / 2];
}

view.addEventListener("wheel", (event) => {
  if (sight.zoom === 1 && event.deltaY > 0) return; // nothing to make smaller: the page scrolls on
  event.preventDefault();
  sight.zoomTo(sight.zoom * Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), point(event));
}, { passive: false });

view.addEventListener("dblclick", (event) => sight.zoomTo(sight.zoom > 1 ? 1 : 3, point(event)));

// One pointer moves, two pinch.
const fingers = new Map();
const spread = () => {
  const [one, other] = [...fingers.values()];
  return Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
};
view.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  fingers.set(event.pointerId, event);
  view.setPointerCapture(event.pointerId);
});
view.addEventListener("pointermove", (event) => {
  const before = fingers.get(event.pointerId);
  if (!before) return;
  if (fingers.size === 2) {
    const was = spread();
    fingers.set(event.pointerId, event);
    const [one, other] = [...fingers.values()].map(point);
    if (was > 0) sight.zoomTo(sight.zoom * (spread() / was), [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2]);
    return;
  }
  fingers.set(event.pointerId, event);
  sight.move(event.clientX - before.clientX, event.clientY - before.clientY);
});
for (const end of ["pointerup", "pointercancel"]) {
  view.addEventListener(end, (event) => fingers.delete(event.pointerId));
}

const acts = {
  in: () => sight.zoomTo(sight.zoom * STEP),
  out: () => sight.zoomTo(sight.zoom / STEP),
  fit: () => { sight.fit(); sight.lay(); },
  pixels: () => sight.pixels(),
};
for (const button of box.querySelectorAll("[data-zoom]")) {
  button.addEventListener("click", () => acts[button.dataset.zoom]());
}
for (const button of box.querySelectorAll("[data-turn]")) {
  button.addEventListener("click", () => sight.rotate(Number(button.dataset.turn)));
}
const fullScreen = () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else box.requestFullscreen?.().catch(() => {});
};
box.querySelector("[data-full]").addEventListener("click", fullScreen);

const keys = new Keys(box.querySelector("[data-keys-list]"));
keys.bind(["+", "="], acts.in);
keys.bind("-", acts.out);
keys.bind("0", acts.fit);
keys.bind("1", acts.pixels);
keys.bind("r", () => sight.rotate(90));
keys.bind("Shift+r", () => sight.rotate(-90));
keys.bind("f", fullScreen);
view.addEventListener("keydown", (event) => {
  const by = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
  if (!by || sight.zoom === 1) return;
  event.preventDefault();
  sight.move(...by);
});

load();
