// Places on the earth, drawn flat: good for the few kilometres somebody goes with a recorder.

const METRES = 111_320; // per degree of latitude

// Not Math.min(...): hours of positions are more than a call may have arguments.
export const least = (numbers) => numbers.reduce((one, other) => Math.min(one, other), Infinity);
export const most = (numbers) => numbers.reduce((one, other) => Math.max(one, other), -Infinity);

// Answers {seconds, east, south} in metres from the middle, north up, for points [seconds, latitude, longitude, …].
export function flatten(points) {
  const sound = points
    .filter((p) => [0, 1, 2].every((n) => Number.isFinite(p[n])) && Math.abs(p[1]) <= 90 && Math.abs(p[2]) <= 180)
    .sort((one, other) => one[0] - other[0]);
  if (!sound.length) return [];
  const middle = (n) => (least(sound.map((p) => p[n])) + most(sound.map((p) => p[n]))) / 2;
  const [latitude, longitude] = [middle(1), middle(2)];
  const narrow = Math.cos((latitude * Math.PI) / 180);
  return sound.map((p) => ({
    seconds: p[0],
    latitude: p[1],
    longitude: p[2],
    altitude: Number.isFinite(p[3]) ? p[3] : null,
    east: (p[2] - longitude) * METRES * narrow,
    south: (latitude - p[1]) * METRES,
  }));
}

export function apart(one, other) {
  return Math.hypot(other.east - one.east, other.south - one.south);
}

// Seconds between two positions from which on nobody can say what lies between them.
export function longestPause(places) {
  const pauses = places.slice(1).map((p, n) => p.seconds - places[n].seconds).sort((a, b) => a - b);
  return Math.max(30, 10 * (pauses[Math.floor(pauses.length / 2)] ?? 0));
}

// The place at a moment, between the positions around it; `known` false before, after, and in a long pause.
export function placeAt(places, seconds, pause) {
  let low = 0;
  let high = places.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (places[middle].seconds <= seconds) low = middle;
    else high = middle - 1;
  }
  const before = places[low];
  const after = places[low + 1];
  if (seconds < before.seconds) return { ...before, known: before.seconds - seconds <= 1 };
  if (!after) return { ...before, known: seconds - before.seconds <= 1 };
  const length = after.seconds - before.seconds;
  if (length > pause) return { ...before, known: seconds - before.seconds <= 1 };
  const share = length ? (seconds - before.seconds) / length : 0;
  const mix = (name) => before[name] + (after[name] - before[name]) * share;
  return {
    seconds,
    latitude: mix("latitude"),
    longitude: mix("longitude"),
    altitude: before.altitude === null || after.altitude === null ? before.altitude : mix("altitude"),
    east: mix("east"),
    south: mix("south"),
    known: true,
  };
}

// The largest of 1, 2, 5, 10, 20 … that is at most `most`.
export function roundDown(most) {
  const ten = 10 ** Math.floor(Math.log10(most));
  return [5, 2, 1].map((n) => n * ten).find((n) => n <= most) ?? ten;
}
