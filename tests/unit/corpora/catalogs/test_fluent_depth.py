import pytest

from alignment.corpora.catalogs.fluent_messages import read_fluent
from alignment.corpora.skips import Skips
from alignment.errors import Malformed


def test_deep_nesting() -> None:
    text = "a = " + "{ $n ->\n *[x] " * 3000
    with pytest.raises(Malformed, match=r"a\.ftl: placeables are nested too deeply"):
        read_fluent("a.ftl", text.encode(), Skips())
