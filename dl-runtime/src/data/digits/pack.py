"""Packs scikit-learn's digits into digits.bin: `pip install scikit-learn; python pack.py`.

The file is 1,797 records of 65 bytes in scikit-learn's order: the label 0..9, then 8x8 grey values 0..16 (16 = ink),
row by row. `python pack.py FILE.csv` reads the same table from a CSV file with a header: 64 values, then the label.
"""

import csv
import pathlib
import sys

if len(sys.argv) > 1:
    rows = list(csv.reader(open(sys.argv[1], newline="")))[1:]
    samples = [([int(v) for v in row[:64]], int(row[64])) for row in rows]
else:
    from sklearn.datasets import load_digits

    digits = load_digits()
    samples = [([int(v) for v in x], int(t)) for x, t in zip(digits.data, digits.target)]

assert len(samples) == 1797
assert all(0 <= label <= 9 and len(x) == 64 and 0 <= min(x) and max(x) <= 16 for x, label in samples)
path = pathlib.Path(__file__).with_name("digits.bin")
path.write_bytes(b"".join(bytes([label, *x]) for x, label in samples))
print(path, path.stat().st_size, "bytes")
