"""Jute primitives: big-endian integers, length-prefixed buffers, strings and vectors."""

import struct


class JuteError(Exception):
    """The bytes do not hold what their type says."""


class Writer:
    """Appends primitives; every method returns the writer so that calls chain."""

    def __init__(self):
        self._parts = []

    def raw(self, data):
        self._parts.append(bytes(data))
        return self

    def byte(self, value):
        return self.raw(struct.pack(">b", value))

    def bool(self, value):
        return self.raw(b"\x01" if value else b"\x00")

    def int(self, value):
        return self.raw(struct.pack(">i", value))

    def long(self, value):
        return self.raw(struct.pack(">q", value))

    def buffer(self, value):
        if value is None:
            return self.int(-1)
        return self.int(len(value)).raw(value)

    def string(self, value):
        """Takes str, bytes (sent as they are) or None."""
        return self.buffer(value.encode("utf-8") if isinstance(value, str) else value)

    def vector(self, values, write_one):
        if values is None:
            return self.int(-1)
        self.int(len(values))
        for value in values:
            write_one(self, value)
        return self

    def strings(self, values):
        return self.vector(values, Writer.string)

    def acl(self, values):
        return self.vector(values, _write_acl)

    def bytes(self):
        return b"".join(self._parts)


def _write_acl(writer, entry):
    perms, scheme, identity = entry
    writer.int(perms).string(scheme).string(identity)


class Reader:
    """Takes primitives off a byte string; raises JuteError past its end."""

    def __init__(self, data, offset=0):
        self.data = data
        self.offset = offset

    def raw(self, count):
        if count < 0 or self.offset + count > len(self.data):
            raise JuteError(f"want {count} bytes at {self.offset} of {len(self.data)}")
        piece = self.data[self.offset : self.offset + count]
        self.offset += count
        return piece

    def _unpack(self, form, size):
        return struct.unpack(form, self.raw(size))[0]

    def byte(self):
        return self._unpack(">b", 1)

    def bool(self):
        return self.byte() != 0

    def int(self):
        return self._unpack(">i", 4)

    def long(self):
        return self._unpack(">q", 8)

    def buffer(self):
        size = self.int()
        return None if size == -1 else bytes(self.raw(size))

    def string(self):
        """A str; bytes that are not UTF-8 come back as surrogate escapes, null as None."""
        data = self.buffer()
        return None if data is None else data.decode("utf-8", "surrogateescape")

    def vector(self, read_one):
        count = self.int()
        if count == -1:
            return None
        if count < 0 or count > len(self.data):
            raise JuteError(f"vector of {count}")
        return [read_one(self) for _ in range(count)]

    def strings(self):
        return self.vector(Reader.string)

    def acl(self):
        return self.vector(lambda r: (r.int(), r.string(), r.string()))

    @property
    def left(self):
        return len(self.data) - self.offset
