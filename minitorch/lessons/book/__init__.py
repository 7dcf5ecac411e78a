"""The lessons as a website: `building.py` makes it, `mathml.py` its formulas, `pages.py` looks at it in Chromium."""
