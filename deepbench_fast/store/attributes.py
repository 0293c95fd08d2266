"""The attributes of an object, as bytes from its header: so no length in one is believed before it is looked at.

A header keeps a few attributes, a fractal heap more of them, by a B-tree of their names. Format: HDF5 File Format
Specification, III.A.2 "Version 2 B-trees", III.G "Fractal Heap", IV.A "Data Object Headers", IV.A.2.m "Attribute".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from deepbench_fast.store.raw_file import Damaged, RawFile

ATTRIBUTE, CONTINUATION, ATTRIBUTE_INFO = 0x0C, 0x10, 0x15
SHARED = 0x02
MOST_BLOCKS = 1000
UNDEFINED = 2**64 - 1
HEAP_OFFSET = 5  # bytes of an offset in a heap of attributes, which spans 2^40
RECORD = 17  # bytes in a B-tree of names: where the attribute lies, flags, order, hash

_ADDRESS = struct.Struct("<Q")
_HEAP = struct.Struct("<4sxHHx4x96xHQQHHQH")


def attributes(file: RawFile, address: int) -> dict[str, bytes]:
    """Name → data of each attribute of the object whose header is at `address`. Raises Damaged where it can't be read.

    Those in forms that HDF5 does not choose for small attributes are left out.
    """
    try:
        return dict(_attribute(message) for message in _attribute_messages(file, address))
    except (struct.error, IndexError):  # less is there than should be
        raise Damaged("its attributes are lost") from None


def _attribute_messages(file: RawFile, address: int) -> Iterator[bytes]:
    for kind, flags, content in _messages(file, address):
        if kind == ATTRIBUTE and not flags & SHARED:
            yield content
        elif kind == ATTRIBUTE_INFO:
            yield from _dense(file, content)


def _messages(file: RawFile, address: int) -> Iterator[tuple[int, int, bytes]]:
    """Type, flags and content of each message of an object's header."""
    start = file.read(address, 4)
    if start == b"OHDR":
        flags = file.read(address + 5, 1)[0]
        place = address + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
        width = 1 << (flags & 3)
        size = int.from_bytes(file.read(place, width), "little")
        blocks = [(place + width, size)]
        message = struct.Struct("<BHB2x" if flags & 4 else "<BHB")
    elif start[0] == 1:
        blocks = [(address + 16, int.from_bytes(file.read(address + 8, 4), "little"))]
        message = struct.Struct("<HHB3x")
    else:
        raise Damaged("an object has no header")
    for number, (at, size) in enumerate(blocks):
        if number > MOST_BLOCKS:
            raise Damaged("a header has no end")
        block = file.read(at, size)
        place = 0
        while place + message.size <= len(block):
            kind, length, flags = message.unpack_from(block, place)
            content = block[place + message.size : place + message.size + length]
            if kind == CONTINUATION and len(content) >= 16:
                where, extent = struct.unpack_from("<QQ", content)
                newer = start == b"OHDR"  # with a signature and a checksum
                blocks.append((where + 4, max(0, extent - 8)) if newer else (where, extent))
            yield kind, flags, content
            place += message.size + length


def _attribute(content: bytes) -> tuple[str, bytes]:
    """Name and data of an attribute's message."""
    if content[0] not in (1, 2, 3):
        raise Damaged("an attribute has no such form")
    sizes = struct.unpack_from("<HHH", content, 2)
    place = 9 if content[0] == 3 else 8
    name = content[place : place + sizes[0]].partition(b"\0")[0]
    pad = 8 if content[0] == 1 else 1
    data = place + sum(-(-size // pad) * pad for size in sizes)
    return name.decode("utf-8", "replace"), content[data:]


def _dense(file: RawFile, info: bytes) -> Iterator[bytes]:
    """Messages of the attributes in a fractal heap."""
    heap, names = struct.unpack_from("<QQ", info, 2 + (2 if info[1] & 1 else 0))
    if UNDEFINED in (heap, names):
        return
    objects = _Heap(file, heap)
    for record in _records(file, names):
        if record[0] & 0x30 == 0:  # managed; what is huge is not ours
            yield objects.read(record[:8])


def _records(file: RawFile, address: int) -> Iterator[bytes]:
    """The records of a B-tree of names, one or two levels deep."""
    signature, kind, node, size, depth, root, count = struct.unpack("<4sxBIHH2xQH", file.read(address, 26))
    if (signature, kind, size) != (b"BTHD", 8, RECORD) or depth > 1:
        raise Damaged("its attributes are lost, or very many")
    if count and not depth:
        yield from _leaf(file, root, count)
    elif count:
        width = ((node - 10) // RECORD).bit_length() // 8 + 1
        inner = file.read(root, 6 + count * RECORD + (count + 1) * (8 + width))
        for number in range(count + 1):
            if number < count:
                yield inner[6 + number * RECORD : 6 + (number + 1) * RECORD]
            place = 6 + count * RECORD + number * (8 + width)
            (child,) = _ADDRESS.unpack_from(inner, place)
            yield from _leaf(file, child, int.from_bytes(inner[place + 8 : place + 8 + width], "little"))


def _leaf(file: RawFile, address: int, count: int) -> Iterator[bytes]:
    node = file.read(address, 6 + count * RECORD)
    if node[:4] != b"BTLF":
        raise Damaged("its attributes are lost")
    return (node[6 + number * RECORD : 6 + (number + 1) * RECORD] for number in range(count))


class _Heap:
    """A fractal heap: an address space over blocks whose sizes double from the third row on."""

    def __init__(self, file: RawFile, address: int) -> None:
        self.file = file
        fields = _HEAP.unpack(file.read(address, _HEAP.size))
        signature, identity, filters, width, start, most, bits, _, root, rows = fields
        if (
            (signature, identity, filters) != (b"FRHP", 8, 0)
            or bits != 8 * HEAP_OFFSET
            or not (width and 0 < start <= most)
        ):
            raise Damaged("its attributes are lost")
        self.width, self.start, self.most, self.root, self.rows = width, start, most, root, rows

    def read(self, identity: bytes) -> bytes:
        """The object that eight bytes name: a byte of flags, its offset, its length."""
        offset, length = int.from_bytes(identity[1:6], "little"), int.from_bytes(identity[6:8], "little")
        address, within, room = self._block(offset)
        if within + length > room:
            raise Damaged("its attributes are lost")
        return self.file.read(address + within, length)

    def _block(self, offset: int) -> tuple[int, int, int]:
        """The block that holds an offset: its address, the offset in it, its size."""
        if self.rows == 0:
            return self.root, offset, self.start
        before, size = 0, self.start
        for row in range(self.rows):
            size = self.start << max(0, row - 1)
            if size > self.most:
                break
            if offset < before + size * self.width:
                column, within = divmod(offset - before, size)
                entry = self.root + 13 + HEAP_OFFSET + 8 * (row * self.width + column)
                (address,) = _ADDRESS.unpack(self.file.read(entry, 8))
                return address, within, size
            before += size * self.width
        raise Damaged("its attributes are very many")
