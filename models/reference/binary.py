"""A file of numbers and texts, read from front to back."""

import struct


class Bytes:
    """Little-endian bytes from the place `at` on."""

    def __init__(self, raw, at=0):
        self.raw, self.at = raw, at

    def number(self, kind):
        """The next number; `kind` is a letter of the module `struct`."""
        (found,) = struct.unpack_from("<" + kind, self.raw, self.at)
        self.at += struct.calcsize("<" + kind)
        return found

    def text(self, kind):
        """The next text, before which its length stands as a number of this kind."""
        length = self.number(kind)
        self.at += length
        return self.raw[self.at - length : self.at].decode()
