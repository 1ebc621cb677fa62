"""Test methods, one file per standard; each enters through the ``testbed.methods`` entry points."""
