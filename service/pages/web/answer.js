// An answer: its sentences with their marks and verdicts, and its sources.

import { button, el, link, said } from "./elements.js";
import { VERDICTS, showPassage } from "./aside.js";

const MARKED = ["partly", "unsupported", "contradicted"];

// `level`: of its headings.
export function answerOf(answer, level = 3) {
  const shown = [];
  if (answer.title) shown.push(said(`h${level}`, answer.title, { class: "title" }));
  if (answer.value && answer.value.length < 200) shown.push(said("p", answer.value, { class: "value" }));
  if (answer.summary.length) shown.push(paragraph(answer, answer.summary));
  for (const section of answer.sections) {
    if (section.heading) shown.push(said(`h${level}`, section.heading));
    if (section.sentences.length) shown.push(paragraph(answer, section.sentences));
    if (section.table) shown.push(table(answer, section.table));
  }
  return el("div", { class: "answer" }, shown);
}

function paragraph(answer, sentences) {
  return el("p", { dir: "auto" }, sentences.flatMap((one) => [...sentence(answer, one), " "]));
}

function sentence(answer, claim) {
  const isMarked = MARKED.includes(claim.verdict);
  const text = said(isMarked ? "mark" : "span", claim.text, { class: claim.verdict });
  const shown = [text];
  for (const number of claim.citations) {
    const cited = answer.citations[number - 1];
    if (!cited) continue;
    shown.push("\u00a0", button(`[${number}]`, () => showPassage(answer, number), {
      class: "cite", title: cited.title,
      "aria-label": `Passage ${number}: ${cited.title}; ${VERDICTS[claim.verdict]}`,
    }));
  }
  if (isMarked) {
    shown.push(" ", el("span", { class: `verdict ${claim.verdict}` }, VERDICTS[claim.verdict]));
  }
  return shown;
}

function table(answer, given) {
  const head = given.columns.map((name) => said("th", name, { scope: "col" }));
  const rows = given.rows.map((row) => el("tr", {}, row.map((cell) =>
    el("td", { dir: "auto" }, cell.text ? sentence(answer, cell) : ""))));
  return el("div", { class: "wide", tabindex: 0, role: "group", "aria-label": "Table" },
    el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows)));
}

export function sourcesOf(answer, read) {
  const shown = [];
  if (answer && answer.citations.length) {
    shown.push(el("ol", { class: "sources" }, answer.citations.map((cited) =>
      el("li", {}, link(cited.url, cited.title || cited.url), " ",
        said("span", `${cited.url === cited.title ? "" : `${cited.url}, `}${cited.place}`,
          { class: "quiet" }), " ",
        button("Passage", () => showPassage(answer, cited.number), {
          class: "small", "aria-label": `Passage ${cited.number}`,
        })))));
  }
  const cited = new Set(answer ? answer.citations.map((each) => each.url) : []);
  const rest = read.filter((source) => !cited.has(source.url));
  if (rest.length) {
    shown.push(el("details", {}, el("summary", {}, `Read besides: ${rest.length}`),
      el("ul", { class: "sources" }, rest.map((source) =>
        el("li", {}, link(source.url, source.title || source.url), " ",
          said("span", source.title === source.url ? "" : source.url, { class: "quiet" }))))));
  }
  return shown.length ? shown : [el("p", { class: "quiet" }, "none")];
}

// How well the sentences are carried, in words.
export function verdictsOf(answer) {
  const found = {};
  for (const claim of answer.claims) found[claim.verdict] = (found[claim.verdict] || 0) + 1;
  return Object.keys(VERDICTS).filter((name) => found[name])
    .map((name) => `${found[name]} ${VERDICTS[name]}`).join(", ");
}
