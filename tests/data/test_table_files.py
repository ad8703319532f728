"""Tables from files: what is missing, what is a category, what is to be predicted, and what is wrong."""

import numpy as np
import pandas as pd
import pytest

from padleak.data.table import load_table
from padleak.errors import InputError

ROWS = 40


def write(folder, name="patients.csv", header=True, separator=",", **changed):
    """A table with a number, a number with marks, words, codes and a class."""
    columns = {
        "age": [str(20 + row) for row in range(ROWS)],
        "sugar": ["0" if row % 4 == 0 else f"{row}.5" for row in range(ROWS)],
        "ward": ["east" if row % 3 else "west" for row in range(ROWS)],
        "code": [str(1 + row % 3) for row in range(ROWS)],
        "ill": ["yes" if row % 2 else "no" for row in range(ROWS)],
    } | changed
    frame = pd.DataFrame(columns)
    file = folder / name
    frame.to_csv(file, index=False, header=header, sep=separator)
    return file


def test_numbers_words_and_codes_are_told_apart(tmp_path):
    table = load_table(f"csv:{write(tmp_path)}?target=ill&categorical=code")
    assert table.columns == ("age", "sugar", "ward", "code") and table.categories == (0, 0, 2, 3)
    assert table.classes == ("no", "yes")
    np.testing.assert_array_equal(table.values[:, 0], 20 + np.arange(ROWS))
    np.testing.assert_array_equal(table.values[:, 2], np.arange(ROWS) % 3 == 0)
    np.testing.assert_array_equal(table.targets, np.arange(ROWS) % 2)


@pytest.mark.parametrize("mark", ["?", "NA", "-9"])
def test_a_mark_stands_for_missing_in_every_column(tmp_path, mark):
    wards = [mark if row < 5 else "east" if row % 2 else "west" for row in range(ROWS)]
    ages = [mark if row % 10 == 0 else str(row) for row in range(ROWS)]
    table = load_table(f"csv:{write(tmp_path, ward=wards, age=ages)}?target=ill&missing={mark}")
    np.testing.assert_array_equal(np.isnan(table.values[:, 0]), np.arange(ROWS) % 10 == 0)
    np.testing.assert_array_equal(np.isnan(table.values[:, 2]), np.arange(ROWS) < 5)
    assert table.categories[:3] == (0, 0, 2)


def test_a_mark_of_one_column_leaves_the_others(tmp_path):
    ages = ["0.0" if row == 3 else str(row) for row in range(ROWS)]
    table = load_table(f"csv:{write(tmp_path, age=ages)}?target=ill&missing=sugar%3D0")
    np.testing.assert_array_equal(np.isnan(table.values[:, 1]), np.arange(ROWS) % 4 == 0)
    assert table.values[3, 0] == 0


def test_an_empty_field_is_missing_and_a_row_without_target_is_left_out(tmp_path):
    ages = ["" if row == 3 else " 41 " if row == 4 else str(row) for row in range(ROWS)]
    ill = ["" if row < 2 else "yes" if row % 2 else "no" for row in range(ROWS)]
    table = load_table(f"csv:{write(tmp_path, age=ages, ill=ill)}?target=ill")
    assert len(table) == ROWS - 2 and table.notes == ("2 rows (target missing)",)
    assert np.isnan(table.values[1, 0]) and table.values[2, 0] == 41


def test_without_a_header_columns_go_by_number(tmp_path):
    numbers = {
        "ward": ["?" if row < 4 else str(row % 2) for row in range(ROWS)],
        "ill": [str(row % 2) for row in range(ROWS)],
    }
    table = load_table(f"csv:{write(tmp_path, header=False, **numbers)}?target=5&missing=%3F&categorical=3")
    assert table.columns == ("1", "2", "3", "4") and table.categories == (0, 0, 2, 0) and len(table) == ROWS


@pytest.mark.parametrize(
    ("targets", "classes"),
    [
        ([str(row % 3) for row in range(ROWS)], ("0", "1", "2")),
        ([str(row) for row in range(ROWS)], ()),
        ([f"{row % 3}.5" for row in range(ROWS)], ()),
        (["a" if row % 2 else "7" for row in range(ROWS)], ("7", "a")),
    ],
)
def test_few_whole_numbers_or_words_are_classes(tmp_path, targets, classes):
    table = load_table(f"csv:{write(tmp_path, ill=targets)}?target=ill")
    assert table.classes == classes
    if not classes:
        np.testing.assert_array_equal(table.targets, np.array(targets, float))


def test_columns_that_tell_nothing_are_left_out_and_named(tmp_path):
    useless = {"ward": ["east"] * ROWS, "code": [""] * ROWS}
    table = load_table(f"csv:{write(tmp_path, **useless)}?target=ill")
    assert table.columns == ("age", "sugar")
    assert table.notes == ("column ward (the same in every row)", "column code (all missing)")


def test_names_are_no_categories(tmp_path):
    frame = pd.DataFrame(
        {"name": [f"patient {row}" for row in range(60)], "a": range(60), "b": range(60), "y": [0, 1] * 30}
    )
    frame.to_csv(tmp_path / "t.csv", index=False)
    table = load_table(f"csv:{tmp_path / 't.csv'}?target=y")
    assert table.columns == ("a", "b") and table.notes == ("column name (over 50 categories)",)


def test_tab_separated_and_parquet_tables_read_the_same(tmp_path):
    frame = pd.read_csv(write(tmp_path))
    frame.loc[3, "age"] = np.nan
    frame.to_csv(tmp_path / "t.tsv", sep="\t", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    first, second = (load_table(f"{kind}:{tmp_path / 't'}.{kind}?target=ill") for kind in ("tsv", "parquet"))
    np.testing.assert_array_equal(first.values, second.values)
    assert first.columns == second.columns and first.categories == second.categories and np.isnan(first.values[3, 0])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("", "target column of .* must be one of age, sugar, ward, code, ill"),
        ("target=il", "Did you mean ill"),
        ("target=ill&categorical=cod", "categorical column of .* Did you mean code"),
        ("target=ill&missing=suger%3D0", "Did you mean sugar"),
        ("target=ill&header=maybe", "header must be auto, yes or no; got maybe"),
        ("goal=ill", "option of table csv must be one of target, missing, categorical, header; got goal"),
    ],
)
def test_a_wrong_name_is_told(tmp_path, options, says):
    with pytest.raises(InputError, match=says):
        load_table(f"csv:{write(tmp_path)}?{options}")


def test_tables_that_cannot_serve_are_told(tmp_path):
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(InputError, match="a readable file of its format"):
        load_table(f"csv:{tmp_path / 'empty.csv'}?target=y")
    (tmp_path / "head.csv").write_text("a,b,y\n")
    with pytest.raises(InputError, match="a table with rows"):
        load_table(f"csv:{tmp_path / 'head.csv'}?target=y")
    (tmp_path / "short.csv").write_text("a,b,y\n" + "".join(f"{row},{row + 1},{row / 2}\n" for row in range(19)))
    with pytest.raises(InputError, match="of at least 30 usable rows; got 19"):
        load_table(f"csv:{tmp_path / 'short.csv'}?target=y")
    with pytest.raises(InputError, match="of at least two classes"):
        load_table(f"csv:{write(tmp_path, ill=['yes'] * ROWS)}?target=ill")
    with pytest.raises(InputError, match="at least two predictors"):
        load_table(f"csv:{write(tmp_path, ward=['x'] * ROWS, code=[''] * ROWS, sugar=[''] * ROWS)}?target=ill")


def rows_of(*columns):
    return "".join(",".join(map(str, row)) + "\n" for row in zip(*columns))


def test_two_columns_of_one_name_are_told_before_one_gives_the_target_away(tmp_path):
    file = tmp_path / "t.csv"
    file.write_text("x,y,y,z\n" + rows_of(range(40), [0, 1] * 20, [0, 1] * 20, range(40)))
    with pytest.raises(InputError, match="named differently; got y"):
        load_table(f"csv:{file}?target=y")


def test_rows_longer_than_the_header_are_told(tmp_path):
    file = tmp_path / "t.csv"
    file.write_text("a,b,y\n" + rows_of(range(40), range(40), range(40), [0, 1] * 20))
    with pytest.raises(InputError, match="Expected 3 fields in line 2, saw 4"):
        load_table(f"csv:{file}?target=y")


@pytest.mark.parametrize("column", ["age", "ill"])
def test_a_mark_that_nobody_named_is_named(tmp_path, column):
    numbers = ["NA" if row == 7 else f"{row * 1.5}" for row in range(ROWS)]
    with pytest.raises(InputError, match=r"got NA among numbers\. If NA marks what is missing, say --missing NA"):
        load_table(f"csv:{write(tmp_path, **{column: numbers})}?target=ill")
    read = load_table(f"csv:{write(tmp_path, **{column: numbers})}?target=ill&missing=NA")
    assert len(read) == ROWS - (column == "ill")


def test_numbers_of_rows_are_no_predictor(tmp_path):
    frame = pd.DataFrame({"a": np.arange(60.0), "b": np.arange(60.0) % 7, "y": [0, 1] * 30})
    frame.to_csv(tmp_path / "t.csv")
    table = load_table(f"csv:{tmp_path / 't.csv'}?target=y")
    assert table.columns == ("a", "b") and "numbers of rows" in table.notes[0]


def test_rare_classes_are_left_out_and_counted(tmp_path):
    grades = ["rare" if row < 3 else "low" if row % 2 else "high" for row in range(ROWS)]
    table = load_table(f"csv:{write(tmp_path, ill=grades)}?target=ill")
    assert table.classes == ("high", "low") and table.notes == ("3 rows (classes of fewer than 10 rows: rare)",)
    with pytest.raises(InputError, match="classes of at least 10 rows each; got 40 classes of fewer"):
        load_table(f"csv:{write(tmp_path, 'names.csv', ill=[f'patient {row}' for row in range(ROWS)])}?target=ill")


def test_blanks_around_fields_do_not_count(tmp_path):
    (tmp_path / "t.csv").write_text(
        ' "a", "b" ,y\n' + "".join(f' {row}, "east {row % 2}" , {row % 2}\n' for row in range(40))
    )
    table = load_table(f"csv:{tmp_path / 't.csv'}?target=y")
    assert table.columns == ("a", "b") and table.categories == (0, 2)
    pd.DataFrame({"a": ["x ", "x", "z", "  "] * 10, "b": range(40), "y": [0, 1] * 20}).to_parquet(
        tmp_path / "t.parquet"
    )
    table = load_table(f"parquet:{tmp_path / 't.parquet'}?target=y")
    assert table.categories == (2, 0) and np.isnan(table.values[:, 0]).sum() == 10


def test_a_table_of_words_without_a_header_is_read_when_that_is_said(tmp_path):
    (tmp_path / "t.csv").write_text(rows_of(range(40), ["a", "b"] * 20, [0, 1] * 20))
    assert len(load_table(f"csv:{tmp_path / 't.csv'}?target=3&header=no")) == 40


def test_a_target_that_never_changes_is_told(tmp_path):
    with pytest.raises(InputError, match="the same in all 40 rows"):
        load_table(f"csv:{write(tmp_path, ill=['2.5'] * ROWS)}?target=ill")


def test_a_target_that_no_row_has_is_told(tmp_path):
    (tmp_path / "a.csv").write_text("a,b,target\n0,1,\n2,3,\n")
    with pytest.raises(InputError, match=r"target target of .*a\.csv must be known in some rows; got missing in all 2"):
        load_table(f"csv:{tmp_path / 'a.csv'}?target=target")
