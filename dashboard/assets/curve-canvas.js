/* Draws curves on a canvas: axes, bands, lines, constructions. Knows nothing of where they come from.
   A scene is {x: [from, to], y: [from, to], xTitle, yTitle, zero, bands: [{x, low, high, ink, alpha}],
   lines: [{x, y, ink, dash, width, only: [from, to] | null}], marks: [{name, x, y}], empty: text}. */
(function () {
  "use strict";
  const curves = (window.testbedCurves = window.testbedCurves || {});
  const INKS = 8;
  const DASHES = [[], [9, 4], [2, 3], [12, 3, 2, 3], [16, 5], [5, 5], [12, 3, 2, 3, 2, 3], [1, 4]];

  function inks(element) {
    const style = getComputedStyle(element);
    const get = (name) => style.getPropertyValue(name).trim();
    const runs = [];
    for (let i = 1; i <= INKS; i++) runs.push(get(`--tb-run-${i}`));
    return {runs, mark: get("--tb-mark"), text: get("--tb-text"), quiet: get("--tb-quiet"),
            grid: get("--tb-grid"), surface: get("--tb-surface"), font: style.fontFamily};
  }

  function digits(step) { return Math.max(0, Math.min(12, -Math.floor(Math.log10(step) + 1e-9))); }

  function number(value, step) {
    if (Math.abs(value) < step * 1e-6) return "0";
    const size = Math.abs(value);
    if (size >= 1e7 || (step < 1e-6 && size < 1e-3)) {
      return value.toExponential(Math.max(0, Math.min(6, Math.round(Math.log10(size / step)))));
    }
    return value.toLocaleString("en", {maximumFractionDigits: digits(step),
      minimumFractionDigits: digits(step), useGrouping: size >= 10000}).replace(/,/g, "\u2009").replace("-", "\u2212");
  }

  /* Ticks at 1, 2 or 5 times a power of ten, as many as `room` [pixels] lets stand apart. */
  function ticks(low, high, room, apart) {
    let wanted = Math.max(2, Math.floor(room / apart(null)));
    for (;;) {
      const raw = (high - low) / wanted, power = Math.pow(10, Math.floor(Math.log10(raw)));
      const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw * 0.999);
      const found = [];
      const first = Math.ceil(low / step - 1e-9);
      for (let i = first; i * step <= high + step * 1e-9 && found.length < 100; i++) {
        found.push([i * step, number(i * step, step)]);
      }
      const widest = Math.max(0, ...found.map(([, text]) => apart(text)));
      if (wanted <= 1 || (found.length - 1) * widest <= room) return found;
      wanted = Math.max(1, Math.floor(wanted * 0.7));
    }
  }

  /* One stroke; samples that fall into one half pixel give first, lowest, highest and last. */
  function stroke(pen, x, y, px, py) {
    let column = null, first = 0, low = 0, high = 0, last = 0, down = false;
    const put = (u, v) => { if (down) pen.lineTo(u, v); else { pen.moveTo(u, v); down = true; } };
    const end = () => {
      if (column === null) return;
      put(column, first);
      if (low !== high) { put(column, high); put(column, low); put(column, last); }
      column = null;
    };
    pen.beginPath();
    for (let i = 0; i < x.length; i++) {
      const v = py(y[i]);
      if (!(isFinite(x[i]) && isFinite(v))) {
        // A single sample between two gaps is a point.
        if (column !== null && !down) { put(column, first - 0.5); put(column, first + 0.5); }
        end();
        down = false;
        continue;
      }
      const u = Math.round(px(x[i]) * 2) / 2;
      if (u !== column) { end(); column = u; first = low = high = v; }
      if (v > low) low = v;
      if (v < high) high = v;
      last = v;
    }
    end();
    pen.stroke();
  }

  function dots(pen, x, y, px, py) {
    pen.fillStyle = pen.strokeStyle;
    pen.beginPath();
    for (let i = 0; i < x.length; i++) {
      const u = px(x[i]), v = py(y[i]);
      if (!(isFinite(u) && isFinite(v))) continue;
      pen.moveTo(u + 3, v);
      pen.arc(u, v, 3, 0, 2 * Math.PI);
    }
    pen.fill();
  }

  function fill(pen, band, px, py) {
    const {x, low, high} = band;
    let begin = -1;
    for (let i = 0; i <= x.length; i++) {
      const there = i < x.length && isFinite(low[i]) && isFinite(high[i]);
      if (there && begin < 0) begin = i;
      if (there || begin < 0) continue;
      pen.beginPath();
      for (let k = begin; k < i; k++) pen.lineTo(px(x[k]), py(high[k]) - 0.5);
      for (let k = i - 1; k >= begin; k--) pen.lineTo(px(x[k]), py(low[k]) + 0.5);
      pen.closePath();
      pen.fill();
      begin = -1;
    }
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
    return {pen, width, height};
  }

  function axes(pen, scene, ink, width, height) {
    pen.font = `12px ${ink.font}`;
    const top = 26, bottom = height - 42;
    const rows = ticks(scene.y[0], scene.y[1], bottom - top, (text) => (text === null ? 44 : 22));
    const widest = Math.max(24, ...rows.map(([, text]) => pen.measureText(text).width));
    const box = {left: Math.round(widest + 14), right: width - 14, top, bottom};
    const px = (v) => box.left + (v - scene.x[0]) / (scene.x[1] - scene.x[0]) * (box.right - box.left);
    const py = (v) => box.bottom - (v - scene.y[0]) / (scene.y[1] - scene.y[0]) * (box.bottom - box.top);
    const columns = ticks(scene.x[0], scene.x[1], box.right - box.left,
      (text) => (text === null ? 80 : pen.measureText(text).width + 18));
    pen.lineWidth = 1;
    pen.strokeStyle = ink.grid;
    pen.fillStyle = ink.quiet;
    pen.textAlign = "right";
    for (const [v, text] of rows) {
      const y = Math.round(py(v)) + 0.5;
      pen.beginPath(); pen.moveTo(box.left, y); pen.lineTo(box.right, y); pen.stroke();
      pen.fillText(text, box.left - 7, y + 4);
    }
    pen.textAlign = "center";
    for (const [v, text] of columns) {
      const x = Math.round(px(v)) + 0.5;
      pen.beginPath(); pen.moveTo(x, box.top); pen.lineTo(x, box.bottom); pen.stroke();
      const half = pen.measureText(text).width / 2;
      pen.fillText(text, Math.min(x, width - half - 2), box.bottom + 17);
    }
    pen.fillStyle = ink.text;
    pen.textAlign = "left";
    pen.fillText(scene.yTitle, 2, 14);
    pen.textAlign = "right";
    pen.fillText(scene.xTitle, box.right, height - 6);
    return {box, px, py};
  }

  function inside(pen, box, draw) {
    pen.save();
    pen.beginPath();
    pen.rect(box.left, box.top - 1, box.right - box.left, box.bottom - box.top + 2);
    pen.clip();
    draw();
    pen.restore();
  }

  function marks(pen, scene, ink, {box, px, py}) {
    pen.strokeStyle = pen.fillStyle = ink.mark;
    pen.lineWidth = 1.3;
    inside(pen, box, () => {
      pen.setLineDash([2, 4]);
      for (const mark of scene.marks) if (mark.x.length > 1) stroke(pen, mark.x, mark.y, px, py);
      pen.setLineDash([]);
    });
    const points = scene.marks.filter((mark) => mark.x.length === 1)
      .map((mark) => [mark.name, px(mark.x[0]), py(mark.y[0])])
      .filter(([, x, y]) => x >= box.left && x <= box.right && y >= box.top && y <= box.bottom);
    for (const [, x, y] of points) {
      pen.beginPath();
      pen.moveTo(x, y - 6); pen.lineTo(x + 6, y); pen.lineTo(x, y + 6); pen.lineTo(x - 6, y);
      pen.closePath();
      pen.stroke();
    }
    const taken = points.map(([, x, y]) => [x - 7, y + 5, 14]);
    for (const [name, x, y] of points) label(pen, name, x, y, box, taken, ink);
  }

  /* Words of a point stand where nothing else stands: above, then right, left, below. */
  function label(pen, text, x, y, box, taken, ink) {
    const width = pen.measureText(text).width, height = 14;
    const places = [[x - width / 2, y - 11], [x + 11, y + 19], [x + 11, y - 8], [x - width - 11, y - 8],
                    [x - width - 11, y + 19], [x - width / 2, y + 21], [x + 11, y + 34], [x + 11, y - 23]];
    const fits = ([u, v]) => u >= box.left && u + width <= box.right && v - height >= box.top - 3
      && v <= box.bottom && !taken.some(([a, b, w]) => u < a + w + 4 && a < u + width + 4 && Math.abs(v - b) < height);
    const [u, v] = places.find(fits) || places[1];
    taken.push([u, v, width]);
    pen.textAlign = "left";
    pen.lineWidth = 3;
    pen.save();
    pen.strokeStyle = ink.surface;
    pen.lineJoin = "round";
    pen.strokeText(text, u, v);
    pen.restore();
    pen.lineWidth = 1.3;
    pen.fillText(text, u, v);
  }

  /* Draw a scene; gives where its box lies and how values become pixels, or null while hidden. */
  function draw(canvas, scene, ink) {
    const ground = prepared(canvas);
    if (!ground) return null;
    const {pen, width, height} = ground;
    pen.fillStyle = ink.surface;
    pen.fillRect(0, 0, width, height);
    const placed = axes(pen, scene, ink, width, height);
    const {box, px, py} = placed;
    if (scene.empty) {
      pen.fillStyle = ink.quiet;
      pen.textAlign = "center";
      pen.fillText(scene.empty, (box.left + box.right) / 2, (box.top + box.bottom) / 2);
    }
    inside(pen, box, () => {
      if (scene.zero) {
        pen.strokeStyle = ink.quiet;
        pen.lineWidth = 1;
        pen.beginPath(); pen.moveTo(box.left, py(0)); pen.lineTo(box.right, py(0)); pen.stroke();
      }
      for (const band of scene.bands) {
        pen.globalAlpha = band.alpha;
        pen.fillStyle = ink.runs[band.ink];
        fill(pen, band, px, py);
      }
      pen.globalAlpha = 1;
      for (const line of scene.lines) {
        const draw_line = () => {
          pen.strokeStyle = ink.runs[line.ink];
          pen.lineWidth = line.width || 1.6;
          // Dashes on a line that fills its columns are costly, and nobody could see them.
          pen.setLineDash(line.x.length > (box.right - box.left) * 2 ? [] : line.dash || []);
          pen.lineJoin = line.x.length > box.right - box.left ? "bevel" : "round";
          stroke(pen, line.x, line.y, px, py);
          pen.setLineDash([]);
          // Samples that lie far apart are seen as what they are.
          if (line.x.length * 16 < box.right - box.left) dots(pen, line.x, line.y, px, py);
        };
        if (!line.only) { draw_line(); continue; }
        for (const [from, to] of line.only) {
          pen.save();
          pen.beginPath();
          pen.rect(px(from), box.top - 1, px(to) - px(from), box.bottom - box.top + 2);
          pen.clip();
          draw_line();
          pen.restore();
        }
      }
    });
    marks(pen, scene, ink, placed);
    pen.strokeStyle = ink.quiet;
    pen.lineWidth = 1;
    pen.strokeRect(box.left + 0.5, box.top + 0.5, box.right - box.left - 1, box.bottom - box.top - 1);
    return placed;
  }

  Object.assign(curves, {draw, inks, number, digits, DASHES});
})();
