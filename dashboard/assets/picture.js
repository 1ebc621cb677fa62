/* The picture component: SVG text as a part of the page, so that it follows the page's colours. */
(function () {
  "use strict";
  function Picture(props) {
    const React = window.React, place = React.useRef(null);
    React.useEffect(() => {
      // Parsed as XML of its own: nothing in it is taken for HTML, and no script of it runs.
      const drawn = new DOMParser().parseFromString(props.svg, "image/svg+xml").documentElement;
      if (drawn.localName !== "svg") throw new Error("a picture that is no SVG");
      place.current.replaceChildren(document.importNode(drawn, true));
    }, [props.svg]);
    return React.createElement("div", {id: props.id, ref: place, className: props.className});
  }
  window.testbed = Object.assign(window.testbed || {}, {Picture});
})();
