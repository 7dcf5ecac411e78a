"""The maximum or the mean of windows, and the way back."""
