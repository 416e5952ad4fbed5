// What is shown beside the page, or over its lower half on a phone: a passage, or a step.

import { alerted, button, counted, el, link, said, seconds, tell, written } from "./elements.js";
import { ask } from "./service.js";
import { STATES } from "./story.js";

export const VERDICTS = {
  supported: "supported",
  partly: "supported in part",
  unsupported: "not supported",
  contradicted: "contradicted",
  uncited: "cites nothing",
};

let opener = null;

export function place() {
  return document.getElementById("aside");
}

export function close() {
  const aside = place();
  if (aside.hidden) return;
  aside.hidden = true;
  aside.replaceChildren();
  document.body.classList.remove("beside");
  const back = opener;
  opener = null;
  if (back && back.isConnected) back.focus({ preventScroll: true });
}

function opened(title, ...content) {
  const aside = place();
  if (aside.hidden || !aside.contains(document.activeElement)) opener = document.activeElement;
  aside.replaceChildren(
    el("div", { class: "aside-head" }, said("h2", title),
      button("Close", close, { class: "close" })),
    ...content);
  aside.hidden = false;
  aside.scrollTop = 0;
  document.body.classList.add("beside");
  aside.focus({ preventScroll: true });
}

// A citation of an answer, with the sentences that rest on it.
export function showPassage(answer, number) {
  const cited = answer.citations[number - 1];
  if (!cited) return;
  const resting = answer.claims.filter((claim) => claim.citations.includes(number));
  opened(`[${number}] ${cited.title || cited.url}`,
    el("p", { class: "quiet" }, link(cited.url, cited.url), ", ", said("span", cited.place)),
    said("blockquote", cited.text, { tabindex: 0 }),
    el("h3", {}, "Sentences that rest on it"),
    el("ul", {}, resting.map((claim) => el("li", {}, said("span", claim.text), " ",
      el("span", { class: `verdict ${claim.verdict}` }, VERDICTS[claim.verdict])))));
}

export async function showStep(run, story, id) {
  const box = id ? story.boxes.get(id) : null;
  const body = el("div", {}, el("p", { class: "quiet" }, "Loading…"));
  opened(box ? `${id}: ${box.tool}` : "Planner, writer and checks", body);
  try {
    const path = `/v1/runs/${encodeURIComponent(run)}/step?id=${encodeURIComponent(id)}`;
    const found = await ask("GET", path);
    body.replaceChildren(...(box ? ofStep(story, box, found) : []), ...models(found.model_calls));
    tell(box ? `${id}, ${STATES[story.state(box)][1]}` : "Planner, writer and checks");
  } catch (error) {
    if (error.status === 404 && box) body.replaceChildren(...ofStep(story, box, null));
    else alerted(body, error);
  }
}

function ofStep(story, box, found) {
  const call = found?.call;
  const state = story.state(box);
  const facts = [["State", STATES[state][1]]];
  if (box.started !== null && story.began !== null) {
    const end = box.ended ?? story.latest;
    facts.push(["Ran", `from ${seconds((box.started - story.began) / 1000)} on, for ` +
      seconds(Math.max(0, end - box.started) / 1000)]);
  }
  if ((call?.attempt || 1) > 1) facts.push(["Attempts", call.attempt]);
  if (call?.reused) facts.push(["Reused", "taken over from an earlier run"]);
  if (box.kept !== null) facts.push(["Started early", box.kept ? "and kept" : "for nothing"]);
  if (box.by) facts.push(["Planned by", `${box.by}, round ${box.round}`]);
  if (box.inputs.length) facts.push(["Waited for", box.inputs.join(", ")]);
  if (box.forEach) facts.push(["For each of", box.forEach]);
  if (box.condition) facts.push(["When", box.condition]);
  const shown = [el("dl", { class: "facts" }, facts.map(([name, value]) =>
    [el("dt", {}, name), said("dd", String(value))]))];
  shown.push(el("h3", {}, "Inputs"), pairs(call?.arguments || box.arguments));
  if (box.outcome === "done") {
    const value = call ? call.value : box.value;
    shown.push(el("h3", {}, "Result"), said("p", written(value), { class: "value" }));
  }
  const why = call?.error || box.error || box.cancelled;
  if (why) shown.push(el("h3", {}, "Why"), said("p", why));
  if (box.candidates.length) shown.push(...reasoning(box.candidates));
  if (found) shown.push(...passages(found));
  return shown;
}

// What a method of reasoning made, round by round, and who saw whom.
function reasoning(candidates) {
  const rounds = new Map();
  for (const one of candidates) {
    if (!rounds.has(one.round)) rounds.set(one.round, []);
    rounds.get(one.round).push(one);
  }
  const shown = [el("h3", {}, "Reasoning")];
  for (const [round, made] of rounds) {
    if (rounds.size > 1) shown.push(el("h4", {}, `Round ${round}`));
    shown.push(el("ul", { class: "candidates" }, made.map(candidate)));
  }
  return shown;
}

function candidate(one) {
  const facts = [one.by, one.score === null ? "" : `score ${one.score.toFixed(2)}`,
    one.saw.length ? `saw ${one.saw.join(", ")}` : "", one.state].filter(Boolean).join("; ");
  const says = one.answer ?? `${one.text.slice(0, 80)}${one.text.length > 80 ? "…" : ""}`;
  return el("li", { class: one.state || "kept" }, el("details", {}, el("summary", {},
    said("span", `${one.id}: ${says}`), facts ? said("span", ` (${facts})`, { class: "quiet" }) : ""),
  said("pre", one.text, { tabindex: 0 })));
}

function pairs(given) {
  const all = Object.entries(given || {});
  if (!all.length) return el("p", { class: "quiet" }, "none");
  return el("dl", { class: "facts" }, all.map(([name, value]) =>
    [said("dt", name), said("dd", written(value))]));
}

function passages(found) {
  if (!found.passages.length) return [];
  const texts = new Map(found.passages.map((each) => [each.id, each]));
  const sources = new Map(found.sources.map((each) => [each.id, each]));
  const shown = [el("h3", {}, "Passages")];
  for (const [kind, word] of [["proof", "proves it"], ["read", "was read"]]) {
    for (const id of found.call?.[kind] || []) {
      const passage = texts.get(id);
      if (!passage) continue;
      texts.delete(id);
      const source = sources.get(passage.source) || { url: "", title: "" };
      shown.push(el("figure", {}, el("figcaption", {},
        link(source.url, source.title || source.url), " ",
        el("span", { class: "quiet" }, `(${passage.part || `characters ${passage.start}–${
          passage.end}`}; ${word})`)), said("blockquote", passage.text, { tabindex: 0 })));
    }
  }
  return shown;
}

function models(calls) {
  if (!calls.length) return [el("h3", {}, "Model calls"), el("p", { class: "quiet" }, "none")];
  const priced = calls.filter((call) => call.cost !== null);
  const tokens = calls.reduce((sum, c) => sum + c.prompt_tokens + c.completion_tokens, 0);
  const cost = priced.reduce((sum, call) => sum + call.cost, 0);
  const price = priced.length ? `, cost ${cost.toFixed(4)}` : "";
  return [
    el("h3", {}, "Model calls"),
    el("p", {}, `${counted(calls.length, "call")}, ${counted(tokens, "token")}${price}`),
    calls.map(modelCall),
  ].flat();
}

function modelCall(call) {
  const tokens = `${call.prompt_tokens} + ${call.completion_tokens} tokens`;
  const cost = call.cost === null ? "" : `, cost ${call.cost.toFixed(4)}`;
  const wrong = call.error ? `, ${call.error}` : "";
  const details = el("details", {}, el("summary", {},
    said("span", `${call.purpose || "asked"}: ${seconds(call.seconds)}, ${tokens}${cost}${wrong}`)));
  details.addEventListener("toggle", () => {
    if (details.children.length > 1) return;
    details.append(said("p", call.model, { class: "quiet" }));
    for (const message of call.request.messages || []) {
      details.append(el("h4", {}, message.role), said("pre", message.content, { tabindex: 0 }));
    }
    for (const sample of call.samples || []) {
      details.append(el("h4", {}, "answer"), said("pre", sample.text, { tabindex: 0 }));
    }
  });
  return details;
}
