// The form that asks: a new question, or one that follows a run.

import { alerted, choice, el, field } from "./elements.js";
import { ask } from "./service.js";

const EFFORTS = {
  "breadth": "By the question",
  "breadth-fast": "Little, and fast",
  "breadth-max": "Much, and thorough",
};

// `previous`: the response that is gone on from.
export function askingForm(previous = null) {
  const { models, searches, longest } = document.body.dataset;
  const question = el("textarea", {
    rows: previous ? 2 : 3, maxlength: longest, required: true, name: "question",
    placeholder: previous ? "And when was he born?" : "Who is older, the director of … or of …?",
  });
  const model = choice(models.split(" ").map((name) => [name, EFFORTS[name] || name]));
  const size = choice([["", "By the question"], ["low", "A value and a sentence"],
    ["high", "A report"]]);
  const where = choice([["", "Everywhere"], ["file_search", "In the documents"],
    ["web_search", "On the web"]]);
  const domains = el("input", { type: "text", placeholder: "example.org, example.net" });
  const wrong = el("div", {});
  const send = el("button", { type: "submit", class: "main" }, previous ? "Ask on" : "Ask");
  // The same key until it is taken: whatever is sent twice makes one run.
  let once = chance();

  async function sent(event) {
    event.preventDefault();
    if (!question.value.trim() || send.disabled) return;
    send.disabled = true;
    wrong.replaceChildren();
    const body = { model: model.value, input: question.value, background: true };
    if (size.value) body.text = { verbosity: size.value };
    if (previous) body.previous_response_id = previous;
    if (where.value) body.tools = [toolOf(where.value, domains.value)];
    try {
      const made = await ask("POST", "/v1/responses", { body, head: { "Idempotency-Key": once } });
      location.hash = `#/run/${made.id.replace(/^resp_/, "")}`;
    } catch (error) {
      alerted(wrong, error);
      if (error.status) once = chance();
    }
    send.disabled = false;
  }

  const looked = field("Where to look", where);
  const only = field("Only at these sites", domains);
  only.hidden = true;
  where.addEventListener("change", () => { only.hidden = where.value !== "web_search"; });
  const form = el("form", { class: "asking", on: { submit: sent, keydown: (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  } } },
  field(previous ? "A question that follows" : "Question", question),
  el("div", { class: "row" },
    field("How much work", model), field("How long", size),
    ...(searches === "yes" ? [looked, only] : []), send),
  wrong);
  return form;
}

function chance() {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((each) => each.toString(36)).join("-");
}

function toolOf(kind, domains) {
  const named = domains.split(/[\s,]+/).filter(Boolean);
  return kind === "web_search" && named.length
    ? { type: kind, filters: { allowed_domains: named } }
    : { type: kind };
}
