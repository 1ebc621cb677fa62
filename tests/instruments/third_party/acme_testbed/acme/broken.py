"""What cannot be imported."""

raise RuntimeError("the licence of acme has run out")
