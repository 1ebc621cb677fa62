/* Fetches windows of curves: binary frames (see testbed/api/frames.py), kept for ended runs. */
(function () {
  "use strict";
  const curves = (window.testbedCurves = window.testbedCurves || {});
  const HEAD = 56, START = 8, KEPT = 60;
  const kept = new Map();

  function decode(buffer) {
    const view = new DataView(buffer);
    if (view.getUint32(0, false) !== 0x54425731) throw new Error("not a frame");
    const count = view.getUint16(4, true);
    let at = START + count * HEAD;
    const numbers = (size, wide) => {
      const found = wide ? new Float64Array(buffer, at, size) : new Float32Array(buffer, at, size);
      at += Math.ceil(found.byteLength / 8) * 8;
      return found;
    };
    const traces = [];
    for (let i = 0; i < count; i++) {
      const head = START + i * HEAD, f8 = (offset) => view.getFloat64(head + offset, true);
      const kind = view.getUint8(head), size = view.getUint32(head + 4, true);
      const [x0, xs, y0, ys] = [f8(8), f8(16), f8(24), f8(32)];
      const trace = {place: view.getUint8(head + 1), exact: view.getUint8(head + 2) === 1,
        inside: Number(view.getBigInt64(head + 40, true)),
        samples: Number(view.getBigInt64(head + 48, true))};
      if (kind === 2) {
        const pairs = numbers(size * 2, false);
        trace.x = Float64Array.from({length: size}, (_, k) => x0 + xs * (k + 0.5));
        trace.low = Float64Array.from({length: size}, (_, k) => y0 + ys * pairs[2 * k]);
        trace.high = Float64Array.from({length: size}, (_, k) => y0 + ys * pairs[2 * k + 1]);
        trace.y = trace.low.map((low, k) => low / 2 + trace.high[k] / 2);
      } else {
        const x = numbers(size, kind === 0), y = numbers(size, kind === 0);
        trace.x = kind === 0 ? x : Float64Array.from(x, (v) => x0 + xs * v);
        trace.y = kind === 0 ? y : Float64Array.from(y, (v) => y0 + ys * v);
      }
      traces.push(trace);
    }
    return traces;
  }

  async function refused(answer) {
    if (answer.status === 401) { location.reload(); }
    throw new Error(`${answer.status}`);
  }

  /* A window of runs; an ended run never changes, so that its windows are asked for once. */
  async function frame(url, signal) {
    const known = kept.get(url);
    if (known) { kept.delete(url); kept.set(url, known); return known; }
    const answer = await fetch(url, {signal, credentials: "same-origin"});
    if (!answer.ok) return refused(answer);
    const buffer = await answer.arrayBuffer();
    const made = {traces: decode(buffer), bytes: buffer.byteLength};
    if (answer.headers.get("ETag")) {
      kept.set(url, made);
      if (kept.size > KEPT) kept.delete(kept.keys().next().value);
    }
    return made;
  }

  /* Lines of JSON; `told` hears of each, the last one is the answer. */
  async function lines(url, signal, told) {
    const known = kept.get(url);
    if (known) return known;
    const answer = await fetch(url, {signal, credentials: "same-origin"});
    if (!answer.ok) return refused(answer);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "", last = null;
    for (;;) {
      const {value, done} = await reader.read();
      text += value || "";
      const parts = text.split("\n");
      text = parts.pop();
      for (const part of parts) { last = JSON.parse(part); told(last); }
      if (done) break;
    }
    kept.set(url, last);
    return last;
  }

  Object.assign(curves, {decode, frame, lines});
})();
