// The protocol of nextcloud-spreed-signaling (its docs/standalone-signaling-api-v1.md). It asks a backend who may come.

#include "load.h"
#include <stdio.h>

static void begin(Client *client) {
    putText(client,
        "{\"id\":\"1\",\"type\":\"hello\",\"hello\":{\"version\":\"1.0\","
        "\"auth\":{\"url\":\"%s\",\"params\":{\"userid\":\"client-%d\"}}}}", options.backend, client->number);
}

static size_t receive(Client *client, const uint8_t *bytes, size_t count) {
    static const char content[] = "\"n\":\"";
    if (find(bytes, count, "\"type\":\"error\"")) fail("%.*s", (int)count, (const char *)bytes);
    if (find(bytes, count, "\"type\":\"message\"")) {
        const uint8_t *at = find(bytes, count, content);
        if (!at) fail("No number: %.*s", (int)count, (const char *)bytes);
        at += sizeof content - 1;
        hear(client, at, (size_t)(bytes + count - at));
    } else if (find(bytes, count, "\"type\":\"hello\"")) {
        client->address = between(bytes, count, "\"sessionid\":\"", '"');
        putText(client,
            "{\"id\":\"2\",\"type\":\"room\",\"room\":{\"roomid\":\"load-%d\",\"sessionid\":\"session-%d\"}}",
            room(client), client->number);
    } else if (find(bytes, count, "\"id\":\"2\"")) {
        becomeReady(client);
    }
    return count;
}

static uint8_t *message(Client *client, uint8_t *to, const char *recipient) {
    static const char end[] = "\"}}}";
    uint8_t *begin = to;
    to = text(text(to, "{\"type\":\"message\",\"message\":{\"recipient\":{\"type\":\""), recipient);
    to = numbered(client, text(to, "\"},\"data\":{\"n\":\""));
    return text(padded(begin, to, sizeof end - 1), end);
}

static uint8_t *toPeer(Client *client, uint8_t *to) {
    char recipient[400];
    snprintf(recipient, sizeof recipient, "session\",\"sessionid\":\"%s", client->peer->address);
    return message(client, to, recipient);
}

static uint8_t *toRoom(Client *client, uint8_t *to) {
    return message(client, to, "room");
}

const Protocol spreed = {
    .name = "spreed", .path = "/spreed", .opcode = 1,
    .begin = begin, .receive = receive, .toPeer = toPeer, .toRoom = toRoom,
};
