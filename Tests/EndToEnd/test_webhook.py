"""The operator's own service says who comes in: a real one, which is slow, fails, refuses and lies about sizes."""

import asyncio
import contextlib
import hashlib
import hmac
import http.server
import json
import threading
import time

from issuer import SECRET, file_with
from server import Server, refused_start
from stage import eventually, patient, within
from test_tickets import http as ask_http, shown, ticket
from test_tokens import Visitor, ask, verdict

TOGETHER = 4


class Service:
    """`with Service() as service:` answers by the credential in a question; `service.questions` are all it heard."""

    def __enter__(self):
        self.questions = []
        self.is_down = False
        self.busy = self.busiest = 0
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                said = self.headers["Parley-Timestamp"].encode() + b"." + body
                expected = hmac.new(SECRET.encode(), said, hashlib.sha256).hexdigest()
                question = json.loads(body)
                question["isGenuine"] = hmac.compare_digest(expected, self.headers["Parley-Signature"])
                service.questions.append(question)
                service.busy += 1
                service.busiest = max(service.busiest, service.busy)
                try:
                    with contextlib.suppress(OSError):
                        service.answer(self, question["credential"])
                finally:
                    service.busy -= 1

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/authorize"
        return self

    def __exit__(self, *error):
        self._server.shutdown()
        self._server.server_close()

    def answer(self, handler, credential):
        kind, _, rest = credential.partition(":")
        if self.is_down or kind == "down":
            return self.reply(handler, 500, b"out of order")
        if kind == "refused":
            return self.reply(handler, 403, json.dumps({"reason": f"no badge {rest}"}).encode())
        if kind == "slow":
            time.sleep(float(rest))
        if kind == "redirect":
            return self.reply(handler, 302, b"", Location=self.url)
        claims = {"sub": rest or credential, "name": f"{kind} {rest}".strip(), "exp": time.time() + 3600,
                  "parley": {"room": "*", "create": True}}
        body = json.dumps(claims).encode()
        if kind == "huge":
            body = b" " * 200_000 + body
        if kind == "endless":
            handler.send_response(200)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            while True:
                handler.wfile.write(b"1000\r\n" + b" " * 4096 + b"\r\n")
        if kind == "short":
            # Says more than it sends.
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(body) + 100))
            handler.end_headers()
            handler.wfile.write(body)
            handler.close_connection = True
            return None
        if kind == "garbage":
            body = b"<html>welcome</html>"
        if kind == "misspelt":
            body = json.dumps(claims | {"parley": {"rom": "*"}}).encode()
        return self.reply(handler, 200, body)

    @staticmethod
    def reply(handler, status, body, **headers):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


def guarded(program, service, *flags):
    return Server(program, "--auth-webhook", service.url, *flags,
                  environment={"PARLEY_AUTH_WEBHOOK_SECRET": SECRET})


async def test_the_service_says_who_somebody_is_and_what_they_may(stage):
    with Service() as service:
        async with guarded(stage.world.program, service) as server:
            ada = await stage.enter(Visitor(server, "fox", said="badge:ada", name="asked for"))
            assert ada.room.people[ada.id]["name"] == "badge ada" and ada.room.people[ada.id]["role"] == "host"
            question = service.questions[-1]
            assert question["isGenuine"] and question["credential"] == "badge:ada" and question["room"] == "fox"
            assert abs(question["time"] / 1000 - time.time()) < 30 and question["version"] == 1
            # The same person from another device; in the address, too.
            again, _ = await ask(server, path="?token=badge:ada")
            assert again["identity"] == ada.room.people[ada.id]["identity"]
            # Without anything to show nobody is asked about; a no is a no, and its reason is for the log.
            before = len(service.questions)
            assert (await ask(server))[0]["code"] == "token-required"
            assert len(service.questions) == before
            assert await verdict(server, "refused:4711") == ("invalid-token", 4510)
            assert await verdict(server, "x" * 9000) == ("invalid-token", 4510)
            assert len(service.questions) == before + 1

            async def logged():
                return "no badge 4711" in "\n".join(server.output)

            await eventually(logged, what="the reason in the log")
            # A ticket for what it has granted.
            made = await ticket(server, "badge:eve", {"room": "fox"})
            assert await shown(server, made["ticket"]) == ("welcome", None)
            assert (await ask_http(server, "POST", "/v1/tickets", said="refused:1"))[0] == 401
            assert "badge:ada" not in "\n".join(server.output), "the log shows a credential"


async def test_what_is_no_answer(stage):
    with Service() as service:
        for kind in ("down", "redirect", "huge", "endless", "short", "garbage", "misspelt", "slow:3"):
            # Each at a server of its own: three in a row would be left alone.
            async with guarded(stage.world.program, service, "--auth-webhook-milliseconds", "1000") as server:
                begin = time.monotonic()
                answer, code = await ask(server, {"token": kind if ":" in kind else f"{kind}:ada"})
                assert (answer.get("code"), code) == ("authorization-unavailable", 4412), (kind, answer)
                assert answer["retryAfterMilliseconds"] > 0, answer
                assert time.monotonic() - begin < 9, kind
                assert await verdict(server, "badge:ada") == ("welcome", None), kind


@patient
@within(60)
async def test_while_the_service_is_away_running_sessions_go_on(stage):
    with Service() as service:
        async with guarded(stage.world.program, service) as server:
            ada = await stage.enter(Visitor(server, "fox", said="badge:ada", name="Ada"))
            bob = await stage.enter(Visitor(server, "fox", said="badge:bob", name="Bob"))
            service.is_down = True
            for _ in range(3):
                assert await verdict(server, "badge:eve") == ("authorization-unavailable", 4412)
            # It is left alone now.
            before = len(service.questions)
            for _ in range(5):
                answer, code = await ask(server, {"token": "badge:eve"})
                assert (answer["code"], code) == ("authorization-unavailable", 4412)
                assert 0 < answer["retryAfterMilliseconds"] <= 10_000, answer
            assert len(service.questions) == before
            status, headers, problem = await ask_http(server, "POST", "/v1/tickets", said="badge:eve")
            assert (status, problem["code"]) == (503, "authorization-unavailable") and int(headers["retry-after"]) >= 1
            # Who is here is here, over a lost connection, too.
            await ada.cut()
            assert (await ada.resume())["resumed"]
            assert await bob.outcome(await bob.command("media", audio=True)) == "accepted"
            service.is_down = False

            async def good_again():
                return await verdict(server, "badge:eve") == ("welcome", None)

            await eventually(good_again, seconds=25, what="a service that is asked again")


@within(60)
async def test_so_many_at_once_and_the_others_wait(stage):
    with Service() as service:
        async with guarded(stage.world.program, service) as server:
            verdicts = await asyncio.gather(*(verdict(server, f"slow:0.{n % 2 + 1}") for n in range(150)))
            assert set(verdicts) == {("welcome", None)}, set(verdicts)
            assert service.busiest <= 64, service.busiest


async def test_settings_of_a_service_that_cannot_be(stage):
    with file_with("short") as short, file_with(SECRET + "\n") as secret:
        good = {"PARLEY_AUTH_WEBHOOK_SECRET": SECRET}
        for flags, environment, word in [
            (["--auth-webhook", "http://example.org/"], good, "https:"),
            (["--auth-webhook", "https://example.org/"], {}, "one place"),
            (["--auth-webhook", "https://example.org/", "--auth-webhook-secret-file", secret], good, "one place"),
            (["--auth-webhook", "https://example.org/", "--auth-webhook-secret-file", short], {}, "at least 32"),
            (["--auth-webhook", "https://example.org/", "--auth-webhook-milliseconds", "5"], good, "100"),
            (["--auth-webhook-secret-file", secret], {}, "no address"),
            (["--auth-webhook", "https://example.org/"], good | {"PARLEY_TOKEN_SECRET": SECRET}, "Either"),
        ]:
            status, output = await refused_start(stage.world.program, *flags, environment=environment)
            assert status != 0 and word in output, (flags, output)
            assert SECRET not in output
