#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes files that want to cost a reader more than their size: zstd frames that overlap, sizes and
indexes that point anywhere, magic numbers everywhere, and clean recordings cut, merged, shuffled.

usage: PYTHONPATH=BUILD/proto hostile.py KIND BYTES CLEAN.pb.zst >FILE
       PYTHONPATH=BUILD/proto hostile.py --kinds      their names

CLEAN is a recording to begin with, and to mangle. Each begins with it as it is, so that nobody stops at its first byte.
"""
import random
import struct
import sys

from stream import varint

ZSTD, INDEX, SEEK, OTHER = 0xFD2FB528, 0x184D2A5D, 0x184D2A5E, 0x184D2A50
RAW, RLE, COMPRESSED, RESERVED = range(4)
PRIME32 = [2654435761, 2246822519, 3266489917, 668265263, 374761393]


def begin(checksum=False, window=20):
    """The header of a zstd frame without a content size."""
    return struct.pack("<IBB", ZSTD, 4 if checksum else 0, (window - 10) << 3)


def block(kind, size, last=False):
    return struct.pack("<I", size << 3 | kind << 1 | last)[:3]


def raw(content, last=True):
    return block(RAW, len(content), last) + content


def skippable(content, magic=OTHER, size=None):
    return struct.pack("<II", magic, len(content) if size is None else size) + content


def xxh32(data):
    """XXH32 of fewer than 16 bytes; seed 0."""
    def mul(a, b):
        return a * b & 0xFFFFFFFF

    def rotate(x, n):
        return (x << n | x >> 32 - n) & 0xFFFFFFFF

    h = PRIME32[4] + len(data) & 0xFFFFFFFF
    while len(data) >= 4:
        h = mul(rotate(h + mul(int.from_bytes(data[:4], "little"), PRIME32[2]) & 0xFFFFFFFF, 17),
                PRIME32[3])
        data = data[4:]
    for byte in data:
        h = mul(rotate(h + mul(byte, PRIME32[4]) & 0xFFFFFFFF, 11), PRIME32[0])
    h = mul(h ^ h >> 15, PRIME32[1])
    h = mul(h ^ h >> 13, PRIME32[2])
    return h ^ h >> 16


def index(compressed_bytes):
    """An index frame that is right by itself: FrameIndex.compressed_bytes alone."""
    out = bytes([8 << 3]) + varint(compressed_bytes)
    return skippable(struct.pack("<I", xxh32(out)) + out, INDEX)


def fill(size, unit):
    out = bytearray()
    while len(out) < size:
        out += unit() if callable(unit) else unit
    return bytes(out[:size])


def overlapping(size, end, step=b""):
    """Frames that begin within the first block of the one before, and share all that follows."""
    frame = begin(bool(end == b"sum"))
    unit = block(RAW, len(frame) + 3) + frame + block(RAW, 0) + step
    return begin(bool(end == b"sum")) + fill(size // len(unit) * len(unit), unit) + {
        b"bad": block(RESERVED, 0), b"sum": raw(b"") + b"!sum", b"cut": b""}[end]


def overlapping_far(size):
    """The same in blocks so large that each has hundreds of them."""
    frame = begin()
    blocks = bytearray()
    while len(blocks) < size:
        tail = 100000
        inner = b""
        for i in range(500):
            # the block of each ends where all others end
            inner = frame + block(RAW, len(inner) + tail) + inner
        blocks += block(RAW, len(inner) + tail) + inner + bytes(tail)
    return frame + bytes(blocks) + block(RESERVED, 0)


def in_skippable(size, rng):
    """Frames inside skippable ones, which end where nothing begins."""
    out = b""
    while len(out) < size:
        inside = overlapping(rng.randrange(200, 20000), b"bad")
        out += begin() + raw(b"") + skippable(inside) + b"nothing"
    return out


def nested(size):
    """Skippable frames in skippable frames, a data frame before each."""
    unit = begin() + raw(b"")
    n = size // (len(unit) + 8)
    return b"".join(unit + skippable(b"", size=size - (i + 1) * (len(unit) + 8) + 3)
                    for i in range(n)) + b"end"


def far_skips(size, rng):
    """Data frames, and skippable ones that lead somewhere else in the file."""
    unit = begin() + raw(b"")
    return fill(size, lambda: unit + skippable(b"", size=rng.randrange(size)))


def pointing(size, rng):
    """Whole frames with indexes that are right by their hash, and say anything."""
    unit = begin() + raw(b"")
    return fill(size, lambda: unit + index(rng.choice(
        [len(unit), rng.randrange(1, size), rng.randrange(1, 1000), 1 << 63])))


def mangled(size, clean, rng, how):
    clean = clean * (size // len(clean) + 1) if len(clean) < size else clean
    clean = clean[:size]
    if how == "cut":
        return clean[rng.randrange(len(clean) // 2, len(clean)):] + clean[:-len(clean) // 3]
    pieces, at = [], 0
    while at < len(clean):
        n = rng.randrange(1, 60000)
        pieces.append(clean[at:at + n])
        at += n
    if how == "merged":
        return b"".join(p for i in range(0, len(pieces) - 1, 2) for p in pieces[i + 1::-1])[:size]
    rng.shuffle(pieces)
    return b"".join(pieces)


def mixed(size, clean, rng):
    """A bit of everything."""
    names = [k for k in KINDS if k != "mixed"]
    out = b""
    while len(out) < size:
        out += KINDS[rng.choice(names)](rng.randrange(100, size // 8 + 200), clean, rng)
    return out[:size]


KINDS = {
    "overlap": lambda n, c, r: overlapping(n, b"bad"),
    "overlap-cut": lambda n, c, r: overlapping(n, b"cut"),
    "overlap-checksum": lambda n, c, r: overlapping(n, b"sum"),
    "overlap-bomb": lambda n, c, r: overlapping(n, b"bad", (block(RLE, 1 << 17) + b"\1") * 20),
    "overlap-far": lambda n, c, r: overlapping_far(n),
    "in-skippable": lambda n, c, r: in_skippable(n, r),
    "nested-skippable": lambda n, c, r: nested(n),
    "far-skips": lambda n, c, r: far_skips(n, r),
    "pointing-indexes": lambda n, c, r: pointing(n, r),
    "false-indexes": lambda n, c, r: fill(n, struct.pack("<II", INDEX, 4090)),
    "false-frames": lambda n, c, r: fill(n, begin() + block(COMPRESSED, 9)),
    "false-magic": lambda n, c, r: fill(n, struct.pack("<I", ZSTD)),
    "huge-claims": lambda n, c, r: fill(n, struct.pack("<IBQ", ZSTD, 0xE0, 1 << 62)),
    "huge-windows": lambda n, c, r: fill(n, begin(window=41) + raw(b"")),
    "tiny-frames": lambda n, c, r: fill(n, begin() + raw(b"")),
    "tiny-records": lambda n, c, r: fill(n, begin() + raw(b"\2\x38\1")),
    "tiny-skippables": lambda n, c, r: fill(n, skippable(b"")),
    "seek-tables": lambda n, c, r: fill(n, skippable(
        bytes(8 * 1000) + struct.pack("<IBI", 1000, 0, 0x8F92EAB1), SEEK)),
    "bomb-zeros": lambda n, c, r: fill(n, begin() + (block(RLE, 1 << 17) + b"\0") * 300),
    "bomb-ones": lambda n, c, r: fill(n, begin() + (block(RLE, 1 << 17) + b"\1") * 300),
    "bomb-frames": lambda n, c, r: fill(n, begin() + block(RLE, 1 << 17, True) + b"\1"),
    "bomb-lengths": lambda n, c, r: fill(n, begin() + (block(RLE, 1 << 17) + b"\x7f") * 300),
    "cut": lambda n, c, r: mangled(n, c, r, "cut"),
    "merged": lambda n, c, r: mangled(n, c, r, "merged"),
    "shuffled": lambda n, c, r: mangled(n, c, r, "shuffled"),
    "mixed": mixed,
}


def make(kind, size, clean, seed=1):
    """A file of about @size bytes. @clean: a recording of at least two zstd frames."""
    return clean + KINDS[kind](size - len(clean), clean, random.Random(f"{kind} {seed}"))


if __name__ == "__main__":
    if sys.argv[1:] == ["--kinds"]:
        print("\n".join(KINDS))
    else:
        with open(sys.argv[3], "rb") as f:
            sys.stdout.buffer.write(make(sys.argv[1], int(sys.argv[2]), f.read()))
