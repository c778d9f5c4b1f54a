// Picture by picture: from the picture that is on the screen, by the film's own rate.

const USUAL = 25;

export class Frames {
  constructor(film, rate) {
    this.film = film;
    this.length = 1 / (rate || USUAL);
    this.shown = null; // presentation time of the picture on the screen, seconds
    this.wanted = null;
    if (!film.requestVideoFrameCallback) return;
    const next = (_now, picture) => {
      this.shown = picture.mediaTime;
      film.requestVideoFrameCallback(next);
    };
    film.requestVideoFrameCallback(next);
    film.addEventListener("seeked", () => { this.wanted = null; });
  }

  // Where we are: a picture's own time while the film stands, so that a mark names exactly what is seen.
  get place() {
    const { film, shown } = this;
    const near = shown !== null && Math.abs(shown - film.currentTime) < 1.5 * this.length;
    return film.paused && near ? shown : film.currentTime;
  }

  // Into the middle of the picture before or after, where rounding does no harm.
  step(count) {
    const { film, length } = this;
    film.pause();
    const here = this.wanted ?? this.place;
    const last = Math.max(0, (film.duration || 0) - length / 2);
    const target = Math.min(last, Math.max(0, here + (count + 0.5) * length));
    this.wanted = film.requestVideoFrameCallback ? target - length / 2 : null;
    film.currentTime = target;
  }
}
