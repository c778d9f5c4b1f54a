// Picture by picture: from the picture that is on the screen, by the original's own frames where their map is there,
// else by the film's rate.

const USUAL = 25;
const VERSION = 1;
const HAIR = 0.001; // seconds: a player that was sent to a frame stands a hair before or after it

export class Frames {
  constructor(film, rate) {
    this.film = film;
    this.length = 1 / (rate || USUAL);
    this.shown = null; // presentation time of the picture on the screen, seconds
    this.fresh = false; // whether that picture came after the last jump
    this.stepped = null; // where the last step stopped, and where the picture there begins, seconds
    this.times = null; // where the film shows each of the original's frames it has, seconds, rising
    this.numbers = null; // which frames of the original those are, from 0
    if (!film.requestVideoFrameCallback) return;
    const next = (_now, picture) => {
      this.shown = picture.mediaTime;
      this.fresh = true;
      film.requestVideoFrameCallback(next);
    };
    film.requestVideoFrameCallback(next);
    film.addEventListener("seeking", () => { this.fresh = false; });
  }

  // The map of the copy's times to the original's frames, where one was made.
  async load(address) {
    if (!address) return;
    try {
      this.take(await (await fetch(address.url)).json());
    } catch {
      // Without it pictures are counted by the rate, as in an original.
    }
  }

  take(map) {
    if (map.version !== VERSION) return;
    const absent = new Set();
    for (const [first, last] of map.absent) for (let n = first; n <= last; n += 1) absent.add(n);
    const unit = map.unit[0] / map.unit[1];
    const shift = map.shift[0] / map.shift[1];
    const [times, numbers] = [[], []];
    let [stamp, number] = [map.first, 0];
    const keep = () => {
      if (!absent.has(number)) {
        times.push(stamp * unit - shift);
        numbers.push(number);
      }
    };
    keep();
    for (const [count, step] of map.steps) {
      for (let n = 0; n < count; n += 1) {
        stamp += step;
        number += 1;
        keep();
      }
    }
    if (times.length < 2) return;
    [this.times, this.numbers] = [times, numbers];
    this.film.dispatchEvent(new Event("seeked")); // what stands there is told anew, with its number
  }

  // Where we are: a picture's own time while the film stands, so that a mark names exactly what is seen.
  get place() {
    const { film, shown } = this;
    const near = shown !== null && Math.abs(shown - film.currentTime) < 1.5 * this.length;
    return film.paused && near ? shown : film.currentTime;
  }

  // Which frame of the original is on the screen, from 0; null where no map says so.
  get number() {
    if (!this.times) return null;
    return this.numbers[this.index(this.shown ?? this.film.currentTime)];
  }

  // The last frame that begins at or before `seconds`.
  index(seconds) {
    let [low, high] = [0, this.times.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.times[middle] <= seconds + HAIR) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  step(count) {
    this.film.pause();
    const here = this.here();
    const [begin, target] = this.times ? this.mapped(here, count) : this.counted(here, count);
    this.stepped = { at: target, begin };
    this.film.currentTime = target;
  }

  // Where the picture begins from which a step is counted. A jump is over before its picture is on the screen: what
  // stands there until then is the picture before, and must not be counted from.
  here() {
    const { film, stepped, length } = this;
    if (stepped && Math.abs(film.currentTime - stepped.at) < HAIR) return stepped.begin;
    if (this.fresh && !film.seeking) return this.place;
    if (this.times) return film.currentTime;
    return Math.floor((film.currentTime + HAIR) / length) * length;
  }

  // Into the middle of the picture before or after, where rounding does no harm.
  mapped(here, count) {
    const { times, length } = this;
    const index = Math.min(times.length - 1, Math.max(0, this.index(here) + count));
    const begin = times[index];
    const end = times[index + 1] ?? begin + length;
    return [begin, begin + Math.min(end - begin, length) / 2];
  }

  counted(here, count) {
    const { film, length } = this;
    const last = Math.max(0, (film.duration || 0) - length / 2);
    const target = Math.min(last, Math.max(0, here + (count + 0.5) * length));
    return [target - length / 2, target];
  }
}
