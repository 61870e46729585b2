# SPDX-License-Identifier: Apache-2.0
"""The bytes of a shard of Zarr 3 (codec sharding_indexed, chunks of bytes and zstd, the index at the end with crc32c).

zarr-python writes the same, in some milliseconds a shard; a task writes several, and wants them whole in memory: to name them by a hash, to
flush them, to rename them. Tests read with zarr what is written here."""
from __future__ import annotations

import itertools

import numcodecs.zstd
import numpy as np

ZSTD_LEVEL = 3
_CHUNK_BYTES = 1 << 20  # what a reader of one link takes in at most; ten times more would make random access slow, ten times less small reads many


def chunk_shape(shard: tuple, itemsize: int, axes: tuple[int, int]) -> tuple:
    """A shard in chunks of at most some 1 MiB: cut along axes[0], then along axes[1]; a chunk divides its shard."""
    out = list(shard)
    for axis in axes:
        row = int(np.prod(out, dtype=np.int64)) // out[axis] * itemsize
        most = max(1, _CHUNK_BYTES // max(row, 1))
        out[axis] = next(d for d in range(min(shard[axis], most), 0, -1) if shard[axis] % d == 0)
    return tuple(out)


def encode(block: np.ndarray, chunk: tuple) -> bytes:
    """@param block  the whole shard, in the array's own (little-endian) type"""
    codec = numcodecs.zstd.Zstd(level=ZSTD_LEVEL)
    parts, index, offset = [], [], 0
    for place in itertools.product(*(range(n // c) for n, c in zip(block.shape, chunk))):
        part = codec.encode(np.ascontiguousarray(block[tuple(slice(i * c, (i + 1) * c) for i, c in zip(place, chunk))]).tobytes())
        index += [offset, len(part)]
        offset += len(part)
        parts.append(part)
    table = np.array(index, dtype="<u8").tobytes()
    return b"".join([*parts, table, crc32c(table).to_bytes(4, "little")])


def _crc_table():
    out = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)  # Castagnoli's polynomial, reflected (RFC 3720, appendix B.4)
        out.append(byte)
    return out


_CRC = _crc_table()


def crc32c(data: bytes) -> int:
    """Of the index: 16 bytes a chunk, so that a table in Python is fast enough."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ _CRC[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF
