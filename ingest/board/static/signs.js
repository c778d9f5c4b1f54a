// Signs: each state has a shape of its own, so that nobody depends on colour.
const SHAPES = {
  empty: '<circle cx="12" cy="12" r="9" stroke-dasharray="3.6 3.4"/>',
  run: '<circle cx="12" cy="12" r="9"/><path class="full" d="M12 3a9 9 0 0 1 0 18z"/>',
  safe: '<circle class="full" cx="12" cy="12" r="10"/><path class="on" d="M7 12.5l3.4 3.4L17 9"/>',
  archive: '<path class="full" d="M12 1.8l8.6 3v6.6c0 5.2-3.6 8.9-8.6 10.8-5-1.9-8.6-5.6-8.6-10.8V4.800z"/><path class="on" d="M7.600 12l3.100 3.200L16.400 9"/>',
  stop: '<path class="full" d="M12 2.500L22.500 21h-21z"/><path class="on" d="M12 9.500v5M12 18v.1"/>',
  again: '<path class="full" d="M12 2.500L22.500 21h-21z"/><path class="on" d="M12 18.500v-7M9 14l3-3 3 3"/>',
  wait: '<circle cx="12" cy="12" r="9"/><path d="M12 7v5.300l3.300 2"/>',
  taken: '<circle cx="12" cy="12" r="9"/><path d="M7.500 12.500l3 3L16.500 9.500"/>',
};
const OF_KIND = {
  empty: "empty", taken: "taken", reading: "run", copying: "run", checking: "run", clearing: "run",
  safe: "safe", nothing: "safe", received: "archive", verified: "archive",
  full: "stop", early: "again", keep: "stop", attention: "stop", unreadable: "stop",
};
const OF_TONE = { safe: "safe", wait: "wait", stop: "stop", run: "run", idle: "empty" };

const make = (shape) => {
  const parsed = new DOMParser().parseFromString(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" class="sign" aria-hidden="true">${SHAPES[shape]}</svg>`,
    "image/svg+xml",
  );
  return document.importNode(parsed.documentElement, true);
};

export const signOfKind = (kind) => make(OF_KIND[kind] ?? "stop");
export const signOfTone = (tone) => make(OF_TONE[tone] ?? "stop");

// An element with classes after a dot, attributes, and children: text stays text.
export const h = (what, attributes = {}, ...children) => {
  const [name, ...classes] = what.split(".");
  const made = document.createElement(name || "div");
  if (classes.length) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
};
