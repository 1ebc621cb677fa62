/* The calendar component: EventCalendar inside a Dash component. Times are local times of the
   centre without a zone, so that a browser anywhere shows the same hours. */
(function () {
  "use strict";
  const pad = n => String(n).padStart(2, "0");
  // EventCalendar hands out dates whose local parts are the wall-clock time it shows.
  const wall = d => d.getFullYear() + "-" + pad(d.getMonth() + 1) + "-" + pad(d.getDate()) + "T" +
    pad(d.getHours()) + ":" + pad(d.getMinutes()) + ":00";
  const phone = () => window.matchMedia("(max-width: 48em)").matches;

  function ResourceCalendar(props) {
    const React = window.React, h = React.createElement;
    const place = React.useRef(null), calendar = React.useRef(null), live = React.useRef(props);
    live.current = props;
    const tell = what => live.current.setProps(what);
    React.useEffect(() => {
      let at = 0;
      const options = Object.assign({
        view: phone() ? "resourceTimelineDay" : "resourceTimelineWeek",
        headerToolbar: {start: "prev,today,next", center: "title",
          end: "resourceTimelineDay,resourceTimelineWeek"},
        slotDuration: "02:00", snapDuration: "00:15", slotMinTime: "00:00", slotMaxTime: "24:00",
        slotWidth: phone() ? 46 : 27, timeZone: "+09:00",
        slotLabelFormat: d => pad(d.getHours()), firstDay: 1, nowIndicator: true,
        selectable: true, editable: true, eventStartEditable: true, eventDurationEditable: true,
        longPressDelay: 300, slotEventOverlap: true, height: "auto",
        scrollTime: "08:00",
        resources: live.current.resources || [], events: live.current.events || [],
        select: i => tell({selection: {resource: String(i.resource.id), start: wall(i.start), end: wall(i.end), at: Date.now()}}),
        eventDrop: i => moved(i), eventResize: i => moved(i),
        eventClick: i => tell({clicked: {id: String(i.event.id), at: Date.now()}}),
        datesSet: i => { if (at++ < 0) return; tell({range: {start: wall(i.start), end: wall(i.end), view: i.view.type}}); },
      }, live.current.options || {});
      function moved(i) {
        tell({change: {id: String(i.event.id), resource: String(i.event.resourceIds[0]),
          start: wall(i.event.start), end: wall(i.event.end), at: Date.now()}});
      }
      calendar.current = window.EventCalendar.create(place.current, options);
      return () => window.EventCalendar.destroy(calendar.current);
    }, []);
    React.useEffect(() => { calendar.current && calendar.current.setOption("resources", props.resources || []); }, [props.resources]);
    React.useEffect(() => { calendar.current && calendar.current.setOption("events", props.events || []); }, [props.events]);
    return h("div", {id: props.id, ref: place, className: "tb-calendar"});
  }
  window.testbed = Object.assign(window.testbed || {}, {ResourceCalendar});
})();
