"""What httpd's children count, written as they do: lync.counts."""
import os
import struct
import time

ROUTES, SERVERS, SERVICES, SHARDS, ANSWERS, REFUSALS = 16384, 1024, 64, 8, 5, 13
BUCKETS = 1 + 21 * 4 + 1
SERVICE = 8 * (ANSWERS + 1 + BUCKETS)
SHARD = 3 * SERVICES * SERVICE + 16 * (ROUTES + SERVERS) + 3 * 8 * REFUSALS
NAMES = 24 + 8 * (ROUTES + SERVERS)
HEAD = NAMES + 68 * SERVICES
SIZE = HEAD + SHARDS * SHARD
ERROR = 3


def key_of(*texts):
    key = 14695981039346656037
    for text in texts:
        for byte in text.encode() + b"\xff":
            key = (key ^ byte) * 1099511628211 % 2**64
    return key


class Counts:
    """Of a httpd that was started at this time."""

    def __init__(self, directory, pid, since=None):
        self.path, self.since = directory / "lync.counts", since or time.time()
        self.data = bytearray(SIZE)
        struct.pack_into("8sIIq", self.data, 0, b"lyncct1", pid, int(time.time()) // 300,
                         int(self.since * 1000000))
        self.names = []
        self.write()

    def write(self):
        new = self.path.with_name("new.counts")
        new.write_bytes(self.data)
        os.rename(new, self.path)

    def add(self, offset, by):
        struct.pack_into("Q", self.data, offset, struct.unpack_from("Q", self.data, offset)[0] + by)

    def service(self, name, requests, errors=0, bucket=0, shard=0):
        if name not in self.names:
            struct.pack_into("I64s", self.data, NAMES + 68 * len(self.names), 2, name.encode())
            self.names.append(name)
        start = HEAD + shard * SHARD + SERVICE * self.names.index(name)
        self.add(start, requests - errors)
        self.add(start + 8 * ERROR, errors)
        self.add(start + 8 * (ANSWERS + 1 + bucket), requests)
        self.write()

    def server(self, pool, host, port, requests, errors=0, shard=0):
        key = key_of(pool, host, str(port))
        place = key % SERVERS
        struct.pack_into("Q", self.data, 24 + 8 * (ROUTES + place), key)
        start = HEAD + shard * SHARD + 3 * SERVICES * SERVICE + 16 * (ROUTES + place)
        self.add(start, requests)
        self.add(start + 8, errors)
        self.write()

    def refused(self, requests, reason=0):
        self.add(HEAD + SHARD - 3 * 8 * REFUSALS + 8 * reason, requests)
        self.write()
