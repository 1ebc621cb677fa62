"""One place joins the parts."""
