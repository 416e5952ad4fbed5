// What ran when: each call a bar, in as few rows as they need. Drawn on a canvas, since there may be
// thousands; the plan says the same to who does not see it.

import { counted, el, seconds } from "./elements.js";
import { now as present } from "./service.js";
import { asked } from "./story.js";

const TALLEST = 18;
const MOST = 220;
const HEAD = 34;

export class Timeline {
  constructor(story, open) {
    this.story = story;
    this.open = open;
    this.bars = [];
    this.wanted = false;
    this.canvas = el("canvas", { class: "timeline", role: "img", on: {
      click: (event) => this.clicked(event),
      pointermove: (event) => this.pointed(event),
      pointerleave: () => this.under.replaceChildren(),
    } });
    this.under = el("p", { class: "under", "aria-hidden": "true" });
    this.element = el("div", {}, this.canvas, this.under);
    this.watcher = new ResizeObserver(() => this.changed());
    this.watcher.observe(this.element);
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.turned = () => this.changed();
    this.dark.addEventListener("change", this.turned);
  }

  stop() {
    this.watcher.disconnect();
    this.dark.removeEventListener("change", this.turned);
  }

  changed() {
    if (this.wanted) return;
    this.wanted = true;
    const wait = this.story.boxes.size > 200 && this.bars.length ? 400 : 60;
    setTimeout(() => requestAnimationFrame(() => {
      this.wanted = false;
      if (this.canvas.isConnected) this.draw();
    }), wait);
  }

  // In rows: none touches another one of its row.
  packed() {
    const { story } = this;
    const now = story.isOver ? story.latest : Math.max(present(), story.latest || 0);
    const bars = [];
    for (const box of story.boxes.values()) {
      if (box.started === null) continue;
      bars.push({ box, from: box.started, to: Math.max(box.ended ?? now, box.started), row: 0 });
    }
    bars.sort((a, b) => a.from - b.from);
    const ends = [];
    for (const bar of bars) {
      let row = ends.findIndex((end) => end <= bar.from);
      if (row < 0) row = ends.length;
      ends[row] = bar.to;
      bar.row = row;
    }
    return { bars, rows: ends.length, now };
  }

  draw() {
    const { story, canvas } = this;
    const { bars, rows, now } = this.packed();
    const began = story.began ?? story.latest;
    const width = this.element.clientWidth;
    if (began === null || !width) return;
    const tall = rows ? Math.max(2, Math.min(TALLEST, MOST / rows)) : TALLEST;
    const height = HEAD + Math.max(1, rows) * tall + 6;
    const scale = devicePixelRatio || 1;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.height = `${height}px`;
    const whole = Math.max(1, now - began);
    const at = (moment) => ((moment - began) / whole) * (width - 2) + 1;
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    const look = getComputedStyle(document.documentElement);
    const colour = (name) => look.getPropertyValue(`--${name}`).trim();
    pen.font = `12px ${look.fontFamily}`;
    this.frame(pen, at, { colour, width, height, whole, began, now });
    this.bars = bars.map((bar) => {
      const x = at(bar.from);
      const wide = Math.max(2, at(bar.to) - x);
      const y = HEAD + bar.row * tall;
      pen.fillStyle = colour(story.state(bar.box));
      pen.fillRect(x, y, wide, Math.max(1.5, tall - 2));
      return { ...bar, x, wide, y, tall };
    });
    if (tall >= 14) this.label(pen, colour);
    const most = counted(rows, "call");
    canvas.setAttribute("aria-label", `Timeline: ${counted(bars.length, "call")} in ` +
      `${seconds(whole / 1000)}, at most ${most} at once`);
  }

  frame(pen, at, { colour, width, height, whole, began, now }) {
    const phases = this.story.phases;
    phases.forEach((phase, place) => {
      const x = at(phase.at);
      const end = at(phases[place + 1]?.at ?? now);
      pen.fillStyle = colour(place % 2 ? "band" : "card");
      pen.fillRect(x, 0, end - x, height);
      pen.fillStyle = colour("quiet");
      if (pen.measureText(phase.name).width < end - x - 6) pen.fillText(phase.name, x + 4, 12);
    });
    const step = stepOf(whole / 1000, width);
    pen.fillStyle = colour("quiet");
    for (let second = 0; second * 1000 <= whole; second += step) {
      const x = at(began + second * 1000);
      pen.globalAlpha = 0.35;
      pen.fillRect(x, 18, 1, height - 18);
      pen.globalAlpha = 1;
      const text = tick(second, step);
      if (x + pen.measureText(text).width + 3 < width) pen.fillText(text, x + 3, 28);
    }
  }

  label(pen, colour) {
    pen.fillStyle = colour("on-bar");
    for (const bar of this.bars) {
      const text = bar.box.id;
      if (pen.measureText(text).width < bar.wide - 6) pen.fillText(text, bar.x + 3, bar.y + 12);
    }
  }

  under_(event) {
    const edge = this.canvas.getBoundingClientRect();
    const x = event.clientX - edge.left;
    const y = event.clientY - edge.top;
    return this.bars.find((bar) =>
      x >= bar.x - 2 && x <= bar.x + bar.wide + 2 && y >= bar.y && y <= bar.y + bar.tall);
  }

  clicked(event) {
    const bar = this.under_(event);
    if (bar) this.open(bar.box.id);
  }

  pointed(event) {
    const bar = this.under_(event);
    const began = this.story.began;
    this.under.textContent = bar
      ? `${bar.box.id}: ${asked(bar.box)} (${seconds((bar.from - began) / 1000)} to ` +
        `${seconds((bar.to - began) / 1000)})`
      : "";
  }
}

// Seconds between two lines, so that there are not too many.
function stepOf(whole, width) {
  const most = Math.max(2, width / 70);
  for (const step of [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200,
    21600, 43200]) {
    if (whole / step <= most) return step;
  }
  return Math.ceil(whole / most / 86400) * 86400;
}

function tick(second, step) {
  if (step < 1) return `${second.toFixed(1)} s`;
  if (step < 60) return `${second} s`;
  return step < 3600 ? `${second / 60} min` : `${second / 3600} h`;
}
