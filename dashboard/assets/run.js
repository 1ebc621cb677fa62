/* Curves on the pages of runs: an element [data-curve] holds what is drawn (JSON, see
   dashboard/figures), [data-over] the runs laid over it. Finds where their data come from. */
(function () {
  "use strict";
  const curves = window.testbedCurves;
  const views = new Map();

  function query(view, range, more) {
    const {x, y, stream} = view.axes();
    const asked = new URLSearchParams({x, y, pixels: view.pixels(), ...more});
    if (stream) asked.set("stream", stream);
    if (range) { asked.set("start", range[0]); asked.set("end", range[1]); }
    return asked;
  }

  async function of_runs(view, range, signal, what, more) {
    const runs = view.runs(), asked = query(view, range, more);
    for (const run of runs.slice(1)) asked.append("with", run.number);
    const url = `/api/v1/runs/${encodeURIComponent(runs[0].number)}/${what}?${asked}`;
    const {traces: all, bytes} = await curves.frame(url, signal);
    // The first run does not differ from itself.
    const traces = what === "difference" && more.to === "first" ? all.filter((t) => t.place) : all;
    view.root.dataset.bytes = String(bytes);
    const lines = [], bands = [];
    for (const trace of traces) {
      const look = {place: trace.place, name: runs[trace.place].label, ink: trace.place,
                    dash: curves.DASHES[trace.place]};
      lines.push({...look, x: trace.x, y: trace.y, width: trace.place ? 1.5 : 1.7});
      if (trace.low) bands.push({...look, x: trace.x, low: trace.low, high: trace.high, alpha: 0.25});
    }
    const first = traces[0] || {inside: 0, samples: 0, exact: true};
    const exact = traces.every((trace) => trace.exact);
    const key = traces.map((t) => ({place: t.place, ink: t.place, dash: curves.DASHES[t.place], name: runs[t.place].label}));
    return {lines, bands, key, exact, complete: exact && range === null && what === "window",
            inside: first.inside, samples: first.samples, said: view.words[exact ? "difference" : "difference_thinned"]};
  }

  async function of_many(view, range, signal) {
    const {words, spec} = view;
    const asked = query(view, range, {method: spec.method, search: spec.search || ""});
    asked.delete("pixels");
    const heard = ({done, total}) => {
      if (total && done < total) view.told.textContent = words.gathering.replace("{done}", done).replace("{total}", total);
    };
    const highlighted = view.runs();
    const [made, own] = await Promise.all([
      curves.lines(`/api/v1/distribution?${asked}`, signal, heard),
      highlighted.length ? of_runs(view, range, signal, "window") : null,
    ]);
    const list = (values) => Float64Array.from(values, (v) => (v === null ? NaN : v));
    const lines = [], bands = [], key = [];
    if (made.x) {
      const x = list(made.x);
      const band = (place, name, [low, high], alpha) => {
        bands.push({place, x, low: list(low), high: list(high), ink: 0, alpha});
        // The inner band lies on the outer one.
        key.push({place, name, ink: 0, alpha: place === 101 ? alpha + 0.13 : alpha, dash: []});
      };
      band(100, words.outer, made.outer, 0.16);
      band(101, words.inner, made.inner, 0.3);
      lines.push({place: 102, x, y: list(made.median), ink: 0, name: words.median, width: 1.8});
      key.push({place: 102, name: words.median, ink: 0, dash: []});
    }
    if (own) {
      for (const line of own.lines) {
        const place = line.place + 1;
        lines.push({...line, ink: place, dash: curves.DASHES[line.place]});
        key.push({place: line.place, name: line.name, ink: place, dash: curves.DASHES[line.place]});
      }
    }
    if (range === null) outliers(view, made);
    return {lines, bands, key, exact: false, complete: false, inside: -1, samples: 0,
            said: words.gathered.replace("{runs}", made.runs.toLocaleString(spec.locale))};
  }

  function outliers(view, made) {
    const place = document.getElementById("distribution-outliers");
    if (!place) return;
    place.textContent = "";
    const {words, spec} = view, axes = view.axes();
    const short = (v) => v.toLocaleString(spec.locale, {maximumSignificantDigits: 3});
    const list = made.outliers || [];
    if (!list.length) { place.textContent = words.no_outliers; return; }
    const address = new URLSearchParams(location.search);
    for (const each of list) {
      const item = document.createElement("li"), link = document.createElement("a"), said = document.createElement("span");
      address.set("run", each.run);
      link.href = `${location.pathname}?${address}`;
      link.textContent = each.run;
      link.className = "tb-strong";
      said.className = "tb-quiet";
      said.textContent = words.outlier.replace("{share}", (each.share * 100).toLocaleString(spec.locale, {maximumFractionDigits: 1}))
        .replace("{farthest}", `${each.farthest > 0 ? "+" : ""}${short(each.farthest)} ${axes.yUnit}`)
        .replace("{at}", `${short(each.at)} ${axes.unit}`);
      item.append(link, said);
      place.append(item);
    }
  }

  curves.source = (view, range, signal) => {
    if (view.spec.source === "distribution") return of_many(view, range, signal);
    const more = view.spec.source === "difference" ? {to: view.root.dataset.to || "first"} : {};
    return of_runs(view, range, signal, view.spec.source, more);
  };

  /* Which runs are drawn, and against what: the page says so again when nothing has changed. */
  function what({dataset}) { return `${dataset.over || "[]"} ${dataset.to || "first"}`; }

  function look() {
    for (const [root, view] of views) if (!root.isConnected) { view.close(); views.delete(root); }
    for (const root of document.querySelectorAll("[data-curve]")) {
      const view = views.get(root);
      if (view && view.made_of === root.dataset.curve) continue;
      if (view) view.close();
      const made = new curves.View(root);
      made.made_of = root.dataset.curve;
      made.drawn_of = what(root);
      views.set(root, made);
    }
  }

  new MutationObserver((changes) => {
    if (changes.some((c) => c.type === "childList" || c.attributeName === "data-curve")) look();
    for (const change of changes) {
      const view = views.get(change.target);
      if (!view || view.drawn_of === what(change.target)) continue;
      view.drawn_of = what(change.target);
      view.load();
    }
    if (changes.some((c) => c.attributeName === "data-mantine-color-scheme")) {
      for (const view of views.values()) view.repaint();
    }
  }).observe(document.documentElement, {childList: true, subtree: true, attributes: true,
    attributeFilter: ["data-mantine-color-scheme", "data-curve", "data-over", "data-to"]});
  look();
})();
