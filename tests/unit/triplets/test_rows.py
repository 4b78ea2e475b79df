import pyarrow as pa
import pytest

from alignment import tables
from alignment.triplets.rows import TripletRow

TYPES = {"str": pa.string(), "int": pa.int64(), "float": pa.float32(), "float | None": pa.float32()}


def test_a_row_has_the_columns_of_the_table() -> None:
    assert list(TripletRow.__annotations__) == tables.TRIPLETS.names


@pytest.mark.parametrize("name", tables.TRIPLETS.names)
def test_the_types_agree(name: str) -> None:
    annotation = TripletRow.__annotations__[name].__forward_arg__
    expected = pa.int32() if name == "rank" else TYPES[annotation]
    assert tables.TRIPLETS.field(name).type == expected
