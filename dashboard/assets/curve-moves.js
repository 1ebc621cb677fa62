/* Moving about in a curve: zoom, pan, undo, values under the pointer, by mouse, keys and touch.
   A view (curve-view.js) is made of this; `placed` and `shown` are what it drew last. */
(function () {
  "use strict";
  const curves = (window.testbedCurves = window.testbedCurves || {});
  const LEAST = 6; // [pixels] of a drag that means something

  function element(tag, kind, parent, attributes) {
    const made = document.createElement(tag);
    if (kind) made.className = kind;
    for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
    if (parent) parent.append(made);
    return made;
  }

  class Moves {
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

  Object.assign(curves, {Moves, element});
})();
