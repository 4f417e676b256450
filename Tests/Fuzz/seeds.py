#!/usr/bin/env python3
"""Writes what the fuzz targets begin with, from the vectors and by hand; what is kept already stays.

usage: seeds.py
"""

import base64
import json
import struct
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
sys.path.insert(0, str(FOLDER))

import corpus  # noqa: E402

KEY = b"\x37\xfa\x21\x3d"


def vectors(name):
    return json.loads((ROOT / "Tests" / "Vectors" / f"{name}.json").read_text(encoding="utf-8"))


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def frame(opcode, payload=b"", fin=True, key=b"\0\0\0\0"):
    head = bytes([(0x80 if fin else 0) | opcode])
    mask = 0x80 if key is not None else 0
    if len(payload) < 126:
        head += bytes([mask | len(payload)])
    elif len(payload) < 65536:
        head += bytes([mask | 126]) + struct.pack(">H", len(payload))
    else:
        head += bytes([mask | 127]) + struct.pack(">Q", len(payload))
    if key is None:
        return head + payload
    return head + key + bytes(byte ^ key[i & 3] for i, byte in enumerate(payload))


def frames():
    hello = compact({"type": "hello", "protocol": 1})
    talk = [
        frame(1, hello, key=KEY), frame(1, hello) + frame(9, b"ping") + frame(8, struct.pack(">H", 1000) + b"bye"),
        frame(1, b"a", fin=False) + frame(9) + frame(0, "é✓😀".encode(), fin=False) + frame(0, b"z"),
        frame(2, b"\0\1\2"), frame(10, b"x" * 125), frame(1, b"x" * 126), frame(1, b"x" * 200), frame(8),
        frame(1, b"x" * 1000), frame(1, b"\xed\xa0\x80"), frame(8, b"\x03"), frame(8, struct.pack(">H", 1005)),
        b"\xc1\x80\0\0\0\0", b"\x83\x80\0\0\0\0", b"\x09\x80\0\0\0\0", b"\x81\xfe\0\1\0\0\0\0a",
        b"\x81\xff" + b"\xff" * 8, frame(0, b"a"), frame(1, b"a", fin=False) + frame(1, b"b"),
    ]
    server = [frame(1, hello, key=None), frame(1, b"a", fin=False, key=None) + frame(0, b"b", key=None) + b"\x88\0"]
    for flags in (0, 2, 14):
        for stream in talk:
            yield bytes([flags, 2, 3, 0]) + stream
    for stream in server:
        yield bytes([13, 1, 2]) + stream


def requests():
    lines = ["Host: a", "Upgrade: websocket", "Connection: keep-alive, Upgrade",
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
             "Sec-WebSocket-Protocol: parley.v1, bearer.a.b.c"]
    extra = [[], ["Authorization: Bearer a.b.c"], ["Content-Length: 0"], ["Content-Length: 4"],
             ["Transfer-Encoding: chunked"], ["Origin: http://a"], [" folded: x"], ["X: " + "x" * 800], ["Host: b"],
             ["X-Forwarded-For: 1.2.3.4, 10.0.0.1"], ['Forwarded: for="[2001:db8::1]:4711";proto=https'], ["A: \0"]]
    for target in ("/v1/connect", "/v1/connect?token=a.b.c&ticket=x", "/v1/connect?access_token=%41%zz"):
        for more in extra:
            text = "\r\n".join([f"GET {target} HTTP/1.1", *lines, *more, "", ""])
            yield text.encode()
    for index in range(len(lines)):
        left = lines[:index] + lines[index + 1:]
        yield "\r\n".join(["GET /v1/connect HTTP/1.1", *left, "", ""]).encode()
    yield b"GET / HTTP/1.1\r\n\r\n"
    yield b"GET /v1/connect HTTP/1.0\r\n\r\n"
    yield b"GET /v1/connecting HTTP/1.1\r\n\r\n"
    yield b"GET /v1/connect HTTP/1.1\nHost: a\n\n"
    yield requests_head(lines) + frame(1, b"{}")


def requests_head(lines):
    return "\r\n".join(["GET /v1/connect HTTP/1.1", *lines, "", ""]).encode()


def stun(method, attributes, transaction=b"\x09" * 12):
    body = b""
    for kind, value in attributes:
        body += struct.pack(">HH", kind, len(value)) + value + b"\0" * (-len(value) % 4)
    return struct.pack(">HH", method, len(body)) + b"\x21\x12\xa4\x42" + transaction + body


ADDRESS = b"\0\1\x12\x34\x5e\x12\xa4\x43"
CHALLENGE = [(9, b"\0\0\4\1Unauthorized"), (0x14, b"realm"), (0x15, b"nonce")]


def stuns():
    yield stun(0x0101, [(0x20, ADDRESS)])
    yield stun(0x0101, [(0x20, b"\0\2\x12\x34" + b"\1" * 16), (0x8022, b"software")])
    yield stun(0x0113, CHALLENGE)
    yield stun(0x0103, [(0x16, ADDRESS), (0x0D, b"\0\0\2\x58"), (8, b"\0" * 20), (0x8028, b"\0" * 4)])
    yield stun(0x0001, [])


def probes():
    for first in (0, 1):
        for answers in ([stun(0x0101, [(0x20, ADDRESS)])], [stun(0x0113, CHALLENGE), stun(0x0103, [(0x16, ADDRESS)])],
                        [stun(0x0113, CHALLENGE), stun(0x0113, [(9, b"\0\0\4\x26Stale"), (0x15, b"n2")])],
                        [stun(0x0113, [(9, b"\0\0\3\0Elsewhere")])], [stun(0x0103, [(0x16, ADDRESS)])]):
            yield bytes([first]) + b"".join(struct.pack(">H", len(each)) + each for each in answers)


def proxy_headers():
    signature = b"\r\n\r\n\0\r\nQUIT\n"
    yield signature + b"\x21\x11\0\x0c" + b"\1\2\3\4\5\6\7\x08\0\x50\0\x51GET"
    yield signature + b"\x21\x21\0\x24" + b"\1" * 36
    yield signature + b"\x20\0\0\0"
    yield signature + b"\x21\x31\0\xd8" + b"a" * 216
    yield signature + b"\x21\x11\xff\xff"
    yield signature + b"\x11\x11\0\x0c" + b"\1" * 12
    yield b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n"
    yield b"\x16\x03\x01\0\xff"


def tokens():
    claims = [
        {"exp": 1, "parley": {"room": "blue-fox"}}, {"parley": {"rooms": ["team-*", "*"], "create": True}},
        {"iss": "a", "sub": "b", "aud": ["c"], "exp": 1.5, "nbf": 1, "iat": 1, "jti": "d", "name": "Ada",
         "parley": {"room": "*", "role": "host", "permissions": {"share": False}, "bypass": True, "operator": True,
                    "domain": "example.org", "sessionSeconds": 60}},
    ]
    for header in ({"alg": "HS256", "typ": "JWT"}, {"alg": "none"}, {"alg": "HS256", "kid": "../../etc/passwd"},
                   {"alg": "RS256", "crit": ["b64"], "b64": False}):
        for each in claims:
            yield compact(header) + b"\n" + compact(each)
            parts = [base64.urlsafe_b64encode(compact(part)).rstrip(b"=") for part in (header, each)]
            yield b".".join([*parts, b"AQ"])
    yield b'{"alg":"HS256"}\n{"exp":1,"exp":9999999999}'


def room_log():
    vector = vectors("room-log")
    entries = [compact(entry["log"]) for entry in vector["entries"]]
    yield from entries
    for start in range(0, len(entries), 8):
        yield b"\n".join(entries[start:start + 8])
    yield compact(vector["snapshot"])
    yield compact(vector["snapshot"]) + b"\n" + b"\n".join(entries[-5:])
    # Each event behind a room that exists.
    first = entries[0]
    seen = set()
    for entry in vector["entries"]:
        for event in entry["log"]:
            if event["type"] not in seen:
                seen.add(event["type"])
                yield first + b"\n" + compact([event])
    for room in vectors("call-log"):
        lines = [compact(entry["log"]) for entry in room["entries"]]
        yield b"\n".join(lines[:8])
        yield b"\n".join(lines)
        yield compact(room["snapshot"])
        for line in lines[1:]:
            yield lines[0] + b"\n" + line


def json_texts():
    for name in ("accepted-frames", "rejected-frames"):
        for vector in vectors(name):
            yield vector["frame"].encode()
    yield from (b"-0", b"1e400", b"1E-400", b"12345678901234567890", b"9223372036854775807", b'"\\ud83d\\ude00"',
                b'"\\ud800"', b'{"a":1,"a":2}', b"\xef\xbb\xbf1", b"[" * 33 + b"]" * 33, b'"\\u0000\\b\\/"',
                '{"é":1,"é":2}'.encode(), b"0.1", b"1.7976931348623157e308", b"[1,]", b"01", b"tru", b"\x00[\x00]",
                b'["a","\\n",1,2.5,null,true,false,{}]', b"5e-324", b"-9223372036854775808", b"1.0", b"1e2")


def messages(direction):
    return [compact(each["message"]) for each in vectors("messages") if each["direction"] == direction]


def patches():
    for each in vectors("patch"):
        yield compact(each["state"]) + b"\n" + compact(each["patch"])


def chats():
    message = {"cid": "c1", "n": 1, "from": "p_AdaF3kQ9sTn2WbXeR7yUvA", "name": "Ada", "text": "hi", "at": 5}
    sample = [m for m in map(json.loads, messages("server")) if m["type"] in ("chat", "chat-history")]
    yield compact([message])
    yield compact({"last": 1, "messages": [message]})
    for each in sample:
        yield compact(each.get("messages", [each]))
        yield compact({"last": 7, "messages": each.get("messages", [each])})


def hints():
    author, one, two = b"\1" * 16, b"\2" * 16, b"\3" * 16
    yield author + b"\1" + one + two + struct.pack(">Q", 7)
    yield author + b"\2" + one + b"\0" + b"{}"
    yield author + b"\2" + one + b"\1" + two + b"{}"
    yield author + b"\3" + one + two
    yield author + b"\3" + one + two + one
    yield author + b"\4"


def credentials():
    for header in (b"", b"Bearer a.b.c", b"bearer  x", b"Basic YTpi"):
        for protocols in (b"parley.v1", b"parley.v1,bearer.a.b.c", b"bearer."):
            for query in (b"", b"token=a.b.c", b"access_token=%61&ticket=x", b"ticket=t", b"token=%zz&token="):
                yield b"\n".join([header, protocols, query])


def addresses():
    yield b"10.0.0.1\nX-Forwarded-For: 203.0.113.9, 10.0.0.2"
    yield b"10.0.0.1\nX-Forwarded-For: unknown, _hidden"
    yield b'fd00::1\nForwarded: for="[2001:db8::1]:4711";proto=https;by=10.0.0.1, for=10.0.0.2'
    yield b"192.0.2.1\nX-Real-IP: 1.2.3.4"
    yield b"10.0.0.1\nX-Forwarded-Proto: https\nX-Forwarded-Host: a"
    yield b"::ffff:10.0.0.1\nX-Forwarded-For: [::1]:80, 1.2.3.4:5"
    yield from (b"10.0.0.0/8", b"2001:db8::/32", b"::/0", b"1::2:0:0:3", b"0.0.0.0/0", b"fe80::1%eth0")


def secrets():
    session = b"s_3sXQ0cVZb1mFhY7kT2nLwA"
    yield session + b"\n" + base64.urlsafe_b64encode(b"\1" + b"\2" * 48).rstrip(b"=")
    yield session + b"\n" + base64.urlsafe_b64encode(b"\2" + b"\2" * 65).rstrip(b"=")
    yield from (b"r_Jt5bXw2QmLz8RfK0uVhYcA", b"blue-fox", " Ada \u00a0".encode(), b"0000000000000000")


def connections():
    for stream in frames():
        # Without what `frames` puts in front of it.
        if stream[0] in (0, 2):
            yield bytes([stream[0] >> 1 | 6, 2, 3, 0]) + stream[4:]
    for first in (b"e", b"c", b"n", b"x"):
        yield b"\0\0" + frame(1, first + b"1", key=KEY) + frame(9, b"p") + frame(1, b"e2") + frame(8, b"\x03\xe8")
    yield b"\0\0" + frame(9, b"") * 102
    yield b"\0\0" + frame(1, b"a", fin=False) + frame(0, b"", fin=False) * 65


def accepting():
    signature = b"\r\n\r\n\0\r\nQUIT\n"
    proxy = signature + b"\x21\x11\0\x0c" + b"\1\2\3\4\5\6\7\x08\0\x50\0\x51"
    for index, request in enumerate(requests()):
        yield bytes([index * 2 & 30, 2, 3, 0]) + request
    for flags in range(0, 32, 2):
        yield bytes([flags, 0]) + next(requests()) + frame(1, b"e") + frame(8)
        yield bytes([flags | 1, 1, 9]) + proxy + next(requests()) + frame(1, b"e")
    yield b"\1\0" + signature + b"\x21\x11\xff\xff"
    yield b"\1\0" + signature + b"\x20\0\0\0GET / HTTP/1.1\r\n\r\n"
    yield b"\x08\1\1POST /v1/tickets HTTP/1.1\r\nHost: a\r\n\r\n"


def claims():
    whole = {"iss": "a", "sub": "b", "aud": ["c", "b"], "exp": 1795230000.5, "nbf": 1, "iat": 1, "jti": "d",
             "name": "Ada", "email": "a@b.org", "email_verified": True,
             "parley": {"room": ["team-*", "*"], "role": "host", "permissions": {"share": False}, "bypass": True,
                        "operator": True, "domain": "example.org", "sessionSeconds": 60, "create": True,
                        "attributes": {"a": 1}}}
    changes = [{}, {"aud": "b"}, {"aud": None}, {"iss": None, "aud": None}, {"iss": 1}, {"exp": "1"}, {"exp": None},
               {"exp": -9223372036854775808}, {"exp": 1e300}, {"nbf": 1795226500}, {"iat": 1795226500.1},
               {"parley": None}, {"parley": {}}, {"parley": {"rooms": []}}, {"name": "\u001b[31m\n"},
               {"name": "x" * 200}, {"sub": ""}, {"jti": 5}, {"email": "@"}, {"aud": [None, ["b"], "b"]}]
    for change in changes:
        each = {name: value for name, value in (whole | change).items() if value is not None}
        yield b"1795226400\n" + compact({"alg": "HS256", "typ": "JWT", "kid": "k"}) + b"\n" + compact(each)
    plain = {"exp": 1795230000, "parley": {"room": "*"}}
    for header in ({"alg": "HS512"}, {"alg": "none"}, {"alg": "HS384"}, {"alg": "HS256", "kid": "z"}, {"alg": 1},
                   {"alg": "HS256", "crit": []}, {"alg": "HS256", "kid": None}, {}):
        yield b"1795226400\n" + compact(header) + b"\n" + compact(plain)


def answers():
    plain = compact({"exp": 1795230000, "sub": "a", "iss": "b", "parley": {"room": "*"}})
    for status in (b"200", b"201", b"401", b"403", b"500", b"-1"):
        yield status + b"\n" + plain
        yield status + b"\n" + compact({"reason": "no\nand no", "exp": 1})
    yield b"200\n[]"
    yield b"200\n" + compact({"exp": 1795230000, "aud": "x", "parley": {}})


def revocations():
    subjects = [{"token": "t1"}, {"token": "t1", "issuer": "a"}, {"subject": "ada"}, {"subject": "ada", "issuer": "a"},
                {"identity": "i_AdaF3kQ9sTn2WbXeR7yUvA"}, {"session": "s_3sXQ0cVZb1mFhY7kT2nLwA"}]
    made = []
    for each in subjects:
        yield compact(each | {"expiresAt": 1795230000000, "reason": "gone"})
        made.append(each | {"revokedAt": 1, "expiresAt": 2, "reason": "x"})
        yield compact({"changes": [{"revoke": made[-1]}, {"lift": "t_0"}]})
    yield compact({"revocations": made})
    yield compact({"token": "a", "subject": "b"})
    yield compact({"token": "a", "until": 1})


def audits():
    head = {"number": 1, "time": "2026-11-30T07:21:44.123Z", "action": "server-started", "actor": {"kind": "system"},
            "previous": "0" * 64}
    torn = {"number": 2, "time": "2026-11-30T07:21:45.123Z", "action": "line-torn",
            "details": {"bytes": 3, "sha256": "0" * 64}, "previous": "0" * 64}
    missing = head | {"number": 9223372036854775807, "action": "entries-missing",
                      "details": {"count": 9223372036854775807}}
    for flags in (0, 1):
        keyed = {"keyed": True} if flags else {}
        lines = [compact(line | keyed) for line in (head, torn, missing)]
        for chosen in ([0], [0, 1], [1, 0], [2], [2, 2], [2, 0], [0, 0]):
            yield bytes([flags]) + b"\n".join(lines[index] for index in chosen)
        yield bytes([flags | 2]) + lines[0] + b"\nhalf a line"


def load_signals():
    yield b'{"type":"signal","from":"p_AAAAAAAAAAAAAAAAAAAAAA","n":7,"data":"7:xxxx"}'
    yield b'{"type":"signal","from":"p_AAAAAAAAAAAAAAAAAAAAAA","n":18446744073709551615,"data":"18446744073709551615:"}'
    yield b'"n":"n":1"data":"1:"}'


def connecting():
    head = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: $\r\n")
    hello = frame(1, b"{}", key=None)
    for more in (b"", b"Sec-WebSocket-Protocol: parley.v1\r\n", b"Sec-WebSocket-Protocol: x\r\n",
                 b"Sec-WebSocket-Extensions: y\r\n", b" folded: z\r\n", b"A: " + b"x" * 700 + b"\r\n"):
        yield b"\0\2\3\1" + head + more + b"\r\n" + hello
    for rest in (frame(8, b"\x03\xe8", key=None), frame(9, b"p", key=None) + hello, frame(1, b"a", key=b"abcd"),
                 frame(2, b"b", key=None), frame(1, b"c", key=None) + frame(8, key=None), frame(1, b"n", key=None) * 2,
                 frame(1, b"e", fin=False, key=None) + frame(0, b"z", key=None)):
        yield b"\1\0" + head + b"\r\n" + rest
        yield b"\2\1\5" + head + b"\r\n" + rest
    yield b"\0\0" + head.replace(b"$", b"x") + b"\r\n"
    yield b"\0\0HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\n\r\nno"
    yield b"\0\0HTTP/1.0 101 \r\n\r\n"
    yield b"\0\0nonsense\r\n\r\n"


def relays():
    whole = {"urls": ["stun:a", "turn:a:3478?transport=udp", "turns:[::1]:443?transport=tcp"], "username": "u",
             "credential": "c"}
    yield compact(whole)
    yield compact([whole, {"url": "turn:b", "username": "u", "credential": "c"}, {"urls": "stun:x"}])
    yield compact([whole | {"urls": ["turn:a:99999", "turn:[", "turn:?", "http:a"]}])
    yield compact([{"urls": ["stun:a"] * 20}] * 20 + [whole])


def key_sets():
    keys = [{"kty": "RSA", "n": "A" * 342, "e": "AQAB", "kid": "a", "use": "sig", "alg": "RS256"},
            {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}, {"kty": "oct", "k": "AAAA"},
            {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43, "alg": "EdDSA"}, {"kty": "EC", "crv": "P-384"},
            {"kty": "RSA", "n": "A" * 341}, {"kty": "RSA", "n": "A" * 342, "use": "enc"}, 5]
    yield compact({"keys": keys})
    yield compact({"keys": keys[:1]})
    yield compact({"keys": [key | {"alg": "HS256"} for key in keys[:2]]})
    yield compact({"keys": {}})


def resp():
    texts = [
        "+OK ", "-ERR no ", ":-42 ", "$5 hell! ", "$-1 ", "*-1 ", "*0 ", "*3 :1 *2 $1 a *0 +b ", "*1 " * 9 + ":1 ",
        "%1 +k :1 ~2 #t #f ,1.5 ,inf ,nan _ (99999999999999999999 =7 txt:abc ", "!4 ERR! |1 +ttl :3 *1 :7 ",
        "$99999999999999999999 ", "*-2 ", "$200 " + "x" * 200 + " ", "-WRONGPASS ", "-ERR +OK +OK +OK -NOPERM ",
        ">3 $10 ssubscribe $1 a :1 >3 $8 smessage $1 a $2 hi ", ">3 $12 sunsubscribe $1 a :0 -MOVED ",
        "%1 +version +7.0.15 +OK $8 run_id:a ",
    ]
    for text in texts:
        stream = text.replace(" ", "\r\n").encode()
        yield b"\0" + stream
        yield bytes([2, 3, 7]) + stream


def redis_urls():
    yield from (url.encode() for url in [
        "redis://localhost", "rediss://ada:p%40s%3As@[::1]:7000/3?ca=/etc/roots.pem", "redis://:pw@a",
        "redis+cluster://a:1,b", "redis+sentinel://:pw@a,b:1,c/my%20master/2?sentinel-user=u&sentinel-password=s",
        "redis://a:x", "redis://:s%4@a",
        "redis_version:6.2.1\nrun_id:a\nmaster_replid:b\nrole:slave\nmaxmemory:1\nmaxmemory_policy:allkeys-lru",
    ])


SEEDS = {
    "frames": frames, "closings": lambda: [bytes([0, 0, 2, 6]), bytes([1, 8, 4, 6]), bytes([0, 3, 5, 7])],
    "envelopes": lambda: [*messages("client"), *json_texts()], "json": lambda: [*json_texts(), *messages("server")],
    "client-messages": lambda: messages("client"), "server-messages": lambda: messages("server"), "patches": patches,
    "upgrades": requests, "credentials": credentials, "addresses": addresses, "proxy-headers": proxy_headers,
    "tokens": tokens, "secrets": secrets, "stun": stuns, "probes": probes, "room-log": room_log, "chat-log": chats,
    "hints": hints, "connections": connections, "accepting": accepting, "claims": claims, "answers": answers,
    "revocations": revocations, "audit": audits, "load-signals": load_signals,
    "connecting": connecting, "relays": relays, "key-sets": key_sets,
    "resp": resp, "redis-urls": redis_urls,
}


def main():
    for name, make in SEEDS.items():
        path = FOLDER / "Corpora" / f"{name}.txt"
        corpus.write(path, [*corpus.read(path), *make()])
        print(f"{name}: {len(corpus.read(path))}")


if __name__ == "__main__":
    main()
