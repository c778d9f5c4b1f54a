// Single keys for whole pages, the list of them, and the switch that turns them off (WCAG 2.2, 2.1.4).

const KEPT = "liuhen.single-keys";
const WRITING = "input:not([type=range]):not([type=checkbox]):not([type=radio]):not([type=button]), textarea, select, [contenteditable]";
const PRESSING = "button, a, summary, [role=button]";

export class Keys {
  constructor(list) {
    this.acts = new Map();
    this.list = list;
    const single = list?.querySelector("[data-single-keys]");
    if (single) {
      single.checked = kept();
      single.addEventListener("change", () => {
        try {
          localStorage.setItem(KEPT, single.checked ? "on" : "off");
        } catch { /* then it holds for this page alone */ }
      });
    }
    this.on = () => !single || single.checked;
    list?.querySelector("[data-keys-close]").addEventListener("click", () => list.close());
    for (const button of document.querySelectorAll("[data-keys]")) {
      button.addEventListener("click", () => this.show());
    }
    this.bind("?", () => this.show());
    document.addEventListener("keydown", (event) => this.press(event));
  }

  // Names as in KeyboardEvent.key, one letter in lower case, "Shift+" before it where it counts.
  bind(names, act) {
    for (const name of [names].flat()) this.acts.set(name, act);
  }

  show() {
    if (this.list && !this.list.open) this.list.showModal();
  }

  press(event) {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    const { target } = event;
    if (this.list?.open || target.closest?.(WRITING)) return;
    // Space and Enter press what has the focus; arrows move a slider.
    if ((event.key === " " || event.key === "Enter") && target.closest?.(PRESSING)) return;
    if (event.key.startsWith("Arrow") && target.matches?.("input")) return;
    if (!this.on() && (event.key.length === 1 && event.key !== "?")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const act = (event.shiftKey && this.acts.get(`Shift+${key}`)) || this.acts.get(key);
    if (!act) return;
    event.preventDefault();
    act(event);
  }
}

function kept() {
  try {
    return localStorage.getItem(KEPT) !== "off";
  } catch {
    return true;
  }
}
