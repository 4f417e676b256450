// MQTT 3.1.1. Everybody listens to a topic of their own and to that of the room. `--quality 1`: each message is
// acknowledged on both ways, and the session outlives its connection.

#include "load.h"
#include <stdio.h>

enum { CONNECT_ANSWERED = 0x20, PUBLISHED = 0x30, ACKNOWLEDGED = 0x40, SUBSCRIBED = 0x90 };

static uint8_t *word(uint8_t *to, const char *words) {
    size_t count = strlen(words);
    *to++ = (uint8_t)(count >> 8);
    *to++ = (uint8_t)count;
    return text(to, words);
}

/// `count` is below 16,384, so that it has two digits where it is above 127.
static uint8_t *head(uint8_t *to, uint8_t kind, size_t count) {
    *to++ = kind;
    if (count > 127) *to++ = (uint8_t)(count & 127) | 128, count >>= 7;
    *to++ = (uint8_t)count;
    return to;
}

static void packet(Client *client, uint8_t kind, const uint8_t *body, const uint8_t *end) {
    uint8_t whole[1024], *to = head(whole, kind, (size_t)(end - body));
    memcpy(to, body, (size_t)(end - body));
    put(client, whole, (size_t)(to - whole) + (size_t)(end - body));
}

static void begin(Client *client) {
    uint8_t body[256], *to = word(body, "MQTT");
    char name[40];
    *to++ = 4;
    *to++ = options.quality ? 0 : 2;
    // Nobody has to show signs of life for an hour.
    *to++ = 3600 >> 8;
    *to++ = 3600 & 255;
    snprintf(name, sizeof name, "client-%d", client->number);
    packet(client, 0x10, body, word(to, name));
}

static void subscribe(Client *client) {
    uint8_t body[256], *to = body;
    char topic[40];
    *to++ = 0;
    *to++ = 1;
    snprintf(topic, sizeof topic, "person/%d", client->number);
    to = word(to, topic);
    *to++ = (uint8_t)options.quality;
    snprintf(topic, sizeof topic, "room/%d", room(client));
    to = word(to, topic);
    *to++ = (uint8_t)options.quality;
    packet(client, 0x82, body, to);
}

static void published(Client *client, uint8_t kind, const uint8_t *body, size_t count) {
    size_t topic = (size_t)body[0] << 8 | body[1], at = 2 + topic;
    if (kind & 6) {
        uint8_t acknowledgement[4] = {ACKNOWLEDGED, 2, body[at], body[at + 1]};
        put(client, acknowledgement, 4);
        at += 2;
    }
    hear(client, body + at, count - at);
}

static size_t receive(Client *client, const uint8_t *bytes, size_t count) {
    size_t at = 0;
    while (count - at >= 2) {
        size_t digits = 1, length = bytes[at + 1] & 127;
        while (bytes[at + digits] & 128) {
            if (count - at < digits + 2) return at;
            length |= (size_t)(bytes[at + digits + 1] & 127) << 7 * digits;
            digits++;
        }
        if (count - at < 1 + digits + length) break;
        const uint8_t *body = bytes + at + 1 + digits;
        switch (bytes[at] & 0xf0) {
        case PUBLISHED: published(client, bytes[at], body, length); break;
        case CONNECT_ANSWERED:
            if (body[1]) fail("Refused: %d.", body[1]);
            subscribe(client);
            break;
        case SUBSCRIBED: becomeReady(client); break;
        case ACKNOWLEDGED: break;
        default: fail("A packet of kind %02x was not expected.", bytes[at]);
        }
        at += 1 + digits + length;
    }
    return at;
}

static uint8_t *publish(Client *client, uint8_t *to, const char *topic) {
    uint8_t *begin = to;
    to = head(to, PUBLISHED | (uint8_t)(options.quality << 1), (size_t)options.bytes - 3);
    to = word(to, topic);
    if (options.quality) {
        client->packet = client->packet % 65535 + 1;
        *to++ = (uint8_t)(client->packet >> 8);
        *to++ = (uint8_t)client->packet;
    }
    return padded(begin, numbered(client, to), 0);
}

static uint8_t *toPeer(Client *client, uint8_t *to) {
    char topic[40];
    snprintf(topic, sizeof topic, "person/%d", client->peer->number);
    return publish(client, to, topic);
}

static uint8_t *toRoom(Client *client, uint8_t *to) {
    char topic[40];
    snprintf(topic, sizeof topic, "room/%d", room(client));
    return publish(client, to, topic);
}

const Protocol mqtt = {
    .name = "mqtt", .path = "/mqtt", .subprotocol = "mqtt", .isStream = true, .echoes = true, .opcode = 2,
    .begin = begin, .receive = receive, .toPeer = toPeer, .toRoom = toRoom,
};
