// Begins: which view the address is, and the key where the service wants one.

import { alerted, el, field } from "./elements.js";
import { askingForm } from "./asking.js";
import * as aside from "./aside.js";
import { comparison } from "./comparing.js";
import { Listing } from "./listing.js";
import { RunView } from "./run.js";
import { ask, key, whenKeyIsWanted } from "./service.js";

const main = document.getElementById("main");
const forget = document.getElementById("forget");
let leaving = new AbortController();

function shown() {
  leaving.abort();
  leaving = new AbortController();
  aside.close();
  document.title = "Breadth";
  forget.hidden = !key.get();
  const { signal } = leaving;
  const [view, ...ids] = location.hash.replace(/^#\//, "").split("/").map(plain);
  if (view === "run" && ids[0]) {
    main.replaceChildren(new RunView(ids[0], signal).element);
  } else if (view === "compare" && ids.length === 2) {
    main.replaceChildren(comparison(ids, signal));
  } else {
    main.replaceChildren(el("h1", { class: "unseen" }, "Ask a question"), askingForm(),
      new Listing(signal).element);
  }
}

function plain(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}

// The form is never sent: its value is kept in this tab, and tried.
function keyForm() {
  if (main.querySelector("form.key")) return;
  leaving.abort();
  const given = el("input", { type: "password", autocomplete: "off", required: true, name: "key" });
  const wrong = el("div", {});
  if (key.get()) alerted(wrong, new Error("The service does not know this key."));
  key.forget();
  main.replaceChildren(el("form", { class: "key", on: { submit: async (event) => {
    event.preventDefault();
    key.set(given.value.trim());
    try {
      await ask("GET", "/v1/runs?limit=1");
      shown();
    } catch (error) {
      if (error.status !== 401) alerted(wrong, error);
      else {
        key.forget();
        alerted(wrong, new Error("The service does not know this key."));
      }
    }
  } } },
  el("h1", {}, "API key"),
  el("p", {}, "This service wants a key. It is kept in this tab alone, until the tab is closed."),
  field("Key", given), el("button", { type: "submit", class: "main" }, "Go on"), wrong));
  given.focus();
}

whenKeyIsWanted(keyForm);
forget.addEventListener("click", () => { key.forget(); shown(); });
document.getElementById("skip").addEventListener("click", () => main.focus());
document.addEventListener("keydown", (event) => { if (event.key === "Escape") aside.close(); });
addEventListener("hashchange", () => { shown(); scrollTo(0, 0); main.focus({ preventScroll: true }); });
shown();
