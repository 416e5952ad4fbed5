// What is asked of the service. The key stays in this tab, and is sent as a header.

const PLACE = "breadth-key";
const HIDDEN = 20000;
const WAITS = [500, 1000, 2000, 4000, 8000];

export class Refused extends Error {
  constructor(status, told) {
    super((told && told.message) || `The service answered ${status}.`);
    this.status = status;
    this.code = told ? told.code : null;
  }
}

export const key = {
  get: () => sessionStorage.getItem(PLACE) || "",
  set: (value) => sessionStorage.setItem(PLACE, value),
  forget: () => sessionStorage.removeItem(PLACE),
};

let wanted = () => {};
let ahead = 0;

// What the service's clock says, to a second: that of this machine may say something else.
export function now() {
  return Date.now() + ahead;
}

// Who is called where the service wants a key, or another one.
export function whenKeyIsWanted(call) {
  wanted = call;
}

export async function ask(method, path, { body = null, head = {}, signal = null } = {}) {
  const answer = await sent(method, path, { body, head, signal });
  return answer.json();
}

export async function file(path) {
  const answer = await sent("GET", path, {});
  return answer.blob();
}

async function sent(method, path, { body = null, head = {}, signal = null }) {
  const headers = { ...head };
  if (key.get()) headers.Authorization = `Bearer ${key.get()}`;
  if (body !== null) headers["Content-Type"] = "application/json";
  let answer = null;
  try {
    answer = await fetch(path, {
      method, headers, signal, credentials: "omit", cache: "no-store",
      body: body === null ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, { message: "The service does not answer." });
  }
  const date = Date.parse(answer.headers.get("Date") || "");
  if (date && Math.abs(date - Date.now() - ahead) > 1500) ahead = date - Date.now();
  if (answer.ok) return answer;
  let told = null;
  try {
    told = (await answer.json()).error;
  } catch {
    told = null;
  }
  if (answer.status === 401) wanted();
  throw new Refused(answer.status, told);
}

// The events of a run, from the first on; where the connection is lost, it goes on behind the last
// one that came. Ends with the run. `lost` is told true when it is away, and false when it is back.
// A page that nobody sees lets go of its connection, of which a browser has six for a service.
export async function follow(run, take, signal, lost) {
  let last = 0;
  let failed = 0;
  while (!signal.aborted) {
    await inSight(signal);
    const connection = whileSeen(signal);
    try {
      const head = last ? { "Last-Event-ID": String(last) } : {};
      const path = `/v1/runs/${encodeURIComponent(run)}/events`;
      const answer = await sent("GET", path, { head, signal: connection.signal });
      lost(false);
      for await (const event of events(answer.body)) {
        failed = 0;
        if (event.id) last = Number(event.id);
        if (event.kind === "end") return event.data;
        if (!event.kind) throw new Refused(0, event.data.error);
        take(event.data);
      }
    } catch (error) {
      if (signal.aborted) return null;
      if (error instanceof Refused && error.status >= 400 && error.status < 500 &&
          error.status !== 429) throw error;
    } finally {
      connection.end();
    }
    if (document.hidden) continue;
    lost(true);
    await pause(WAITS[Math.min(failed, WAITS.length - 1)], signal);
    failed += 1;
  }
  return null;
}

// Until the page is seen, or left.
function inSight(signal) {
  return new Promise((done) => {
    const look = () => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener("visibilitychange", look);
      done();
    };
    document.addEventListener("visibilitychange", look);
    signal.addEventListener("abort", look, { once: true });
    look();
  });
}

// A signal that ends when the page is left, or was not seen for a while.
function whileSeen(signal) {
  const connection = new AbortController();
  const stop = () => connection.abort();
  let timer = null;
  const look = () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(stop, HIDDEN);
  };
  document.addEventListener("visibilitychange", look);
  signal.addEventListener("abort", stop, { once: true });
  return { signal: connection.signal, end: () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", look);
    signal.removeEventListener("abort", stop);
  } };
}

function pause(milliseconds, signal) {
  return new Promise((done) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", () => { clearTimeout(timer); done(); }, { once: true });
  });
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const event = eventOf(block);
        if (event) yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function eventOf(block) {
  const found = { id: "", kind: "", data: null };
  for (const line of block.split("\n")) {
    if (line.startsWith("id: ")) found.id = line.slice(4);
    else if (line.startsWith("event: ")) found.kind = line.slice(7);
    else if (line.startsWith("data: ")) found.data = JSON.parse(line.slice(6));
  }
  return found.data === null ? null : found;
}
