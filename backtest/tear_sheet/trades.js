"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg", DAY = 86400000, PAGE = 100, MORE = 200;
  const byId = (id) => document.getElementById(id);
  const read = (id) => JSON.parse(byId(id).textContent);

  // ---- numbers ----
  const MINUS = "\u2212", UNKNOWN = "\u2013";
  const day = (number) => new Date(number * DAY).toISOString().slice(0, 10);
  const fixed = (value, digits) => {
    const text = Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return (value < 0 && /[1-9]/.test(text) ? MINUS : "") + text;
  };
  const price = (units) => fixed(units / 10000, units >= 10000 ? 2 : 4);
  const words = {
    ticker: String, text: (v) => (v === null ? UNKNOWN : String(v)), day,
    number: (v) => (v === null ? UNKNOWN : String(v)), count: (v) => v.toLocaleString("en-US"), price,
    usd: (v) => (v > 0 ? "+" : "") + fixed(v / 10000, 2),
    percent: (v) => (v === null ? UNKNOWN : (v > 0 ? "+" : "") + fixed(v, 1)),
    reason: (v) => v.replaceAll("_", " "),
  };

  // ---- the table of trades ----
  const data = read("trades");
  const R = { run: 0, ticker: 1, report: 2, grade: 3, score: 4, rank: 5, entry: 6, paid: 7, stop: 8, exit: 9, got: 10,
    shares: 11, pnl: 12, ret: 13, mae: 14, mfe: 15, reason: 16 };
  const holding = (row) => row[R.exit] - row[R.entry];
  const at = (place) => (row) => row[place];
  const columns = [
    ["ticker", at(R.ticker), "ticker", "key"],
    ["run", (row) => data.runs[row[R.run]], "text", "run"],
    ["report", at(R.report), "day", "n wide"],
    ["grade", at(R.grade), "text", ""],
    ["score", at(R.score), "number", "n"],
    ["rank", at(R.rank), "number", "n wide"],
    ["entry", at(R.entry), "day", "n"],
    ["entry price", at(R.paid), "price", "n wide"],
    ["exit", at(R.exit), "day", "n"],
    ["exit price", at(R.got), "price", "n wide"],
    ["shares", at(R.shares), "count", "n wide"],
    ["days", holding, "count", "n"],
    ["MAE %", at(R.mae), "percent", "n wide"],
    ["MFE %", at(R.mfe), "percent", "n wide"],
    ["return %", at(R.ret), "percent", "n"],
    ["P&L, USD", at(R.pnl), "usd", "n right"],
    ["reason", at(R.reason), "reason", "text"],
  ].filter(([name, get]) => {
    if (name === "run") return data.runs.length > 1;
    return !["rank", "MAE %", "MFE %"].includes(name) || data.rows.some((row) => get(row) !== null);
  });
  const state = { column: null, down: false, shown: PAGE };
  let lives = null, calendar = null, list = [];

  function element(name, kind, text) {
    const made = document.createElement(name);
    if (kind) made.className = kind;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function chosen() {
    const wanted = byId("ticker").value.trim().toUpperCase(), reason = byId("reason").value;
    const run = byId("run") ? byId("run").value : "";
    const found = [];
    data.rows.forEach((row, place) => {
      if (wanted && !row[R.ticker].toUpperCase().startsWith(wanted)) return;
      if (reason && row[R.reason] !== reason) return;
      if (run !== "" && row[R.run] !== Number(run)) return;
      found.push(place);
    });
    if (state.column !== null) {
      const get = columns[state.column][1], sign = state.down ? -1 : 1;
      found.sort((a, b) => {
        const x = get(data.rows[a]), y = get(data.rows[b]);
        if (x === y) return a - b;
        if (x === null) return 1;
        if (y === null) return -1;
        return (x < y ? -1 : 1) * sign;
      });
    }
    return found;
  }

  function rowOf(place) {
    const row = data.rows[place], made = element("tr");
    for (const [name, get, type, kind] of columns) {
      const cell = element("td", kind), value = get(row), text = words[type](value);
      if (type === "ticker") {
        const button = element("button", "open", text);
        button.type = "button";
        button.setAttribute("aria-expanded", "false");
        button.addEventListener("click", () => toggle(made, button, place));
        cell.append(button);
      } else {
        cell.textContent = text;
        if ((type === "usd" || type === "percent") && value) cell.classList.add(value > 0 ? "gain" : "loss");
        if (type !== "reason") cell.dataset.label = name;
      }
      made.append(cell);
    }
    return made;
  }

  function fill() {
    const body = byId("trades-table").tBodies[0], some = list.slice(0, state.shown);
    body.replaceChildren(...some.map(rowOf));
    tell();
  }

  function tell() {
    const shown = Math.min(state.shown, list.length);
    byId("shown").textContent = shown === list.length ? `${list.length.toLocaleString("en-US")} shown`
      : `${shown.toLocaleString("en-US")} of ${list.length.toLocaleString("en-US")} shown`;
    byId("more").hidden = byId("all").hidden = shown === list.length;
  }

  function grow(count) {
    const from = state.shown;
    state.shown = count;
    byId("trades-table").tBodies[0].append(...list.slice(from, count).map(rowOf));
    tell();
  }

  function renew() {
    list = chosen();
    state.shown = PAGE;
    fill();
  }

  function order(column) {
    const isNumber = columns[column][3].startsWith("n");
    state.down = state.column === column ? !state.down : isNumber;
    state.column = column;
    byId("trades-table").querySelectorAll("th").forEach((head, place) => {
      head.setAttribute("aria-sort", place === column ? (state.down ? "descending" : "ascending") : "none");
    });
    byId("order").value = `${column} ${state.down ? "down" : "up"}`;
    renew();
  }

  function setUpTable() {
    const head = byId("trades-table").tHead.rows[0], choice = byId("order");
    choice.append(new Option("as in the ledger", ""));
    columns.forEach(([name, , type, kind], column) => {
      const cell = element("th", kind.replace("key", "")), button = element("button", "sort", name);
      cell.scope = "col";
      cell.setAttribute("aria-sort", "none");
      button.type = "button";
      button.addEventListener("click", () => order(column));
      cell.append(button);
      head.append(cell);
      const isText = ["ticker", "text", "reason"].includes(type);
      for (const way of isText ? ["up", "down"] : ["down", "up"]) {
        choice.append(new Option(`${name}, ${way === "up" ? (isText ? "A to Z" : "lowest first") : (isText ? "Z to A" : "highest first")}`,
          `${column} ${way}`));
      }
    });
    choice.addEventListener("change", () => {
      const [column, way] = choice.value.split(" ");
      state.column = column === "" ? null : Number(column);
      state.down = way === "down";
      renew();
    });
    for (const id of ["ticker", "reason", "run"]) if (byId(id)) byId(id).addEventListener("input", renew);
    byId("more").addEventListener("click", () => grow(state.shown + MORE));
    byId("all").addEventListener("click", () => grow(list.length));
    renew();
  }

  // ---- the life of one trade ----
  function toggle(row, button, place) {
    const open = row.nextElementSibling && row.nextElementSibling.classList.contains("life");
    button.setAttribute("aria-expanded", String(!open));
    if (open) { row.nextElementSibling.remove(); return; }
    const made = element("tr", "life"), cell = element("td");
    cell.colSpan = columns.length;
    made.append(cell);
    row.after(made);
    showLife(cell, place);
  }

  function unpack(place) {
    if (lives === null) {
      const found = read("lives");
      lives = found.lives;
      let day = 0;
      calendar = found.sessions.map((step) => (day += step));
    }
    const life = lives[place];
    if (!life) return null;
    const [first, every, unit, text, weeks] = life;
    const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    const view = new DataView(bytes.buffer), count = bytes.length / 6;
    const value = (i) => { const v = view.getInt16(2 * i, true); return v === -32768 ? null : 1 + v * unit; };
    const points = [];
    for (let i = 0; i < count; i++) {
      points.push({ day: calendar[Math.min(first + (i + 1) * every, calendar.length) - 1], low: value(i), high: value(count + i),
        close: value(2 * count + i) });
    }
    return { points, weeks: weeks.map(([i, v]) => [Math.min(i, count - 1), 1 + v * unit]) };
  }

  function key(kind, text) {
    const made = element("span", "key-of");
    made.append(element("span", "line " + kind), text);
    return made;
  }

  function showLife(cell, place) {
    const row = data.rows[place], life = unpack(place);
    const said = element("p", "keys");
    said.append(key("entry", `entry ${day(row[R.entry])} at ${price(row[R.paid])}`), key("stop", `stop ${price(row[R.stop])}`));
    if (life && life.weeks.length) said.append(key("indicator", "indicator"));
    said.append(key(row[R.pnl] > 0 ? "exit gain" : "exit loss",
      `exit ${day(row[R.exit])} at ${price(row[R.got])}, ${words.reason(row[R.reason])}, ${words.percent(row[R.ret])} %`));
    const more = element("p", "note", `report of ${day(row[R.report])}, ${row[R.shares].toLocaleString("en-US")} shares, `
      + `prices in units of the exit day`);
    cell.append(said);
    if (life) cell.append(lifeChart(life, row, Math.max(cell.clientWidth - 2, 280)));
    cell.append(life ? more : element("p", "note", data.noLives[row[R.run]] || "These prices do not hold this trade: no chart."));
  }

  function ticks(low, high, count) {
    const raw = (high - low) / count / 1.5, power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 2.5, 5, 10].map((f) => f * power).find((f) => f >= raw);
    const found = [];
    for (let i = Math.ceil(low / step); i * step <= high; i++) found.push(i * step);
    return found;
  }

  function shape(parent, name, attributes, text) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    parent.append(made);
    return made;
  }

  function lifeChart({ points, weeks }, row, width) {
    const height = width < 500 ? 210 : 250, left = 52, right = 12, top = 10, bottom = 24, paid = row[R.paid] / 10000;
    const stop = row[R.stop] / row[R.paid], got = row[R.got] / row[R.paid];
    const all = [stop, got, 1, ...weeks.map((week) => week[1])];
    for (const p of points) if (p.low !== null) all.push(p.low, p.high);
    let low = Math.min(...all), high = Math.max(...all);
    const room = (high - low) * 0.06 || 0.01;
    low -= room; high += room;
    const step = (width - left - right) / Math.max(points.length, 1);
    const x = (i) => left + step * (i + 0.5), y = (v) => top + ((height - top - bottom) * (high - v)) / (high - low);
    const onDay = (number) => { const i = points.findIndex((p) => p.day >= number); return i < 0 ? points.length - 1 : i; };
    const entry = onDay(row[R.entry]), exit = onDay(row[R.exit]);
    const svg = document.createElementNS(SVG, "svg");
    for (const [k, v] of Object.entries({ viewBox: `0 0 ${width} ${height}`, role: "img", class: "lifechart",
      "aria-label": `${row[R.ticker]} from ${day(points[0].day)} to ${day(points[points.length - 1].day)}` })) svg.setAttribute(k, v);
    shape(svg, "rect", { x: x(entry) - step / 2, y: top, width: Math.max(x(exit) - x(entry) + step, 1), height: height - top - bottom, class: "held" });
    for (const tick of ticks(low * paid, high * paid, 4)) {
      const at = y(tick / paid);
      shape(svg, "line", { x1: left, x2: width - right, y1: at, y2: at, class: "grid" });
      shape(svg, "text", { x: left - 6, y: at + 4, class: "tick end" }, fixed(tick, high * paid - low * paid < 3 ? 2 : tick % 1 ? 1 : 0));
    }
    let before = "", free = 0;
    points.forEach((p, i) => {
      const month = day(p.day).slice(0, 7);
      if (month !== before && i && x(i) > free && x(i) < width - 40) {
        shape(svg, "line", { x1: x(i), x2: x(i), y1: height - bottom, y2: height - bottom + 4, class: "grid" });
        shape(svg, "text", { x: x(i), y: height - 6, class: "tick" }, month);
        free = x(i) + 62;
      }
      before = month;
    });
    const bars = points.map((p, i) => (p.low === null ? "" : `M${x(i).toFixed(1)} ${y(p.low).toFixed(1)}V${y(p.high).toFixed(1)}`)).join("");
    shape(svg, "path", { d: bars, class: "range" });
    let path = "", isGap = true;
    points.forEach((p, i) => {
      if (p.close === null) { isGap = true; return; }
      path += `${isGap ? "M" : "L"}${x(i).toFixed(1)} ${y(p.close).toFixed(1)}`;
      isGap = false;
    });
    shape(svg, "path", { d: path, class: "close" });
    shape(svg, "line", { x1: x(entry) - step / 2, x2: x(exit) + step / 2, y1: y(stop), y2: y(stop), class: "stop" });
    if (weeks.length) {
      const line = weeks.map(([i, v], n) => `${n ? "L" : "M"}${x(i).toFixed(1)} ${y(v).toFixed(1)}`).join("");
      shape(svg, "path", { d: line, class: "indicator" });
      for (const [i, v] of weeks) shape(svg, "circle", { cx: x(i), cy: y(v), r: 2.2, class: "week" });
    }
    const e = [x(entry), y(1)];
    shape(svg, "path", { d: `M${e[0] - 6} ${e[1] + 6}L${e[0]} ${e[1] - 5}L${e[0] + 6} ${e[1] + 6}Z`, class: "in" });
    shape(svg, "circle", { cx: x(exit), cy: y(got), r: 5, class: "out " + (row[R.pnl] > 0 ? "gain" : "loss") });
    return svg;
  }

  if (byId("trades-table")) setUpTable();
})();
