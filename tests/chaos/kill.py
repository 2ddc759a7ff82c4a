"""Kills a program with -9 precisely: as it is about to make its n-th system call."""

import ctypes
import os
import signal
import subprocess

TRACEME, SYSCALL, SETOPTIONS = 0, 24, 0x4200
SYSGOOD, EXITKILL = 1, 0x100000
OPEN_ENDED = 0x40000000                 # __WALL: of waitpid, for a traced process

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long] * 4
libc.ptrace.restype = ctypes.c_long


def ptrace(request, pid=0, data=0):
    if libc.ptrace(request, pid, 0, data) < 0:
        raise OSError(ctypes.get_errno(), "ptrace: %s" % os.strerror(ctypes.get_errno()))


def run(command, environment, at=None):
    """Runs command and kills it at system call number `at`, if it comes to that. Returns how many it made, and its
    exit status, negative when a signal ended it. Its own children run on."""
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, preexec_fn=lambda: ptrace(TRACEME))
    pid, calls, entering, signaled = process.pid, 0, True, 0
    os.waitpid(pid, OPEN_ENDED)
    ptrace(SETOPTIONS, pid, SYSGOOD | EXITKILL)
    while True:
        try:
            ptrace(SYSCALL, pid, signaled)
        except ProcessLookupError:              # killed while it was stopped
            pass
        _, status = os.waitpid(pid, OPEN_ENDED)
        if not os.WIFSTOPPED(status):
            process.returncode = os.waitstatus_to_exitcode(status)
            return calls, process.returncode
        signaled = os.WSTOPSIG(status)
        if signaled != signal.SIGTRAP | 0x80:
            continue
        signaled = 0
        if entering:
            calls += 1
            if calls == at:
                os.kill(pid, signal.SIGKILL)
        entering = not entering
