// XMPP (RFC 7395): everybody is somebody without a name, and one of a room (XEP-0045). `--quality 1`: the stream can
// be resumed, and stanzas are acknowledged on both ways (XEP-0198).

#include "load.h"
#include <stdio.h>
#include <stdlib.h>

enum { OPENED, TRUSTED, BOUND, JOINED };

static void openStream(Client *client) {
    putText(client, "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>");
}

static void joinRoom(Client *client) {
    putText(client,
        "<presence xmlns='jabber:client' to='load-%d@rooms.localhost/client-%d'>"
        "<x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>",
        room(client), client->number);
    client->step = JOINED;
}

static void enter(Client *client, const uint8_t *bytes, size_t count) {
    if (find(bytes, count, "<failure") || find(bytes, count, "type='error'")) {
        fail("Refused: %.*s", (int)count, (const char *)bytes);
    }
    switch (client->step) {
    case OPENED:
        if (find(bytes, count, "<mechanism>")) {
            putText(client, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>");
        } else if (find(bytes, count, "<success")) {
            client->step = TRUSTED;
            openStream(client);
        }
        break;
    case TRUSTED:
        if (!find(bytes, count, "<bind")) break;
        client->step = BOUND;
        putText(client,
            "<iq xmlns='jabber:client' type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
        break;
    case BOUND:
        if (!client->address) client->address = between(bytes, count, "<jid>", '<');
        if (options.quality && find(bytes, count, "<jid>")) {
            putText(client, "<enable xmlns='urn:xmpp:sm:3' resume='true'/>");
        } else if (client->address) {
            joinRoom(client);
        }
        break;
    case JOINED:
        if (find(bytes, count, "code='110'")) becomeReady(client);
    }
}

static size_t receive(Client *client, const uint8_t *bytes, size_t count) {
    static const char body[] = "<body>";
    if (count > 9 && (memcmp(bytes, "<r ", 3) == 0 || memcmp(bytes, "<r>", 3) == 0)) {
        putText(client, "<a xmlns='urn:xmpp:sm:3' h='%u'/>", client->packet);
        return count;
    }
    if (client->step == JOINED && memcmp(bytes, "<a ", 3) != 0) client->packet++;
    const uint8_t *content = find(bytes, count, body);
    if (content && memcmp(bytes, "<message", 8) == 0) {
        content += sizeof body - 1;
        hear(client, content, (size_t)(bytes + count - content));
    } else if (!client->isReady) {
        enter(client, bytes, count);
    }
    return count;
}

static uint8_t *message(Client *client, uint8_t *to, const char *address, const char *type) {
    static const char end[] = "</body></message>";
    uint8_t *begin = to;
    to = text(text(text(to, "<message xmlns='jabber:client' to='"), address), "' type='");
    to = numbered(client, text(text(to, type), "'><body>"));
    return text(padded(begin, to, sizeof end - 1), end);
}

static uint8_t *toPeer(Client *client, uint8_t *to) {
    return message(client, to, client->peer->address, "chat");
}

static uint8_t *toRoom(Client *client, uint8_t *to) {
    char address[60];
    snprintf(address, sizeof address, "load-%d@rooms.localhost", room(client));
    return message(client, to, address, "groupchat");
}

const Protocol xmpp = {
    .name = "xmpp", .path = "/xmpp-websocket", .subprotocol = "xmpp", .echoes = true, .opcode = 1,
    .begin = openStream, .receive = receive, .toPeer = toPeer, .toRoom = toRoom,
};
