// The text protocol of NATS. Everybody listens to a subject of their own and to that of the room.

#include "load.h"
#include <stdio.h>
#include <stdlib.h>

static void begin(Client *client) {
    putText(client,
        "CONNECT {\"verbose\":false,\"pedantic\":false,\"echo\":false,\"protocol\":1}\r\n"
        "SUB person.%d 1\r\nSUB room.%d 2\r\nPING\r\n", client->number, room(client));
}

static size_t receive(Client *client, const uint8_t *bytes, size_t count) {
    size_t at = 0;
    while (at < count) {
        const uint8_t *line = bytes + at, *end = find(line, count - at, "\r\n");
        if (!end) break;
        size_t length = (size_t)(end - line) + 2;
        if (memcmp(line, "MSG ", 4) == 0) {
            const uint8_t *size = end;
            while (size[-1] != ' ') size--;
            size_t content = strtoul((const char *)size, NULL, 10);
            if (count - at < length + content + 2) break;
            hear(client, line + length, content);
            length += content + 2;
        } else if (memcmp(line, "PONG", 4) == 0) {
            becomeReady(client);
        } else if (memcmp(line, "PING", 4) == 0) {
            putText(client, "PONG\r\n");
        } else if (memcmp(line, "INFO", 4) != 0) {
            fail("%.*s", (int)(end - line), (const char *)line);
        }
        at += length;
    }
    return at;
}

static uint8_t *publish(Client *client, uint8_t *to, const char *kind, int number) {
    char head[64];
    int count = snprintf(head, sizeof head, "PUB %s.%d ", kind, number);
    // The size's own digits are three, or four, and there are two ends of lines.
    int digits = options.bytes < 1000 ? 3 : 4;
    snprintf(head + count, sizeof head - (size_t)count, "%0*d\r\n", digits, options.bytes - count - digits - 4);
    uint8_t *begin = to;
    return text(padded(begin, numbered(client, text(to, head)), 2), "\r\n");
}

static uint8_t *toPeer(Client *client, uint8_t *to) {
    return publish(client, to, "person", client->peer->number);
}

static uint8_t *toRoom(Client *client, uint8_t *to) {
    return publish(client, to, "room", room(client));
}

const Protocol nats = {
    .name = "nats", .path = "/", .isStream = true, .opcode = 2,
    .begin = begin, .receive = receive, .toPeer = toPeer, .toRoom = toRoom,
};
