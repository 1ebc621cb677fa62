"""The hash by which a variable is known again."""

import hashlib

import h5py
import numpy as np

__all__ = ["digest"]


def digest(dataset: h5py.Dataset, count: int | None = None) -> str:
    """Hash the first `count` values of a variable, in little-endian bytes or UTF-8 lines."""
    end = dataset.shape[0] if count is None else count
    sha = hashlib.sha256()
    for start in range(0, end, 1 << 20):
        block = dataset[start : min(start + (1 << 20), end)]
        if block.dtype.kind in "OS":
            sha.update(b"\n".join(bytes(each) for each in block) + b"\n")
        else:
            sha.update(np.ascontiguousarray(block, block.dtype.newbyteorder("<")).tobytes())
    return sha.hexdigest()
