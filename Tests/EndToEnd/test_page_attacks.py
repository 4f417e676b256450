"""What people write is text on everybody's page, whatever it looks like."""

import json

from stage import eventually, within
from state import state_hash

# What would say so if it ran.
SCRIPT = "window.hacked=(window.hacked||0)+1"
TRICKS = (
    f'<img src=x onerror="{SCRIPT}">', f"<script>{SCRIPT}</script>", f'"><svg onload={SCRIPT}>',
    f"javascript:{SCRIPT}", f"' onmouseover='{SCRIPT}' x='", "${" + SCRIPT + "}", "{{constructor.constructor('1')()}}",
    f'<a href="javascript:{SCRIPT}">x</a>', f"https://example.org/\"onclick=\"{SCRIPT}",
    "</textarea></title></style><b>bold</b>",
)
# Each finding is a sentence.
INJECTED = """() => {
    const found = []
    if (window.hacked) found.push(`${window.hacked} scripts ran`)
    if ({}.polluted !== undefined || Object.prototype.hasOwnProperty('polluted')) found.push('a prototype has changed')
    for (const element of document.querySelectorAll('*')) {
        for (const { name, value } of element.attributes) {
            if (name.startsWith('on')) found.push(`${element.tagName} has ${name}`)
            const leads = ['href', 'src', 'action', 'formaction', 'srcdoc', 'xlink:href', 'data'].includes(name)
            if (leads && /^\\s*(javascript|data:text)/i.test(value)) found.push(`${element.tagName} ${name}=${value}`)
        }
        if (element.tagName === 'SCRIPT' && !element.src) found.push(`a script: ${element.textContent.slice(0, 80)}`)
        if (element.tagName === 'IMG' && element.getAttribute('src') === 'x') found.push('an image')
    }
    return found
}"""


@within(90)
async def test_markup_and_scripts_in_what_people_write(stage):
    server, room, chromium = await stage.server(), stage.room(), await stage.world.chromium()
    ada = await stage.page(chromium, server, room, name="Ada")
    await ada.page.wait_for_function("() => window.parleyPage?.room")
    for trick in TRICKS:
        eve = await stage.peer(server, name=trick[:120], room=room)
        await eve.send({"type": "chat", "room": eve.room.id, "cid": "c1", "text": trick})
        await eve.send({"type": "pulse", "room": eve.room.id, "kind": "reaction", "data": {"reaction": trick}})
        await eve.command("set-attribute", participant=eve.id, key="note", value={"__proto__": {"polluted": 1}})
        await eve.send({"type": "pulse", "room": eve.room.id, "kind": "typing",
                        "data": json.loads('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}')})
        await eve.signal(await ada.id(), {"__proto__": {"polluted": 1}, "html": trick})
        await eve.offer(await ada.id(), sdp=f"v=0\r\na={trick}\r\n")
    await ada.at("chat-toggle").click()
    await ada.at("message").nth(len(TRICKS) - 1).wait_for()
    texts = await ada.at("message").all_inner_texts()
    for trick in TRICKS:
        assert any(trick in text for text in texts), (trick, texts)
    await ada.at("people-toggle").click()
    await ada.page.get_by_text(TRICKS[0], exact=False).first.wait_for()
    found = await ada.page.evaluate(INJECTED)
    assert not found, found

    # And the page still holds what everybody holds.
    async def agrees():
        return await ada.page.evaluate("parleyPage.room.hash") == state_hash(eve.room.state)

    await eventually(agrees, what="the same state")
