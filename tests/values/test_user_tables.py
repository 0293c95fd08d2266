"""Columns of the user's own tables: files of every sort, good and bad."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

import h5py
import numpy as np
import pytest
from astropy import table as astropy_table

from deepbench_fast.errors import RecipeError
from deepbench_fast.recipe import Recipe
from deepbench_fast.values.distributions import Table, parse_distribution
from deepbench_fast.values.user_tables import tables_beside

VALUES = [2.5, -1.0, 1e3]


def write(path: Path, text: str = "r,n\n2.5,1\n-1,2\n1e3,3\n") -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def column(path: Path, name: str = "r", **more: object) -> Table:
    table = parse_distribution({"table": {"file": str(path), "column": name, **more}})
    assert isinstance(table, Table)
    return table


@pytest.mark.parametrize(
    "text",
    [
        "r,n\n2.5,1\n-1,2\n1e3,3\n",
        "r,n\r\n2.5,1\r\n-1,2\r\n1e3,3\r\n",
        "\ufeffr,n\n2.5,1\n-1,2\n1e3,3",
        "# n, r\n1, 2.5\n\n2, -1\n3, +1000\n\n",
        '"n","r"\n"1","2.5"\n"2","-1.0"\n"3","1000"\n',
        'name,r\nM 31,2.5\n,-1\n"a, b",1000\n',
    ],
)
def test_csv_files(tmp_path: Path, text: str) -> None:
    table = column(write(tmp_path / "prior.csv", text))
    assert table.values.tolist() == VALUES
    assert table.support == (-1, 1000)
    assert not table.is_integer
    assert table.is_random
    assert table.hash == blake2b(np.array(VALUES, "<f8").tobytes(), digest_size=16).hexdigest()


def test_hdf5_files(tmp_path: Path) -> None:
    path = tmp_path / "prior.H5"
    rows = np.zeros(3, [("r", "f4"), ("n", "i2"), ("name", "S4")])
    rows["r"], rows["n"] = VALUES, [1, 2, 3]
    with h5py.File(path, "w") as file:
        file["table"] = rows
        file["group/r"] = VALUES
        file["r"] = np.array(VALUES, ">f8")
        file["square"] = np.zeros((2, 2))
        file["one"] = 3.0
        file["one row"] = rows[0]
        file["long"] = np.array([2**53, -(2**53) - 2])
        file["odd"] = np.array([2**53 + 1], "<u8")
        file["lost"] = h5py.SoftLink("/nowhere")
    for dataset in ("table", "group", ""):
        assert column(path, dataset=dataset).values.tolist() == VALUES
    assert column(path, "n", dataset="table").is_integer
    for name, dataset, words in (
        ("name", "table", "no list of numbers"),
        ("square", "", "no list of numbers"),
        ("group", "", "no list of numbers"),
        ("one", "", "no list of numbers"),
        ("r", "one row", "no list of numbers"),
        ("r", "r/deeper", "has no 'r/deeper'"),
        ("r", "table/deeper", "has no 'table/deeper'"),
        ("q", "table", "unknown column 'q'"),
        ("long", "", "above 2\\^53"),
        ("odd", "", "above 2\\^53"),
        ("lost", "", "leads nowhere"),
        ("r", "lost", "has no 'lost'"),
        ("r", "tabel", "has no 'tabel'"),
        ("r", "square", "unknown column 'r'"),
    ):
        with pytest.raises(RecipeError, match=words):
            column(path, name, dataset=dataset)


def test_large_numbers_that_float64_holds(tmp_path: Path) -> None:
    found = column(write(tmp_path / "a.csv", "r\n9007199254740992\n-9007199254740992\n1e300\n12345678901234567.5\n"))
    assert found.values.tolist() == [2.0**53, -(2.0**53), 1e300, 12345678901234567.5]


@pytest.mark.parametrize("is_group", [False, True])
def test_masked_values_are_none(is_group: bool, tmp_path: Path) -> None:
    """What stands under a mask is whatever was there before it."""
    path = tmp_path / "masked.h5"
    table = astropy_table.Table(
        {"r": np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0]), "n": np.ma.array([1.0, 2.0, 3.0], mask=[0, 0, 0])}
    )
    table.write(path, path="rows", serialize_meta=True)
    with h5py.File(path, "r+") as file:
        for name in file["rows"].dtype.names:
            file[f"columns/{name}"] = file["rows"][name]
    dataset = "columns" if is_group else "rows"
    with pytest.raises(RecipeError, match=r"r of masked.h5 is masked, and so has no number, in row 2"):
        column(path, dataset=dataset)
    assert column(path, "n", dataset=dataset).values.tolist() == [1.0, 2.0, 3.0]


def test_hashes_are_those_of_numbers(tmp_path: Path) -> None:
    one = column(write(tmp_path / "a.csv"))
    other = column(write(tmp_path / "b.csv", "x,r\n0,2.50\n0,-1\n0,1000\n"))
    assert one.hash == other.hash
    assert one.hash != column(write(tmp_path / "c.csv", "r\n2.5\n-1\n")).hash
    assert column(write(tmp_path / "d.csv", "r\n-0.0\n")).hash == column(write(tmp_path / "e.csv", "r\n0\n")).hash


def a_directory(path: Path) -> None:
    path.mkdir()


def nothing(path: Path) -> None:
    pass


def bytes_of(content: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content) and None


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (nothing, "'.*prior.csv' doesn't exist"),
        (a_directory, "is a directory"),
        (bytes_of(b""), "has no column 'r'"),
        (bytes_of(b"r\n"), "r of prior.csv has no rows"),
        (bytes_of(b"q,s\n1,2\n"), r"unknown column 'r' \(allowed: q, s\)"),
        (bytes_of(b"R\n1\n"), r"unknown column 'r' \(allowed: R\)"),
        (bytes_of(b"r,r\n1,2\n"), "names a column twice"),
        (bytes_of(b"r\n1\nfaint\n"), "line 3 has no number there"),
        (bytes_of(b"n,r\n1,2\n3\n"), "line 3 has 1 values, and the first line 2 names"),
        (bytes_of(b"n,r\n1,2\n3,4,5\n"), "line 3 has 3 values, and the first line 2 names"),
        (bytes_of(b"n,r,q\n1,2,3\n4,5\n"), "line 3 has 2 values, and the first line 3 names"),
        (bytes_of(b"n,r\n1,\n"), "line 2 has no number there"),
        (bytes_of(b"r\n1\n1_000\n"), "line 3 has no number there"),
        (bytes_of("r\n1\n\u0663\n".encode()), "line 3 has no number there"),
        (bytes_of(b"r\n1\n9007199254740993\n"), r"line 3 holds whole numbers above 2\^53, which float64 rounds"),
        (bytes_of(b"r\n -1%s \n" % (5000 * b"0")), r"line 2 holds whole numbers above 2\^53"),
        (bytes_of(b"r\n1\nnan\n"), "no finite number in row 2"),
        (bytes_of(b"r\n-inf\n"), "no finite number in row 1"),
        (bytes_of(b"r\n1e999\n"), "no finite number in row 1"),
        (bytes_of(b"r\n\xff\xfe\n"), "not UTF-8"),
        (bytes_of(b"r\n" + b"1" * 200_000), "not CSV: field larger"),
    ],
)
def test_files_that_are_none(tmp_path: Path, make: Callable[[Path], None], problem: str) -> None:
    path = tmp_path / "prior.csv"
    make(path)
    recipe = f"""
catalogues:
  a:
    objects:
      - galaxy:
          r_eff: {{table: {{file: {path}, column: r}}}}
"""
    with pytest.raises(RecipeError, match=problem) as caught:
        Recipe.from_yaml(recipe, source=str(tmp_path / "recipe.yaml"))
    error = caught.value
    assert (error.line, error.key) == (6, "catalogues.a.galaxy.r_eff")
    assert str(error).startswith(str(tmp_path / "recipe.yaml"))
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"file": "prior.csv"}, "lacks its column"),
        ({"column": "r"}, "lacks its file"),
        ({"file": 3, "column": "r"}, "file must be text"),
        ({"file": "prior.csv", "column": 3}, "column must be text"),
        ({"file": "prior.csv", "column": "r", "order": "sorted"}, "unknown order 'sorted'"),
        ({"file": "prior.csv", "column": "r", "order": ["rows"]}, "order must be text"),
        ({"file": "prior.csv", "column": "r", "dataset": "x"}, "no HDF5 file"),
        ({"file": "prior.csv", "column": "r", "dataset": 3}, "dataset must be text"),
        ({"file": "prior.csv", "column": "r", "colum": "r"}, "did you mean 'column'"),
        ("prior.csv", "must be {file: FILE, column: NAME}"),
    ],
)
def test_wrong_arguments(tmp_path: Path, arguments: object, problem: str) -> None:
    with tables_beside(write(tmp_path / "prior.csv")), pytest.raises(RecipeError, match=problem):
        parse_distribution({"table": arguments})


@pytest.mark.skipif(os.name != "posix", reason="sparse files")
def test_files_beyond_the_limit_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(2**33 + 1)
    with pytest.raises(RecipeError, match="larger than 8 GiB"):
        column(path)


@pytest.mark.skipif(os.name != "posix" or not os.geteuid(), reason="root may read everything")
@pytest.mark.parametrize("name", ["prior.csv", "prior.h5"])
def test_a_forbidden_file_is_called_so(tmp_path: Path, name: str) -> None:
    write(tmp_path / name).chmod(0)
    with pytest.raises(RecipeError, match="can't be read: Permission denied"):
        column(tmp_path / name)


def test_a_text_file_is_no_hdf5(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="not an HDF5 file"):
        column(write(tmp_path / "prior.h5"))


def test_files_lie_beside_the_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside, here = tmp_path / "recipes", tmp_path / "here"
    beside.mkdir()
    here.mkdir()
    write(here / "prior.csv", "r\n7\n")
    monkeypatch.chdir(here)
    text = "catalogues: {a: {objects: [galaxy: {r_eff: {table: {file: prior.csv, column: r}}}]}}"
    (beside / "recipe.yaml").write_text(text)

    def read(recipe: Recipe) -> float:
        return recipe.catalogues["a"].objects[0].parameters["r_eff"].support[1]

    with pytest.raises(RecipeError, match=r"'prior\.csv' doesn't exist"):
        Recipe.load(beside / "recipe.yaml")
    assert read(Recipe.from_yaml(text)) == 7  # of no file: where the program runs
    write(beside / "prior.csv", "r\n9\n")
    assert read(Recipe.load(beside / "recipe.yaml")) == 9
    write(beside / "prior.csv", "r\n11\n12\n")
    assert read(Recipe.load(beside / "recipe.yaml")) == 12


SECRET = "hunter2"


@pytest.mark.parametrize(
    "content",
    [
        f"root:x:{SECRET}\nother:y:2\n",
        f"{SECRET}\n",
        f"a,{SECRET}\nb,c\n",
        f"r\n1\n{SECRET}\n",
        f"r\n{SECRET}\n",
        f"r,s\n1,2\n{SECRET}\n",
        f"q,{SECRET}\n1\n",
        f"{SECRET},{SECRET}\n",
        f'q,"{SECRET}\n',
        f"[password]\nkey = {SECRET}\n",
    ],
)
def test_what_is_no_table_is_not_quoted(tmp_path: Path, content: str) -> None:
    with pytest.raises(RecipeError) as caught:
        column(write(tmp_path / "prior.csv", content))
    assert SECRET not in str(caught.value)


def test_numbers_in_other_files_are_not_read(tmp_path: Path) -> None:
    path, other = tmp_path / "prior.h5", tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["r"] = VALUES
        file["table"] = np.zeros(3, [("r", "f8")])
    (tmp_path / "raw").write_bytes(np.array(VALUES).tobytes())
    with h5py.File(path, "w") as file:
        file["link"] = h5py.ExternalLink("other.h5", "r")
        file["group"] = h5py.ExternalLink("other.h5", "/")
        file["soft"] = h5py.SoftLink("/group/r")
        file.create_dataset("raw", (3,), "f8", external=[(str(tmp_path / "raw"), 0, 24)])
        layout = h5py.VirtualLayout((3,), "f8")
        layout[:] = h5py.VirtualSource(str(other), "r", (3,))
        file.create_virtual_dataset("virtual", layout)
        file.create_dataset("huge", (2**40,), "f8", chunks=(2**20,))
        file.create_dataset("big", (2**40,), "f8", chunks=(2**20,), compression="gzip")
    for name, dataset in (
        ("link", ""),
        ("soft", ""),
        ("raw", ""),
        ("virtual", ""),
        ("huge", ""),
        ("big", ""),
        ("r", "group"),
        ("r", "group/table"),
    ):
        with pytest.raises(RecipeError, match=r"another file|more rows than are stored|has no 'group"):
            column(path, name, dataset=dataset)


def test_a_known_hash_outlives_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "prior.csv", "r\n3.25\n4.5\n")
    known = column(path).hash
    path.unlink()
    assert column(path, hash=known).values.tolist() == [3.25, 4.5]
    for text in (None, "r\n1\n", "q\n1\n", "r\nfaint\n"):
        if text is not None:
            write(path, text)
        table = column(path, hash="0" * 32)
        assert table.absent
        assert table.is_random
        assert np.isnan(table.support).all()
        assert table.problem


def test_flags_and_whole_numbers_are_checked(tmp_path: Path) -> None:
    write(tmp_path / "prior.csv", "flag,whole,part\n0,1,1.5\n1,2,2\n0,3,3\n")

    def recipe(**parameters: str) -> Recipe:
        drawn = {name: {"table": {"file": "prior.csv", "column": c}} for name, c in parameters.items()}
        return Recipe(catalogues={"a": {"objects": [{"rectangle": drawn}]}})

    with tables_beside(tmp_path / "recipe.yaml"):
        recipe(fill="flag", count="whole")
        with pytest.raises(RecipeError, match=r"be 0 or 1, but table prior\.csv, column whole gives other numbers"):
            recipe(fill="whole")
        with pytest.raises(RecipeError, match="must be a whole number"):
            recipe(count="part")
        with pytest.raises(RecipeError, match="must be from 1e-9 to"):
            recipe(width="flag")


def test_rows_in_order_need_a_fixed_count(tmp_path: Path) -> None:
    write(tmp_path / "prior.csv")
    rows = {"table": {"file": "prior.csv", "column": "n", "order": "rows"}}
    with tables_beside(tmp_path / "recipe.yaml"):
        Recipe(catalogues={"a": {"objects": [{"galaxy": {"n": rows, "count": 3}}]}})
        Recipe(catalogues={"a": {"objects": [{"galaxy": {"count": rows}}]}})
        Recipe(catalogues={"a": {"objects": [{"n_body": {"mass": rows, "bodies": 3}}]}})
        for entry, words in (
            ({"galaxy": {"n": rows, "count": {"poisson": 2}}}, "takes rows in order, .* not poisson 2"),
            ({"galaxy": {"r_eff": {"offset": {"from": "n", "by": rows}}, "count": rows}}, "takes rows in order"),
            ({"n_body": {"mass": rows, "bodies": {"integers": [2, 3]}}}, "takes rows in order"),
        ):
            outputs = {"series": {"outputs": ["energy"]}} if "n_body" in entry else {}
            with pytest.raises(RecipeError, match=words):
                Recipe(**outputs, catalogues={"a": {"objects": [entry]}})


def test_segments_are_not_drawn_again_from_a_table(tmp_path: Path) -> None:
    write(tmp_path / "prior.csv")
    ends = {name: {"table": {"file": "prior.csv", "column": "n"}} for name in ("x1", "x2")}
    with tables_beside(tmp_path / "recipe.yaml"):
        Recipe(catalogues={"a": {"objects": [{"line": ends}]}})
        with pytest.raises(RecipeError, match=r"min_length: draws ends again, but x1 is table prior.csv, column n"):
            Recipe(catalogues={"a": {"objects": [{"line": {**ends, "min_length": 1}}]}})


def test_the_resolved_recipe_gives_the_same_back(tmp_path: Path) -> None:
    write(tmp_path / "prior.csv")
    with h5py.File(tmp_path / "prior.h5", "w") as file:
        file["chain/n"] = [1.0, 2.0]
    text = """
catalogues:
  a:
    objects:
      - galaxy:
          n: {table: {file: prior.h5, dataset: chain, column: n}}
          r_eff: {offset: {from: n, by: {table: {file: prior.csv, column: n, order: rows}}}}
"""
    recipe = Recipe.from_yaml(text, source=str(tmp_path / "recipe.yaml"))
    again = Recipe.from_yaml(recipe.to_yaml(), source=str(tmp_path / "recipe.yaml"))
    assert again == recipe.resolved()
    assert again.hash() == recipe.hash()
    assert Recipe.from_yaml(recipe.to_yaml()) == recipe.resolved()
