/* A curve that is looked at: zoom, pan, undo, values under the pointer, by mouse, keys and touch.
   What was drawn before stays until the new window is there. Views with one link move together. */
(function () {
  "use strict";
  const curves = (window.testbedCurves = window.testbedCurves || {});
  const APART = 40;    // [ms] between two requests while something moves
  const STALE = 150;   // [ms] after which a request for an older window is given up
  const LEAST = 6;     // [pixels] of a drag that means something
  const linked = new Map();

  function element(tag, kind, parent, attributes) {
    const made = document.createElement(tag);
    if (kind) made.className = kind;
    for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
    if (parent) parent.append(made);
    return made;
  }

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

  class View {
    constructor(root) {
      this.root = root;
      this.spec = JSON.parse(root.dataset.curve);
      this.words = this.spec.words;
      this.plot = 0;
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
      if (this.whole && (this.whole.complete || this.range === null)) { this.tell(); return; }
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
      this.root.dataset.state = "loading";
      this.ground.setAttribute("aria-busy", "true");
      let got = null;
      try {
        got = await curves.source(this, range, going.abort.signal);
      } catch (error) {
        if (error.name === "AbortError" || this.closed) return;
        if (this.going === going) this.going = null;
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
      this.draw(true);
      if (this.again || (range === null && this.range)) this.ask();
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
        bands = part.bands.length ? part.bands : whole.bands;
      }
      let y = this.fixed;
      if (!y) {
        const lists = [...lines.map((l) => [l.x, l.y]),
                       ...bands.flatMap((b) => [[b.x, b.low], [b.x, b.high]])];
        y = extent(lists, x[0], x[1]) || [0, 1];
        const room = (y[1] - y[0]) * 0.06 || Math.abs(y[0]) * 0.01 || 0.5;
        y = [y[0] - room, y[1] + room];
      }
      const nothing = this.whole && !this.whole.lines.length && !this.whole.bands.length;
      return {x, y, lines, bands, zero: this.spec.source === "difference", marks: axes.marks || [],
        xTitle: axes.xTitle, yTitle: axes.yTitle, empty: nothing ? this.words.nothing : this.whole ? "" : this.words.loading};
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
        if (this.fresh) {
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
      const say = (v) => v.toLocaleString(this.spec.locale, {maximumFractionDigits: curves.digits(step)});
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

    /* --- moving about ------------------------------------------------------------------------ */

    remember(kind) {
      const now = performance.now();
      const same = kind && kind === this.last_kind && now - this.last_at < 600;
      this.last_kind = kind;
      this.last_at = now;
      if (same) return;
      this.history.push([this.range, this.fixed]);
      if (this.history.length > 100) this.history.shift();
    }

    go(range, fixed, kind) {
      this.remember(kind);
      for (const view of this.group()) view.set(range, view === this ? fixed : null);
    }

    set(range, fixed) {
      this.range = range && this.tame(range);
      this.fixed = fixed;
      this.tip.hidden = true;
      this.root.dataset.state = "moving";
      this.draw(this.whole && (this.range === null || this.whole.complete));
      this.ask();
    }

    /* Keep a window where there is something to see; the whole run is no window. */
    tame([from, to]) {
      const [low, high] = this.bounds(), all = high - low;
      let width = Math.max(to - from, all * 1e-12, Math.max(Math.abs(low), Math.abs(high)) * 1e-13);
      if (width >= all) return null;
      const middle = Math.min(Math.max((from + to) / 2, low), high);
      return [middle - width / 2, middle + width / 2];
    }

    zoom(factor, share = 0.5, kind) {
      const [from, to] = this.span(), at = from + (to - from) * share;
      this.go([at - (at - from) * factor, at + (to - at) * factor], this.fixed, kind || "zoom");
    }

    pan(share) {
      if (!this.range) return;
      const [from, to] = this.span(), by = (to - from) * share;
      this.go([from + by, to + by], this.fixed, "pan");
    }

    all() {
      if (!this.range && !this.fixed) return;
      this.go(null, null);
    }

    undo() {
      const before = this.history.pop();
      if (!before) return;
      this.last_kind = null;
      for (const view of this.group()) view.set(before[0], view === this ? before[1] : null);
    }

    save() {
      this.canvas.toBlob((blob) => {
        const link = element("a", "", null, {download: `${this.spec.file}.png`});
        link.href = URL.createObjectURL(blob);
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 10000);
      });
    }

    typed(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const far = event.shiftKey ? 0.02 : 0.2;
      const acts = {
        "+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2), "_": () => this.zoom(2),
        ArrowLeft: () => this.pan(-far), ArrowRight: () => this.pan(far),
        Home: () => this.all(), "0": () => this.all(),
        u: () => this.undo(), Backspace: () => this.undo(), Escape: () => this.cancel(),
      };
      const act = acts[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    }

    cancel() { this.drag = null; this.box.hidden = this.tip.hidden = true; }

    at(event) {
      const ground = this.ground.getBoundingClientRect();
      return [event.clientX - ground.left, event.clientY - ground.top];
    }

    value(px) {
      const {box} = this.placed, [from, to] = this.shown.x;
      return from + (px - box.left) / (box.right - box.left) * (to - from);
    }

    level(py) {
      const {box} = this.placed, [low, high] = this.shown.y;
      return low + (box.bottom - py) / (box.bottom - box.top) * (high - low);
    }

    wheeled(event) {
      // The page scrolls as ever until the curve has been chosen by a click or a key.
      if (!this.placed || !(event.ctrlKey || this.ground.contains(document.activeElement))) return;
      event.preventDefault();
      const {box} = this.placed, [x] = this.at(event);
      const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        this.pan(sideways / 1000);
        return;
      }
      const size = event.deltaMode === 1 ? 30 : 1;
      const share = Math.min(1, Math.max(0, (x - box.left) / (box.right - box.left)));
      this.zoom(Math.exp(Math.max(-300, Math.min(300, event.deltaY * size)) * 0.003), share, "wheel");
    }

    pressed(event) {
      if (!this.placed || event.button > 1) return;
      this.ground.focus({preventScroll: true});
      if (event.pointerType !== "touch") event.preventDefault();
      this.ground.setPointerCapture(event.pointerId);
      const at = this.at(event);
      this.pointers.set(event.pointerId, at);
      const touch = event.pointerType === "touch";
      if (touch && this.pointers.size === 2) {
        const [a, b] = [...this.pointers.values()].map(([x]) => this.value(x));
        this.drag = {kind: "pinch", values: [a, b]};
        this.remember("pinch");
      } else if (touch || event.shiftKey || event.button === 1) {
        this.drag = {kind: this.range ? "pan" : "look", value: this.value(at[0])};
        if (this.range) this.remember("drag");
      } else {
        this.drag = {kind: "box", from: at};
      }
    }

    moved(event) {
      if (!this.placed) return;
      const at = this.at(event);
      if (this.pointers.has(event.pointerId)) this.pointers.set(event.pointerId, at);
      const drag = this.drag;
      if (!drag || drag.kind === "look") { this.point(at); return; }
      if (drag.kind === "box") { this.outline(drag.from, at); return; }
      const {box} = this.placed, width = box.right - box.left;
      let [from, to] = this.shown.x;
      if (drag.kind === "pan") {
        const by = drag.value - this.value(at[0]);
        [from, to] = [from + by, to + by];
      } else {
        const [p, q] = [...this.pointers.values()].map(([x]) => (x - box.left) / width);
        const [a, b] = drag.values;
        if (Math.abs(p - q) < 0.02 || a === b || (p < q) !== (a < b)) return;
        const span = (b - a) / (q - p);
        from = a - p * span;
        to = from + span;
      }
      for (const view of this.group()) view.set([from, to], view === this ? this.fixed : null);
      this.shown = {...this.shown, x: this.span()};
    }

    released(event) {
      const at = this.at(event), drag = this.drag;
      this.pointers.delete(event.pointerId);
      if (this.pointers.size) { this.drag = null; return; }
      this.drag = null;
      this.box.hidden = true;
      if (!drag || drag.kind !== "box" || event.type === "pointercancel") return;
      const wide = Math.abs(at[0] - drag.from[0]), tall = Math.abs(at[1] - drag.from[1]);
      if (wide < LEAST) return;
      const x = [drag.from[0], at[0]].sort((a, b) => a - b).map((v) => this.value(v));
      const y = [drag.from[1], at[1]].sort((a, b) => b - a).map((v) => this.level(v));
      this.go(x, tall > 24 ? y : this.fixed);
    }

    outline([x0, y0], [x1, y1]) {
      const {box} = this.placed;
      const keep = (v, low, high) => Math.min(Math.max(v, low), high);
      const left = keep(Math.min(x0, x1), box.left, box.right), right = keep(Math.max(x0, x1), box.left, box.right);
      const flat = Math.abs(y1 - y0) <= 24;
      const top = flat ? box.top : keep(Math.min(y0, y1), box.top, box.bottom);
      const bottom = flat ? box.bottom : keep(Math.max(y0, y1), box.top, box.bottom);
      this.box.hidden = right - left < LEAST;
      Object.assign(this.box.style, {left: `${left}px`, top: `${top}px`,
        width: `${right - left}px`, height: `${bottom - top}px`});
      this.tip.hidden = true;
    }

    /* Show the values of the sample nearest to the pointer. */
    point([x, y]) {
      const {box, px, py} = this.placed;
      if (x < box.left || x > box.right || y < box.top || y > box.bottom) { this.tip.hidden = true; return; }
      let best = null, near = 40 * 40;
      for (const line of this.shown.lines) {
        for (let i = 0; i < line.x.length; i++) {
          const dx = px(line.x[i]) - x;
          if (dx > 40 || dx < -40) continue;
          const dy = (py(line.y[i]) - y) * 0.5, far = dx * dx + dy * dy;
          if (far < near) { near = far; best = [line, i]; }
        }
      }
      if (!best) { this.tip.hidden = true; return; }
      const [line, i] = best, axes = this.axes();
      const step = (range) => (range[1] - range[0]) / 10000;
      const u = px(line.x[i]), v = py(line.y[i]);
      this.tip.textContent = "";
      element("b", "", this.tip).textContent = `${curves.number(line.y[i], step(this.shown.y))} ${axes.yUnit}`;
      element("span", "", this.tip).textContent = `${curves.number(line.x[i], step(this.shown.x))} ${axes.unit}`;
      if (this.shown.lines.length > 1 && line.name) element("span", "", this.tip).textContent = line.name;
      this.tip.hidden = false;
      this.tip.style.setProperty("--x", `${u}px`);
      this.tip.style.setProperty("--y", `${v}px`);
      this.tip.dataset.side = u > (box.left + box.right) / 2 ? "left" : "right";
    }
  }

  curves.View = View;
})();
