// The player of one recording.

import { askAddresses } from "./addresses.js";
import { Timeline } from "./timeline.js";
import { readTimeCode, timeCode } from "./timecode.js";

const RENEW_BEFORE = 90_000;
const box = document.querySelector("[data-player]");
const film = box.querySelector("video, audio");
const photo = box.querySelector("[data-photo]");
const trouble = box.querySelector("[data-trouble]");

let timeline = null;
let renewal = 0;
let triedAgain = false;

function say(sentence) {
  trouble.textContent = sentence;
  trouble.hidden = false;
}

async function load(keep) {
  let found;
  try {
    found = await askAddresses(box.dataset.addresses);
  } catch {
    if (!keep) say(box.dataset.sayRefused);
    clearTimeout(renewal);
    renewal = setTimeout(() => load(true), 30_000);
    return;
  }
  const { main, preview, poster } = found.addresses;
  clearTimeout(renewal);
  if (photo) {
    const address = main ?? preview;
    if (address) photo.src = address.url;
    return;
  }
  if (main) show(main.url, poster?.url, keep);
  if (timeline && !keep) timeline.load(found.addresses);
  if (timeline && keep) timeline.renew(found.addresses);
  renewal = setTimeout(() => load(true), Math.max(20_000, found.validFor - RENEW_BEFORE));
}

// A fresh address takes the old one's place: same moment, same speed, playing or not as before.
function show(url, poster, keep) {
  const { currentTime: at, paused, playbackRate: rate } = film;
  if (poster && !keep) film.poster = poster;
  film.src = url;
  if (!keep) return;
  film.addEventListener("loadedmetadata", () => {
    film.currentTime = at;
    film.playbackRate = rate;
    if (!paused) film.play().catch(() => {});
  }, { once: true });
}

if (film) {
  const at = box.querySelector("[data-at]");
  const wall = box.querySelector("[data-wall]");
  const began = Number(box.dataset.start) * 1000;
  const format = new Intl.DateTimeFormat("sv-SE", {
    dateStyle: "short", timeStyle: "medium", timeZone: box.dataset.zone || undefined,
  });
  timeline = new Timeline(box.querySelector("[data-timeline]"), film, Number(box.dataset.duration) || 0);

  const tell = () => {
    at.textContent = timeCode(film.currentTime);
    if (wall && began) wall.textContent = format.format(new Date(began + film.currentTime * 1000));
  };
  film.addEventListener("timeupdate", tell);
  tell();
  film.addEventListener("loadedmetadata", () => { trouble.hidden = true; });

  // Some browsers play the sound of a film they cannot decode, show nothing, and report no error.
  film.addEventListener("playing", () => {
    triedAgain = false;
    if (box.dataset.media === "video" && film.videoWidth === 0) say(box.dataset.sayPicture);
  });
  film.addEventListener("error", () => {
    if (!film.currentSrc) return;
    if (!triedAgain) {
      triedAgain = true; // the address may have run out while the machine slept
      load(true);
      return;
    }
    say(box.dataset.sayFailed);
  });

  for (const button of box.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => {
      film.pause();
      film.currentTime = Math.max(0, film.currentTime + Number(button.dataset.step) / 25);
    });
  }
  box.querySelector("[data-speed]")?.addEventListener("change", (event) => {
    film.playbackRate = Number(event.target.value);
  });

  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, textarea, select, button, a, summary, video, audio")) return;
    const jump = { ArrowLeft: -5, ArrowRight: 5, j: -10, l: 10 }[event.key];
    if (jump) film.currentTime = Math.max(0, film.currentTime + jump);
    else if (event.key === " " || event.key === "k") {
      if (film.paused) film.play().catch(() => {}); else film.pause();
    } else return;
    event.preventDefault();
  });

  for (const button of document.querySelectorAll("[data-seek]")) {
    button.addEventListener("click", () => {
      film.currentTime = Number(button.dataset.seek);
      film.scrollIntoView({ block: "center", behavior: "smooth" });
    });
  }

  // Attaching a range: start and end are taken from where the player stands.
  const fields = {
    start: document.querySelector('input[name="start"]'),
    end: document.querySelector('input[name="end"]'),
  };
  const mark = () => timeline.mark(readTimeCode(fields.start?.value ?? ""), readTimeCode(fields.end?.value ?? ""));
  for (const button of document.querySelectorAll("[data-take]")) {
    button.addEventListener("click", () => {
      fields[button.dataset.take].value = timeCode(film.currentTime, true);
      mark();
    });
  }
  fields.start?.addEventListener("input", mark);
  fields.end?.addEventListener("input", mark);
  mark();
}

load(false);
