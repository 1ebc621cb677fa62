/* The finder of runs: choices of facets, the address, kept searches, keys, and what is selected.
   The page tells by data attributes what a button does; the server does the finding. */
(function () {
  "use strict";
  const picked = new Map();
  const at = (id) => document.getElementById(id);
  const set = (id, props) => window.dash_clientside.set_props(id, props);
  let nonce = 0;

  function chosen() {
    const found = {};
    for (const each of document.querySelectorAll("#finder-facets .tb-facet[aria-pressed=true]")) {
      (found[each.dataset.facet] ||= []).push(each.dataset.value);
    }
    return found;
  }

  function toggle(button) {
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    set("finder-chosen", {data: chosen()});
  }

  function load(query) {
    set("finder-load", {data: {query, nonce: ++nonce}});
  }

  function command(told) {
    set("finder-command", {data: {...told, nonce: ++nonce}});
  }

  /* Asks for a name where the button is, so that no dialogue takes the page away. */
  function ask(beside, label, value, then) {
    document.querySelector(".tb-naming")?.remove();
    const form = document.createElement("form"), field = document.createElement("input");
    form.className = "tb-naming";
    field.value = value;
    field.maxLength = 80;
    field.setAttribute("aria-label", label);
    field.placeholder = label;
    form.append(field);
    const end = () => { form.remove(); beside.focus(); };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const name = field.value.trim();
      end();
      if (name) then(name);
    });
    field.addEventListener("keydown", (event) => { if (event.key === "Escape") end(); });
    beside.after(form);
    field.focus();
    field.select();
  }

  function keep(button) {
    const {do: what, id, name, query} = button.dataset;
    const address = at("finder-address");
    if (what === "keep") {
      const words = document.querySelector("#finder-q")?.value || "";
      ask(button, address.dataset.name, words, (given) =>
        command({do: "save", name: given, query: address.dataset.query || ""}));
    } else if (what === "rename") {
      ask(button.parentElement.lastElementChild, address.dataset.rename, name, (given) =>
        command({do: "rename", id: Number(id), name: given}));
    } else {
      command({do: what, id: Number(id), name, query});
    }
  }

  function pick(button) {
    const {run, method} = button.dataset;
    if (picked.has(run)) picked.delete(run); else picked.set(run, method);
    show();
  }

  function show() {
    for (const each of document.querySelectorAll(".tb-pick")) {
      each.setAttribute("aria-pressed", String(picked.has(each.dataset.run)));
    }
    const bar = at("finder-picked");
    if (!bar) return;
    bar.hidden = picked.size === 0;
    const count = at("finder-picked-count"), said = bar.dataset.said.replace("#", String(picked.size));
    // Writing what stands there already would call the observer below for ever.
    if (count.textContent !== said) count.textContent = said;
    const runs = [...picked.keys()], methods = new Set(picked.values());
    const compare = bar.querySelector("[data-picked=compare]");
    const many = bar.querySelector("[data-picked=distribution]");
    compare.href = "/runs/compare?runs=" + runs.map(encodeURIComponent).join(",");
    compare.hidden = picked.size < 2;
    const asked = new URLSearchParams({method: [...methods][0] || "", run: runs[0] || "",
                                       runs: runs.join(",")});
    many.href = "/runs/distribution?" + asked;
    many.hidden = methods.size !== 1;
  }

  document.addEventListener("click", (event) => {
    if (!at("finder")) return;
    const target = event.target.closest("[data-facet],[data-load],[data-do],.tb-pick,[data-picked=none]");
    if (!target || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (target.dataset.facet) toggle(target);
    else if (target.classList.contains("tb-pick")) pick(target);
    else if (target.dataset.do) keep(target);
    else if (target.dataset.picked === "none") { picked.clear(); show(); }
    else { event.preventDefault(); load(target.dataset.load); }
  });

  /* A click on the page's own name in the navigation asks for everything again. */
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".tb-nav a");
    if (at("finder") && link?.getAttribute("href") === "/runs") load("");
  });

  function walk(step) {
    const links = [...document.querySelectorAll("#finder-results tbody a.tb-strong")];
    const now = links.indexOf(document.activeElement);
    const next = now < 0 && step < 0 ? -1 : now + step;
    if (next < 0) document.querySelector("#finder-q")?.focus();
    else links[Math.min(next, links.length - 1)]?.focus();
  }

  document.addEventListener("keydown", (event) => {
    if (!at("finder") || event.ctrlKey || event.metaKey || event.altKey) return;
    const box = document.querySelector("#finder-q"), inside = document.activeElement;
    const typing = inside?.matches("input,textarea,select") && inside !== box;
    if (event.key === "/" && inside !== box && !typing) {
      event.preventDefault();
      box.focus();
      box.select();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !typing &&
               (inside === box || inside?.closest("#finder-results") || inside === document.body)) {
      event.preventDefault();
      walk(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && inside === box) {
      const first = document.querySelector("#finder-results tbody a.tb-strong");
      if (first && document.querySelectorAll("#finder-results tbody a.tb-strong").length === 1) first.click();
    } else if (event.key === "x" && inside?.closest("#finder-results") && !typing) {
      const button = inside.closest("tr")?.querySelector(".tb-pick");
      if (button) pick(button);
    } else if (event.key === "Escape" && inside === box) {
      box.blur();
    }
  });

  /* The server writes what it found into the page; the address follows. */
  new MutationObserver(() => {
    const address = at("finder-address");
    if (!address) { if (location.pathname !== "/runs") picked.clear(); return; }
    const query = address.dataset.query;
    if (query !== undefined && location.pathname === "/runs") {
      const wanted = "/runs" + (query ? "?" + query : "");
      if (wanted !== location.pathname + location.search) history.replaceState(history.state, "", wanted);
    }
    const side = at("finder-side");
    if (side && !side.dataset.seen) {
      side.dataset.seen = "yes";
      if (window.matchMedia("(max-width: 760px)").matches) side.open = false;
    }
    show();
  }).observe(document.documentElement, {subtree: true, childList: true, attributes: true,
                                        attributeFilter: ["data-query"]});
})();
