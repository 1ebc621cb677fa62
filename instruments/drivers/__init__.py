"""One file per instrument model; each enters through the ``testbed.instruments`` entry points."""
