// The plan, drawn. Only the boxes in sight are in the document, so it has as many elements for two
// thousand steps as for forty. The arrow keys move between boxes, in sight or not.

import { button, counted, cut, el, said, written } from "./elements.js";
import { layered, listed } from "./placing.js";
import { STATES, asked, inside } from "./story.js";

const MOST_OPEN = 200;
const BEYOND = 240; // pixels around what is in sight that are drawn, too
const SVG = "http://www.w3.org/2000/svg";

export class PlanView {
  constructor(story, open) {
    this.story = story;
    this.open = open;
    this.way = matchMedia("(max-width: 40rem)").matches ? "list" : "graph";
    this.toggled = new Map();
    this.nodes = new Map();
    this.shown = [];
    this.placed = null;
    this.shape = -1;
    this.placedAt = 0;
    this.current = null;
    this.wanted = false;
    this.build();
  }

  build() {
    this.edges = document.createElementNS(SVG, "svg");
    this.edges.setAttribute("aria-hidden", "true");
    this.edges.classList.add("edges");
    this.lines = ["line", "part", "line current"].map((name) => {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("class", name);
      this.edges.append(path);
      return path;
    });
    this.ground = el("div", { class: "ground" }, this.edges);
    this.port = el("div", {
      class: "plan", role: "group", "aria-label": "Plan",
      on: { scroll: () => this.draw(), keydown: (event) => this.moved(event) },
    }, this.ground);
    this.ways = ["graph", "list"].map((way) =>
      button(way === "graph" ? "Graph" : "List", () => this.turn(way), {
        "aria-pressed": way === this.way,
      }));
    this.watcher = new ResizeObserver(() => this.changed(true));
    this.watcher.observe(this.port);
  }

  turn(way) {
    this.way = way;
    this.ways.forEach((each, place) =>
      each.setAttribute("aria-pressed", String(way === ["graph", "list"][place])));
    this.changed(true);
  }

  stop() {
    this.watcher.disconnect();
  }

  // Something has happened. `again`: boxes are to be placed anew, whatever happened.
  changed(again = false) {
    if (again) this.shape = -1;
    this.draw();
  }

  draw() {
    if (this.wanted) return;
    this.wanted = true;
    requestAnimationFrame(() => {
      this.wanted = false;
      if (!this.port.isConnected) return;
      this.place();
      this.fill();
    });
  }

  place() {
    const many = this.story.boxes.size > MOST_OPEN;
    if (this.shape === this.story.shape) return;
    if (this.shape !== -1 && many && performance.now() - this.placedAt < 500) {
      setTimeout(() => this.draw(), 500);
      return;
    }
    this.shape = this.story.shape;
    this.placedAt = performance.now();
    this.depths = new Map();
    this.shown = [];
    this.gather(this.story.top, 0);
    const edges = this.edgesOf(this.shown);
    const width = this.way === "graph" ? 208 : Math.max(260, this.port.clientWidth);
    this.boxWidth = width;
    this.placed = this.way === "graph"
      ? layered(this.shown, edges, width)
      : listed(this.shown, edges, width, (box) => this.depths.get(box.id));
    this.ground.style.width = `${this.placed.width}px`;
    this.ground.style.height = `${this.placed.height}px`;
    this.port.style.height = `${Math.max(160, this.placed.height + 20)}px`;
    this.port.classList.toggle("listed", this.way === "list");
    if (!this.placed.places.has(this.current)) this.current = this.shown[0]?.id ?? null;
    const all = counted(this.story.boxes.size, "step");
    this.port.setAttribute("aria-label", `Plan of ${all}; arrow keys move between them`);
    for (const node of this.nodes.values()) node.isOld = true;
  }

  gather(boxes, depth) {
    for (const box of boxes) {
      this.shown.push(box);
      this.depths.set(box.id, depth);
      if (box.parts.length && this.isOpen(box)) this.gather(box.parts, depth + 1);
    }
  }

  isOpen(box) {
    return this.toggled.get(box.id) ?? this.story.boxes.size <= MOST_OPEN;
  }

  edgesOf(boxes) {
    const there = new Set(boxes.map((box) => box.id));
    const edges = [];
    this.parts = new Set();
    for (const box of boxes) {
      const inputs = [...new Set(box.inputs)].filter((id) => there.has(id) && id !== box.id);
      for (const id of inputs) edges.push([id, box.id]);
      if (!inputs.length && box.within && there.has(box.within)) {
        edges.push([box.within, box.id]);
        this.parts.add(box.id);
      }
    }
    return edges;
  }

  // What is in sight: put there, brought up to date, or taken away.
  fill() {
    if (!this.placed) return;
    const { port } = this;
    const sight = {
      left: port.scrollLeft - BEYOND, top: port.scrollTop - BEYOND,
      right: port.scrollLeft + port.clientWidth + BEYOND,
      bottom: port.scrollTop + port.clientHeight + BEYOND,
    };
    const seen = new Set(this.inSight(sight));
    if (this.current) seen.add(this.current);
    for (const [id, node] of this.nodes) {
      if (seen.has(id)) continue;
      node.remove();
      this.nodes.delete(id);
    }
    for (const id of seen) this.show(this.story.boxes.get(id));
    this.story.touched.clear();
    this.connect(sight);
  }

  *inSight(sight) {
    for (const column of this.placed.columns) {
      if (!column?.length) continue;
      const x = this.placed.places.get(column[0]).x;
      if (this.way === "graph" && (x + this.boxWidth < sight.left || x > sight.right)) continue;
      let low = 0;
      let high = column.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.placed.places.get(column[middle]).y < sight.top) low = middle + 1;
        else high = middle;
      }
      for (; low < column.length; low += 1) {
        if (this.placed.places.get(column[low]).y > sight.bottom) break;
        yield column[low];
      }
    }
  }

  show(box) {
    let node = this.nodes.get(box.id);
    if (!node) {
      node = el("div", { class: "node" });
      node.isOld = true;
      this.nodes.set(box.id, node);
      this.ground.append(node);
    }
    const changed = this.story.touched.has(box.id) || box.parts.length;
    if (node.isOld || changed) this.write(node, box);
    node.firstChild.tabIndex = box.id === this.current ? 0 : -1;
  }

  write(node, box) {
    const place = this.placed.places.get(box.id);
    node.isOld = false;
    node.style.transform = `translate(${place.x}px, ${place.y}px)`;
    node.style.width = `${place.width || this.boxWidth}px`;
    const state = this.story.state(box);
    const [sign, word] = STATES[state];
    const came = box.outcome === "done" ? written(box.value) : box.error || box.cancelled || "";
    const told = [state, box.tool, asked(box), came, box.parts.length, this.isOpen(box)];
    if (box.parts.length) told.push(JSON.stringify(inside(this.story, box)));
    if (node.told === told.join("\0")) return;
    node.told = told.join("\0");
    const hadFocus = node.contains(document.activeElement);
    const main = el("button", {
      type: "button", class: `box ${state}`, "data-id": box.id,
      on: { click: () => this.choose(box), focus: () => this.reach(box.id) },
    },
    el("span", { class: "first" },
      el("span", { class: "sign", "aria-hidden": "true" }, sign),
      said("b", cut(box.id, 40)), " ", said("span", box.tool, { class: "tool" }),
      el("span", { class: "unseen" }, `, ${word}`)),
    said("span", cut(asked(box), 160), { class: "asked" }),
    said("span", cut(came, 120), { class: "came" }));
    node.replaceChildren(main, ...this.toggle(box));
    if (hadFocus) main.focus({ preventScroll: true });
  }

  toggle(box) {
    if (!box.parts.length) return [];
    const found = inside(this.story, box);
    const parts = Object.keys(STATES).filter((state) => found[state])
      .map((state) => `${found[state].toLocaleString("en")} ${STATES[state][1]}`).join(", ");
    const isOpen = this.isOpen(box);
    const name = counted(found.all, box.isList ? "part" : "step");
    return [button(`${isOpen ? "▾" : "▸"} ${name}`, () => {
      this.toggled.set(box.id, !isOpen);
      this.changed(true);
    }, {
      class: "toggle", "aria-expanded": isOpen, title: parts,
      "aria-label": `${name} of ${box.id}: ${parts}`,
    })];
  }

  connect(sight) {
    const { places, before } = this.placed;
    const drawn = ["", "", ""];
    const width = sight.right - sight.left;
    const height = sight.bottom - sight.top;
    this.edges.style.transform = `translate(${sight.left}px, ${sight.top}px)`;
    this.edges.setAttribute("width", width);
    this.edges.setAttribute("height", height);
    if (this.way === "graph") {
      for (const box of this.shown) {
        const to = places.get(box.id);
        for (const id of before.get(box.id)) {
          const from = places.get(id);
          if (from.x > sight.right || to.x < sight.left) continue;
          const above = Math.min(from.y, to.y);
          const below = Math.max(from.y, to.y);
          if (above > sight.bottom || below < sight.top) continue;
          const isCurrent = id === this.current || box.id === this.current;
          const kind = isCurrent ? 2 : this.parts.has(box.id) ? 1 : 0;
          drawn[kind] += this.curve(from, to, sight);
        }
      }
    }
    drawn.forEach((way, place) => this.lines[place].setAttribute("d", way));
  }

  curve(from, to, sight) {
    const x = from.x + this.boxWidth - sight.left;
    const y = from.y + 31 - sight.top;
    const end = to.x - sight.left;
    const low = to.y + 31 - sight.top;
    const half = Math.max(24, (end - x) / 2);
    return `M${x} ${y}C${x + half} ${y} ${end - half} ${low} ${end} ${low}`;
  }

  choose(box) {
    this.current = box.id;
    this.draw();
    this.open(box.id);
  }

  reach(id) {
    if (this.current === id) return;
    this.current = id;
    this.draw();
  }

  moved(event) {
    const { placed } = this;
    const isBox = event.target.classList.contains("box");
    if (!placed || !this.current || !isBox || event.ctrlKey || event.metaKey || event.altKey) return;
    const column = placed.columns[placed.places.get(this.current).column];
    const at = column.indexOf(this.current);
    const to = {
      ArrowUp: () => column[at - 1],
      ArrowDown: () => column[at + 1],
      ArrowLeft: () => placed.before.get(this.current)[0],
      ArrowRight: () => placed.after.get(this.current)[0],
      Home: () => this.shown[0].id,
      End: () => this.shown[this.shown.length - 1].id,
    }[event.key];
    if (!to) return;
    event.preventDefault();
    const id = to();
    if (id) this.go(id);
  }

  // To a box that may be out of sight.
  go(id) {
    const { places, row } = this.placed;
    const { port } = this;
    const place = places.get(id);
    if (!place) return;
    this.current = id;
    const wide = place.width || this.boxWidth;
    if (place.y < port.scrollTop) port.scrollTop = place.y - 8;
    else if (place.y + row > port.scrollTop + port.clientHeight) {
      port.scrollTop = place.y + row - port.clientHeight;
    }
    if (place.x < port.scrollLeft) port.scrollLeft = place.x - 8;
    else if (place.x + wide > port.scrollLeft + port.clientWidth) {
      port.scrollLeft = place.x + wide + 8 - port.clientWidth;
    }
    this.fill();
    this.nodes.get(id).firstChild.focus({ preventScroll: true });
  }
}
