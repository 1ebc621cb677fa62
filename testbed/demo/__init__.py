"""A living centre to look at: equipment, firms, bookings, runs."""
