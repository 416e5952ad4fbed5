// Two runs side by side: what they cost, what they say, which sources only one of them has.

import { alerted, counted, el, link, said, seconds } from "./elements.js";
import { answerOf, verdictsOf } from "./answer.js";
import { ask } from "./service.js";

export function comparison(ids, signal) {
  const element = el("article", { class: "comparison" }, el("h1", {}, "Two runs"),
    el("p", { class: "quiet" }, "Loading…"));
  fill(element, ids, signal).catch((error) => {
    if (error.name !== "AbortError") alerted(element, error);
  });
  return element;
}

async function fill(element, ids, signal) {
  const runs = await Promise.all(ids.map((id) =>
    ask("GET", `/v1/runs/${encodeURIComponent(id)}`, { signal })));
  const places = runs.map((run) => new Set(run.sources.map((source) => source.url)));
  element.replaceChildren(el("h1", {}, "Two runs"),
    facts(runs),
    el("div", { class: "two" }, runs.map((run, place) =>
      column(run, places[1 - place], place ? "Second" : "First"))));
}

function facts(runs) {
  const rows = [
    ["State", (run) => run.status],
    ["Value", (run) => run.value || "none"],
    ["Time", (run) => seconds(run.seconds)],
    ["Steps", (run) => stepsOf(run)],
    ["Model calls", (run) => run.usage.model_calls.toLocaleString("en")],
    ["Tokens", (run) => run.usage.total_tokens.toLocaleString("en")],
    ["Cost", (run) => (run.usage.cost === null ? "no price" : run.usage.cost.toFixed(4))],
    ["Sources read", (run) => run.sources.length],
    ["Sentences", (run) => (run.answer ? verdictsOf(run.answer) : "none")],
    ["Effort", (run) => run.options.effort || ""],
  ];
  return el("div", { class: "wide", tabindex: 0, role: "group", "aria-label": "Facts" },
    el("table", {},
      el("thead", {}, el("tr", {}, el("td", {}), el("th", { scope: "col" }, "First"),
        el("th", { scope: "col" }, "Second"))),
      el("tbody", {}, rows.map(([name, of]) => {
        const values = runs.map((run) => String(of(run)));
        const differ = values[0] !== values[1];
        return el("tr", { class: differ ? "differs" : null }, el("th", { scope: "row" }, name),
          values.map((value) => said("td", value)));
      }))));
}

function stepsOf(run) {
  const failed = run.calls.filter((call) => call.outcome === "failed").length;
  return counted(run.steps.length, "step") + (failed ? `, ${failed} failed` : "");
}

function column(run, others, name) {
  const only = run.sources.filter((source) => !others.has(source.url));
  return el("section", { "aria-label": `${name} run` },
    el("h2", {}, el("a", { href: `#/run/${run.id}` }, said("span", run.question))),
    run.answer ? answerOf(run.answer) : el("p", { class: "quiet" }, run.reason || "No answer."),
    el("h3", {}, "Read by this run only"),
    only.length
      ? el("ul", { class: "sources" }, only.map((source) =>
        el("li", {}, link(source.url, source.title || source.url))))
      : el("p", { class: "quiet" }, "nothing"));
}
