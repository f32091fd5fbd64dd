"""Agents that were hardly trained, for tests of what is made of them."""

from dataclasses import replace

from lstmtool.jobs.learn import as_record
from lstmtool.supervised.acting import Mastering
from lstmtool.supervised.systems import SYSTEMS
from lstmtool.supervised.trials import run_trial


def trained(name, limit=200):
    """Return the record of an agent after a few hundred steps in a maze."""
    stop = Mastering(limit=limit, every=100, longest=60, window=5, tests=2)
    system = replace(SYSTEMS[name], stop=stop)
    return as_record(system, run_trial(system, 0), 0)
