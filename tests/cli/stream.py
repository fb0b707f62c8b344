# SPDX-License-Identifier: Apache-2.0
"""The records of a stream as a streamer writes them, made here. PYTHONPATH names the folder of ringside_pb2."""
import time

import ringside_pb2 as pb

KINDS = ["header", "oom_kill", "seccomp_denial", "signal_kill", "lost", "limited", "counters", "clock", "footer"]
START = 1763780645  # 2025-11-22T03:04:05Z, where the clock of a made-up stream begins


def varint(n):
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def frame(record):
    """A record, or one that is serialized already, behind its length."""
    data = record if isinstance(record, bytes) else record.SerializeToString()
    return varint(len(data)) + data


def frames(data):
    """What the lengths are of: the reader of FORMAT.md."""
    at = 0
    while at < len(data):
        size = shift = 0
        while True:
            byte = data[at]
            at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        yield data[at : at + size]
        at += size


def value_of(field):
    if field.type == field.TYPE_ENUM:
        return field.enum_type.values[1].number
    return {field.TYPE_STRING: field.name, field.TYPE_BYTES: b"\1" * 16, field.TYPE_BOOL: True}.get(field.type, 7)


def fill(message):
    """All fields of it, and of what is in it."""
    for field in message.DESCRIPTOR.fields:
        member = getattr(message, field.name)
        if field.message_type and field.message_type.GetOptions().map_entry:
            member["cluster"] = "eu1"
        elif field.message_type:
            fill(member.add() if field.label == field.LABEL_REPEATED else member)
        elif field.label == field.LABEL_REPEATED:
            member.append(value_of(field))
        else:
            setattr(message, field.name, value_of(field))
    return message


def full_stream(**more):
    """A record of each kind that has all there is."""
    records = [pb.Record(boottime_nano=7, time_unix_nano=10**18 + 7, seq=i + 1, **more) for i in range(len(KINDS))]
    for record, kind in zip(records, KINDS):
        fill(getattr(record, kind))
    header = records[0].header
    header.magic, header.format_version, header.identity_version = "RINGSIDE", 2, 2
    return b"".join(map(frame, records))


class Stream:
    """Records one after the other. boottime, in seconds, goes on as it is told; step is what real time is
    ahead of it. Without a boottime they are of now."""

    def __init__(self, stream_id, boot="boot-1", boottime=0.0, step=START):
        self.id, self.boot, self.boottime, self.step = stream_id, boot, boottime, step
        self.seq = self.index = 0

    def now(self):
        if self.boottime is None:
            return time.clock_gettime_ns(time.CLOCK_BOOTTIME), time.time_ns()
        return int(self.boottime * 1e9), int((self.boottime + self.step) * 1e9)

    def record(self, **body):
        self.seq += 1
        boottime, unix = self.now()
        return frame(pb.Record(seq=self.seq, boottime_nano=boottime, time_unix_nano=unix, **body))

    def header(self, host=None, **more):
        out = self.record(header=pb.Header(
            magic="RINGSIDE", format_version=2, stream_id=self.id * 16, boot_id=self.boot, file_index=self.index,
            first_seq=self.seq + 1, host_name=host or "host-" + self.boot, **more))
        self.index += 1
        return out

    def kill(self, comm="java"):
        return self.record(oom_kill=pb.OomKill(victim=pb.Process(pid=7, comm=comm), kill_id=self.seq))

    def counters(self, **more):
        return self.record(counters=pb.Counters(part=1, parts=1, **more))

    def footer(self, reason="SIGTERM"):
        return self.record(footer=pb.Footer(reason=reason, records=self.seq + 1))


class Growing(Stream):
    """One of now, of a streamer that counts OOM kills and lists BPF objects: for files that grow."""

    def __init__(self, stream_id):
        super().__init__(stream_id, boot="b", boottime=None)

    def header(self, host="h"):
        probe = pb.Probe(kind="oom_kill", tier=pb.TIER_FENTRY)
        return super().header(host, counters_interval_nano=10**9, probes=[probe])

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
