"""Digests of the reference posteriors of the tasks' observations 1 to 10."""

from __future__ import annotations

REFERENCES: dict[str, tuple[str, ...]] = {
    "pendulum": (
        "a5c674c7992b37429054df9156e85e1a",
        "c044611b1a922bcdeff7e987db176b84",
        "c546abf0108da132141190dc664addff",
        "a92e4f6fe93a3a99ec46e1bce2f551d5",
        "5afc8d7e64b68b5ab8ffb470ea186b9c",
        "7b882b38151a033d20d66261ac2f5642",
        "3d2e2e33df5b58cafc09d9a205013e95",
        "9082f0124570118e21b7a4329970fad9",
        "2d87d4e45e0d9bbf711cbd4042e4aac9",
        "dc3bdcaec2c9565ec5b7a7d01fc05fe8",
    ),
    "galaxy": (
        "47ea9259383879b2bd3e87b53f4bea79",
        "2808804806fe397d1b684fa875d3bf46",
        "99464402627e229c5ae15f9c07fb1e22",
        "9f2172972a5c8b62eaf8eb70c1888bcc",
        "38f3858f51272c2b42286ea0e35b7f7b",
        "eaee08389fdc5b4207326b6d646bca41",
        "ff076a93d44e02788138f6922812f3f1",
        "6ccb3f6a4ce70b90ea0c64cd32c2376e",
        "72d5a3dd1411e5ff2f2f16d0cdf4979f",
        "3b36af52e97ab77a315d8d5d9eaea538",
    ),
    "n-body": (
        "f6ce7e8818b5f26ae874b3349c859682",
        "6dee7d7d6aff2da6eda2bd9393801987",
        "27ea2bca631618e66066df5f66e73bb5",
        "3e551fc6a7d83165bb4860f6ea81710f",
        "ffd45b08079a30ad7befba16e57d52b7",
        "9d0016683460aaa3e95fd2394a1b323c",
        "e87260b1ce5945e4b4154dff906279ac",
        "6f3912d0fd662f92a9c0dc581e81c35c",
        "d031690ade5219b9a2c40d329b1ea8eb",
        "e568714c12d1e8357eb64fd54b0fb32f",
    ),
    "two-galaxies": (
        "fa770e914b8a6cbe0875bada0e2861ce",
        "bb582984cee44ffc6415aec176e1e5f3",
        "6247a28c203723449416a1c396a82e9c",
        "66a18ab45337438e907a6f3101d27463",
        "23e42cb7bc3995c44a5bb600ffdfb588",
        "ff6bd9f660db0cca844543c360d5d75a",
        "a779466af81ab09ad18b27019e4e6248",
        "74382e106dfc03822a0c13790c0cbca7",
        "dbf1c662b40057cf25b975ca0e00e6a6",
        "ff3d00904ddc8bffd6af8c30c028e97d",
    ),
}
"""Task → digests. `python -m tests.tasks.test_references NAME ...` prints the lines of these tasks as they are."""
