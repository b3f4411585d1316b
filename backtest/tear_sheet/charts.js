"use strict";
(() => {
  // ---- charts: tones of the style sheet in the place of what stands for them ----
  const tones = JSON.parse(document.getElementById("tones").textContent);
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const TIP = `:host{--tooltip-color:var(--sheet);--tooltip-text:var(--ink);--tooltip-border:var(--rule);
    --tooltip-arrow-color:var(--rule);--tooltip-arrow-inner-color:var(--sheet);background-color:var(--sheet);color:var(--ink);
    border-color:var(--rule);font-size:12px;border-radius:5px}
    .bk-tooltip-row-label{color:var(--soft)}`;
  const toned = [];
  const plots = [];

  function inTone(value) {
    if (typeof value === "string") return tones[value] ? colour(tones[value]) : null;
    if (value && value.type === "value" && typeof value.value === "string" && tones[value.value]) {
      return { type: "value", value: colour(tones[value.value]) };
    }
    return null;
  }

  function tint(node, list) {
    if (Array.isArray(node)) { for (const one of node) tint(one, list); return; }
    if (!node || typeof node !== "object") return;
    if (node.type === "object" && node.attributes) {
      for (const [key, value] of Object.entries(node.attributes)) {
        const made = inTone(value);
        if (made === null) { tint(value, list); continue; }
        list.push([node.id, key, typeof value === "string" ? value : value.value, typeof value !== "string"]);
        node.attributes[key] = made;
      }
      return;
    }
    for (const value of Object.values(node)) tint(value, list);
  }

  async function draw(figure) {
    const item = JSON.parse(figure.querySelector("script").textContent);
    const list = [];
    tint(item.doc, list);
    const target = figure.querySelector(".canvas");
    const views = await Bokeh.embed.embed_item(item, target.id);
    const root = Array.isArray(views) ? views[0] : [...views.roots][0];
    const doc = root.model.document;
    toned.push([doc, list]);
    const found = [...doc._all_models.values()];
    if (matchMedia("(hover:hover)").matches) {
      for (const model of found) if (model.type === "BoxZoomTool") model.active = true;
    }
    const ranges = new Set(found.filter((m) => m.type === "Figure").map((m) => m.x_range));
    plots.push({ name: figure.dataset.chart, ranges: [...ranges], figure, root });
    target.addEventListener("dblclick", () => span(figure.dataset.chart, null));
  }

  function retone() {
    for (const [doc, list] of toned) {
      for (const [id, key, tone, isSpec] of list) {
        const model = doc.get_model_by_id(id);
        if (!model) continue;
        const value = colour(tones[tone]);
        model.setv({ [key]: isSpec ? { value } : value });
      }
    }
  }

  function span(name, year) {
    for (const plot of plots) {
      if (plot.name !== name) continue;
      for (const range of plot.ranges) {
        if (!plot.whole) plot.whole = [range.start, range.end];
        const ends = year === null ? plot.whole : [Date.UTC(year, 0, 1), Date.UTC(year, 11, 31)];
        range.setv({ start: ends[0], end: ends[1] });
      }
    }
    if (name === "time") {
      for (const button of document.querySelectorAll("[data-span]")) {
        button.setAttribute("aria-pressed", String(button.dataset.span === (year === null ? "" : String(year))));
      }
    }
  }

  // ---- paper: charts as pictures, which any width of paper holds; those of the dark turned to light ----
  function toPaper() {
    for (const one of document.querySelectorAll("details")) one.open = true;
    for (const { figure, root } of plots) {
      let picture = figure.querySelector("img");
      if (!picture) {
        picture = document.createElement("img");
        picture.alt = figure.querySelector(".canvas").getAttribute("aria-label");
        figure.append(picture);
      }
      picture.classList.toggle("turned", dark.matches);
      picture.src = root.export("png").canvas.toDataURL();
    }
  }

  for (const button of document.querySelectorAll("[data-span]")) {
    button.addEventListener("click", () => span("time", button.dataset.span === "" ? null : Number(button.dataset.span)));
  }
  addEventListener("beforeprint", toPaper);
  Bokeh.Models.get("Tooltip").override({ stylesheets: [TIP] });
  const ready = [...document.querySelectorAll("[data-chart]")].reduce((before, one) => before.then(() => draw(one)), Promise.resolve());
  ready.then(() => {
    dark.addEventListener("change", retone);
    document.documentElement.dataset.drawn = String(Math.round(performance.now()));
  });
})();
