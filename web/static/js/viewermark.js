// The viewer's mark: who looks, and when, faintly over the whole picture, also in full screen; what is photographed from
// a screen says from whose. It is drawn, so there is no text to be styled away by chance.

const EVERY = 15_000; // milliseconds; the mark tells minutes
const FONT = "14px system-ui, sans-serif";
const APART = [280, 130]; // CSS pixels between one mark and the next, along and across
const TURN = -Math.PI / 9;

export class ViewerMark {
  // `now` is the server's clock when the page was made, in seconds: a wrong clock at the desk does no harm.
  constructor(place, { who, now, zone }) {
    this.place = place;
    this.who = who;
    this.ahead = Number(now) * 1000 - Date.now();
    this.format = new Intl.DateTimeFormat("sv-SE", {
      dateStyle: "short", timeStyle: "short", timeZone: zone || undefined,
    });
    this.canvas = document.createElement("canvas");
    this.canvas.dataset.viewerMark = "";
    this.canvas.setAttribute("aria-hidden", "true");
    this.stay();
    new ResizeObserver(() => this.draw()).observe(place);
    new MutationObserver(() => this.stay()).observe(place, { childList: true });
    setInterval(() => this.draw(), EVERY);
  }

  get words() {
    return `${this.who}  ${this.format.format(new Date(Date.now() + this.ahead))}`;
  }

  stay() {
    if (this.canvas.parentElement === this.place) return;
    this.place.append(this.canvas);
    this.draw();
  }

  draw() {
    const { clientWidth: wide, clientHeight: high } = this.place;
    const dots = window.devicePixelRatio || 1;
    this.canvas.width = Math.max(1, Math.round(wide * dots));
    this.canvas.height = Math.max(1, Math.round(high * dots));
    const pen = this.canvas.getContext("2d");
    pen.scale(dots, dots);
    pen.translate(wide / 2, high / 2);
    pen.rotate(TURN);
    pen.font = FONT;
    pen.textAlign = "center";
    pen.lineWidth = 2;
    // Light with a dark edge: to be read on snow and at night, and little enough not to hide anything.
    pen.fillStyle = "rgb(255 255 255 / 30%)";
    pen.strokeStyle = "rgb(0 0 0 / 18%)";
    const { words } = this;
    const along = Math.max(APART[0], pen.measureText(words).width + 60);
    const reach = Math.hypot(wide, high) / 2;
    const rows = Math.ceil(reach / APART[1]);
    const each = Math.ceil(reach / along) + 1;
    for (let row = -rows; row <= rows; row += 1) {
      for (let n = -each; n <= each; n += 1) {
        const x = (n + (row % 2) / 2) * along;
        const y = row * APART[1];
        pen.strokeText(words, x, y);
        pen.fillText(words, x, y);
      }
    }
  }
}

// Lays the mark over `place` where the bureau wants it.
export function layMark(box, place) {
  const { viewerMark: who, viewerNow: now, zone } = box.dataset;
  return who ? new ViewerMark(place, { who, now, zone }) : null;
}
