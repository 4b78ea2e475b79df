"""What each section of the page shows: pure functions from a run's results to values.

Each module has a template of the same name in `report/page`. To add a section, write both, call the
function in `report/html.py`, and include the template in `page/page.html.j2`.
"""
