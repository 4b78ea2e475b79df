import pytest

from alignment.cleaning.scales import dozens, fraction_values, scale_after


@pytest.mark.parametrize(
    ("text", "scale"),
    [
        (" million euros", 10**6),
        (" Mrd. Euro", 10**9),
        (" млн жителей", 10**6),
        (" लाख", 10**5),
        (" crore rupees", 10**7),
        (" тысяч", 1000),
        ("K users", 1000),
        (" ribu rupiah", 1000),
    ],
)
def test_scales(text: str, scale: int) -> None:
    assert scale in scale_after(text)


def test_a_billion_has_two_values() -> None:
    assert {10**9, 10**12} <= set(scale_after(" billion"))


def test_no_scale() -> None:
    assert scale_after(" euros") == []
    assert scale_after("Km") == []
    assert scale_after("") == []


def test_dozens_and_fractions() -> None:
    assert dozens("two dozen eggs", [2.0]) == [12, 24]
    assert dozens("eggs", [2.0]) == []
    assert 0.5 in fraction_values("half of it", [])
    assert 0.75 in fraction_values("drei viertel", [])
    assert 2.5 in fraction_values("two and a half", [2.0])
    assert 1.5 in fraction_values("полтора часа", [])
    assert fraction_values("nothing", [1.0]) == set()
