"""Signals that arrive while machine code is made."""

import os
import signal
import threading

import numba
import pytest
from numba.core.codegen import JITCodeLibrary

from lstmtool.kernels._jit import kernel
from lstmtool.kernels._signals import signals_held_back


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="not compiled")
def test_an_interruption_while_machine_code_is_made_is_not_lost(monkeypatch, capfd):
    honest = JITCodeLibrary._object_compiled_hook

    def hook(module, made):  # called by LLVM, which drops what is raised
        os.kill(os.getpid(), signal.SIGINT)
        honest(module, made)

    @kernel(cache=False)
    def twice(x):
        return 2 * x

    engine = numba.core.registry.cpu_target.target_context.codegen()._engine._ee
    monkeypatch.setattr(engine, "_object_cache_notify", hook)
    with pytest.raises(KeyboardInterrupt):
        twice(3)
    assert "Traceback" not in capfd.readouterr().err
    monkeypatch.undo()
    assert twice(3) == 6


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_was_held_back_is_handled_once_afterwards(number):
    seen = []
    before = signal.signal(number, lambda *_: seen.append("handled"))
    try:
        with signals_held_back():
            signal.raise_signal(number)
            seen.append("inside")
        assert seen == ["inside", "handled"]
        signal.raise_signal(number)
        assert seen == ["inside", "handled", "handled"]
    finally:
        signal.signal(number, before)


def test_an_error_comes_before_a_signal():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(RuntimeError), signals_held_back():
        raise RuntimeError
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_leave_handlers_alone():
    found = []

    def look():
        with signals_held_back():
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGINT)]
