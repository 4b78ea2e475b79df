"""Search in a knowledge base: an index on disk, queries by vector, and a local page.

The room takes vectors and a function that encodes, and so needs neither torch nor a model.
"""

from alignment.search.build import Documents, build_index
from alignment.search.documents import Document
from alignment.search.index import Match, SearchIndex
from alignment.search.manifest import IndexModel

__all__ = ["Document", "Documents", "IndexModel", "Match", "SearchIndex", "build_index"]
