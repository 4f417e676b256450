// What a client hears, and all clients on one epoll.

#include "generator.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

Client *clients;
int clientCount, readyCount, heardCount;
uint64_t deliveries, rounds, bytesReceived;
bool isRunning, isBroadcast;
const char *awaitedWord;

static int poller;
static uint64_t lastProgress;
static uint8_t input[READ_BYTES];

static uint64_t numberAfter(const uint8_t *payload, size_t count, const char *name) {
    const uint8_t *at = memmem(payload, count, name, strlen(name));
    if (!at) fail("There is no %s in %.*s", name, (int)count, (const char *)payload);
    uint64_t value = 0;
    for (at += strlen(name); at < payload + count && *at >= '0' && *at <= '9'; at++) {
        value = value * 10 + (uint64_t)(*at - '0');
    }
    return value;
}

static void copyID(char *to, const uint8_t *payload, size_t count, const char *name) {
    const uint8_t *at = memmem(payload, count, name, strlen(name));
    if (!at) fail("There is no %s in %.*s", name, (int)(count < 400 ? count : 400), (const char *)payload);
    memcpy(to, at + strlen(name), ID_BYTES);
    to[ID_BYTES] = 0;
}

static void delivered(void) {
    deliveries++;
    if (isBroadcast && isRunning && --roundsAwaited == 0) nextRound();
}

static void receiveSignal(Client *client, const uint8_t *payload, size_t count) {
    uint64_t n = numberAfter(payload, count < 100 ? count : 100, "\"n\":");
    unsigned long long before = client->received;
    if (n != before + 1) fail("Signal %llu came after %llu.", (unsigned long long)n, before);
    client->received = n;
    deliveries++;
    client->awaited--;
    if (isCounted) signalHasCome(client);
}

/// Sessions that are in no room.
static bool isOutside(void) {
    return !strcmp(options.scenario, "sessions");
}

static void becomeReady(Client *client) {
    if (client->stage == READY) return;
    readyCount++;
    client->heard = now();
    client->stage = READY;
}

static void receiveText(Client *client, const uint8_t *payload, size_t count) {
    const char *kind = (const char *)payload + 9;
    if (count < 16 || memcmp(payload, "{\"type\":\"", 9) != 0) {
        fail("Not a message: %.*s", (int)count, (const char *)payload);
    }
    if (memcmp(kind, "signal", 6) == 0) {
        receiveSignal(client, payload, count);
    } else if (memcmp(kind, "pulse", 5) == 0) {
        if (isBroadcast) delivered();
    } else if (memcmp(kind, "events", 6) == 0) {
        if (isRunning && isBroadcast && options.scenario[0] == 'm') delivered();
        if (awaitedWord && !client->heard && memmem(payload, count, awaitedWord, strlen(awaitedWord))) {
            client->heard = now();
            heardCount++;
        }
    } else if (memcmp(kind, "beat", 4) == 0) {
        if (client->peer && memmem(payload, count, "\"delivered\"", 11)) {
            char name[ID_BYTES + 4];
            snprintf(name, sizeof name, "%s\":", client->peer->id);
            client->delivered = numberAfter(payload, count, name);
        }
    } else if (memcmp(kind, "snapshot", 8) == 0) {
        copyID(client->id, payload, count, "\"self\":\"");
        copyID(client->room, payload, count, "\"room\":\"");
        becomeReady(client);
    } else if (memcmp(kind, "welcome", 7) == 0) {
        if (isOutside()) becomeReady(client);
    } else if (memcmp(kind, "rejected", 8) == 0) {
        fail("%.*s", (int)count, (const char *)payload);
    }
}

static void receiveFrame(Client *client, uint8_t opcode, const uint8_t *payload, size_t count) {
    if (opcode == 1) {
        receiveText(client, payload, count);
    } else if (opcode == 9) {
        uint8_t frame[160];
        size_t total;
        memcpy(frame + 8, payload, count);
        uint8_t *head = seal(frame, count, 10, &total);
        writeAll(client, head, total);
    } else if (opcode == 8) {
        int words = (int)(count > 2 ? count - 2 : 0);
        fail("Client %d was closed: %.*s", client->number, words, (const char *)payload + 2);
    }
}

/// Takes whole frames from the bytes; returns how many bytes it has taken.
static size_t receiveFrames(Client *client, const uint8_t *bytes, size_t count) {
    size_t at = 0;
    while (count - at >= 2) {
        size_t head = 2, length = bytes[at + 1] & 0x7f;
        if (length == 126) {
            if (count - at < 4) break;
            length = (size_t)bytes[at + 2] << 8 | bytes[at + 3];
            head = 4;
        } else if (length == 127) {
            if (count - at < 10) break;
            length = 0;
            for (int i = 2; i < 10; i++) length = length << 8 | bytes[at + (size_t)i];
            head = 10;
        }
        if (count - at < head + length) break;
        receiveFrame(client, bytes[at] & 0x0f, bytes + at + head, length);
        at += head + length;
    }
    return at;
}

static size_t receiveUpgrade(Client *client, const uint8_t *bytes, size_t count) {
    const uint8_t *end = memmem(bytes, count, "\r\n\r\n", 4);
    if (!end) return 0;
    if (memcmp(bytes, "HTTP/1.1 101", 12) != 0) fail("No upgrade: %.*s", (int)count, (const char *)bytes);
    client->stage = JOINING;
    char hello[512], join[200] = "";
    if (!isOutside()) {
        snprintf(join, sizeof join, ",\"join\":{\"id\":1,\"room\":\"load-%d\",\"name\":\"Client %d\"}",
            client->peer ? client->number / options.roomSize : 0, client->number);
        client->commands = 1;
    }
    snprintf(hello, sizeof hello,
        "{\"type\":\"hello\",\"protocol\":1,\"abilities\":{\"rollback\":true,\"trickle\":true,\"restart\":true}%s}", join);
    sendText(client, hello);
    return (size_t)(end - bytes) + 4;
}

static void requestUpgrade(Client *client) {
    char request[400];
    int count = snprintf(request, sizeof request,
        "GET /v1/connect HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: parley.v1\r\n\r\n", options.port);
    writeAll(client, (uint8_t *)request, (size_t)count);
    client->stage = UPGRADING;
}

static void keepPartial(Client *client, const uint8_t *bytes, size_t count) {
    client->partialBytes = count;
    if (count == 0) return;
    if (count > client->partialCapacity) {
        client->partialCapacity = count * 2;
        client->partial = realloc(client->partial, client->partialCapacity);
    }
    memcpy(client->partial, bytes, count);
}

static void receive(Client *client) {
    if (client->stage == SHAKING) {
        if (!shakeHands(client)) return;
        requestUpgrade(client);
    }
    size_t kept = client->partialBytes;
    if (kept > 0) memcpy(input, client->partial, kept);
    ssize_t got = receiveBytes(client, input + kept, READ_BYTES - kept);
    if (got == 0) fail("Client %d lost its connection.", client->number);
    if (got < 0) {
        if (errno == EAGAIN) return;
        fail("Client %d cannot receive: %s", client->number, strerror(errno));
    }
    bytesReceived += (uint64_t)got;
    size_t count = kept + (size_t)got, taken = 0;
    if (client->stage == UPGRADING) taken = receiveUpgrade(client, input, count);
    if (client->stage != UPGRADING) taken += receiveFrames(client, input + taken, count - taken);
    keepPartial(client, input + taken, count - taken);
    if (isRunning && !isBroadcast && client->awaited == 0) {
        client->awaited = (unsigned)options.burst;
        sendSignals(client, options.burst);
    }
}

static void take(struct epoll_event *events, int count) {
    for (int i = 0; i < count; i++) receive(events[i].data.ptr);
    if (count > 0) lastProgress = now();
    if (now() - lastProgress > 5000000000u) {
        fail("Nothing has come for 5 seconds; %d of %d clients are ready.", readyCount, clientCount);
    }
}

void turn(int milliseconds) {
    turnFor((uint64_t)milliseconds * 1000000u);
}

void turnFor(uint64_t nanoseconds) {
    struct epoll_event events[256];
    struct timespec time = {(time_t)(nanoseconds / 1000000000u), (long)(nanoseconds % 1000000000u)};
    take(events, epoll_pwait2(poller, events, 256, &time, NULL));
}

static void openConnection(Client *client) {
    openWire(client);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    epoll_ctl(poller, EPOLL_CTL_ADD, client->socket, &event);
    client->stage = SHAKING;
    if (shakeHands(client)) requestUpgrade(client);
}

void connectAll(void) {
    poller = epoll_create1(0);
    lastProgress = now();
    for (int i = 0; i < clientCount; i++) {
        clients[i] = (Client){.number = i, .peer = isBroadcast ? NULL : &clients[i ^ 1]};
        clients[i].begun = now();
        openConnection(&clients[i]);
        // Whoever comes first is the host.
        while (i + 1 - readyCount >= (i == 0 ? 1 : options.joining)) turn(100);
    }
    while (readyCount < clientCount) turn(100);
    // What the last joins have caused is not part of the measurement.
    for (uint64_t end = now() + 300000000u; now() < end;) turn(20);
}

void runFor(double seconds) {
    uint64_t end = now() + (uint64_t)(seconds * 1e9);
    while (now() < end) turn(50);
}
