"""What the record is measured at: each figure beside a raw baseline or a named rival."""
