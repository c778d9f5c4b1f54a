// Seconds as people read them on a recording.

export function timeCode(seconds, tenths = false) {
  const whole = Math.max(0, tenths ? Math.floor(seconds * 10) / 10 : Math.floor(seconds));
  const two = (n) => String(Math.floor(n)).padStart(2, "0");
  const text = `${two(whole / 3600)}:${two((whole % 3600) / 60)}:${two(whole % 60)}`;
  const rest = Math.round((whole % 1) * 10);
  return rest ? `${text}.${rest}` : text;
}

export function readTimeCode(text) {
  if (!text.trim()) return null;
  const seconds = text.trim().split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  return Number.isFinite(seconds) ? seconds : null;
}
