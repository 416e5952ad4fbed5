// A run, folded from its events: its boxes (steps, and elements of steps that are for each of a
// list), what became of them, its phases and decisions. Taking an event twice changes nothing.

export const STATES = {
  waiting: ["○", "waiting"],
  speculated: ["◇", "running on a draft"],
  running: ["●", "running"],
  done: ["✓", "done"],
  failed: ["✕", "failed"],
  skipped: ["–", "skipped"],
  cancelled: ["⊘", "cancelled"],
  stopped: ["▪", "not ended"],
};
const OVER = new Set(["completed", "incomplete", "failed", "cancelled"]);

export class Story {
  constructor() {
    this.boxes = new Map();
    this.top = [];
    this.phases = [];
    this.decisions = [];
    this.status = "queued";
    this.reason = null;
    this.began = null;
    this.latest = null;
    this.hasAnswer = false;
    this.modelCalls = 0;
    this.shape = 0; // changes where boxes or edges do
    this.touched = new Set();
  }

  get isOver() {
    return OVER.has(this.status);
  }

  take(event) {
    const call = TAKEN[event.kind];
    this.latest = Date.parse(event.at);
    if (call) call(this, event);
  }

  // Of those that are no parts of others' elements: what the words "12 of 40" count.
  counts() {
    const found = { all: 0 };
    for (const box of this.boxes.values()) {
      if (box.parts.length && box.isList) continue;
      found.all += 1;
      const state = this.state(box);
      found[state] = (found[state] || 0) + 1;
    }
    return found;
  }

  state(box) {
    if (box.cancelled) return "cancelled";
    if (box.outcome) return box.outcome;
    if (this.isOver) return box.started !== null ? "stopped" : "cancelled";
    if (box.started !== null) return "running";
    if (box.drafted) return "speculated";
    if (box.isList && box.parts.some((part) => part.started !== null)) return "running";
    return "waiting";
  }

  box(id, step = null) {
    let found = this.boxes.get(id);
    if (!found) {
      found = {
        id, step: step || id, tool: "", arguments: {}, inputs: [], forEach: null, optional: false,
        condition: null, by: "", round: 0, within: null, parts: [], isList: false, started: null,
        ended: null, outcome: null, value: undefined, error: null, drafted: false, cancelled: null,
        reused: false, attempt: 1, sources: [], modelCalls: 0, kept: null, candidates: [],
      };
      this.boxes.set(id, found);
      this.shape += 1;
    }
    this.touched.add(id);
    return found;
  }

  // The box of a call: of a step, or of one element of a step.
  called(event) {
    const isNew = !this.boxes.has(event.id);
    const box = this.box(event.id, event.step);
    if (isNew && event.step && event.step !== event.id) {
      const list = this.box(event.step);
      list.isList = true;
      box.tool = event.tool || list.tool;
      box.within = list.id;
      list.parts.push(box);
    } else if (isNew) {
      this.top.push(box);
    }
    return box;
  }
}

function added(story, event) {
  const isNew = !story.boxes.has(event.id);
  const box = story.box(event.id);
  described(box, event);
  if (!isNew) return;
  box.by = event.by;
  box.round = event.round;
  const whole = event.within ? story.boxes.get(event.within) : null;
  if (whole) {
    box.within = whole.id;
    whole.parts.push(box);
    story.touched.add(whole.id);
  } else {
    story.top.push(box);
  }
}

function described(box, event) {
  box.tool = event.tool || box.tool;
  box.arguments = event.arguments || box.arguments;
  box.inputs = event.inputs || event.needs || [];
  box.forEach = event.for_each || null;
  box.isList = box.isList || box.forEach !== null;
  box.optional = Boolean(event.optional);
  box.condition = event.condition || null;
}

function ended(story, event) {
  const box = story.called(event);
  box.ended = Date.parse(event.at);
  box.outcome = event.outcome;
  box.value = event.value;
  box.error = event.error || null;
  box.reused = Boolean(event.reused);
  box.sources = event.sources || [];
}

const TAKEN = {
  run_started(story, event) {
    if (story.began === null) story.began = Date.parse(event.at);
    story.status = "running";
    for (const box of story.boxes.values()) {
      if (event.resumed && !box.outcome) box.started = null;
    }
  },
  phase_started(story, event) {
    story.phases.push({ name: event.phase, round: event.round, at: Date.parse(event.at) });
  },
  step_added: added,
  step_replaced(story, event) {
    described(story.box(event.id), event);
    story.shape += 1;
    story.decisions.push({ at: Date.parse(event.at), what: `${event.id} replaced`, why: event.why });
  },
  step_started(story, event) {
    const box = story.called(event);
    box.started = Date.parse(event.at);
    box.arguments = event.arguments || box.arguments;
    box.attempt = event.attempt || 1;
  },
  step_ended: ended,
  speculation_started(story, event) {
    const box = story.box(event.id);
    box.drafted = true;
  },
  speculated(story, event) {
    const box = story.box(event.id);
    box.drafted = false;
    box.kept = event.kept;
  },
  step_cancelled(story, event) {
    story.box(event.id).cancelled = event.reason;
    story.decisions.push(
      { at: Date.parse(event.at), what: `${event.id} cancelled`, why: event.reason });
  },
  model_called(story, event) {
    story.modelCalls += 1;
    const box = event.step ? story.boxes.get(event.step) : null;
    if (box) box.modelCalls += 1;
  },
  reasoned(story, event) {
    story.box(event.step).candidates = event.candidates;
  },
  decided(story, event) {
    const where = event.within ? `${event.within}: ` : "";
    story.decisions.push(
      { at: Date.parse(event.at), what: where + event.what, why: event.why });
  },
  answer_written(story) {
    story.hasAnswer = true;
  },
  run_ended(story, event) {
    story.status = event.status;
    story.reason = event.reason || null;
    for (const id of story.boxes.keys()) story.touched.add(id);
  },
};

// All that lies in a box, counted by its state.
export function inside(story, box) {
  const found = { all: 0 };
  const left = [...box.parts];
  while (left.length) {
    const part = left.pop();
    left.push(...part.parts);
    found.all += 1;
    const state = story.state(part);
    found[state] = (found[state] || 0) + 1;
  }
  return found;
}

// What a box asks, in a line.
export function asked(box) {
  const given = box.arguments || {};
  for (const name of ["question", "query", "expression", "code", "url"]) {
    if (typeof given[name] === "string") return given[name];
  }
  const first = Object.values(given)[0];
  if (first === undefined) return "";
  return typeof first === "string" ? first : JSON.stringify(first);
}
