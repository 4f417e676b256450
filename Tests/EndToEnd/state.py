"""A room's state: folding patches (RFC 7396 without arrays) and the hash of section 5 of docs/PROTOCOL.md."""

M32 = 0xFFFFFFFF


def fold(state, patch):
    for name, value in patch.items():
        if value is None:
            state.pop(name, None)
        elif isinstance(value, dict):
            member = state.get(name)
            if not isinstance(member, dict):
                member = state[name] = {}
            fold(member, value)
        else:
            state[name] = value


def murmur3(data, seed):
    """MurmurHash3, x86, 32 bit (Austin Appleby, public domain)."""

    def rotate(value, bits):
        return ((value << bits) | (value >> (32 - bits))) & M32

    def scramble(block):
        return rotate(block * 0xCC9E2D51 & M32, 15) * 0x1B873593 & M32

    h, whole = seed, len(data) & ~3
    for i in range(0, whole, 4):
        h = rotate(h ^ scramble(int.from_bytes(data[i : i + 4], "little")), 13) * 5 + 0xE6546B64 & M32
    if len(data) > whole:
        h ^= scramble(int.from_bytes(data[whole:], "little"))
    h ^= len(data)
    h = (h ^ h >> 16) * 0x85EBCA6B & M32
    h = (h ^ h >> 13) * 0xC2B2AE35 & M32
    return h ^ h >> 16


def leaves(state, path=()):
    for name, value in state.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, name))
        else:
            yield (*path, name), value


def state_hash(state):
    first = second = 0
    for path, value in leaves(state):
        if isinstance(value, bool):
            tagged = "b" + ("true" if value else "false")
        elif isinstance(value, int):
            tagged = f"i{value}"
        else:
            tagged = "s" + value
        data = "\x1f".join(path).encode() + b"\x1e" + tagged.encode()
        first = first + murmur3(data, 0) & M32
        second = second + murmur3(data, 0x9747B28C) & M32
    return f"{first:08x}{second:08x}"
