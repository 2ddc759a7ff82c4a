"""Ports for servers of tests that run side by side, in this run and in others on the machine."""

import fcntl
import os
import random
import socket
import struct

# Below the range of which clients get theirs.
FIRST, LAST = 10000, 32000

_F_OFD_SETLK = 37
# A lock of one byte of a file that every run has, for the life of the process: it leaves nothing behind.
_file = os.open("/dev/null", os.O_RDWR)


def reserve(port):
    """Whether nobody has taken the port yet; from now on this process has."""
    try:
        fcntl.fcntl(_file, _F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, port, 1, 0))
    except OSError:
        return False
    return True


def bindable(address, port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind((address, port))
            return True
        except OSError:
            return False


def free_ports(addresses, count):
    """Ports that can be bound on every one of the addresses, never the same twice."""
    chosen, tried = [], set()
    while len(chosen) < count:
        port = random.SystemRandom().randrange(FIRST, LAST)
        if port in tried or port in _mine:
            continue
        tried.add(port)
        if all(bindable(address, port) for address in addresses) and reserve(port):
            _mine.add(port)
            chosen.append(port)
        if len(tried) > 2000:
            raise OSError("no free ports on %s" % ", ".join(addresses))
    return chosen


_mine = set()                                   # a process gets its own lock again
