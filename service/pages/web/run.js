// One run: its question, its answer, and the plan as it grows.

import { alerted, button, counted, el, said, seconds, tell } from "./elements.js";
import { answerOf, sourcesOf, verdictsOf } from "./answer.js";
import { askingForm } from "./asking.js";
import * as aside from "./aside.js";
import { PlanView } from "./plan.js";
import { ask, file, follow, now } from "./service.js";
import { STATES, Story } from "./story.js";
import { Timeline } from "./timeline.js";

const SLICE = 8; // milliseconds of events in one frame

export class RunView {
  constructor(id, signal) {
    this.id = id;
    this.path = `/v1/runs/${encodeURIComponent(id)}`;
    this.signal = signal;
    this.story = new Story();
    this.waiting = [];
    this.run = null;
    const open = (step) => aside.showStep(id, this.story, step);
    this.plan = new PlanView(this.story, open);
    this.timeline = new Timeline(this.story, open);
    this.build(open);
    const ticking = setInterval(() => { if (!this.over && !document.hidden) this.show(); }, 1000);
    signal.addEventListener("abort", () => {
      clearInterval(ticking);
      this.plan.stop();
      this.timeline.stop();
    });
    this.begin();
  }

  build(open) {
    this.question = said("h1", "…");
    this.before = el("p", {});
    this.state = el("span", { class: "state" });
    this.facts = el("span", { class: "quiet" });
    this.connection = el("p", { class: "note", hidden: true }, "The connection is lost; trying again.");
    this.stopping = button("Stop", () => this.stop(), { hidden: true });
    this.wrong = el("div", {});
    this.answer = el("div", {}, el("p", { class: "quiet" }, "…"));
    this.sources = el("div", {});
    this.sharing = el("div", { class: "row" });
    this.read = section("Sources", this.sources);
    this.read.hidden = true;
    this.files = el("div", { class: "row" });
    this.after = el("div", {});
    this.counts = el("p", { class: "counts" });
    this.decisions = el("ol", { class: "decisions" });
    const decided = el("details", { on: { toggle: () => this.tellDecisions() } },
      el("summary", {}, "Decisions"), this.decisions);
    this.decided = decided;
    this.element = el("article", { class: "run" },
      this.question, this.before,
      el("p", { class: "row" }, this.state, this.facts, this.stopping), this.connection, this.wrong,
      section("Answer", this.answer), this.read,
      this.files, this.sharing, this.after,
      section("Plan", el("div", { class: "row spread" }, this.counts,
        el("div", { class: "row", role: "group", "aria-label": "How the plan is shown" },
          this.plan.ways)), legend(), this.plan.port),
      section("Timeline", this.timeline.element),
      section("More", decided, el("p", {},
        button("Model calls of planner, writer and checks", () => open("")))));
  }

  async begin() {
    try {
      await this.load();
      const end = await follow(this.id, (event) => this.take(event), this.signal,
        (isLost) => { this.connection.hidden = !isLost; });
      if (!end || this.signal.aborted) return;
      await this.drained();
      await this.load();
      if (this.live) tell(`The run is ${this.run.status}`);
    } catch (error) {
      if (error.name !== "AbortError") alerted(this.wrong, error);
    }
  }

  // Events are taken some at a time, so that the page answers meanwhile.
  take(event) {
    this.waiting.push(event);
    if (this.waiting.length === 1) this.schedule();
  }

  schedule() {
    const next = () => this.work();
    if (document.hidden) setTimeout(next, 50);
    else requestAnimationFrame(next);
  }

  work() {
    const until = performance.now() + SLICE;
    let done = 0;
    while (done < this.waiting.length && performance.now() < until) {
      this.story.take(this.waiting[done]);
      done += 1;
    }
    this.waiting.splice(0, done);
    this.show();
    if (this.waiting.length) this.schedule();
    else if (this.whenDrained) this.whenDrained();
  }

  drained() {
    if (!this.waiting.length) return Promise.resolve();
    return new Promise((done) => { this.whenDrained = done; });
  }

  show() {
    this.plan.changed();
    this.timeline.changed();
    const { story } = this;
    const found = story.counts();
    const parts = Object.keys(STATES).filter((state) => found[state])
      .map((state) => `${found[state].toLocaleString("en")} ${STATES[state][1]}`);
    const text = found.all ? `${counted(found.all, "step")}: ${parts.join(", ")}` : "No steps yet";
    if (this.counts.textContent !== text) this.counts.textContent = text;
    if (!story.isOver && this.run && !this.over) {
      this.live = true;
      this.stateIs(story.status);
      const phase = story.phases[story.phases.length - 1];
      const doing = phase ? `Working: ${phase.name}` : "Waiting in the queue";
      this.answer.firstChild.textContent = `${doing}. ${text}.`;
      if (phase && phase !== this.toldPhase) {
        this.toldPhase = phase;
        tell(`${phase.name}: ${text}`);
      }
      if (story.began !== null) {
        const until = Math.max(now(), story.latest);
        this.facts.textContent = seconds((until - story.began) / 1000);
      }
    }
    if (this.decided.open) this.tellDecisions();
  }

  tellDecisions() {
    const { decisions, began } = this.story;
    for (const one of decisions.slice(this.decisions.children.length)) {
      this.decisions.append(el("li", {}, `${seconds((one.at - (began ?? one.at)) / 1000)} `,
        said("b", one.what), one.why ? said("span", `: ${one.why}`) : null));
    }
  }

  stateIs(status) {
    if (this.state.textContent === status) return;
    this.state.textContent = status;
    this.state.className = `state ${status}`;
    this.stopping.hidden = !["queued", "running"].includes(status);
  }

  // The run as it is now: what no event tells.
  async load() {
    const run = await ask("GET", `${this.path}?brief=true`, { signal: this.signal });
    this.run = run;
    this.over = !["queued", "running"].includes(run.status);
    document.title = `${run.question} – Breadth`;
    this.question.textContent = run.question;
    this.stateIs(run.status);
    if (run.previous_response_id) {
      const id = run.previous_response_id.replace(/^(resp_|chatcmpl-)/, "");
      this.before.replaceChildren("Follows ", el("a", { href: `#/run/${id}` }, "an earlier run"));
    }
    if (!this.over) return;
    const { usage } = run;
    const cost = usage.cost === null ? "" : `, cost ${usage.cost.toFixed(4)}`;
    this.facts.textContent = `${seconds(run.seconds)}, ${counted(usage.model_calls, "model call")}, ` +
      `${counted(usage.total_tokens, "token")}${cost}`;
    this.wrong.replaceChildren(...(run.reason ? [said("p", run.reason, { class: "note" })] : []));
    this.showAnswer(run);
  }

  showAnswer(run) {
    const { answer } = run;
    if (!answer) {
      this.answer.replaceChildren(el("p", { class: "quiet" }, "There is none."));
    } else {
      this.answer.replaceChildren(answerOf(answer),
        el("p", { class: "quiet" }, `Checked sentences: ${verdictsOf(answer) || "none"}`));
    }
    this.read.hidden = false;
    this.sources.replaceChildren(...sourcesOf(answer, run.sources));
    if (!answer) return;
    this.showFiles();
    if (document.body.dataset.shares === "yes") this.showShare();
    if (run.response && run.response.startsWith("resp_") && !this.after.children.length) {
      this.after.append(askingForm(run.response));
    }
  }

  async stop() {
    this.stopping.disabled = true;
    try {
      const run = await ask("POST", `${this.path}/cancel`);
      this.stateIs(run.status);
      tell(`The run is ${run.status}`);
    } catch (error) {
      alerted(this.wrong, error);
    }
    this.stopping.disabled = false;
  }

  async showFiles() {
    if (this.files.children.length) return;
    const listed = await ask("GET", `${this.path}/files`, { signal: this.signal });
    const made = listed.data.map((each) => button(each.name, (event) =>
      this.download(each.format, event.target), {
      class: "small", disabled: each.missing !== null, title: each.missing,
    }));
    this.files.replaceChildren(el("span", { class: "quiet" }, "Download:"), ...made);
  }

  async download(format, pressed) {
    pressed.disabled = true;
    try {
      const address = URL.createObjectURL(await file(`${this.path}/files/${format}`));
      const way = el("a", { href: address, download: `breadth-${this.run.id}.${format}` });
      document.body.append(way);
      way.click();
      way.remove();
      setTimeout(() => URL.revokeObjectURL(address), 10000);
    } catch (error) {
      alerted(this.wrong, error);
    }
    pressed.disabled = false;
  }

  async showShare() {
    this.shared(await ask("GET", `${this.path}/share`, { signal: this.signal }));
  }

  shared(share) {
    const change = async (method) => {
      try {
        this.shared(await ask(method, `${this.path}/share`));
        this.sharing.querySelector("button").focus();
      } catch (error) {
        alerted(this.wrong, error);
      }
    };
    if (!share.path) {
      this.sharing.replaceChildren(button("Share by a link", () => change("POST"), { class: "small" }));
      return;
    }
    const address = new URL(share.path, location.origin).href;
    this.sharing.replaceChildren(...[
      el("span", { class: "quiet" }, "Whoever has this link reads the answer:"),
      el("a", { href: share.path, target: "_blank", rel: "noopener" }, address),
      navigator.clipboard ? button("Copy", () => navigator.clipboard.writeText(address)
        .then(() => tell("Copied")).catch(() => {}), { class: "small" }) : null,
      button("End the link", () => change("DELETE"), { class: "small" }),
    ].filter(Boolean));
  }
}

function section(title, ...content) {
  const id = `head-${title.toLowerCase()}`;
  return el("section", { "aria-labelledby": id }, el("h2", { id }, title), ...content);
}

function legend() {
  return el("ul", { class: "legend", "aria-label": "Signs" }, Object.entries(STATES).map(
    ([state, [sign, word]]) => el("li", {},
      el("span", { class: `sign ${state}`, "aria-hidden": "true" }, sign), ` ${word}`)));
}
