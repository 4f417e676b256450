"""Who may come in: tokens of a foreign issuer, wherever clients put them, and all that is wrong with some."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import statistics
import time

import websockets

from issuer import SECRET, Issuer, claims, file_with, token
from measures import metrics
from parley_peer import ParleyPeer
from server import Server, refused_start
from stage import eventually, patient, within

TOGETHER = 8


class Visitor(ParleyPeer):
    """Somebody with a token in the first message."""

    def __init__(self, server, room=None, said=None, **more):
        super().__init__(server.connect_address, room, **more)
        self.said = said

    def _hello(self):
        return super()._hello() | ({"token": self.said} if self.said is not None else {})


def guarded(program, *flags, **environment):
    return Server(program, *flags, environment={"PARLEY_TOKEN_SECRET": SECRET} | environment)


async def ask(server, hello=None, path="", protocols=("parley.v1",), headers=None):
    """The answer to a hello, and the close code behind it if there is one."""
    address = server.connect_address + path
    async with websockets.connect(address, subprotocols=list(protocols), additional_headers=headers,
                                  ping_interval=None, proxy=None) as socket:
        assert socket.subprotocol == "parley.v1", socket.subprotocol
        await socket.send(json.dumps({"type": "hello", "protocol": 1} | (hello or {})))
        first = json.loads(await asyncio.wait_for(socket.recv(), 10))
        if first["type"] == "welcome":
            return first, None
        with contextlib.suppress(websockets.ConnectionClosed):
            await asyncio.wait_for(socket.recv(), 10)
        return first, socket.close_code


async def verdict(server, text):
    answer, code = await ask(server, {"token": text})
    return answer.get("code", answer["type"]), code


def forged(header, body, key=SECRET.encode()):
    def part(value):
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    text = f"{part(header)}.{part(body)}"
    return f"{text}.{part(hmac.new(key, text.encode(), hashlib.sha256).digest())}" if key is not None else f"{text}."


async def test_a_token_is_taken_wherever_clients_put_it(stage):
    good = token(sub="ada")
    async with guarded(stage.world.program) as server:
        places = {
            "hello": {"hello": {"token": good}},
            "query": {"path": f"?token={good}"},
            "access_token": {"path": f"?access_token={good}"},
            "bearer": {"headers": {"Authorization": f"Bearer {good}"}},
            "subprotocol": {"protocols": ["parley.v1", f"bearer.{good}"]},
            "subprotocol first": {"protocols": [f"bearer.{good}", "parley.v1"]},
            "the same twice": {"hello": {"token": good}, "path": f"?token={good}"},
        }
        identities = {place: (await ask(server, **how))[0]["identity"] for place, how in places.items()}
        assert len(set(identities.values())) == 1, identities
        other = token(sub="eve")
        for place, how in {
            "none": {},
            "two in the query": {"path": f"?token={good}&token={other}"},
            "query and hello": {"path": f"?token={good}", "hello": {"token": other}},
            "bearer and subprotocol": {
                "headers": {"Authorization": f"Bearer {good}"}, "protocols": ["parley.v1", f"bearer.{good}"]},
        }.items():
            answer, code = await ask(server, **how)
            expected = "token-required" if place == "none" else "invalid-token"
            assert (answer.get("code"), code) == (expected, 4510), (place, answer)
    assert good not in "\n".join(server.output), "the log shows a token"


async def test_what_is_wrong_with_a_token(stage):
    async with guarded(stage.world.program) as server:
        body = claims(sub="ada")
        assert await verdict(server, forged({"alg": "HS256"}, body)) == ("welcome", None)
        twice = b'{"sub":"ada","sub":"eve","exp":%d,"parley":{"room":"*"}}' % (time.time() + 60)
        for what, text in {
            "alg none": forged({"alg": "none"}, body, None),
            "alg None": forged({"alg": "None"}, body),
            "no alg": forged({}, body),
            "another algorithm": forged({"alg": "HS512"}, body),
            "another key": forged({"alg": "HS256"}, body, b"x" * 32),
            "kid traversal": forged({"alg": "HS256", "kid": "../../../dev/null"}, body, b""),
            "embedded key": forged({"alg": "HS256", "jwk": {"kty": "oct", "k": "eA"}}, body, b"x"),
            "critical": forged({"alg": "HS256", "crit": ["b64"], "b64": False}, body),
            "claim twice": forged({"alg": "HS256"}, twice),
            "foreign audience": token(aud="somebody else"),
            "early": token(nbf=int(time.time()) + 120),
            "issued tomorrow": token(iat=int(time.time()) + 86400),
            "no end": token(without=("exp",)),
            "no grant": token(without=("parley",)),
            "misspelt grant": token(grant={"creaet": True}),
            "not a token": "ada",
            "empty": "",
            "long": "a" * 9000,
            "padded": forged({"alg": "HS256"}, body) + "=",
            "space": " " + forged({"alg": "HS256"}, body),
        }.items():
            assert await verdict(server, text) == ("invalid-token", 4510), what
        assert await verdict(server, token(seconds=-60)) == ("token-expired", 4510)
        # Half a minute is what clocks may differ.
        assert await verdict(server, token(seconds=-10)) == ("welcome", None)

        async def refused():
            return (await metrics(server))[1]["parley_tokens_refused_total"] == 21

        await eventually(refused, what="the metric")


async def test_a_token_says_who_somebody_is_and_what_they_may(stage):
    async with guarded(stage.world.program) as server:
        async def enter(alias, **more):
            return await stage.enter(Visitor(server, alias, said=token(**more), name="asked for"))

        ada = await enter("fox", room="fox", sub="ada", name="Ada", grant={"create": True})
        bob = await enter("fox", room="f*", sub="bob", name="Bob", grant={"role": "speaker"})
        assert bob.room.people[ada.id]["name"] == "Ada" and bob.room.people[ada.id]["role"] == "host"
        assert bob.room.people[bob.id]["role"] == "speaker"
        # Another device of the same person.
        again = await enter("fox", room="fox", sub="ada")
        assert again.room.people[again.id]["identity"] == again.room.people[ada.id]["identity"]
        assert again.room.people[again.id]["role"] == "host"


async def join(server, room, said, path=""):
    """What comes of a join: the type of the first answer behind the welcome, and how long it took."""
    async with ParleyPeer(server.connect_address + path, hello=False) as peer:
        await peer.send({"type": "hello", "protocol": 1} | ({"token": said} if said else {}))
        await peer.expect(type="welcome")
        begin = time.monotonic()
        await peer.send({"type": "join", "id": 1, **({"room": room} if room else {})})
        answer = await peer.expect(where=lambda frame: frame["type"] in ("snapshot", "rejected"))
        return answer, time.monotonic() - begin


async def test_a_room_that_is_none_of_theirs_is_like_one_that_is_not_there(stage):
    async with guarded(stage.world.program) as server:
        said = token(sub="ada", grant={"create": True})
        ada = await stage.enter(Visitor(server, "secret-fox", said=said, name="Ada"))
        eve = token(sub="eve", room=["eves-*", "r_AAAAAAAAAAAAAAAAAAAAAA"])
        answers = {}
        ids = ("r_AAAAAAAAAAAAAAAAAAAAAA", "r_BBBBBBBBBBBBBBBBBBBBBA")
        for room in ("secret-fox", ada.room.id, "no-such-fox", "eves-fox", *ids):
            answer, _ = await join(server, room, eve)
            answers[room] = {key: value for key, value in answer.items() if key != "room"}
        assert len({json.dumps(answer, sort_keys=True) for answer in answers.values()}) == 1, answers
        assert answers["secret-fox"]["code"] == "unknown-room"
        # Nothing was left behind by those tries: whoever may creates it.
        answer, _ = await join(server, "eves-fox", token(sub="eve", room="eves-*", grant={"create": True}))
        assert answer["type"] == "snapshot"
        # A room without a name needs a token for all names.
        some = token(sub="eve", room="eves-*", grant={"create": True})
        assert (await join(server, None, some))[0]["code"] == "not-permitted"
        assert (await join(server, None, token(sub="eve", grant={"create": True})))[0]["type"] == "snapshot"

        # The same time: both wait for the same moment, so their medians differ by far less than either is long.
        times = {"secret-fox": [], "no-such-fox": []}
        for _ in range(40):
            for room, list in times.items():
                list.append((await join(server, room, eve))[1])
        known, unknown = (statistics.median(list) for list in times.values())
        assert abs(known - unknown) < 0.25 * min(known, unknown), times
        assert min(known, unknown) >= 0.05


async def test_pin_and_waiting_are_for_those_whose_token_does_not_say_otherwise(stage):
    async with guarded(stage.world.program) as server:
        ada = await stage.enter(Visitor(server, "fox", said=token(sub="ada", grant={"create": True}), name="Ada"))
        command = await ada.command("configure", admission="approval", pin="4711")
        assert await ada.outcome(command) == "accepted"
        answer, _ = await join(server, "fox", token(sub="bob"))
        assert answer["code"] == "pin-required"
        answer, _ = await join(server, "fox", token(sub="cleo", grant={"bypass": True}))
        assert answer["type"] == "snapshot" and answer["view"] == "participant", answer


@patient
@within(90)
async def test_a_session_ends_with_its_token_and_goes_on_with_a_newer_one(stage):
    async with guarded(stage.world.program) as server:
        said = token(sub="ada", seconds=3, grant={"create": True})
        ada = await stage.enter(Visitor(server, "fox", said=said, name="Ada"))
        bob = await stage.enter(Visitor(server, "fox", said=token(sub="bob", seconds=3), name="Bob"))
        assert "authenticate" in ada.welcome["features"]
        for peer in (ada, bob):
            await peer.expect(type="token-expiring")
        # Somebody else's token is no newer one.
        await ada.send({"type": "authenticate", "token": token(sub="eve")})
        assert (await ada.expect(type="rejected", of="authenticate"))["code"] == "invalid-token"
        await ada.send({"type": "authenticate", "token": token(sub="ada", seconds=3600)})
        told = await ada.expect(type="authenticated")
        assert told["expiresAt"] > (time.time() + 3000) * 1000
        expired = await bob.expect(seconds=10, type="token-expired")
        assert expired["withinMilliseconds"] == 30_000
        left = await ada.expect_event("left", seconds=45)
        assert left["participant"] == bob.id and left["reason"] == "unauthorized"
        await eventually(lambda: bob.close_code == 4511, what="Bob's close code")
        assert ada.close_code is None
        # Many tokens at once are too many.
        for _ in range(8):
            await ada.send({"type": "authenticate", "token": token(sub="ada")})
        assert (await ada.expect(type="rejected", code="rate-limited"))["retryAfterMilliseconds"] > 0


async def test_a_session_comes_back_with_or_without_its_token_but_with_nobody_elses(stage):
    async with guarded(stage.world.program) as server:
        ada = await stage.enter(Visitor(server, "fox", said=token(sub="ada", grant={"create": True}), name="Ada"))
        await ada.cut()
        assert (await ada.resume())["resumed"]
        ada.said = None
        await ada.cut()
        assert (await ada.resume())["resumed"]
        # Whoever has stolen the secret, and has a token of their own, is still themselves.
        ada.said = token(sub="eve")
        await ada.cut()
        welcome = await ada.resume()
        assert not welcome["resumed"] and welcome["resumeRefused"] == "unknown"
        assert welcome["identity"] != ada.room.people[ada.id]["identity"]


async def test_a_session_that_cannot_be_had_lets_nobody_in_without_a_token(stage):
    """Whoever knows the name of somebody's session, and not its secret, has no token either."""
    async with guarded(stage.world.program) as server:
        ada = await stage.enter(Visitor(server, "fox", said=token(sub="ada", grant={"create": True}), name="Ada"))
        session, secret = ada.welcome["session"], ada.welcome["resume"]["secret"]
        for resume in (
            {"session": session, "secret": "x" * 66, "rooms": {}}, {"session": session, "secret": "x" * 66},
            {"session": "s_AAAAAAAAAAAAAAAAAAAAAA", "secret": secret, "rooms": {}},
        ):
            answer, code = await ask(server, {"resume": resume, "join": {"id": 1, "room": "fox"}})
            assert (answer.get("code"), code) == ("token-required", 4510), (resume, answer)
        # A page that was loaded again has only the secret, and is who it was.
        await ada.cut()
        welcome, _ = await ask(server, {"resume": {"session": session, "secret": secret}})
        assert not welcome["resumed"] and welcome["identity"] == ada.welcome["identity"]
        # The old session is over, so its secret is none any more.
        answer, code = await ask(server, {"resume": {"session": session, "secret": secret, "rooms": {}}})
        assert (answer.get("code"), code) == ("token-required", 4510), answer


async def test_keys_are_fetched_and_rotate_under_load(stage):
    with Issuer() as issuer:
        first = issuer.rotate("k1")
        flags = ["--token-jwks", issuer.url, "--trusted-roots", issuer.roots]
        flags += ["--token-issuer", "login", "--token-audience", "parley"]
        more = {"iss": "login", "aud": "parley", "sub": "ada"}
        async with Server(stage.world.program, *flags) as server:
            assert await verdict(server, first.token(**more)) == ("welcome", None)
            assert await verdict(server, first.token(**more | {"aud": "else"})) == ("invalid-token", 4510)
            assert await verdict(server, first.token(**more | {"iss": "else"})) == ("invalid-token", 4510)
            # The public key as a secret.
            public = json.dumps(first.public).encode()
            confused = forged({"alg": "HS256", "kid": "k1"}, claims(**more), public)
            assert await verdict(server, confused) == ("invalid-token", 4510)
            before = issuer.requests
            made_up = [forged({"alg": "RS256", "kid": f"made-up-{n}"}, claims(**more)) for n in range(20)]
            assert set(await asyncio.gather(*(verdict(server, text) for text in made_up))) == {("invalid-token", 4510)}
            assert issuer.requests - before <= 1, "made-up key ids are the issuer's burden"
            # The issuer goes away: those who have keys of it are believed on.
            issuer.is_down = True
            assert await verdict(server, first.token(**more)) == ("welcome", None)
            issuer.is_down = False
            # A fetch is ten seconds after the last try at the earliest.
            await asyncio.sleep(10.5)
            second = issuer.rotate("k2", "ES256", keeps=True)
            tokens = [key.token(**more) for key in (first, second) for _ in range(25)]
            assert set(await asyncio.gather(*(verdict(server, text) for text in tokens))) == {("welcome", None)}


async def test_nobody_is_called_wrong_while_no_key_is_known(stage):
    with Issuer() as issuer:
        key = issuer.rotate("k1", "EdDSA")
        issuer.is_down = True
        async with Server(stage.world.program, "--token-jwks", issuer.url, "--trusted-roots", issuer.roots) as server:
            assert await verdict(server, key.token(sub="ada")) == ("authorization-unavailable", 4412)


async def test_several_issuers_in_a_file(stage):
    with Issuer() as issuer, file_with(SECRET + "\n") as secret:
        key = issuer.rotate("k1", "ES384")
        rows = [
            {"issuer": "login", "jwks": issuer.url, "algorithms": ["ES384"], "grant": {"room": "*"}},
            {"issuer": "backend", "secretFile": secret, "audience": "parley"},
        ]
        with file_with(json.dumps(rows)) as file:
            async with Server(stage.world.program, "--token-issuers", file, "--trusted-roots", issuer.roots) as server:
                # A token of a login service that knows nothing of Parley allows what its issuer is granted.
                assert await verdict(server, key.token(iss="login", without=("parley",))) == ("welcome", None)
                assert await verdict(server, token(iss="backend", aud="parley")) == ("welcome", None)
                assert await verdict(server, token(iss="login")) == ("invalid-token", 4510)
                assert await verdict(server, token(iss="backend")) == ("invalid-token", 4510)
                assert await verdict(server, token()) == ("invalid-token", 4510)


async def test_a_server_with_bad_keys_does_not_start(stage):
    unsafe = '[{"issuer":"a","jwks":"http://example.org/"}]'
    with file_with("short") as short, file_with("no key") as none, file_with(unsafe) as plain:
        for flags, environment, word in [
            ([], {"PARLEY_TOKEN_SECRET": "short"}, "at least 32"),
            (["--token-secret-file", short], {}, "at least 32"),
            (["--token-secret-file", "/no/such/file"], {}, "cannot be read"),
            (["--token-key", none], {}, "holds no key"),
            (["--token-jwks", "http://example.org/jwks"], {}, "https:"),
            (["--token-issuers", plain], {}, "jwks"),
            (["--token-issuer", "a"], {}, "token-jwks"),
            (["--token-algorithm", "none"], {"PARLEY_TOKEN_SECRET": SECRET}, "HS256"),
            (["--token-key", none, "--token-secret-file", short], {}, "one place"),
        ]:
            status, output = await refused_start(stage.world.program, *flags, environment=environment)
            assert status != 0 and word in output, (flags, output)
            assert SECRET not in output


async def parley(program, *arguments, **environment):
    import os
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    process = await asyncio.create_subprocess_exec(
        program, *arguments, env=clean | environment, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    output, _ = await asyncio.wait_for(process.communicate(), 20)
    return process.returncode, output.decode()


async def test_the_command_makes_tokens_and_explains_them(stage):
    secret = {"PARLEY_TOKEN_SECRET": SECRET}
    status, made = await parley(
        stage.world.program, "token", "create", "--room", "fox", "--room", "team-*",
        "--identity", "ada", "--name", "Ada",
        "--role", "host", "--create", "--permission", "share=false", "--minutes", "5", **secret)
    assert status == 0, made
    made = made.strip()
    async with guarded(stage.world.program) as server:
        assert await verdict(server, made) == ("welcome", None)
    status, words = await parley(stage.world.program, "token", "inspect", made, **secret)
    assert status == 0, words
    for word in ("Good:", "fox, team-*", "called Ada", "comes in as host", "creates rooms", "may not share"):
        assert word in words, (word, words)
    status, words = await parley(stage.world.program, "token", "inspect", made, PARLEY_TOKEN_SECRET="y" * 32)
    assert status == 1 and "signature is wrong" in words, words
    status, words = await parley(stage.world.program, "token", "inspect", token(seconds=-3600), **secret)
    assert status == 1 and "good until" in words and "ago" in words, words
    status, words = await parley(stage.world.program, "token", "inspect", "nonsense", **secret)
    assert status == 1 and "three parts" in words, words
    status, words = await parley(stage.world.program, "token", "inspect", made)
    assert status == 1 and "Not judged" in words, words
    status, words = await parley(stage.world.program, "token", "create", "--role", "king", **secret)
    assert status != 0 and "role" in words, words
    status, words = await parley(stage.world.program, "token", "create", "--room", "fox")
    assert status != 0 and "PARLEY_TOKEN_SECRET" in words, words


@within(120)
async def test_the_page_takes_a_token_from_its_link(stage):
    chromium = await stage.world.chromium()
    async with guarded(stage.world.program) as server:
        stranger = await stage.page(chromium, server, "fox", name="Eve", joins=False, films=False)
        await stranger.at("name").fill("Eve")
        await stranger.at("join").click()
        # In words, where they would try again.
        await stranger.page.get_by_text("You have to sign in").wait_for()
        said = token(room="fox", sub="ada", name="Ada of the token", grant={"create": True})
        ada = await stage.page(chromium, server, f"fox?token={said}", name="Ada", films=False)
        assert await ada.page.evaluate("location.hash") == "#fox"
        assert await ada.page.evaluate("parleyPage.room.person(parleyPage.room.self).name") == "Ada of the token"
        await ada.page.reload()
        # The page remembers that the camera was off.
        ada.films = True
        await ada.join()
        assert await ada.page.evaluate("parleyPage.room.role") == "host"
