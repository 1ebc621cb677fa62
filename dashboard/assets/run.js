/* Tells the page of a run how wide its curve is drawn and in which scheme, so that the server
   sends as many points as there are pixels, in the right colours. */
(function () {
  "use strict";
  let told = "", tries = 0;
  function tell() {
    const figure = document.getElementById("run-figure");
    if (!figure || !window.dash_clientside || !window.dash_clientside.set_props) { told = ""; return; }
    const dark = document.documentElement.dataset.mantineColorScheme === "dark";
    const width = Math.max(200, Math.round(figure.clientWidth / 50) * 50);
    const now = JSON.stringify([location.pathname, dark, width]);
    if (!figure.clientWidth) return;
    if (now !== told) tries = 0;
    // What is told before Dash has registered the page is lost: say it again until a curve is there.
    const plot = figure.querySelector(".js-plotly-plot");
    const drawn = Boolean(plot && plot.data && plot.data.length);
    if (now === told && (drawn || tries > 8)) return;
    told = now;
    tries += 1;
    window.dash_clientside.set_props("run-screen",
      {data: {scheme: dark ? "dark" : "light", width, tries}});
    if (!drawn) setTimeout(tell, 500 * tries);
  }
  let timer = 0;
  function soon() { clearTimeout(timer); timer = setTimeout(tell, 120); }
  window.addEventListener("resize", soon);
  new MutationObserver(soon).observe(document.documentElement,
    {childList: true, subtree: true, attributes: true, attributeFilter: ["data-mantine-color-scheme"]});
})();
