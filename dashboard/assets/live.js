/* Live runs in the browser: follows /live/socket/<run> (see dashboard/live_socket.py) and draws.
   Markup: an element [data-live-run] around empty elements marked data-live="plot|spark|values|
   progress|bar|remaining|state|axes|span|steps|rows". Words come in data-live-words (JSON). */
(function () {
  "use strict";
  const LIMIT = 120000; // rows held before older ones are thinned
  const TELL = 4096; // rows after which the server is told that they are here
  const FRAME = 33; // [ms] between two drawings
  const views = new Map();

  class Columns {
    constructor(names) {
      this.names = names;
      this.size = 0;
      this.data = names.map(() => new Float64Array(4096));
    }
    append(blocks, count) {
      if (this.size + count > this.data[0].length) {
        const room = Math.max(this.data[0].length * 2, this.size + count);
        this.data = this.data.map((old) => {
          const grown = new Float64Array(room);
          grown.set(old.subarray(0, this.size));
          return grown;
        });
      }
      blocks.forEach((block, index) => this.data[index].set(block, this.size));
      this.size += count;
      if (this.size > LIMIT) this.thin();
    }
    /* Of every 16 rows in the older half keep those where a column is lowest or highest. */
    thin() {
      const half = this.size >> 1;
      const kept = [];
      for (let begin = 0; begin < half; begin += 16) {
        const end = Math.min(begin + 16, half);
        const rows = new Set([begin, end - 1]);
        for (const column of this.data) {
          let low = begin, high = begin;
          for (let row = begin; row < end; row++) {
            if (column[row] < column[low]) low = row;
            if (column[row] > column[high]) high = row;
          }
          rows.add(low).add(high);
        }
        kept.push(...[...rows].sort((a, b) => a - b));
      }
      for (const column of this.data) {
        for (let i = 0; i < kept.length; i++) column[i] = column[kept[i]];
        column.copyWithin(kept.length, half, this.size);
      }
      this.size -= half - kept.length;
    }
    of(name) {
      const index = this.names.indexOf(name);
      return index < 0 ? null : this.data[index].subarray(0, this.size);
    }
    last(name) {
      const column = this.of(name);
      return column && this.size ? column[this.size - 1] : NaN;
    }
  }

  function ticks(low, high, wanted) {
    const raw = (high - low) / Math.max(wanted, 1);
    const power = Math.pow(10, Math.floor(Math.log10(raw)));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw) || raw;
    const found = [];
    for (let t = Math.ceil(low / step) * step; t <= high + step * 1e-9; t += step) found.push(t);
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    return found.map((t) => [t, Math.abs(t) < step * 1e-6 ? "0"
      : Math.abs(t) >= 1e6 ? t.toExponential(1) : t.toFixed(digits)]);
  }

  /* Lowest and highest of several stretches, each an array and where it begins. */
  function extent(stretches) {
    let low = Infinity, high = -Infinity;
    for (const [values, from] of stretches) {
      for (let i = from; i < values.length; i++) {
        const v = values[i];
        if (v < low) low = v;
        if (v > high) high = v;
      }
    }
    if (low > high) return null;
    if (low === high) { const room = Math.abs(low) * 0.01 || 1; return [low - room, high + room]; }
    return [low, high];
  }

  function colours(element) {
    const style = getComputedStyle(element);
    const get = (name) => style.getPropertyValue(name).trim();
    return {curve: get("--tb-curve"), mark: get("--tb-mark"), text: get("--tb-text"),
            quiet: get("--tb-quiet"), grid: get("--tb-grid"), font: style.fontFamily};
  }

  function prepared(canvas) {
    const ratio = window.devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    if (!width || !height) return null;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    return {pen, width, height};
  }

  /* One stroke; samples that fall in one pixel column give first, lowest, highest and last. */
  function stroke(pen, stretches, px, py) {
    let column = null, first = 0, low = 0, high = 0, last = 0, pen_down = false;
    const put = (x, y) => { if (pen_down) pen.lineTo(x, y); else { pen.moveTo(x, y); pen_down = true; } };
    const end = () => {
      if (column === null) return;
      put(column, first); put(column, high); put(column, low); put(column, last);
      column = null;
    };
    pen.beginPath();
    for (const [xs, ys, from] of stretches) {
      for (let i = from; i < xs.length; i++) {
        if (!(isFinite(xs[i]) && isFinite(ys[i]))) { end(); pen_down = false; continue; }
        const x = Math.round(px(xs[i]) * 2) / 2, y = py(ys[i]);
        if (x !== column) { end(); column = x; first = low = high = y; }
        if (y > low) low = y;
        if (y < high) high = y;
        last = y;
      }
    }
    end();
    pen.stroke();
  }

  class View {
    constructor(root) {
      this.root = root;
      this.run = root.dataset.liveRun;
      this.words = JSON.parse(root.dataset.liveWords || "{}");
      this.units = JSON.parse(root.dataset.liveUnits || "{}");
      this.plots = JSON.parse(root.dataset.livePlots || "[]");
      this.guides = JSON.parse(root.dataset.liveGuides || "[]");
      this.axes = 0;
      this.span = 0;
      this.columns = null;
      this.history = new Map();
      this.coming = null;
      this.held = 0;
      this.said = 0;
      this.drawn = 0;
      this.status = null;
      this.heard = performance.now();
      this.wait = 500;
      this.dirty = true;
      this.build();
      this.connect();
      this.timer = setInterval(() => this.tick(), 250);
      this.teller = setInterval(() => { if (this.socket) this.tell(); }, 1000);
    }
    part(name) { return this.root.querySelector(`[data-live="${name}"]`); }
    build() {
      for (const name of ["plot", "spark"]) {
        const place = this.part(name);
        if (!place) continue;
        place.textContent = "";
        const canvas = document.createElement("canvas");
        canvas.setAttribute("role", "img");
        place.append(canvas);
        this[name] = canvas;
      }
      this.choice("axes", this.plots.map(([x, y]) => `${this.name(y)} – ${this.name(x)}`),
        (i) => { this.axes = i; this.choice_span(); });
      this.choice_span();
    }
    choice_span() {
      const spans = [0, 60, 600];
      const time = (this.plots[this.axes] || ["time"])[0] === "time";
      if (!time) this.span = 0;
      this.choice("span", time ? [this.words.all, this.words.minute, this.words.ten_minutes] : [],
        (i) => { this.span = spans[i]; });
    }
    choice(name, labels, chosen) {
      const place = this.part(name);
      if (!place) return;
      place.textContent = "";
      if (labels.length < 2) return;
      labels.forEach((label, index) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = label;
        button.setAttribute("aria-pressed", String(index === 0));
        button.addEventListener("click", () => {
          for (const other of place.children) other.setAttribute("aria-pressed", String(other === button));
          chosen(index);
          this.dirty = true;
        });
        place.append(button);
      });
    }
    name(channel) { return (this.words.channels || {})[channel] || channel; }
    label(channel) {
      const unit = this.units[channel];
      return unit ? `${this.name(channel)} [${unit}]` : this.name(channel);
    }
    connect() {
      if (this.over || this.closed) return;
      const scheme = location.protocol === "https:" ? "wss:" : "ws:";
      const socket = new WebSocket(
        `${scheme}//${location.host}/live/socket/${encodeURIComponent(this.run)}?after=${this.held}`);
      socket.binaryType = "arraybuffer";
      this.socket = socket;
      socket.onmessage = (event) => {
        this.heard = performance.now();
        this.wait = 500;
        if (typeof event.data === "string") this.told(JSON.parse(event.data));
        else this.binary(event.data);
      };
      socket.onclose = (event) => {
        if (this.over || this.closed) return;
        this.lost = true;
        if (event.code === 4401) { location.reload(); return; }
        // A refused handshake looks like a break; the server's page says what became of the run.
        this.refused = (this.refused || 0) + 1;
        if (this.refused === 3) this.signal({lost: true});
        setTimeout(() => this.connect(), this.wait);
        this.wait = Math.min(this.wait * 2, 8000);
        this.state();
      };
    }
    told(message) {
      if (message.kind === "hello") {
        this.lost = false;
        this.refused = 0;
        if (!this.columns || message.first !== this.held) {
          this.columns = new Columns(message.columns);
          this.history = new Map();
          this.held = message.first;
        }
        this.said = this.held;
      } else if (message.kind === "history") {
        this.coming = message.curves;
      } else if (message.kind === "status") {
        this.lost = false;
        const before = this.status || {};
        this.status = message;
        if (before.prompt !== message.prompt || before.state !== message.state
            || before.paused !== message.paused || before.suspended !== message.suspended) {
          this.signal({prompt: message.prompt, state: message.state, paused: message.paused});
        }
        this.show();
      } else if (message.kind === "ended") {
        this.over = true;
        this.socket.close();
        this.root.dataset.over = "true";
        this.signal({ended: true});
        this.state();
      }
      this.dirty = true;
    }
    binary(buffer) {
      const kind = new DataView(buffer).getUint8(1);
      if (kind === 2) this.past(buffer); else this.rows(buffer);
    }
    /* What was recorded before this page opened, thinned: one curve after the other, x then y. */
    past(buffer) {
      let place = 16;
      for (const curve of this.coming || []) {
        const xs = new Float64Array(buffer, place, curve.count);
        const ys = new Float64Array(buffer, place + curve.count * 8, curve.count);
        this.history.set(`${curve.x} ${curve.y}`, [xs, ys]);
        place += curve.count * 16;
      }
      this.coming = null;
      this.soon();
    }
    rows(buffer) {
      const head = new DataView(buffer);
      const count = head.getUint32(4, true), width = head.getUint16(2, true);
      const first = Number(head.getBigUint64(8, true));
      if (head.getUint8(0) !== 1 || !this.columns || first !== this.held) { this.socket.close(); return; }
      const blocks = [];
      for (let i = 0; i < width; i++) blocks.push(new Float64Array(buffer, 16 + i * count * 8, count));
      this.columns.append(blocks, count);
      this.held += count;
      if (this.held - this.said >= TELL) this.tell();
      this.root.dataset.rows = String(this.held);
      this.soon();
    }
    tell() {
      if (this.held === this.said || this.socket.readyState !== WebSocket.OPEN) return;
      this.said = this.held;
      this.socket.send(String(this.held));
    }
    /* Tell the server's part of the page, which asks the centre what this means. */
    signal(change) {
      if (!this.root.dataset.liveSignal || !window.dash_clientside) return;
      window.dash_clientside.set_props(this.root.dataset.liveSignal,
        {data: {run: this.run, at: Date.now(), ...change}});
    }
    tick() {
      if (!this.root.isConnected) { this.close(); return; }
      if (document.hidden) return;
      this.state();
      if (this.dirty) this.soon();
    }
    /* Draw with the browser's next picture, but not more often than the eye can follow. */
    soon() {
      this.dirty = true;
      if (this.asked || this.closed || document.hidden) return;
      this.asked = true;
      const wait = Math.max(0, this.drawn + FRAME - performance.now());
      const picture = () => requestAnimationFrame(() => { this.asked = false; this.render(); });
      if (wait) setTimeout(picture, wait); else picture();
    }
    render() {
      if (!this.dirty || this.closed || !this.root.isConnected) return;
      this.dirty = false;
      this.drawn = performance.now();
      if (this.plot) this.draw();
      if (this.spark) this.draw_spark();
      this.values();
      this.root.dataset.drawn = String(this.held);
    }
    /* Both parts of a curve, each with the place from which it is shown. */
    curve(xn, yn) {
      const past = this.history.get(`${xn} ${yn}`);
      const xs = this.columns ? this.columns.of(xn) : null, ys = this.columns ? this.columns.of(yn) : null;
      const parts = past ? [past] : [];
      if (xs && ys && xs.length) parts.push([xs, ys]);
      return parts.map(([x, y]) => [x, y, this.window_of(x, parts)]);
    }
    close() {
      this.closed = true;
      clearInterval(this.timer);
      clearInterval(this.teller);
      if (this.socket) this.socket.close();
      views.delete(this.root);
    }
    text(name, text) {
      const place = this.part(name);
      if (place && place.textContent !== text) place.textContent = text;
    }
    state() {
      const silent = (performance.now() - this.heard) / 1000;
      let state = "live";
      if (this.over) state = "over";
      else if (this.lost) state = "lost";
      else if (silent > 5 || (this.status && this.status.beat > 10)) state = "late";
      else if (this.status && this.status.state === "queued") state = "queued";
      else if (this.status && this.status.suspended) state = "suspended";
      else if (this.status && this.status.paused) state = "paused";
      else if (!this.status) state = "connecting";
      if (this.root.dataset.state !== state) this.root.dataset.state = state;
      const age = Math.round(Math.max(silent, this.status ? this.status.beat : 0));
      this.text("state", ((this.words.states || {})[state] || state).replace("{age}", age));
    }
    show() {
      const s = this.status;
      this.root.dataset.paused = String(s.paused);
      this.root.dataset.stopping = String(s.stopping);
      const share = Math.max(0, Math.min(1, s.done || 0));
      this.text("progress", `${Math.floor(share * 100)} %`);
      const bar = this.part("bar");
      if (bar) {
        bar.style.setProperty("--share", share);
        bar.setAttribute("aria-valuenow", Math.floor(share * 100));
      }
      this.text("remaining", s.remaining === null ? this.words.unknown : this.duration(s.remaining));
      this.text("phase", (this.words.phases || {})[s.phase] || s.phase || "–");
      const steps = [...this.root.querySelectorAll("[data-phase]")];
      const now = steps.findIndex((step) => step.dataset.phase === s.phase);
      steps.forEach((step, index) => {
        step.dataset.state = index < now ? "done" : index === now ? "now" : "next";
        if (index === now) step.setAttribute("aria-current", "step");
        else step.removeAttribute("aria-current");
      });
    }
    duration(seconds) {
      const total = Math.max(0, Math.round(seconds));
      const h = Math.floor(total / 3600), m = Math.floor(total / 60) % 60, s = total % 60;
      const two = (n) => String(n).padStart(2, "0");
      return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
    }
    values() {
      const place = this.part("values");
      if (!place || !this.columns) return;
      for (const name of this.columns.names) {
        if (name === "phase") continue;
        let item = place.querySelector(`[data-channel="${name}"]`);
        if (!item) {
          item = document.createElement("div");
          item.dataset.channel = name;
          const label = document.createElement("dt"), value = document.createElement("dd");
          label.textContent = this.label(name);
          item.append(label, value);
          place.append(item);
        }
        const v = this.last(name);
        const text = !isFinite(v) ? "–" : name === "time" ? v.toFixed(1)
          : Math.abs(v) >= 1e5 ? v.toExponential(4) : v.toPrecision(6).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
        if (item.lastChild.textContent !== text) item.lastChild.textContent = text;
      }
    }
    last(name) {
      if (this.columns.size) return this.columns.last(name);
      const past = this.history.get(`time ${name === "time" ? this.columns.names[1] : name}`);
      return past && past[1].length ? past[name === "time" ? 0 : 1][past[1].length - 1] : NaN;
    }
    /* Where the chosen span begins in one part of a curve. */
    window_of(x, parts) {
      if (!this.span || !x.length) return 0;
      const newest = parts[parts.length - 1][0];
      const start = newest[newest.length - 1] - this.span;
      let low = 0, high = x.length;
      while (low < high) { const mid = (low + high) >> 1; if (x[mid] < start) low = mid + 1; else high = mid; }
      return low;
    }
    draw() {
      const ground = prepared(this.plot);
      if (!ground) { this.dirty = true; return; }
      const {pen, width, height} = ground, ink = colours(this.root);
      const [xn, yn] = this.plots[this.axes] || ["time", (this.columns ? this.columns.names[1] : "")];
      this.plot.setAttribute("aria-label", `${this.label(yn)} – ${this.label(xn)}`);
      const box = {left: 66, right: width - 14, top: 26, bottom: height - 44};
      pen.font = `12px ${ink.font}`;
      const shown = this.curve(xn, yn);
      pen.fillStyle = ink.text;
      pen.textAlign = "left";
      pen.fillText(this.label(yn), 4, 14);
      pen.textAlign = "right";
      pen.fillText(this.label(xn), box.right, height - 6);
      if (!shown.length) {
        pen.fillStyle = ink.quiet;
        pen.textAlign = "center";
        pen.fillText(this.words.no_data || "", width / 2, height / 2);
        return;
      }
      const xr = extent(shown.map(([x, , from]) => [x, from]));
      const yr = extent(shown.map(([, y, from]) => [y, from]));
      if (!xr || !yr) return;
      const guides = this.guides.filter((g) => g.channel === yn);
      // The whole run is shown between its limits; a shorter span shows them when they are near.
      const reach = this.span ? (yr[1] - yr[0]) * 1.5 : Infinity;
      for (const g of guides) {
        if (g.value > yr[1] && g.value - yr[1] <= reach) yr[1] = g.value;
        if (g.value < yr[0] && yr[0] - g.value <= reach) yr[0] = g.value;
      }
      const room = (yr[1] - yr[0]) * 0.05;
      yr[0] -= room; yr[1] += room;
      const px = (v) => box.left + (v - xr[0]) / (xr[1] - xr[0]) * (box.right - box.left);
      const py = (v) => box.bottom - (v - yr[0]) / (yr[1] - yr[0]) * (box.bottom - box.top);
      pen.lineWidth = 1;
      pen.strokeStyle = ink.grid;
      pen.fillStyle = ink.quiet;
      pen.textAlign = "right";
      for (const [v, text] of ticks(yr[0], yr[1], (box.bottom - box.top) / 46)) {
        pen.beginPath(); pen.moveTo(box.left, py(v)); pen.lineTo(box.right, py(v)); pen.stroke();
        pen.fillText(text, box.left - 6, py(v) + 4);
      }
      pen.textAlign = "center";
      for (const [v, text] of ticks(xr[0], xr[1], (box.right - box.left) / 90)) {
        pen.beginPath(); pen.moveTo(px(v), box.top); pen.lineTo(px(v), box.bottom); pen.stroke();
        pen.fillText(text, px(v), box.bottom + 16);
      }
      pen.strokeStyle = pen.fillStyle = ink.mark;
      pen.setLineDash([6, 4]);
      for (const g of guides) {
        const y = py(g.value);
        if (y < box.top - 1 || y > box.bottom + 1) continue;
        pen.beginPath(); pen.moveTo(box.left, y); pen.lineTo(box.right, y); pen.stroke();
        pen.textAlign = "left";
        pen.fillText(g.text, box.left + 6, y - 5);
      }
      pen.setLineDash([]);
      pen.strokeStyle = ink.curve;
      pen.lineWidth = 1.6;
      pen.lineJoin = "round";
      stroke(pen, shown, px, py);
      const [xs, ys] = shown[shown.length - 1], last = xs.length - 1;
      if (isFinite(ys[last])) {
        pen.fillStyle = ink.curve;
        pen.beginPath(); pen.arc(px(xs[last]), py(ys[last]), 3.5, 0, 7); pen.fill();
      }
    }
    draw_spark() {
      const ground = prepared(this.spark);
      if (!ground) { this.dirty = true; return; }
      const {pen, width, height} = ground, ink = colours(this.root);
      const [xn, yn] = this.plots[0] || ["time", ""];
      const shown = this.curve(xn, yn);
      this.spark.setAttribute("aria-label", this.label(yn));
      if (!shown.length) return;
      const xr = extent(shown.map(([x]) => [x, 0])), yr = extent(shown.map(([, y]) => [y, 0]));
      if (!xr || !yr) return;
      pen.strokeStyle = ink.curve;
      pen.lineWidth = 1.4;
      stroke(pen, shown, (v) => 2 + (v - xr[0]) / (xr[1] - xr[0]) * (width - 6),
        (v) => height - 3 - (v - yr[0]) / (yr[1] - yr[0]) * (height - 6));
    }
  }

  function scan() {
    for (const [root, view] of views) {
      if (!root.isConnected || root.dataset.liveRun !== view.run) view.close();
    }
    for (const root of document.querySelectorAll("[data-live-run]")) {
      if (root.dataset.liveRun && !views.has(root)) views.set(root, new View(root));
    }
  }
  function redraw() { for (const view of views.values()) view.dirty = true; }
  let queued = false;
  new MutationObserver(() => {
    if (queued) return;
    queued = true;
    requestAnimationFrame(() => { queued = false; scan(); });
  }).observe(document.documentElement, {childList: true, subtree: true, attributes: true,
    attributeFilter: ["data-live-run"]});
  new MutationObserver(redraw).observe(document.documentElement,
    {attributes: true, attributeFilter: ["data-mantine-color-scheme"]});
  window.addEventListener("resize", redraw);
  document.addEventListener("visibilitychange", redraw);
})();
