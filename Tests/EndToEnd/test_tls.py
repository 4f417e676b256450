"""TLS on the one port: who is believed, what is spoken, and a certificate that changes while people talk."""

import asyncio
import contextlib
import json
import ssl
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from certificates import Authority, shown
from limits import LIMITS
from raw_socket import RawSocket
from server import refused_start
from stage import eventually, patient, within
from test_http import get
from test_slow import FAST, _is, asleep, dam_up, metric

TOGETHER = 3


async def secured(stage, *flags, **options):
    """A server with a certificate, that authority and the certificate's files."""
    authority = Authority(stage.folder())
    files = authority.issue()
    server = await stage.server(*files.flags, *flags, tls=authority.trusted(), **options)
    return server, authority, files


async def handshake(server, context, host="127.0.0.1"):
    """The certificate and the version of TLS that a new connection gets."""
    _, writer = await asyncio.open_connection(
        "127.0.0.1", server.port, ssl=context, server_hostname=host)
    try:
        return shown(writer), writer.get_extra_info("ssl_object")
    finally:
        writer.close()


async def test_it_announces_https_and_serves_page_and_sockets(stage):
    server, _, _ = await secured(stage)
    assert server.address.startswith("https://127.0.0.1:"), server.address
    status, headers, body = await get(server, "/")
    assert status == 200 and b"<html" in body.lower()
    ada = await stage.peer(server, name="Ada", room="secret")
    bob = await stage.peer(server, name="Bob", room="secret")
    await ada.signal(bob.id, {"sdp": "x" * 20_000})
    await bob.until(lambda: bob.received.get(ada.id) == 1, what="the signal")


async def test_old_versions_are_refused_and_http_1_1_is_agreed_on(stage):
    server, authority, _ = await secured(stage)
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = authority.trusted()
        context.minimum_version = context.maximum_version = version
        context.set_alpn_protocols(["h2", "http/1.1"])
        _, connection = await handshake(server, context)
        assert connection.selected_alpn_protocol() == "http/1.1"
    old = authority.trusted()
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    try:
        await handshake(server, old)
    except (ssl.SSLError, ConnectionError) as error:
        assert "VERSION" in str(error).upper() or isinstance(error, ConnectionError), error
    else:
        raise AssertionError("TLS 1.1 was spoken")


@patient
@within(60)
async def test_who_does_not_speak_tls_gets_nothing_and_disturbs_nobody(stage):
    server, _, _ = await secured(stage)
    ada = await stage.peer(server, name="Ada", room="calm")
    for text in (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"x" * 1000, b"\0"):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(text)
        with contextlib.suppress(ConnectionError):
            answer = await asyncio.wait_for(reader.read(), 15)
            assert b"HTTP" not in answer, answer
        writer.close()
    await ada.media(audio=True)


@patient
@within(60)
async def test_a_handshake_that_is_never_finished_is_ended(stage):
    server, _, _ = await secured(stage)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"\x16\x03\x01\x02\x00\x01\x00")
    # What comes is an alert, if anything.
    assert len(await asyncio.wait_for(reader.read(), 20)) < 100
    writer.close()


async def test_browsers_are_told_to_insist_on_tls_but_not_for_this_machine(stage):
    server, authority, _ = await secured(stage)

    def headers(host):
        request = Request(server.address, headers={"Host": host})
        with urlopen(request, timeout=10, context=authority.trusted()) as response:
            return response.headers

    assert (await asyncio.to_thread(headers, "parley.example"))["strict-transport-security"] == "max-age=31536000"
    for host in ("localhost", f"127.0.0.1:{server.port}", f"[::1]:{server.port}"):
        assert (await asyncio.to_thread(headers, host))["strict-transport-security"] is None, host
    plain = await stage.server()
    assert (await get(plain, "/"))[1]["strict-transport-security"] is None


async def test_any_name_that_leads_here_but_only_pages_from_here(stage):
    server, _, _ = await secured(stage)
    for host, origin, answer in (
            ("parley.example", None, 200), ("parley.example", "https://parley.example", 200),
            ("Parley.Example:443", "https://parley.example", 200),
            ("parley.example:8443", "https://parley.example", 403),
            ("parley.example", "https://evil.example", 403), ("parley.example", "null", 403),
            ("127.0.0.1", "http://localhost:3000", 403)):
        status, _, body = await get(server, "/v1/validate", Host=host, **({"Origin": origin} if origin else {}))
        assert status == answer, (host, origin, status, body)
        if answer == 403:
            assert json.loads(body)["code"] == "origin-not-allowed", body


@within(120)
async def test_five_hundred_connections_outlive_a_new_certificate(stage):
    server, authority, files = await secured(stage, "--connections", "1000")
    room = stage.room()
    ada = await stage.peer(server, name="Ada", room=room)
    bob = await stage.peer(server, name="Bob", room=room)
    crowd = []
    for _ in range(25):
        crowd += await asyncio.gather(*(stage.enter(RawSocket(server)) for _ in range(20)))
    await asyncio.gather(*(raw.hello() for raw in crowd))
    assert (await handshake(server, authority.trusted()))[0] == files.sha256
    first = {shown(raw.writer) for raw in crowd}

    # By signal, at once.
    second = authority.issue("second")
    files.write(second)
    server.ask_to_reload()
    await eventually(lambda: shows(server, authority, second), what="the second certificate")
    # By itself, at the second look.
    third = authority.issue("third")
    files.write(third)
    looks = 2 * LIMITS["certificateCheckMilliseconds"] / 1_000
    await eventually(lambda: shows(server, authority, third), seconds=looks + 11, what="the third certificate")
    assert any(third.sha256 in line for line in server.output), server.output[-5:]

    assert first == {files.sha256}
    for number in range(20):
        await ada.signal(bob.id, number)
    await bob.until(lambda: bob.received.get(ada.id) == 20, what="the signals")
    for raw in crowd:
        await raw.send({"type": "join", "id": 1, "room": "nowhere!"})
    await asyncio.gather(*(raw.expect(type="rejected") for raw in crowd))
    assert not ada.close_code and not bob.close_code
    await stage.peer(server, name="Eve", room=room)


async def shows(server, authority, files):
    return (await handshake(server, authority.trusted()))[0] == files.sha256


@patient
@within(60)
async def test_a_certificate_that_is_broken_is_reported_and_the_old_one_stays(stage):
    server, authority, files = await secured(stage)

    def reports():
        return [line for line in server.output if "new certificate is not used" in line]

    # A key of somebody else, no certificate at all, and none that can be read.
    other = authority.issue("other")
    files.key.write_bytes(other.contents[1])
    server.ask_to_reload()
    await eventually(lambda: len(reports()) == 1 and "does not belong" in reports()[0], what="the first report")
    files.certificate.write_text("nothing")
    server.ask_to_reload()
    await eventually(lambda: len(reports()) == 2 and "no certificate" in reports()[1], what="the second report")
    files.certificate.unlink()
    # Noticed without a signal, and said once however often it is looked at.
    await eventually(lambda: len(reports()) == 3 and "does not exist" in reports()[2], seconds=15, what="the third")
    await asyncio.sleep(5)
    assert len(reports()) == 3, reports()
    assert await shows(server, authority, files)
    assert not any("PRIVATE KEY" in line for line in server.output)
    files.write(other)
    await eventually(lambda: shows(server, authority, other), seconds=15, what="the other certificate")


async def test_files_that_cannot_be_used_are_refused_by_name(stage):
    program = stage.world.program
    authority = Authority(stage.folder())
    files, other = authority.issue(), authority.issue("other")
    for flags, words in (
            (files.flags[:2], ("tls-certificate", "alone", "tls-key")),
            (files.flags[2:], ("tls-key", "alone", "tls-certificate")),
            ((*files.flags[:2], "--tls-key", str(other.key)), ("does not belong",)),
            ((*files.flags[:2], "--tls-key", str(files.certificate)), ("no private key",)),
            (("--tls-certificate", "/nonexistent.pem", *files.flags[2:]), ("/nonexistent.pem", "tls-certificate")),
            (("--tls-certificate", str(files.key), *files.flags[2:]), ("no certificate",))):
        status, output = await refused_start(program, "--port", "0", *flags)
        assert status != 0 and all(word in output for word in words), (flags, output)


async def test_tls_alone_does_not_open_the_door(stage):
    files = Authority(stage.folder()).issue()
    status, output = await refused_start(stage.world.program, "--host", "0.0.0.0", "--port", "0", *files.flags)
    assert status != 0 and "authentication" in output and "tls-certificate" not in output, output
    status, output = await refused_start(stage.world.program, "--host", "0.0.0.0", "--port", "0")
    assert status != 0 and "authentication" in output and "--tls-certificate" in output, output


@patient
@within(60)
async def test_output_that_stands_still_is_known_under_tls_as_well(stage):
    server, _, _ = await secured(stage, *FAST)
    room = stage.room()
    ada = await stage.peer(server, name="Ada", room=room)
    sleeper = await asleep(stage, server, room, ada)
    began = time.monotonic()
    # Python's TLS reads half a megabyte ahead of whoever reads; who cannot take a pulse at once misses it.
    for _ in range(40):
        await dam_up(ada, 1)
        await asyncio.sleep(0.03)
    dammed = time.monotonic()
    await eventually(lambda: _is(metric(server, "parley_sessions_detached"), 1), seconds=20, what="the end")
    # It stands still from some moment on while it is dammed up.
    ended = time.monotonic()
    assert ended - began > 9 and ended - dammed < 15, (ended - began, ended - dammed)
    sleeper.awake()
    await sleeper.raw.expect_close(4408)


@within(90)
async def test_a_call_in_chromium_over_https(stage):
    from browsers import Chromium, meet

    server, _, files = await secured(stage)
    chromium = await stage.enter(Chromium(trusts=files.key_hash))
    ada = await stage.page(chromium, server, "call", name="Ada")
    bob = await stage.page(chromium, server, "call", name="Bob")
    await meet(ada, bob)
    assert await ada.page.evaluate("location.protocol") == "https:"


async def test_with_tokens_and_tls_other_machines_come_and_operators_show_a_certificate(stage):
    """The address is that of the run's own network: to the server, another machine's."""
    authority, operators, strangers = (Authority(stage.folder()) for _ in range(3))
    files = authority.issue(hosts=("10.99.0.1",))
    server = await stage.server(
        *files.flags, "--admin-ca", str(operators.path), host="0.0.0.0", tls=authority.trusted(),
        environment={"PARLEY_TOKEN_SECRET": "a secret of at least thirty-two characters"})

    def drain_report(*client):
        address = f"https://10.99.0.1:{server.port}/v1/drain"
        try:
            with urlopen(Request(address), timeout=10, context=authority.trusted(*client)) as response:
                return response.status
        except HTTPError as error:
            return error.code
        except OSError as error:
            return type(error).__name__

    assert await asyncio.to_thread(drain_report) == 403
    assert await asyncio.to_thread(drain_report, operators.issue("operator", client=True)) == 200
    # By another authority: the handshake is over, whatever the client's library calls that.
    assert await asyncio.to_thread(drain_report, strangers.issue("stranger", client=True)) not in (200, 403)
    answer = await asyncio.to_thread(
        lambda: urlopen(f"https://10.99.0.1:{server.port}/healthz", timeout=10, context=authority.trusted()).status)
    assert answer == 200
