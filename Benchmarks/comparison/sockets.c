// All clients on one epoll, and their WebSocket frames.

#include "load.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 20, OUTPUT_BYTES = 1 << 18, JOINING_MAX = 32 };

static int poller;
static uint64_t lastProgress;
static uint8_t input[READ_BYTES * 2], output[OUTPUT_BYTES];
static size_t outputCount;

static void frame(uint8_t opcode, const uint8_t *payload, size_t count) {
    static const uint8_t key[4] = {0x5a, 0xc3, 0x17, 0x9e};
    if (count > 65535 || outputCount + count + 8 > OUTPUT_BYTES) fail("%zu bytes are too many at once.", count);
    uint8_t *to = output + outputCount;
    *to++ = 0x80 | opcode;
    if (count < 126) {
        *to++ = 0x80 | (uint8_t)count;
    } else {
        *to++ = 0x80 | 126;
        *to++ = (uint8_t)(count >> 8);
        *to++ = (uint8_t)count;
    }
    memcpy(to, key, 4);
    to += 4;
    for (size_t i = 0; i < count; i++) to[i] = payload[i] ^ key[i & 3];
    outputCount = (size_t)(to - output) + count;
}

void put(Client *client, const void *payload, size_t count) {
    (void)client;
    frame(protocol->opcode, payload, count);
}

void putText(Client *client, const char *format, ...) {
    char words[4096];
    va_list arguments;
    va_start(arguments, format);
    int count = vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    put(client, words, (size_t)count);
}

static void writeAll(Client *client, const uint8_t *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = send(client->socket, bytes, count, MSG_NOSIGNAL);
        if (written >= 0) {
            bytes += written;
            count -= (size_t)written;
        } else if (errno == EAGAIN) {
            struct timespec moment = {0, 100000};
            nanosleep(&moment, NULL);
        } else {
            fail("Client %d cannot send: %s", client->number, strerror(errno));
        }
    }
}

void flush(Client *client) {
    writeAll(client, output, outputCount);
    outputCount = 0;
}

static void keep(Bytes *bytes, const uint8_t *rest, size_t count) {
    if (count > bytes->capacity) {
        bytes->capacity = count * 2;
        bytes->start = realloc(bytes->start, bytes->capacity);
    }
    memmove(bytes->start, rest, count);
    bytes->count = count;
}

static void receiveStream(Client *client, const uint8_t *bytes, size_t count) {
    static uint8_t whole[READ_BYTES * 2];
    if (client->stream.count > 0) {
        if (client->stream.count + count > sizeof whole) fail("A message is too long.");
        memcpy(whole, client->stream.start, client->stream.count);
        memcpy(whole + client->stream.count, bytes, count);
        bytes = whole;
        count += client->stream.count;
    }
    size_t taken = protocol->receive(client, bytes, count);
    keep(&client->stream, bytes + taken, count - taken);
}

static void receiveFrame(Client *client, uint8_t opcode, const uint8_t *payload, size_t count) {
    if (opcode == 9) {
        frame(10, payload, count);
    } else if (opcode == 8) {
        fail("Client %d was closed: %.*s", client->number, (int)(count > 2 ? count - 2 : 0), (const char *)payload + 2);
    } else if (protocol->isStream) {
        receiveStream(client, payload, count);
    } else {
        protocol->receive(client, payload, count);
    }
}

/// Takes whole frames from the bytes; returns how many bytes it has taken.
static size_t receiveFrames(Client *client, const uint8_t *bytes, size_t count) {
    size_t at = 0;
    while (count - at >= 2) {
        size_t head = 2, length = bytes[at + 1] & 0x7f;
        if (length >= 126) {
            size_t digits = length == 126 ? 2 : 8;
            if (count - at < 2 + digits) break;
            length = 0;
            for (; head < 2 + digits; head++) length = length << 8 | bytes[at + head];
        }
        if (count - at < head + length) break;
        receiveFrame(client, bytes[at] & 0x0f, bytes + at + head, length);
        at += head + length;
    }
    return at;
}

static size_t receiveUpgrade(Client *client, const uint8_t *bytes, size_t count) {
    const uint8_t *end = find(bytes, count, "\r\n\r\n");
    if (!end) return 0;
    if (memcmp(bytes, "HTTP/1.1 101", 12) != 0) fail("No upgrade: %.*s", (int)count, (const char *)bytes);
    client->isUpgraded = true;
    protocol->begin(client);
    return (size_t)(end - bytes) + 4;
}

static void receive(Client *client) {
    size_t kept = client->frames.count;
    if (kept > READ_BYTES) fail("A frame is too long.");
    if (kept > 0) memcpy(input, client->frames.start, kept);
    ssize_t got = recv(client->socket, input + kept, READ_BYTES, 0);
    if (got == 0) fail("Client %d lost its connection.", client->number);
    if (got < 0) {
        if (errno == EAGAIN) return;
        fail("Client %d cannot receive: %s", client->number, strerror(errno));
    }
    size_t count = kept + (size_t)got, taken = 0;
    if (!client->isUpgraded) taken = receiveUpgrade(client, input, count);
    if (client->isUpgraded) taken += receiveFrames(client, input + taken, count - taken);
    keep(&client->frames, input + taken, count - taken);
    answer(client);
    flush(client);
}

static bool turned(int milliseconds) {
    struct epoll_event events[256];
    int count = epoll_wait(poller, events, 256, milliseconds);
    for (int i = 0; i < count; i++) receive(events[i].data.ptr);
    if (count > 0) lastProgress = now();
    return count > 0;
}

void turn(int milliseconds) {
    turned(milliseconds);
    if (now() - lastProgress > 10000000000u) {
        fail("Nothing has come for 10 seconds; %d of %d clients are ready.", readyCount, clientCount);
    }
}

static void openConnection(Client *client) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(client->socket, (struct sockaddr *)&address, sizeof address) != 0) {
        fail("Nobody listens on port %d.", options.port);
    }
    int one = 1;
    setsockopt(client->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(client->socket, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    epoll_ctl(poller, EPOLL_CTL_ADD, client->socket, &event);
    char request[400], subprotocol[80] = "";
    if (protocol->subprotocol) {
        snprintf(subprotocol, sizeof subprotocol, "Sec-WebSocket-Protocol: %s\r\n", protocol->subprotocol);
    }
    int count = snprintf(request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: localhost:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
        protocol->path, options.port, subprotocol);
    writeAll(client, (uint8_t *)request, (size_t)count);
}

void connectAll(void) {
    poller = epoll_create1(0);
    lastProgress = now();
    for (int i = 0; i < clientCount; i++) {
        clients[i] = (Client){.number = i, .peer = isBroadcast ? NULL : &clients[i ^ 1]};
        openConnection(&clients[i]);
        // Whoever comes first makes the room.
        while (i + 1 - readyCount >= (i == 0 ? 1 : JOINING_MAX)) turn(100);
    }
    while (readyCount < clientCount) turn(100);
}

/// Until nothing has come for a while: what the last joins have caused is not part of the measurement.
void settle(void) {
    uint64_t quietSince = now(), began = quietSince;
    while (now() - quietSince < 300000000u) {
        if (turned(20)) quietSince = now();
        if (now() - began > 60000000000u) fail("It does not become quiet.");
    }
    lastProgress = now();
}

void runFor(double seconds) {
    uint64_t end = now() + (uint64_t)(seconds * 1e9);
    while (now() < end) turn(50);
}
