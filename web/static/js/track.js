// The way a recorder went, as a plain drawing: scale, north, start and end, time marks, and a dot that moves along.

import { apart, flatten, least, longestPause, most, placeAt, roundDown } from "./plane.js";
import { timeCode } from "./timecode.js";

const [WIDE, HIGH, EDGE] = [720, 240, 34];
const SMALLEST = 20; // metres: a recorder that stood still is a point, not a scribble
const STEPS = [5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200];
const MOST_MARKS = 10;
const NEAR = 8; // pixels within which two parts of a way lie under one click

export class Track {
  constructor(card, go) {
    this.card = card;
    this.go = go;
    this.drawing = card.querySelector("[data-track-drawing]");
    this.here = card.querySelector("[data-track-here]");
    this.now = 0;
    this.drawing.addEventListener("click", (event) => this.click(event));
  }

  async load(address) {
    if (!address) return;
    try {
      const found = await (await fetch(address.url)).json();
      this.places = found.version === 1 ? flatten(found.points) : [];
      this.origin = found.origin;
    } catch {
      return; // without a track the page still says the one place it knows
    }
    if (this.places.length < 2) return;
    this.pause = longestPause(this.places);
    this.card.hidden = false;
    this.draw();
    this.follow(this.now);
  }

  draw() {
    const { places, drawing } = this;
    const reach = (name) => most(places.map((p) => Math.abs(p[name]))) * 2;
    this.scale = Math.min(
      (WIDE - 2 * EDGE) / Math.max(SMALLEST, reach("east")),
      (HIGH - 2 * EDGE) / Math.max(SMALLEST, reach("south")),
    );
    for (const place of places) [place.x, place.y] = this.spot(place);
    drawing.textContent = "";
    this.drawWay();
    this.drawTimes();
    this.drawEnds();
    this.drawScale();
    this.dot = shape(drawing, "circle", { class: "dot", r: 7 });
    this.tellWay();
  }

  spot(place) {
    return [WIDE / 2 + place.east * this.scale, HIGH / 2 + place.south * this.scale];
  }

  // One line per unbroken stretch; where nobody knows the way between, it is dashed and straight.
  drawWay() {
    const stretches = [[]];
    for (const [n, place] of this.places.entries()) {
      const last = this.places[n - 1];
      if (last && place.seconds - last.seconds > this.pause) {
        shape(this.drawing, "path", { class: "way unknown", d: path([last, place]) });
        stretches.push([]);
      }
      stretches.at(-1).push(place);
    }
    for (const stretch of stretches) shape(this.drawing, "path", { class: "way", d: path(stretch) });
  }

  drawTimes() {
    const { places } = this;
    const [first, last] = [places[0].seconds, places.at(-1).seconds];
    const step = STEPS.find((s) => (last - first) / s <= MOST_MARKS) ?? 14_400;
    const taken = [places[0], places.at(-1)];
    for (let at = Math.ceil(first / step) * step; at < last; at += step) {
      const place = placeAt(places, at, this.pause);
      if (!place.known || at <= first) continue;
      [place.x, place.y] = this.spot(place);
      shape(this.drawing, "circle", { class: "time", cx: place.x, cy: place.y, r: 2.6 });
      if (taken.some((t) => Math.hypot(t.x - place.x, t.y - place.y) < 44)) continue;
      taken.push(place);
      write(this.drawing, timeCode(at).replace(/^00:/, ""), place.x + 6, place.y - 6, "label");
    }
  }

  drawEnds() {
    const [first, last] = [this.places[0], this.places.at(-1)];
    const { sayStart, sayEnd } = this.card.dataset;
    shape(this.drawing, "circle", { class: "begin", cx: first.x, cy: first.y, r: 5 });
    shape(this.drawing, "rect", { class: "finish", x: last.x - 5, y: last.y - 5, width: 10, height: 10 });
    const close = Math.hypot(first.x - last.x, first.y - last.y) < 30;
    write(this.drawing, sayStart, first.x - 9, first.y + (close ? -10 : 4), "label strong end");
    write(this.drawing, sayEnd, last.x + 9, last.y + (close ? 18 : 4), "label strong");
  }

  drawScale() {
    const metres = roundDown(120 / this.scale);
    const [left, bottom] = [16, HIGH - 14];
    const right = left + metres * this.scale;
    shape(this.drawing, "path", { class: "scale", d: `M${left} ${bottom - 6}V${bottom}H${right}V${bottom - 6}` });
    write(this.drawing, length(metres), right + 6, bottom, "label");
    shape(this.drawing, "path", { class: "north", d: `M${WIDE - 24} 34V14m-5 8 5-9 5 9` });
    write(this.drawing, this.card.dataset.sayNorth, WIDE - 24, 48, "label strong middle");
  }

  tellWay() {
    const { places, card } = this;
    const way = places.slice(1).reduce((sum, p, n) => sum + apart(places[n], p), 0);
    const values = {
      way: length(Math.round(way)),
      time: timeCode(places.at(-1).seconds - places[0].seconds),
      count: places.length,
      from: timeCode(places[0].seconds),
      to: timeCode(places.at(-1).seconds),
      origin: card.getAttribute(`data-say-origin-${this.origin}`) ?? String(this.origin),
    };
    card.querySelector("[data-track-words]").textContent =
      card.dataset.sayWords.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  follow(seconds) {
    this.now = seconds;
    if (!this.dot) return;
    const place = placeAt(this.places, seconds, this.pause);
    const [x, y] = this.spot(place);
    this.dot.setAttribute("cx", x);
    this.dot.setAttribute("cy", y);
    this.dot.classList.toggle("unknown", !place.known);
    this.here.textContent = place.known
      ? `${place.latitude.toFixed(5)}, ${place.longitude.toFixed(5)}${place.altitude === null ? "" : ` · ${Math.round(place.altitude)} m`}`
      : this.card.dataset.sayNowhere;
  }

  // To the moment nearest to the pointer; where the way comes by several times, the time nearest to now.
  click(event) {
    if (!this.places) return;
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.drawing.getScreenCTM().inverse());
    const far = this.places.map((place) => Math.hypot(place.x - point.x, place.y - point.y));
    const limit = least(far) + NEAR;
    const passes = []; // of each pass near the pointer, its nearest position
    for (const [n, distance] of far.entries()) {
      if (distance > limit) continue;
      if (!(far[n - 1] <= limit)) passes.push(n);
      else if (distance < far[passes.at(-1)]) passes[passes.length - 1] = n;
    }
    const away = (n) => Math.abs(this.places[n].seconds - this.now);
    this.go(this.places[passes.sort((one, other) => away(one) - away(other))[0]].seconds);
  }
}

function length(metres) {
  return metres >= 1000 ? `${(metres / 1000).toFixed(metres % 1000 ? 1 : 0)} km` : `${metres} m`;
}

function path(places) {
  return places.map((p, n) => `${n ? "L" : "M"}${p.x.toFixed(1)} ${p.y.toFixed(1)}`).join("");
}

function shape(parent, name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
}

function write(parent, words, x, y, look) {
  shape(parent, "text", { class: look, x, y }).textContent = words;
}
