"""How far predictions are from targets, as a number."""
