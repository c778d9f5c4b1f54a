// Seconds as people read them on a recording.

export function timeCode(seconds, digits = 0) {
  const parts = 10 ** digits;
  // Never up: at the last tenth of a film there is no next second yet. A little slack for what floats make of 0.3.
  const count = Math.max(0, Math.floor(seconds * parts + 1e-6));
  const two = (n) => String(Math.floor(n)).padStart(2, "0");
  const whole = Math.floor(count / parts);
  const text = `${two(whole / 3600)}:${two((whole % 3600) / 60)}:${two(whole % 60)}`;
  const rest = count % parts;
  return rest ? `${text}.${String(rest).padStart(digits, "0")}` : text;
}

export function readTimeCode(text) {
  if (!text.trim()) return null;
  const seconds = text.trim().replaceAll("：", ":").split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  return Number.isFinite(seconds) ? seconds : null;
}
