// The list of runs: search, more of them, two to compare. It looks again while some still work.

import { alerted, button, choice, el, moment, said, seconds, tell } from "./elements.js";
import { ask } from "./service.js";

const STATUSES = ["queued", "running", "completed", "incomplete", "failed", "cancelled",
  "interrupted"];
const AGAIN = 4000;

export class Listing {
  constructor(signal) {
    this.signal = signal;
    this.rows = new Map();
    this.chosen = [];
    this.last = null;
    this.asked = 0;
    this.words = el("input", { type: "search", maxlength: 200, "aria-label": "Search questions",
      placeholder: "Search questions", on: { input: () => this.later() } });
    this.status = choice([["", "Any state"], ...STATUSES.map((each) => [each, each])],
      { "aria-label": "State", on: { change: () => this.load() } });
    this.list = el("ul", { class: "runs" });
    this.more = button("More", () => this.load(true), { hidden: true });
    this.compare = button("Compare the two", () => {
      location.hash = `#/compare/${this.chosen.join("/")}`;
    }, { disabled: true });
    this.wrong = el("div", {});
    this.element = el("section", { "aria-labelledby": "runs-head" },
      el("div", { class: "row spread" }, el("h2", { id: "runs-head" }, "Runs"), this.compare),
      el("div", { class: "row", role: "search" }, this.words, this.status),
      this.wrong, this.list, this.more);
    this.load();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), 250);
  }

  async load(more = false) {
    const number = ++this.asked;
    clearTimeout(this.again);
    const query = new URLSearchParams({ limit: "20" });
    if (this.words.value.trim()) query.set("words", this.words.value.trim());
    if (this.status.value) query.set("status", this.status.value);
    if (more && this.last) query.set("before", this.last);
    try {
      const found = await ask("GET", `/v1/runs?${query}`, { signal: this.signal });
      if (number !== this.asked) return;
      this.wrong.replaceChildren();
      this.show(found, more);
    } catch (error) {
      if (error.name !== "AbortError") alerted(this.wrong, error);
    }
  }

  show(found, more) {
    const kept = more ? [...this.list.children] : [];
    const rows = found.data.map((run) => this.row(run));
    const now = [...kept, ...rows.filter((row) => !kept.includes(row))];
    if (now.length !== this.list.children.length ||
        now.some((row, place) => row !== this.list.children[place])) {
      this.list.replaceChildren(...now);
    }
    if (!now.length) this.list.append(el("li", { class: "quiet" }, "There are none."));
    this.last = found.last_id || this.last;
    this.more.hidden = !found.has_more;
    if (this.words.value) tell(`${now.length} runs found`);
    const works = found.data.some((run) => ["queued", "running"].includes(run.status));
    if (works && !more && !this.signal.aborted) {
      this.again = setTimeout(() => { if (!document.hidden) this.load(); else this.later(); }, AGAIN);
    }
  }

  // The same element for the same run: what somebody has reached stays.
  row(run) {
    let row = this.rows.get(run.id);
    if (!row) {
      const check = el("input", { type: "checkbox", "aria-label": `Compare: ${run.question}`,
        on: { change: () => this.choose(run.id, check) } });
      row = el("li", {}, check, el("a", { href: `#/run/${run.id}` },
        said("span", run.question, { class: "asked" })),
      el("span", { class: "state" }), el("span", { class: "quiet" }),
      said("span", "", { class: "came" }));
      this.rows.set(run.id, row);
    }
    const told = JSON.stringify([run.status, run.seconds, run.value]);
    if (row.told !== told) {
      row.told = told;
      const [, , state, facts, value] = row.children;
      state.className = `state ${run.status}`;
      state.textContent = run.status;
      facts.replaceChildren(moment(run.created_at), `, ${seconds(run.seconds)}`);
      value.textContent = run.value || "";
    }
    return row;
  }

  choose(id, check) {
    this.chosen = this.chosen.filter((each) => each !== id);
    if (check.checked) this.chosen.push(id);
    if (this.chosen.length > 2) {
      const first = this.chosen.shift();
      this.rows.get(first).firstChild.checked = false;
    }
    this.compare.disabled = this.chosen.length !== 2;
  }
}
