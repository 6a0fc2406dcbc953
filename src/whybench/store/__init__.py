"""The store: records in a database, tensors as files beside it, all under digests of their own."""

from whybench.store.blobs import Blobs, DirectoryBlobs, MemoryBlobs
from whybench.store.store import Store

__all__ = ["Blobs", "DirectoryBlobs", "MemoryBlobs", "Store"]
