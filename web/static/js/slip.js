// A slip with a link for one person: the button opens the printer's dialogue.
document.querySelector("[data-print]").addEventListener("click", () => window.print());
