// The sheet for paper: what the button asked for is the printer's dialogue.
addEventListener("load", () => window.print());
