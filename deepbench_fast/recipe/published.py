"""Built-in recipes that a paper can cite by name: their data have one digest, which is stated here and tested."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """A dataset by the hash of its recipe and the digest of its data; `bytes` counts arrays and tables."""

    name: str
    recipe_hash: str
    digest: str
    bytes: int


PUBLISHED = {
    name: Published(name, *facts)
    for name, facts in {
        "deepuq": ("63bebf938e2755bf40414ee768c60a67", "8dc2ee2956d55b34994ef973406869d2", 21_200_000),
        "galaxies": ("989ec023d5dc3ebc97a06cde26666a71", "fa49d3535e740a2bdd5faf02e362c81c", 32_800_000),
        "stars": ("62ec694ccc99865062a500c47e0eddcd", "4489696ff416c52f62316e1a8c88131b", 32_560_000),
        "pendulums": ("38a0305294ca17a806ab850e1e03008e", "02a6148c65df4f9767ad56730aa30658", 9_160_000),
        "n-body": ("8013f3b32a588a2d775128107f8eb3ae", "adaf98b3c49a1d6357cd0f26805d97e0", 19_576_000),
        "networks-sky": ("546a76e009e5b288d50ca6bfe866223f", "3188348df98564ac2841fe79a82461f6", 44_454_752),
        "networks-geometry": ("86126f19189359b4a49735a6f9d66996", "f3d46a232084a252137297717b87addb", 43_855_184),
        "networks-objects": ("a5e861a7e3bae5faed95327b9ea5ef7b", "ec5bfa048390c5e73c3521f5299d6374", 42_506_632),
        "task-star": ("6b3bcd3adebad7d8cab589f7a72bf925", "9e0ba0d99c067c30450b1c0e75162670", 32_720_000),
        "task-galaxy": ("b00e64de6207d7e4095747c380c24433", "4706396041f1943fbebb4ab550cb4aa1", 33_040_000),
        "task-galaxy-ccd": ("82806bed0ff0c0c76a800e5297333700", "76f701fc7b430ec99fd4508990bfa3c0", 17_680_000),
        "task-lens": ("84a2de08e6ef0facff19a8871497a658", "d817159fbd132d7cb9df60874095efcc", 33_680_000),
        "task-pendulum": ("db1b457e4bf9debb87303d56c5b4baa8", "d5b78a719b70da20259434e28f835fa9", 3_360_000),
        "task-n-body": ("85e6107e7306f28fd438505e971f0cad", "f31dfb61012bbcd25c8f3256f5d9b82e", 7_360_000),
        "task-two-galaxies": ("684542ec037d3cd5644debf36204cb31", "db0c7293360f9a774e9dc7df02369d23", 33_920_000),
    }.items()
}
"""Name → dataset. `python -m tests.recipe.test_published` prints the lines of the recipes as they are."""


def published_as(recipe_hash: str) -> Published | None:
    """The published dataset that a recipe with this hash makes, if there is one."""
    return next((published for published in PUBLISHED.values() if published.recipe_hash == recipe_hash), None)
