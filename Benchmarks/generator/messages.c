// What a client says: frames, signals and what a round of a broadcast begins with.

#include "generator.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t roundBegan;
static int speaker = -1;
static uint32_t roundNanoseconds[ROUNDS_MAX];
uint64_t roundsAwaited;

void writeAll(Client *client, const uint8_t *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = sendBytes(client, bytes, count);
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

/// Puts a masked frame around the payload that begins 8 bytes behind `frame`; returns where the frame begins.
uint8_t *seal(uint8_t *frame, size_t count, uint8_t opcode, size_t *total) {
    static const uint8_t key[8] = {0x5a, 0xc3, 0x17, 0x9e, 0x5a, 0xc3, 0x17, 0x9e};
    uint8_t *payload = frame + 8, *head = payload - (count < 126 ? 6 : 8);
    if (count > 65535) fail("A frame of %zu bytes is too long for this program.", count);
    head[0] = 0x80 | opcode;
    if (count < 126) {
        head[1] = 0x80 | (uint8_t)count;
    } else {
        head[1] = 0x80 | 126;
        head[2] = (uint8_t)(count >> 8);
        head[3] = (uint8_t)count;
    }
    memcpy(payload - 4, key, 4);
    uint64_t mask;
    memcpy(&mask, key, 8);
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        uint64_t word;
        memcpy(&word, payload + i, 8);
        word ^= mask;
        memcpy(payload + i, &word, 8);
    }
    for (; i < count; i++) payload[i] ^= key[i & 3];
    *total = (size_t)(payload - head) + count;
    return head;
}

static uint8_t *text(uint8_t *to, const char *words) {
    size_t count = strlen(words);
    memcpy(to, words, count);
    return to + count;
}

static uint8_t *decimal(uint8_t *to, uint64_t value) {
    uint8_t digits[20];
    int count = 0;
    do digits[count++] = (uint8_t)('0' + value % 10);
    while (value /= 10);
    while (count > 0) *to++ = digits[--count];
    return to;
}

/// Fills up with `x` so that the payload has the wanted length, and closes string and object.
static uint8_t *padded(uint8_t *begin, uint8_t *end) {
    ptrdiff_t missing = options.bytes - (end - begin) - 2;
    if (missing > 0) {
        memset(end, 'x', (size_t)missing);
        end += missing;
    }
    return text(end, "\"}");
}

void sendText(Client *client, const char *words) {
    uint8_t frame[1024];
    size_t total;
    uint8_t *end = text(frame + 8, words);
    uint8_t *head = seal(frame, (size_t)(end - frame - 8), 1, &total);
    writeAll(client, head, total);
}

/// The acknowledgement if it is due, and the next burst: in one write.
void sendSignals(Client *client, int count) {
    static uint8_t output[1 << 20], frame[1 << 17];
    size_t used = 0, total;
    bool isParley = options.server[0] == 'p';
    // A mailbox has a bound in bytes, too.
    uint64_t most = options.bytes > 4096 ? 1 + 100000u / (unsigned)options.bytes : ACKNOWLEDGE_AFTER;
    if (isParley && client->received - client->acknowledged >= most) {
        uint8_t *end = text(frame + 8, "{\"type\":\"beat\",\"ack\":{\"");
        end = text(end, client->peer->id);
        end = text(end, "\":");
        end = text(decimal(end, client->received), "}}");
        uint8_t *head = seal(frame, (size_t)(end - frame - 8), 1, &total);
        memcpy(output, head, total);
        used = total;
        client->acknowledged = client->received;
    }
    for (int i = 0; i < count; i++) {
        uint8_t *begin = frame + 8, *end = text(begin, "{\"type\":\"signal\",\"to\":\"");
        end = text(end, client->peer->id);
        end = decimal(text(end, "\",\"n\":"), ++client->sent);
        end = decimal(text(end, ",\"floor\":"), client->delivered + 1);
        end = padded(begin, text(end, ",\"data\":\""));
        uint8_t *head = seal(frame, (size_t)(end - begin), 1, &total);
        memcpy(output + used, head, total);
        used += total;
    }
    writeAll(client, output, used);
}

/// The next one speaks; everybody (but a pulse's sender) is waited for.
void nextRound(void) {
    uint64_t time = now();
    if (rounds > 0 && rounds <= ROUNDS_MAX) roundNanoseconds[rounds - 1] = (uint32_t)(time - roundBegan);
    rounds++;
    roundBegan = time;
    speaker = (speaker + 1) % (options.speakers > 0 ? options.speakers : clientCount);
    Client *client = &clients[speaker];
    uint8_t frame[8192], *begin = frame + 8, *end;
    if (options.scenario[0] == 'p') {
        end = text(text(begin, "{\"type\":\"pulse\",\"room\":\""), client->room);
        end = text(end, "\",\"kind\":\"speaking\",\"data\":\"");
        end = padded(begin, end);
        roundsAwaited = (uint64_t)clientCount - 1;
    } else {
        client->audio = !client->audio;
        end = decimal(text(begin, "{\"type\":\"media\",\"id\":"), ++client->commands);
        end = text(text(end, ",\"room\":\""), client->room);
        end = text(end, client->audio ? "\",\"audio\":true}" : "\",\"audio\":false}");
        roundsAwaited = (uint64_t)clientCount;
    }
    size_t total;
    uint8_t *head = seal(frame, (size_t)(end - begin), 1, &total);
    writeAll(client, head, total);
}

/// How long the rounds after the first `before` took: the median, and that of which one in a hundred took longer.
void printRounds(uint64_t before) {
    // The round that is under way is not one of them.
    uint64_t last = rounds == 0 ? 0 : rounds - 1 < ROUNDS_MAX ? rounds - 1 : ROUNDS_MAX;
    uint64_t count = last > before ? last - before : 0;
    uint32_t *measured = roundNanoseconds + before;
    if (count > 0) qsort(measured, count, sizeof *measured, ascending);
    printf("\"roundMicrosecondsMedian\":%.1f,", count ? measured[count / 2] / 1e3 : 0);
    printf("\"roundMicroseconds99\":%.1f", count ? measured[count * 99 / 100] / 1e3 : 0);
}
