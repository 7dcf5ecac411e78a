"""Operations on one element at a time, after broadcasting: arithmetic, functions, comparisons, choices."""
