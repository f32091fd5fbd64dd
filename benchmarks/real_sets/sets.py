"""The six sets: where they lie in which wheel, how many groups they have, what was published."""

from dataclasses import dataclass

WHEELS = {"aeon": "1.6.0", "tslearn": "0.10.0"}
AEON = "aeon/datasets/data"


@dataclass(frozen=True)
class RealSet:
    """A labelled set that comes inside the wheel of another package.

    Parameters
    ----------
    name : str
        As in the UCR and UEA archives.
    n_groups : int
        Of labels; k-means is given it, and BINGO gets the fewest bits that can tell so many apart.
    wheel : str
        A key of `WHEELS`.
    sha256 : dict of str to str
        Files inside the wheel, and the SHA-256 of their bytes.
    published : str
        Adjusted Rand index by others, to be quoted.
    simple : str
        The same of simple features, where it was measured before.
    """

    name: str
    n_groups: int
    wheel: str
    sha256: dict[str, str]
    published: str = ""
    simple: str = ""

    @property
    def n_bits(self) -> int:
        """Binary outputs that can tell the groups apart: log2 of their number, rounded up."""
        return (self.n_groups - 1).bit_length()


def _of_aeon(name, train, test):
    return {
        f"{AEON}/{name}/{name}_TRAIN.ts": train,
        f"{AEON}/{name}/{name}_TEST.ts": test,
    }


SETS = {
    s.name: s
    for s in (
        RealSet(
            "BasicMotions",
            4,
            "aeon",
            _of_aeon(
                "BasicMotions",
                "8dc43cc6306cb679c888c01e26f91772ac4441a916da43bac8b79734a538b9d6",
                "79213102bc6fca1a398ad98ce1185dff0208fa3d1465e687f48288946b0ff8dc",
            ),
            published="deep clustering chosen with labels 0.986: not comparable",
            simple="0.668 (mean, deviation, difference)",
        ),
        RealSet(
            "Trace",
            4,
            "tslearn",
            {
                "tslearn/.cached_datasets/Trace.npz": (
                    "0de0b7fa727cfabaf8481552db2b95fcccd12e54b67058aea79ff05b483cf807"
                )
            },
            published="k-means 0.343, best of nine 0.671",
            simple="1.000 (random convolutions)",
        ),
        RealSet(
            "GunPoint",
            2,
            "aeon",
            _of_aeon(
                "GunPoint",
                "f842401779fd9800d247d8b33121a1a4643710a19b24917dbdd9a060ca8630d5",
                "79332750788a6227b325b96bd0d70130c8eb707b9731f8d7dec62b7a7d36017e",
            ),
            published="k-means -0.005, best of nine 0.009",
            simple="0.217 (random convolutions)",
        ),
        RealSet(
            "ItalyPowerDemand",
            2,
            "aeon",
            _of_aeon(
                "ItalyPowerDemand",
                "341269cb7e6cef96846b30e774580beec79addb93848ba360145219115a74b7c",
                "26122451f87dd0387ef90b18bc8a86c041371b8a1c068004922b939971247144",
            ),
            published="k-means 0.000, best of nine 0.570",
        ),
        RealSet(
            "JapaneseVowels",
            9,
            "aeon",
            _of_aeon(
                "JapaneseVowels",
                "68a430eabd919cc77f40b1f5f3bc0dcafacc1486bca9260785aeb7d262cc78cd",
                "b3d41d6a0ca3bcad3afb9ca7d4365382aa51341e2e58bae2a574babdda5b9462",
            ),
            published="deep clustering chosen with labels 0.709: not comparable",
            simple="0.829 (mean, deviation, difference; equal-length copy)",
        ),
        RealSet(
            "ArrowHead",
            3,
            "aeon",
            _of_aeon(
                "ArrowHead",
                "a83c470aaf611a5f5284377cce27a5fc9f6292bc3d110257b0fd4905ced5ee72",
                "5417dab42626d41df5e435bb22458c2df40dfad4bcd3b59559bbe72e20e84904",
            ),
            published="k-means 0.196, best of nine 0.234",
            simple="0.315 (random convolutions)",
        ),
    )
}
