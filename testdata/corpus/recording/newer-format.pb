

RINGSIDE	x