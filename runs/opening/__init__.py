"""Whether somebody writes a file, how far a dead writer came, and how to open it all the same."""
