/* Tells the page of a run how wide its curve is drawn and in which scheme, so that the server
   sends as many points as there are pixels, in the right colours. */
(function () {
  "use strict";
  let told = "";
  function tell() {
    const figure = document.getElementById("run-figure");
    if (!figure || !window.dash_clientside || !window.dash_clientside.set_props) { told = ""; return; }
    const dark = document.documentElement.dataset.mantineColorScheme === "dark";
    const width = Math.max(200, Math.round(figure.clientWidth / 50) * 50);
    const run = location.pathname;
    const now = JSON.stringify([run, dark, width]);
    if (now === told || !figure.clientWidth) return;
    told = now;
    window.dash_clientside.set_props("run-screen", {data: {scheme: dark ? "dark" : "light", width}});
  }
  let timer = 0;
  function soon() { clearTimeout(timer); timer = setTimeout(tell, 120); }
  window.addEventListener("resize", soon);
  new MutationObserver(soon).observe(document.documentElement,
    {childList: true, subtree: true, attributes: true, attributeFilter: ["data-mantine-color-scheme"]});
})();
