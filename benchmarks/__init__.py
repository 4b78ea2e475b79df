"""Side-by-side measurements against peers. Each module prints one table and, last, one JSON line."""
