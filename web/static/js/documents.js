// Putting documents in: dropped or chosen, sent one after the other with progress. Without this the form does it at once.

const form = document.querySelector("[data-documents]");
if (form) {
  const field = form.querySelector("input[type=file]");
  const drop = form.querySelector("[data-drop]");
  const list = form.querySelector("[data-put]");
  const button = form.querySelector("button.main");
  const limit = Number(form.dataset.limit);

  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const name of ["dragleave", "drop"]) {
    drop.addEventListener(name, () => drop.classList.remove("over"));
  }
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    field.files = event.dataTransfer.files;
  });
  // A file that misses the field must not replace the page.
  for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!field.files.length) return;
    button.disabled = true;
    const files = [...field.files];
    for (const file of files) await put(file);
    field.value = "";
    button.disabled = false;
  });

  function line(name) {
    const item = document.createElement("li");
    const title = document.createElement("strong");
    title.textContent = name;
    const words = document.createElement("span");
    item.append(title, " ", words);
    list.append(item);
    return { item, title, words };
  }

  function put(file) {
    const { item, title, words } = line(file.name);
    const refuse = (why) => {
      item.className = "stop";
      words.textContent = `▲ ${why}`;
    };
    if (file.size > limit) {
      refuse(form.dataset.sayLarge);
      return Promise.resolve();
    }
    const body = new FormData(form);
    body.delete("document");
    body.append("document", file, file.name);
    return new Promise((done) => {
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.setRequestHeader("Accept", "application/json");
      request.upload.addEventListener("progress", (event) => {
        words.textContent = `${form.dataset.saySending} ${Math.floor((100 * event.loaded) / Math.max(event.total, 1))} %`;
      });
      request.addEventListener("load", () => {
        let answer = null;
        try {
          answer = JSON.parse(request.responseText);
        } catch { /* no answer of ours */ }
        const one = answer?.files?.[0];
        if (!one) {
          refuse(answer?.problem || answer?.what || form.dataset.sayRefused);
        } else if (one.state === "refused") {
          refuse(one.says);
        } else {
          item.className = "safe";
          words.textContent = `✔ ${one.says}`;
          if (one.clip) {
            const link = document.createElement("a");
            link.href = one.clip;
            link.textContent = one.name;
            title.replaceChildren(link);
          }
          const digest = document.createElement("div");
          digest.className = "mono";
          digest.textContent = one.sha256 ? `SHA-256 ${one.sha256}` : "";
          item.append(digest);
        }
        done();
      });
      for (const name of ["error", "abort", "timeout"]) {
        request.addEventListener(name, () => {
          refuse(form.dataset.sayBroken);
          done();
        });
      }
      request.send(body);
    });
  }
}
