// The page of a film or a sound: its parts put together.

import { Attaching } from "./attach.js";
import { Clock } from "./clock.js";
import { Controls } from "./controls.js";
import { Frames } from "./frames.js";
import { Keys } from "./keys.js";
import { Marks } from "./marks.js";
import { Source } from "./source.js";
import { timeCode } from "./timecode.js";
import { lacks, Timeline } from "./timeline.js";
import { Track } from "./track.js";
import { layMark } from "./viewermark.js";

const box = document.querySelector("[data-player]");
const film = box.querySelector("video, audio");
const { dataset } = box;
const known = Number(dataset.duration) || 0;

const controls = new Controls(box, film);
const frames = new Frames(film, Number(dataset.rate));
const clock = new Clock(box);
const timeline = new Timeline(box.querySelector("[data-timeline]"), film, known);
const keys = new Keys(box.querySelector("[data-keys-list]"));
const place = () => frames.place;

layMark(box, box.querySelector("[data-screen]"));

const card = document.querySelector(".marks-card");
const attaching = new Attaching({ place, changed: () => showRange() });
const marks = new Marks(card, {
  place,
  go: (seconds) => controls.go(seconds),
  changed: (found) => {
    timeline.showMarks(found);
    showRange();
  },
  noted: (words) => note(words),
});
const trackCard = document.querySelector("[data-track]");
const track = trackCard ? new Track(trackCard, (seconds) => controls.go(seconds)) : null;

// The range of the form somebody is at: of the mark, else of the attachment.
function showRange() {
  const marking = marks.range();
  timeline.showRange(...(marking[0] === null ? attaching.range() : marking));
}

// What was marked, for a moment over the picture: in full screen there is no other place for it.
const noted = box.querySelector("[data-noted]");
let notedUntil = 0;
function note(words) {
  noted.textContent = words;
  noted.hidden = false;
  clearTimeout(notedUntil);
  notedUntil = setTimeout(() => { noted.hidden = true; }, 2500);
}

// Trouble, said over the picture with what can be done.
const trouble = box.querySelector("[data-trouble]");
function say(sentence) {
  trouble.querySelector("[data-trouble-words]").textContent = sentence;
  trouble.hidden = false;
}

const source = new Source(dataset.addresses, film);
let first = true;
source.addEventListener("addresses", ({ detail }) => {
  if (first) {
    timeline.load(detail);
    track?.load(detail.track);
    frames.load(detail.frames);
  } else timeline.renew(detail);
  first = false;
});
source.addEventListener("refused", () => { if (first || film.error) say(dataset.sayRefused); });
source.addEventListener("failed", () => say(dataset.sayFailed));
trouble.querySelector("[data-again]").addEventListener("click", () => {
  trouble.hidden = true;
  if (film.currentSrc) source.again();
  else source.begin();
});

// Some browsers play the sound of a film they cannot decode, show nothing, and report no error.
const unseen = () => dataset.media === "video" && film.readyState >= 1 && film.videoWidth === 0;
for (const event of ["loadedmetadata", "playing"]) {
  film.addEventListener(event, () => {
    if (unseen()) say(dataset.sayPicture);
    else trouble.hidden = true;
  });
}

// A copy that ends early says what it covers.
const covers = box.querySelector("[data-covers]");
film.addEventListener("loadedmetadata", () => {
  box.querySelector("[data-whole]").textContent = timeCode(timeline.there, 1);
  const missing = lacks(film.duration, known);
  const said = box.querySelector(".covers:not([data-covers])");
  covers.hidden = !missing || said !== null;
  covers.querySelector("[data-covers-words]").textContent = dataset.sayCovers
    .replace("{there}", timeCode(film.duration)).replace("{whole}", timeCode(known));
});

const at = box.querySelector("[data-at]");
const frame = box.querySelector("[data-frame]");
function tell() {
  const here = place();
  at.textContent = timeCode(here, film.paused ? 3 : 0);
  const number = film.paused ? frames.number : null;
  frame.hidden = number === null;
  if (number !== null) frame.textContent = dataset.sayFrame.replace("{number}", number + 1);
  clock.tell(here);
  marks.follow(here);
  track?.follow(here);
}
for (const event of ["timeupdate", "seeking", "seeked", "pause"]) film.addEventListener(event, tell);
film.requestVideoFrameCallback?.(function shown() {
  if (film.paused) tell();
  film.requestVideoFrameCallback(shown);
});

// Whatever names a place jumps there: marks, attachments, and an address that ends in #t=130.5.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-seek]");
  if (!button) return;
  controls.go(Number(button.dataset.seek));
  if (!button.closest(".marks-card")) box.scrollIntoView({ block: "start", behavior: "smooth" });
});
function goWhereAsked() {
  const asked = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);
  if (asked) controls.go(Number(asked[1]));
}
addEventListener("hashchange", goWhereAsked);
film.addEventListener("loadedmetadata", goWhereAsked, { once: true });

for (const button of box.querySelectorAll("[data-step]")) {
  button.addEventListener("click", () => frames.step(Number(button.dataset.step)));
}

keys.bind([" ", "k"], () => controls.toggle());
keys.bind("ArrowLeft", () => controls.jump(-5));
keys.bind("ArrowRight", () => controls.jump(5));
keys.bind("Shift+ArrowLeft", () => controls.jump(-1));
keys.bind("Shift+ArrowRight", () => controls.jump(1));
keys.bind("j", () => controls.jump(-10));
keys.bind("l", () => controls.jump(10));
keys.bind("Home", () => controls.go(0));
keys.bind("End", () => controls.go(timeline.there));
keys.bind("-", () => controls.faster(-1));
keys.bind(["+", "="], () => controls.faster(1));
keys.bind("0", () => controls.faster(0));
keys.bind("x", () => controls.mute());
keys.bind("Shift+ArrowUp", () => controls.louder(0.1));
keys.bind("Shift+ArrowDown", () => controls.louder(-0.1));
keys.bind("p", () => marks.next(-1));
keys.bind("n", () => marks.next(1));
keys.bind("m", async () => {
  const asked = place(); // leaving full screen takes a while
  if (document.fullscreenElement) await document.exitFullscreen();
  marks.write(asked);
});
keys.bind("i", () => marks.setStart());
keys.bind("o", () => marks.setEnd());
for (let number = 1; number <= 9; number += 1) keys.bind(String(number), () => marks.preset(number));
if (dataset.media === "video") {
  keys.bind(",", () => frames.step(-1));
  keys.bind(".", () => frames.step(1));
  keys.bind("f", () => controls.fullScreen());
  keys.bind("t", () => clock.toggleOver());
}

timeline.showMarks(marks.all());
showRange();
tell();
source.begin();
