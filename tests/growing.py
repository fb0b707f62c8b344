# SPDX-License-Identifier: Apache-2.0
"""The records of a stream as a streamer writes them, for files that grow. ringside_pb2 is found by sys.path."""
import time

import ringside_pb2 as pb


def frame(record):
    data, size = record.SerializeToString(), bytearray()
    n = len(data)
    while n > 0x7F:
        size.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes(size) + bytes([n]) + data


class Stream:
    def __init__(self, number):
        self.id, self.seq = bytes([number] * 16), 0

    def record(self, **body):
        self.seq += 1
        return frame(pb.Record(seq=self.seq, time_unix_nano=time.time_ns(),
                               boottime_nano=time.clock_gettime_ns(time.CLOCK_BOOTTIME), **body))

    def header(self, host="h"):
        header = pb.Header(magic="RINGSIDE", format_version=1, stream_id=self.id, boot_id="b", host_name=host,
                           counters_interval_nano=10**9)
        header.probes.add(kind="oom_kill", tier=pb.TIER_FENTRY)
        return self.record(header=header)

    def counters(self, kills, dropped=0, refused=()):
        """@refused: of calls refused to the streamer the fields, (number, name, count), None: absent."""
        counters = pb.Counters(part=1, parts=1, full=True)
        for number, name, count in refused:
            counters.cost.refused_calls.add(number=number, name=name, count=count)
        counters.probes.add(kind="oom_kill").cpus.add(cpu=0, seen=kills, dropped=dropped)
        counters.rows.add(kind="oom_kill", container=pb.Container(cgroup_path="/a\n\"b\\", cgroup_id=1),
                          count=kills, scope=pb.OOM_SCOPE_MEMCG)
        return self.record(counters=counters)

    def objects(self, rows, full=True, cost=None, per_part=500):
        """A set of rows of BPF objects, in as many parts as they need."""
        parts = [rows[i:i + per_part] for i in range(0, len(rows), per_part)] or [[]]
        done = b""
        for n, some in enumerate(parts):
            counters = pb.Counters(part=n + 1, parts=len(parts), full=full, rows=some)
            if cost and not n:
                counters.cost.CopyFrom(cost)
            done += self.record(counters=counters)
        return done

    def kill(self, comm="worker"):
        return self.record(oom_kill=pb.OomKill(victim=pb.Process(pid=7, comm=comm), kill_id=self.seq))

    def footer(self):
        return self.record(footer=pb.Footer(reason="SIGTERM"))
