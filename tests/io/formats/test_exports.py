"""Tables as other programs write them."""

import numpy as np
import pandas as pd
import pytest


def values(data):
    return [sequence.tolist() for sequence in data]


def test_pandas_wide_and_long_with_its_index(load, tmp_path, notes):
    frame = pd.DataFrame([[1.5, 2, 1], [2.5, 0.5, 7]])
    frame.to_csv(tmp_path / "wide.csv")
    data = load(tmp_path / "wide.csv")
    assert data.names == ("0", "1")
    assert data.lengths.tolist() == [3, 3]
    assert "columns called 0, 1, 2" in notes[-1]
    long = pd.DataFrame(
        {"id": list("aabb"), "time": [1, 0, 0, 1], "x": [2.0, 1.0, 3.0, 4.0]}, index=[5, 6, 8, 9]
    )
    long.to_csv(tmp_path / "long.csv")
    data = load(tmp_path / "long.csv")
    assert values(data) == [[[1], [2]], [[3], [4]]]
    assert "not used: column 1" in notes[-1] and "inputs: column 'x'" in notes[-1]


def test_pandas_index_of_chosen_rows_is_no_step(load, tmp_path):
    pd.DataFrame({"a": [1.5, 2.5], "b": [3.5, 0.5]}, index=[3, 7]).to_csv(tmp_path / "a.csv")
    data = load(tmp_path / "a.csv")
    assert data.names == ("3", "7")
    assert data.lengths.tolist() == [2, 2]


def test_r_write_csv_and_write_table(load, file, notes):
    long = '"","id","time","x"\n"1","a",0,1.5\n"2","a",1,NA\n"3","b",0,3.5\n"4","b",1,4.5\n'
    data = load(file("long.csv", long), missing="interpolate")
    assert values(data) == [[[1.5], [1.5]], [[3.5], [4.5]]]
    data = load(file("wide.csv", '"","V1","V2"\n"Mazda",1,2\n"Merc",3,1\n'))
    assert data.names == ("Mazda", "Merc")
    data = load(file("table.txt", '"V1" "V2" "V3"\n"r1" 1 2 5\n"r2" 3 1 2\n'))
    assert data.names == ("r1", "r2")
    assert values(data)[0] == [[1], [2], [5]]
    assert "the header is one cell short" in notes[-1]


EXCEL = (
    "sep=;\r\nZeit;Strom;Spannung\r\n"
    "0,0;1,5;230\r\n0,1;1,75;231\r\n0,2;-2;230\r\n0,3;0,5;229\r\n0,4;1,5;230\r\n"
)


def test_a_german_spreadsheet(load, file, refused, notes):
    refused(file("a.csv", EXCEL), "'Zeit' counts up", "--time Zeit", "--rows sequences")
    data = load(file("a.csv", EXCEL), time="Zeit")
    assert values(data)[0][:2] == [[1.5, 230], [1.75, 231]]
    assert "semicolons, decimal commas" in notes[-1] and "line 1 names the delimiter" in notes[-1]


def test_the_named_delimiter_counts(load, file):
    assert load(file("a.csv", "sep=|\na;b|c;d\n1|2\n3|4\n")).lengths.tolist() == [2, 2]
    assert load(file("a.csv", "sep=\t\na b\tc d\n1\t2\n3\t4\n")).lengths.tolist() == [2, 2]


LVM = (
    "LabVIEW Measurement\t\nWriter_Version\t2\nSeparator\tTab\n***End_of_Header***\t\n\t\n"
    "Channels\t2\t\t\nSamples\t3\t3\t\nDate\t2024/01/31\t2024/01/31\t\nX_Dimension\tTime\tTime\t\n"
    "Delta_X\t0.001\t0.001\t\n***End_of_Header***\t\t\t\nX_Value\tVoltage\tCurrent\tComment\n"
    "0.000000\t1.5\t2\t\n0.001000\t2.5\t3\t\n0.002000\t1.5\t4\t\n0.003000\t1\t5\t\n0.004\t1\t6\t\n"
)


def test_labview_measurements(load, file, refused, notes):
    path = file("a.lvm", LVM)
    refused(path, "begin at line 12", "LabVIEW Measurement", "--skip-rows 11")
    refused(path, "'X_Value' counts up", "--time X_Value", skip_rows=11)
    data = load(path, skip_rows=11, time="X_Value")
    assert values(data)[0] == [[1.5, 2], [2.5, 3], [1.5, 4], [1, 5], [1, 6]]
    assert "empty: column 'Comment'" in notes[-1]
    late = LVM + "".join(f"{k}\t1\t2\t\n" for k in range(1, 120)) + "200\t1\t2\tx\n"
    path = file("b.lvm", late)
    refused(
        path, "'x' is in a column that is empty above", "line 137", skip_rows=11, time="X_Value"
    )


TOA5 = (
    '"TOA5","Site","CR1000","1234"\n"TIMESTAMP","AirT","RH"\n"TS","Deg C","%"\n"","Avg","Smp"\n'
    '"2024-01-31 12:01:00",1.5,50\n"2024-01-31 12:00:00",2.5,51\n'
)


def test_a_data_logger_with_units(load, file, refused, notes):
    path = file("a.dat", TOA5)
    refused(path, "begin at line 2", "--skip-rows 1")
    data = load(path, skip_rows=1)
    assert values(data) == [[[2.5, 51], [1.5, 50]]]
    assert "line 3 has units or other words (Deg C, %)" in notes[-1]
    assert "line 4 has units or other words (Avg, Smp)" in notes[-1]


def test_lines_keep_their_numbers_below_what_is_skipped(refused, file):
    path = file("a.csv", TOA5.replace("51", "x"))
    refused(path, "'x' is not a number", "line 6, column 'RH'", skip_rows=1)
    refused(file("b.csv", TOA5), "no rows", "below the first 60 lines", skip_rows=60)


def test_matlab_tables(load, file, refused):
    text = "Time,Var1,Var2\n31-Jan-2024 12:00:00,1,2\n31-Jan-2024 11:00:00,3,4\n"
    assert values(load(file("a.csv", text))) == [[[3, 4], [1, 2]]]
    rows = "".join(f"{k % 3},{k * k % 7},{k * k % 5}\n" for k in range(20))
    refused(file("b.csv", "Var1,Var2,Var3\n" + rows), "--rows steps", "--rows sequences")


def test_weka(load, file, refused):
    rows = "".join(f"5.{k * k % 7},?,1.{k % 3},'Iris {'ab'[k % 2]}'\n" for k in range(8))
    path = file("a.csv", "sepallength,sepalwidth,petallength,class\n" + rows)
    refused(path, "'sepallength', column 'sepalwidth'", "--rows steps", "--rows sequences")
    data = load(path, rows="sequences", missing="interpolate")
    assert (len(data), data.lengths[0], len(data.label_names)) == (8, 3, 2)


TSFRESH = "id,time,kind,value\n" + "".join(
    f"{n},{t},{kind},{n + t}\n" for n in (1, 2) for kind in ("F", "T") for t in range(3)
)


def test_stacked_tables_are_refused_with_what_reads_them(load, file, refused):
    path = file("a.csv", TSFRESH)
    words = "--id id --id kind --time time --value value"
    refused(path, "column 'kind'", "stacked", "F, T", words)
    data = load(path, id=("id", "kind"), time="time", value=("value",))
    assert data.names == ("1/F", "1/T", "2/F", "2/T")
    assert values(data)[3] == [[2], [3], [4]]


def test_biosignals_below_comments(load, file, notes):
    head = '# OpenSignals Text File Format\n# {"rate": 100, "A1": 1}\n# EndOfHeader\n'
    rows = "".join(f"{k % 16}\t0\t{500 + k * k % 13}\t\n" for k in range(40))
    data = load(file("a.txt", head + rows), value=("3",))
    assert values(data)[0][:2] == [[500], [501]]
    assert "3 comments at the top left out" in notes[-1] and "ends in a delimiter" in notes[-1]
    assert len(load(file("a.txt", head + rows))) == 40
    assert "3 values each (if rows are steps use --rows steps)" in notes[-1]


INFLUX = (
    "#group,false,false,true,true,false,false,true\n"
    "#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string\n"
    "#default,mean,,,,,,\n,result,table,_start,_stop,_time,_value,_field\n"
) + "".join(
    f",,{n},2024-01-31T00:00:00Z,2024-02-01T00:00:00Z,2024-01-31T0{t}:00:00Z,{n + t},{'ab'[n]}\n"
    for n in (0, 1)
    for t in (2, 1, 0)
)


def test_annotated_influx(load, file, refused, notes):
    path = file("a.csv", INFLUX)
    refused(path, "stacked", "column '_field'", "a, b", "--id _field --time _time")
    data = load(path, id="table", value=("_value",))
    assert values(data) == [[[0], [1], [2]], [[1], [2], [3]]]


def test_grafana(load, file):
    text = '"Time","A-series"\n"2024-01-31 12:00:00",1.5\n"2024-01-31 11:00:00",2.5\n'
    assert values(load(file("a.csv", text))) == [[[2.5], [1.5]]]


@pytest.mark.parametrize("header", ["", "t x"])
def test_numpy_savetxt(load, tmp_path, notes, header):
    rows = np.arange(20).reshape(10, 2) ** 2
    np.savetxt(tmp_path / "a.txt", rows, header=header)
    assert load(tmp_path / "a.txt", rows="steps").values.tolist() == rows.tolist()
    assert len(load(tmp_path / "a.txt")) == 10
    assert "if rows are steps use --rows steps" in notes[-1]
