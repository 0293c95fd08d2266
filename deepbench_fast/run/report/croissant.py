"""A dataset as schema.org and Croissant metadata, that search engines and catalogues of data read.

Croissant 1.1: http://mlcommons.org/croissant/1.1 (Akhtar et al. 2024, DEEM '24).
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from deepbench_fast.recipe.extras import CLEAN, INFORMATION
from deepbench_fast.render.batch import TARGETS
from deepbench_fast.run.citations import bibliography
from deepbench_fast.run.dataset import Dataset, open_dataset
from deepbench_fast.store.format import DATA
from deepbench_fast.values.number_text import counted

VERSION = "http://mlcommons.org/croissant/1.1"
HDF5 = "application/x-hdf5"
SET = {"fileSet": {"@id": "files"}}
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The vocabulary, as the specification prints it."""
MEANINGS = {
    "images": "The image, with its noise.",
    "series": "The series, with its noise.",
    "clean": "The same without noise.",
    "masks": "For each pixel the number of the object that it belongs to, 0 for none.",
    "variance": "The variance of the noise of each pixel.",
    "labels": "The number of the class.",
    "targets": "What a model shall learn.",
    "targets_true": "The targets without their noise.",
    "targets_sigma": "Standard deviation of the noise on each target.",
    "fisher": "The Fisher information of parameters.",
    "crlb": "The least standard deviations of unbiased estimates of parameters.",
}


def croissant(path: str | os.PathLike[str], *, checksum: bool = False) -> str:
    """The metadata of a dataset as JSON-LD; with `checksum` the SHA-256 of each file, which reads all of it.

    Croissant asks for a checksum of each file, but of none of a set of files: without `checksum` the files are such a
    set, named by patterns.

    Raises FileError where there is no finished dataset, RecipeError where it needs a kind that isn't known here.
    """
    dataset, place = open_dataset(path), Path(path)
    summary, shards = dataset.summary, dataset.stored.header.shards
    files = [place, *(place.with_name(name) for name in ([] if shards is None else _texts(shards["file"])))]
    described = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": VERSION,
        "name": summary.name,
        "description": _description(dataset),
        "version": "1.0.0",
        "identifier": summary.digest,
        "keywords": ["simulation", "synthetic", "benchmark", *dataset.catalogues],
        "citeAs": bibliography(dataset.recipe, summary),
        "distribution": [_file(file) for file in files] if checksum else [_set_of(files)],
        "recordSet": [
            *_names(dataset),
            _samples(dataset, {"fileObject": {"@id": quote(place.name)}} if checksum else SET),
        ],
    }
    return json.dumps(described, indent=2, ensure_ascii=False) + "\n"


def _columns(dataset: Dataset, name: str) -> list[str]:
    """Names of the last axis of an array that has such, with their units."""
    if name in TARGETS:
        units = dataset.stored.targets
    elif name in INFORMATION:
        units = dataset.stored.information
    else:
        units = dataset.stored.outputs if dataset.is_series and name in (*DATA, CLEAN) else {}
    return [f"{column} [{unit}]" if unit else column for column, unit in units.items()]


def _texts(names: Any) -> list[str]:
    return [name.decode() if isinstance(name, bytes) else str(name) for name in names.tolist()]


def _description(dataset: Dataset) -> str:
    summary = dataset.summary
    return (
        f"{counted(summary.samples, 'simulated sample')}, seed {summary.seed}, made by {summary.software} from the "
        f"recipe with the hash {summary.recipe_hash}, which is in the file. Classes: {', '.join(dataset.catalogues)}."
    )


def _file(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "@type": "cr:FileObject",
        "@id": quote(path.name),
        "name": path.name,
        "contentUrl": path.name,
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": HDF5,
        "sha256": checksum,
    }


def _set_of(files: list[Path]) -> dict[str, Any]:
    names = [glob.escape(path.name) for path in files]
    return {"@type": "cr:FileSet", "@id": "files", "name": "files", "encodingFormat": HDF5, "includes": names}


def _names(dataset: Dataset) -> list[dict[str, Any]]:
    """The names of classes and splits, by their numbers."""
    return [
        {
            "@type": "cr:RecordSet",
            "@id": what,
            "name": what,
            "dataType": kinds,
            "key": {"@id": f"{what}/name"},
            "field": [
                {"@type": "cr:Field", "@id": f"{what}/name", "name": "name", "dataType": "sc:Text"},
                {"@type": "cr:Field", "@id": f"{what}/number", "name": "number", "dataType": "sc:Integer"},
            ],
            "data": [{f"{what}/name": name, f"{what}/number": number} for number, name in enumerate(names)],
        }
        for what, kinds, names in (
            ("classes", "sc:Enumeration", dataset.catalogues),
            ("splits", ["sc:Enumeration", "cr:Split"], dataset.splits),
        )
    ]


def _samples(dataset: Dataset, source: dict[str, Any]) -> dict[str, Any]:
    fields = []
    for name, array in dataset.summary.arrays.items():
        shape = array["shape"][1:]
        whole = np.dtype(array["dtype"]).kind in "iu"
        meaning = MEANINGS.get(name, f"/{name} of the file.")
        columns = _columns(dataset, name)
        named = f" In order: {', '.join(columns)}." if columns else ""
        fields.append(
            {
                "@type": "cr:Field",
                "@id": f"samples/{name}",
                "name": name,
                "description": f"{meaning}{named}",
                "dataType": "sc:Integer" if whole else "sc:Float",
                "source": {**source, "extract": {"column": name}},
                **({"isArray": True, "arrayShape": ",".join(map(str, shape))} if shape else {}),
            }
        )
    return {"@type": "cr:RecordSet", "@id": "samples", "name": "samples", "field": fields}
