"""`parley serve --try`: from a telephone in the same network, with nothing prepared."""

import hashlib
import re
import ssl

import numpy
import zxingcpp
from browsers import Chromium, Firefox
from parley_peer import ParleyPeer
from server import refused_start
from stage import eventually, within
from test_http import get

# The address that this machine has in the network in which the tests run (./test).
OUTSIDE = "10.99.0.1"


def shown_links(server):
    return [line.strip() for line in server.output if line.strip().startswith("https://")]


def picture(server):
    """What a camera sees of the terminal: each half block is a square, 4 by 4 pixels."""
    rows = []
    for line in server.output:
        found = re.fullmatch(r"\x1b\[97;40m([█▀▄ ]+)\x1b\[0m", line)
        if not found:
            continue
        rows.append([character in "█▀" for character in found[1]])
        rows.append([character in "█▄" for character in found[1]])
    light = numpy.array(rows, dtype=numpy.uint8) * 255
    return numpy.kron(light, numpy.ones((4, 4), dtype=numpy.uint8))


class Careless:
    """A browser whose user goes on when it warns of a certificate."""

    async def context(self):
        return await self.process.new_context(viewport={"width": 1280, "height": 800}, ignore_https_errors=True)


class CarelessChromium(Careless, Chromium):
    pass


class CarelessFirefox(Careless, Firefox):
    pass


@within(120)
async def test_two_devices_meet_by_the_link(stage):
    server = await stage.server("--try")
    links = shown_links(server)
    assert re.fullmatch(rf"https://{OUTSIDE}:{server.port}/#try\?ticket=[\w-]{{32}}", links[0]), links
    # What the telephone reads from the terminal is the link that is printed above it.
    found = zxingcpp.read_barcodes(picture(server))
    assert [code.text for code in found] == [links[0]], found
    room = links[0].split("#")[1]
    chromium = await stage.enter(CarelessChromium())
    firefox = await stage.enter(CarelessFirefox())
    ada = await stage.page(chromium, server, room, name="Ada")
    bob = await stage.page(firefox, server, room, name="Bob")
    assert await ada.page.evaluate("location.href") == f"https://{OUTSIDE}:{server.port}/#try"
    await ada.meets(1, 60)
    await bob.meets(1, 60)
    # The link makes two people of two devices.
    assert await ada.page.evaluate("parleyPage.room.people.length") == 2
    # Whoever is only in the same network has no way in, nor has somebody who guesses.
    refusals = {"": "You have to sign in", f"?ticket={'A' * 32}": "Your invitation to this server does not work"}
    for member, sentence in refusals.items():
        stranger = await stage.page(chromium, server, f"try{member}", name="Eve", joins=False, films=False)
        await stranger.at("name").fill("Eve")
        await stranger.at("join").click()
        await stranger.page.get_by_text(sentence).wait_for()
    # A reload needs no second look at the terminal.
    await bob.page.reload()
    await bob.at("join").click()
    await bob.meets(1, 60)


async def test_its_certificate_is_the_one_whose_fingerprint_is_shown(stage):
    server = await stage.server("--try")
    said = next(line.strip() for line in server.output if re.fullmatch(r"([0-9A-F]{2}:){31}[0-9A-F]{2}", line.strip()))
    for host in (OUTSIDE, "127.0.0.1"):
        pem = ssl.get_server_certificate((host, server.port))
        digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()
        assert said.replace(":", "") == digest
        # It names each address at which it is found.
        trusting = ssl.create_default_context(cadata=pem)
        trusting.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        server.tls = trusting
        server.address = f"https://{host}:{server.port}/"
        status, headers, _ = await get(server, "/")
        assert status == 200
        # A browser that never again came without TLS would not get to what runs there tomorrow.
        assert "strict-transport-security" not in {name.lower() for name in headers}
    other = await stage.server("--try")
    assert shown_links(other)[0].split("ticket=")[1] != shown_links(server)[0].split("ticket=")[1]


async def test_what_is_decided_otherwise_stays(stage):
    alone = await stage.server("--try", host="127.0.0.1")
    assert [link.split("#")[0] for link in shown_links(alone)] == [f"https://127.0.0.1:{alone.port}/"]
    with_port = await stage.server("--try", "--room-capacity", "3")
    assert shown_links(with_port)[-1].startswith(f"https://localhost:{with_port.port}/#try?ticket=")
    # Nothing that is wrong becomes right by it.
    status, output = await refused_start(
        stage.world.program, "--try", "--tls-certificate", "/nowhere.pem", "--tls-key", "/nowhere.pem")
    assert status == 64 and "/nowhere.pem" in output, output
    assert "ticket=" not in output


async def test_no_log_has_the_link(stage):
    server = await stage.server("--try", "--log-level", "trace")
    secret = shown_links(server)[0].split("ticket=")[1]
    trusting = ssl._create_unverified_context()
    server.tls = trusting
    server.address = f"https://127.0.0.1:{server.port}/"
    peer = await stage.enter(
        ParleyPeer(f"{server.connect_address}?ticket={secret}", room="try", name="Ada", tls=trusting))
    assert peer.id
    lines = [line for line in server.output if secret in line and not line.strip().startswith("https://")]
    await eventually(lambda: any("connect" in line for line in server.output))
    assert not lines, lines
