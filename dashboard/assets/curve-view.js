/* A curve that is looked at: its frame, its data and what is drawn of them. What was drawn before
   stays until the new window is there. Views with one link move together. */
(function () {
  "use strict";
  const curves = (window.testbedCurves = window.testbedCurves || {});
  const APART = 40;    // [ms] between two requests while something moves
  const STALE = 150;   // [ms] after which a request for an older window is given up
  const linked = new Map();

  const {element} = curves;

  function extent(lists, from, to) {
    let low = Infinity, high = -Infinity;
    for (const [x, values] of lists) {
      for (let i = 0; i < values.length; i++) {
        const v = values[i];
        if (x[i] < from || x[i] > to || !isFinite(v)) continue;
        if (v < low) low = v;
        if (v > high) high = v;
      }
    }
    return low <= high ? [low, high] : null;
  }

  class View extends curves.Moves {
    constructor(root) {
      super();
      this.root = root;
      this.spec = JSON.parse(root.dataset.curve);
      this.words = this.spec.words;
      this.plot = this.spec.shown || 0;
      this.range = null;   // of x; null is the whole run
      this.fixed = null;   // of y; null fits what is drawn
      this.history = [];
      this.hidden = new Set();
      this.pointers = new Map();
      this.build();
      this.observer = new ResizeObserver(() => this.resized());
      this.observer.observe(this.ground);
      if (this.spec.link) {
        const group = linked.get(this.spec.link) || new Set();
        linked.set(this.spec.link, group.add(this));
      }
      this.load();
    }

    build() {
      const {root, words} = this;
      root.textContent = "";
      this.bar = element("div", "tb-curve-bar", root);
      this.choices = element("div", "tb-choice", this.bar, {role: "group", "aria-label": words.axes});
      this.choose_from();
      this.tools = element("div", "tb-curve-tools", this.bar, {role: "group", "aria-label": words.tools});
      const tool = (text, name, act, icon) => {
        const button = element("button", "", this.tools, {type: "button", "aria-label": name, title: name});
        if (icon) element("span", `tb-icon tb-icon-${icon}`, button, {"aria-hidden": "true"});
        else button.textContent = text;
        button.addEventListener("click", act);
        return button;
      };
      tool("+", words.zoom_in, () => this.zoom(0.5));
      tool("−", words.zoom_out, () => this.zoom(2));
      this.undo_button = tool("", words.undo, () => this.undo(), "back");
      this.all_button = tool(words.whole, words.whole, () => this.all());
      tool("", words.save, () => this.save(), "down");
      this.legend = element("div", "tb-curve-legend", root, {role: "group", "aria-label": words.legend});
      const id = root.id || "curve";
      this.ground = element("div", "tb-curve-ground", root, {tabindex: "0", role: "application",
        "aria-roledescription": words.curve, "aria-describedby": `${id}-told ${id}-help`});
      this.canvas = element("canvas", "", this.ground, {"aria-hidden": "true"});
      this.box = element("div", "tb-curve-box", this.ground, {hidden: ""});
      this.tip = element("div", "tb-curve-tip", this.ground, {hidden: "", "aria-hidden": "true"});
      this.told = element("p", "tb-quiet tb-curve-told", root, {id: `${id}-told`, role: "status"});
      const help = element("p", "tb-quiet tb-curve-help", root, {id: `${id}-help`});
      help.textContent = words.help;
      help.hidden = Boolean(this.spec.follows);
      const on = (name, act, options) => this.ground.addEventListener(name, act, options);
      on("pointerdown", (event) => this.pressed(event));
      on("pointermove", (event) => this.moved(event));
      on("pointerup", (event) => this.released(event));
      on("pointercancel", (event) => this.released(event));
      on("pointerleave", () => { this.tip.hidden = true; });
      on("dblclick", () => this.all());
      on("wheel", (event) => this.wheeled(event), {passive: false});
      on("keydown", (event) => this.typed(event));
    }

    choose_from() {
      const {choices, words} = this, {plots} = this.spec;
      choices.textContent = "";
      // A view that follows another one shows what that one chose.
      if (this.spec.follows) return;
      const main = plots.map((plot, index) => [plot, index]).filter(([plot]) => plot.main);
      if (main.length > 1 || plots.length > main.length) {
        for (const [plot, index] of main) {
          const button = element("button", "", choices, {type: "button", "aria-pressed": String(index === this.plot)});
          button.textContent = plot.name;
          button.addEventListener("click", () => this.choose(index));
        }
      }
      const rest = plots.map((plot, index) => [plot, index]).filter(([plot]) => !plot.main);
      if (!rest.length) return;
      const select = element("select", "tb-curve-select", choices, {"aria-label": words.more});
      element("option", "", select, {value: ""}).textContent = words.more;
      for (const [plot, index] of rest) {
        element("option", "", select, {value: String(index)}).textContent = plot.name;
      }
      select.value = rest.some(([, index]) => index === this.plot) ? String(this.plot) : "";
      select.addEventListener("change", () => { if (select.value) this.choose(Number(select.value)); });
    }

    choose(index) {
      for (const view of this.group()) {
        view.plot = index;
        view.range = view.fixed = null;
        view.history = [];
        view.choose_from();
        view.load();
      }
    }

    group() { return (this.spec.link && linked.get(this.spec.link)) || [this]; }

    runs() {
      const over = JSON.parse(this.root.dataset.over || "[]");
      return [...(this.spec.runs || []), ...over];
    }

    axes() { return this.spec.plots[this.plot]; }

    close() {
      this.closed = true;
      this.observer.disconnect();
      if (this.going) this.going.abort.abort();
      if (this.spec.link && linked.has(this.spec.link)) linked.get(this.spec.link).delete(this);
    }

    /* --- data ------------------------------------------------------------------------------- */

    pixels() {
      const box = this.placed ? this.placed.box.right - this.placed.box.left : this.ground.clientWidth - 70;
      return Math.max(200, Math.min(2000, Math.round(box * (window.devicePixelRatio || 1))));
    }

    load() {
      this.whole = this.part = null;
      if (this.going) this.going.abort.abort();
      this.going = null;
      this.ask();
    }

    ask() {
      if (this.closed) return;
      if (this.whole && (this.whole.complete || this.range === null)) {
        this.due = false;
        clearTimeout(this.later);
        this.tell();
        return;
      }
      this.due = true;
      this.root.dataset.state = "loading";
      clearTimeout(this.later);
      if (this.going) {
        this.again = true;
        if (performance.now() - this.going.at > STALE) this.going.abort.abort();
        else return;
      }
      const wait = Math.max(0, (this.asked || 0) + APART - performance.now());
      this.later = setTimeout(() => this.fetch(), wait);
    }

    async fetch() {
      const going = this.going = {abort: new AbortController(), at: performance.now()};
      this.asked = going.at;
      this.again = false;
      const range = this.whole ? this.range : null, plot = this.plot;
      this.ground.setAttribute("aria-busy", "true");
      let got = null;
      try {
        got = await curves.source(this, range, going.abort.signal);
      } catch (error) {
        if (error.name === "AbortError" || this.closed) return;
        if (this.going === going) this.going = null;
        this.due = false;
        this.root.dataset.state = "failed";
        this.told.textContent = this.words.unreadable;
        this.draw();
        return;
      } finally {
        this.ground.removeAttribute("aria-busy");
      }
      if (going.abort.signal.aborted || this.closed || plot !== this.plot) return;
      this.going = null;
      if (range === null) { this.whole = got; this.part = null; this.key(); }
      else this.part = {...got, range};
      this.due = this.again || (range === null && this.range !== null);
      this.draw(true);
      if (this.due) this.ask();
    }

    /* --- what is drawn ---------------------------------------------------------------------- */

    bounds() {
      const lists = this.whole ? [...this.whole.lines, ...this.whole.bands].map((l) => [l.x, l.x]) : [];
      const found = this.ends = extent(lists, -Infinity, Infinity);
      if (!found) return [0, 1];
      const room = (found[1] - found[0]) * (this.axes().x === "time" ? 0 : 0.02) || Math.abs(found[0]) * 1e-9 || (found[0] === found[1] ? 0.5 : 0);
      return [found[0] - room, found[1] + room];
    }

    span() { return this.range || this.bounds(); }

    visible(data) {
      const seen = (each) => !this.hidden.has(each.place);
      return {lines: data.lines.filter(seen), bands: data.bands.filter(seen)};
    }

    scene() {
      const x = this.span(), axes = this.axes();
      const whole = this.whole ? this.visible(this.whole) : {lines: [], bands: []};
      let {lines, bands} = whole;
      if (this.part && this.range) {
        const [from, to] = this.part.range, part = this.visible(this.part);
        const outside = [[Math.min(x[0], from), from], [to, Math.max(x[1], to)]];
        const covers = from <= x[0] && to >= x[1];
        lines = [...(covers ? [] : whole.lines.map((l) => ({...l, only: outside}))),
                 ...part.lines.map((l) => ({...l, only: [[from, to]]}))];
          bands = covers || part.bands.length ? part.bands : whole.bands;
      }
      let y = this.fixed;
      if (!y) {
        const lists = [...lines.map((l) => [l.x, l.y]),
                       ...bands.flatMap((b) => [[b.x, this.usual(b.low)], [b.x, this.usual(b.high)]])];
        // Between two samples the line that joins them is seen: it sets the height then.
        y = extent(lists, x[0], x[1]) || extent(lists, -Infinity, Infinity) || [0, 1];
        const room = (y[1] - y[0]) * 0.06 || Math.abs(y[0]) * 0.01 || 0.5;
        y = [y[0] - room, y[1] + room];
      }
      const nothing = this.whole && !this.whole.lines.length && !this.whole.bands.length;
      return {x, y, lines, bands, zero: this.spec.source === "difference", marks: axes.marks || [],
        xTitle: axes.xTitle, yTitle: (this.spec.source === "difference" ? "Δ " : "") + axes.yTitle, empty: nothing ? this.words.nothing : this.whole ? "" : this.words.loading};
    }

    /* Where a curve is steep nearly every difference is possible; that does not set the height. */
    usual(values) {
      if (this.spec.source !== "difference") return values;
      const ranked = values.filter(isFinite).sort();
      const low = ranked[Math.floor(ranked.length * 0.03)], high = ranked[Math.floor(ranked.length * 0.97)];
      return values.map((v) => (v < low || v > high ? NaN : v));
    }

    draw(fresh) {
      this.fresh = this.fresh || fresh;
      if (this.frame) return;
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        if (this.closed) return;
        this.shown = this.scene();
        this.placed = curves.draw(this.canvas, this.shown, curves.inks(this.root)) || this.placed;
        const axes = this.axes();
        this.ground.setAttribute("aria-label", `${axes.yTitle} – ${axes.xTitle}`);
        this.undo_button.disabled = !this.history.length;
        this.all_button.disabled = !this.range && !this.fixed;
        // While another part is due, what is drawn is not yet what was asked for.
        if (this.fresh && !this.due) {
          this.fresh = false;
          this.root.dataset.state = "ready";
          this.root.dataset.drawn = JSON.stringify(this.range || "all");
          this.tell();
        }
      });
    }

    key() {
      this.legend.textContent = "";
      const inks = curves.inks(this.root).runs;
      for (const entry of this.whole.key) {
        const button = element("button", "", this.legend,
          {type: "button", "aria-pressed": String(!this.hidden.has(entry.place))});
        const swatch = element("span", "tb-curve-swatch", button, {"aria-hidden": "true"});
        const pen = element("canvas", "", swatch, {width: "56", height: "20"}).getContext("2d");
        pen.scale(2, 2);
        pen.strokeStyle = pen.fillStyle = inks[entry.ink];
        pen.lineWidth = 2;
        if (entry.alpha) { pen.globalAlpha = entry.alpha; pen.fillRect(0, 0, 28, 10); }
        else { pen.setLineDash(entry.dash); pen.beginPath(); pen.moveTo(0, 5); pen.lineTo(28, 5); pen.stroke(); }
        element("span", "", button).textContent = entry.name;
        button.addEventListener("click", () => {
          for (const view of this.group()) {
            if (view.hidden.has(entry.place)) view.hidden.delete(entry.place);
            else view.hidden.add(entry.place);
            if (view.whole) view.key();
            view.draw();
          }
        });
      }
      this.legend.hidden = this.whole.key.length < 2;
    }

    /* Say what part is seen, in words. */
    tell() {
      if (!this.whole) return;
      const data = this.range && this.part ? this.part : this.whole;
      const span = this.span(), ends = this.ends || span, step = (span[1] - span[0]) / 200;
      const [from, to] = [Math.max(span[0], ends[0]), Math.min(span[1], ends[1])];
      const say = (v) => (Math.abs(v) < step / 2 ? 0 : v).toLocaleString(this.spec.locale, {maximumFractionDigits: curves.digits(step)});
      const count = (v) => v.toLocaleString(this.spec.locale);
      let inside = data.inside;
      if (this.range && this.whole.complete && this.whole.lines.length) {
        const x = this.whole.lines[0].x;
        inside = 0;
        for (let i = 0; i < x.length; i++) if (x[i] >= span[0] && x[i] <= span[1]) inside++;
      }
      const how = data.exact ? this.words.exact : this.words.thinned;
      const pattern = this.spec.source === "window"
        ? (inside >= 0 ? this.words.readout : this.words.readout_uncounted) : data.said || "{from} – {to} {unit}";
      const parts = {from: say(from), to: say(to), unit: this.axes().unit, how,
        inside: count(Math.max(inside || 0, 0)), samples: count(data.samples || 0)};
      this.told.textContent = pattern.replace(/\{(\w+)\}/g, (_, name) => parts[name]);
    }

    resized() {
      const before = this.width;
      this.width = this.ground.clientWidth;
      if (!this.width) return;
      this.draw();
      // A much wider drawing shows more than was asked for.
      if (before && this.width > before * 1.3 && this.whole && !this.whole.complete) this.load();
    }

    repaint() { if (this.whole) this.key(); this.draw(); }
  }

  curves.View = View;
})();
