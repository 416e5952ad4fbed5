// Where boxes stand. Both ways give the places by id, the size of the whole, and columns: lists of
// ids from above to below, by which the keyboard moves and what is in sight is found.

export const ROW = { graph: 74, list: 58 };

// Each box right of all that it waits for; in a column near to what it waits for.
export function layered(boxes, edges, width) {
  const before = new Map(boxes.map((box) => [box.id, []]));
  const after = new Map(boxes.map((box) => [box.id, []]));
  for (const [from, to] of edges) {
    before.get(to).push(from);
    after.get(from).push(to);
  }
  const ranks = ranked(boxes, before, after);
  const columns = [];
  for (const box of boxes) (columns[ranks.get(box.id)] ||= []).push(box.id);
  const rows = new Map();
  const places = new Map();
  const across = width + 64;
  columns.forEach((column, rank) => {
    const wished = new Map(column.map((id, place) => [id, wish(before.get(id), rows, place)]));
    column.sort((a, b) => wished.get(a) - wished.get(b));
    spread(column, wished, rows);
    for (const id of column) {
      places.set(id, { x: 12 + rank * across, y: 12 + rows.get(id) * ROW.graph, column: rank });
    }
  });
  let lowest = 0;
  for (const place of places.values()) lowest = Math.max(lowest, place.y);
  const whole = { width: 12 + columns.length * across - 40, height: lowest + ROW.graph + 12 };
  return { places, columns, before, after, ...whole, row: ROW.graph };
}

// One below the other, what lies in a box below it and to the right.
export function listed(boxes, edges, width, depthOf) {
  const places = new Map();
  const before = new Map(boxes.map((box) => [box.id, []]));
  const after = new Map(boxes.map((box) => [box.id, []]));
  for (const [from, to] of edges) {
    before.get(to).push(from);
    after.get(from).push(to);
  }
  boxes.forEach((box, row) => {
    const x = 4 + Math.min(depthOf(box), 6) * 14;
    places.set(box.id, { x, y: 4 + row * ROW.list, column: 0, width: width - x - 4 });
  });
  const columns = [boxes.map((box) => box.id)];
  const height = 8 + boxes.length * ROW.list;
  return { places, columns, before, after, width, height, row: ROW.list };
}

function ranked(boxes, before, after) {
  const open = new Map(boxes.map((box) => [box.id, before.get(box.id).length]));
  const ranks = new Map();
  let ready = boxes.filter((box) => open.get(box.id) === 0).map((box) => box.id);
  for (let rank = 0; ready.length; rank += 1) {
    const next = [];
    for (const id of ready) {
      ranks.set(id, rank);
      for (const other of after.get(id)) {
        open.set(other, open.get(other) - 1);
        if (open.get(other) === 0) next.push(other);
      }
    }
    ready = next;
  }
  for (const box of boxes) if (!ranks.has(box.id)) ranks.set(box.id, 0);
  return ranks;
}

function wish(inputs, rows, place) {
  const known = inputs.map((id) => rows.get(id)).filter((row) => row !== undefined);
  return known.length ? known.reduce((sum, row) => sum + row, 0) / known.length : place;
}

// As near to where each wishes to be as the others let it, and nothing above the first row.
function spread(column, wished, rows) {
  let last = -1;
  let off = 0;
  for (const id of column) {
    const row = Math.max(wished.get(id), last + 1);
    rows.set(id, row);
    off += row - wished.get(id);
    last = row;
  }
  const up = Math.min(off / column.length, rows.get(column[0]));
  for (const id of column) rows.set(id, rows.get(id) - up);
}
