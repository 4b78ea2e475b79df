"""Side-by-side measurements against peers. Each prints one table and, last, one JSON line."""
