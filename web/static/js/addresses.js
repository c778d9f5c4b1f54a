// Short-lived addresses of one recording: asked for when the page opens, and again before they expire.

export class Refused extends Error {}

export async function askAddresses(place) {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const answer = await fetch(place, {
    method: "POST",
    headers: { "X-CSRFToken": token, Accept: "application/json" },
  });
  if (!answer.ok) throw new Refused(String(answer.status));
  const found = await answer.json();
  // By the server's clock, so that a wrong clock at the desk does no harm.
  found.validFor = Date.parse(found.expires) - Date.parse(found.now);
  return found;
}
