"""Packages of the distribution: everything in lstmtool/, and data/ as lstmtool/data/."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["lstmtool", "lstmtool.*"]), "lstmtool.data"],
    package_dir={"lstmtool.data": "data"},
    package_data={"lstmtool.data": ["*.npz", "README.md"]},
)
