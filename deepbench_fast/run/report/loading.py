"""How programs load a dataset: shown in reports, run by a test."""

import json
from collections.abc import Iterator

LOADING = (
    (
        "deepbench_fast",
        """from deepbench_fast import open_dataset

data = open_dataset({file})
print(len(data), data[0].keys(), data.samples[:3])""",
    ),
    (
        "h5py",
        """import h5py

with h5py.File({file}) as file:
    print(list(file), file["samples"][:3])""",
    ),
    (
        "astropy",
        """from astropy.table import QTable

print(QTable.read({file}, path="samples")[:3])""",
    ),
    (
        "pandas and xarray",
        """from deepbench_fast import open_dataset

data = open_dataset({file})
print(data.to_pandas().head(), data.to_xarray())""",
    ),
    (
        "PyTorch",
        """from deepbench_fast.torch import Loader

for batch in Loader({file}, 32):
    print({{name: tensor.shape for name, tensor in batch.items()}})
    break""",
    ),
)


def loading(file: str) -> Iterator[tuple[str, str]]:
    """What loads a file of this name: a title, and a program in Python."""
    for title, program in LOADING:
        yield title, program.format(file=json.dumps(file, ensure_ascii=False))
