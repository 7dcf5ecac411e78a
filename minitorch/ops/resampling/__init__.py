"""Images in other sizes, and read at chosen places."""
