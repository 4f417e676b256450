// Load for a signaling server: many clients on one epoll, speaking the Parley protocol (docs/PROTOCOL.md).
//
// Relays: pairs, each in a room of its own; one side sends `--burst` signals, the other answers with as many once
// all have arrived. Every signal is numbered, checked on arrival and acknowledged after 32.
// Broadcasts: one room of `--people`; in turn everybody sends a pulse or switches the microphone, and the next one
// does so when the last receiver has it.
//
// Audience: one room of `--people`, most of them beyond its stage; how long a join takes, and what everybody costs; then
// the host mutes all, and then `--leavers` leave at once: when the first, the median and the last have heard of it.
//
// The result is one JSON object. CPU is the server's: time on a CPU of all its threads, from schedstat.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ID_BYTES = 24, ACKNOWLEDGE_AFTER = 32, READ_BYTES = 1 << 20, JOINING_MAX = 32, ROUNDS_MAX = 1 << 20 };

typedef enum { UPGRADING, JOINING, READY } Stage;

typedef struct Client {
    int socket;
    Stage stage;
    int number;
    struct Client *peer;
    char id[ID_BYTES + 1], room[ID_BYTES + 1];
    char *partial;
    size_t partialBytes, partialCapacity;
    uint64_t sent, delivered, received, acknowledged, commands;
    uint64_t begun, heard;
    unsigned awaited;
    bool audio;
} Client;

static struct {
    const char *scenario, *server, *counts;
    int port, pid, pairs, people, burst, bytes, leavers;
    double seconds, warmup;
} options = {
    .scenario = "relay", .server = "parley", .pairs = 64, .people = 100, .burst = 1, .bytes = 300, .leavers = 1000,
    .seconds = 2, .warmup = 1,
};

static Client *clients;
static int clientCount, readyCount, poller;
static uint64_t deliveries, rounds, roundsAwaited, roundBegan, lastProgress;
static uint32_t *roundNanoseconds;
static int speaker = -1;
static bool isRunning, isBroadcast;
/// Of the audience scenario: what everybody waits for, and how many have it.
static const char *awaitedWord;
static int heardCount;
static uint64_t bytesReceived;
static uint8_t *input;

static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

// MARK: - What the server has used

static uint64_t serverCPU(void) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", options.pid);
    DIR *folder = opendir(path);
    if (!folder) fail("There is no process %d.", options.pid);
    uint64_t sum = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.') continue;
        char file[400];
        snprintf(file, sizeof file, "%s/%s/schedstat", path, entry->d_name);
        FILE *stream = fopen(file, "r");
        unsigned long long onCPU = 0;
        if (stream && fscanf(stream, "%llu", &onCPU) == 1) sum += onCPU;
        if (stream) fclose(stream);
    }
    closedir(folder);
    return sum;
}

/// Allocations and bytes so far, as Tests/Allocations/counting.c writes them.
static volatile uint64_t *allocationCounts(void) {
    static uint64_t none[2];
    if (!options.counts) return none;
    int file = open(options.counts, O_RDONLY);
    void *counts = file < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
    if (counts == MAP_FAILED) fail("%s cannot be read.", options.counts);
    return counts;
}

// MARK: - Sending

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

/// Puts a masked frame around the payload that begins 8 bytes behind `frame`; returns where the frame begins.
static uint8_t *seal(uint8_t *frame, size_t count, uint8_t opcode, size_t *total) {
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

static void sendText(Client *client, const char *words) {
    uint8_t frame[1024];
    size_t total;
    uint8_t *end = text(frame + 8, words);
    uint8_t *head = seal(frame, (size_t)(end - frame - 8), 1, &total);
    writeAll(client, head, total);
}

/// The acknowledgement if it is due, and the next burst: in one write.
static void sendSignals(Client *client, int count) {
    static uint8_t output[1 << 18];
    size_t used = 0, total;
    bool isParley = options.server[0] == 'p';
    if (isParley && client->received - client->acknowledged >= ACKNOWLEDGE_AFTER) {
        uint8_t frame[160], *end = text(frame + 8, "{\"type\":\"beat\",\"ack\":{\"");
        end = text(end, client->peer->id);
        end = text(end, "\":");
        end = text(decimal(end, client->received), "}}");
        uint8_t *head = seal(frame, (size_t)(end - frame - 8), 1, &total);
        memcpy(output, head, total);
        used = total;
        client->acknowledged = client->received;
    }
    for (int i = 0; i < count; i++) {
        uint8_t frame[8192], *begin = frame + 8, *end = text(begin, "{\"type\":\"signal\",\"to\":\"");
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
static void nextRound(void) {
    uint64_t time = now();
    if (rounds > 0 && rounds <= ROUNDS_MAX) roundNanoseconds[rounds - 1] = (uint32_t)(time - roundBegan);
    rounds++;
    roundBegan = time;
    speaker = (speaker + 1) % clientCount;
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

// MARK: - Receiving

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
        if (client->stage != READY) readyCount++;
        if (client->stage != READY) client->heard = now();
        client->stage = READY;
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
        fail("Client %d was closed: %.*s", client->number, (int)(count > 2 ? count - 2 : 0), (const char *)payload + 2);
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
    char hello[512];
    int room = client->peer ? client->number / 2 : 0;
    snprintf(hello, sizeof hello,
        "{\"type\":\"hello\",\"protocol\":1,\"abilities\":{\"rollback\":true,\"trickle\":true,\"restart\":true},"
        "\"join\":{\"id\":1,\"room\":\"load-%d\",\"name\":\"Client %d\"}}", room, client->number);
    client->commands = 1;
    sendText(client, hello);
    return (size_t)(end - bytes) + 4;
}

static void receive(Client *client) {
    size_t kept = client->partialBytes;
    if (kept > 0) memcpy(input, client->partial, kept);
    ssize_t got = recv(client->socket, input + kept, READ_BYTES - kept, 0);
    if (got == 0) fail("Client %d lost its connection.", client->number);
    if (got < 0) {
        if (errno == EAGAIN) return;
        fail("Client %d cannot receive: %s", client->number, strerror(errno));
    }
    bytesReceived += (uint64_t)got;
    size_t count = kept + (size_t)got, taken = 0;
    if (client->stage == UPGRADING) taken = receiveUpgrade(client, input, count);
    if (client->stage != UPGRADING) taken += receiveFrames(client, input + taken, count - taken);
    client->partialBytes = count - taken;
    if (client->partialBytes > 0) {
        if (client->partialBytes > client->partialCapacity) {
            client->partialCapacity = client->partialBytes * 2;
            client->partial = realloc(client->partial, client->partialCapacity);
        }
        memcpy(client->partial, input + taken, client->partialBytes);
    }
    if (isRunning && !isBroadcast && client->awaited == 0) {
        client->awaited = (unsigned)options.burst;
        sendSignals(client, options.burst);
    }
}

static void turn(int milliseconds) {
    struct epoll_event events[256];
    int count = epoll_wait(poller, events, 256, milliseconds);
    for (int i = 0; i < count; i++) receive(events[i].data.ptr);
    if (count > 0) lastProgress = now();
    if (now() - lastProgress > 5000000000u) {
        fail("Nothing has come for 5 seconds; %d of %d clients are ready.", readyCount, clientCount);
    }
}

// MARK: - The run

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
    char request[400];
    int count = snprintf(request, sizeof request,
        "GET /v1/connect HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: parley.v1\r\n\r\n", options.port);
    writeAll(client, (uint8_t *)request, (size_t)count);
}

static void connectAll(void) {
    poller = epoll_create1(0);
    lastProgress = now();
    for (int i = 0; i < clientCount; i++) {
        clients[i] = (Client){.number = i, .peer = isBroadcast ? NULL : &clients[i ^ 1]};
        clients[i].begun = now();
        openConnection(&clients[i]);
        // Whoever comes first is the host.
        while (i + 1 - readyCount >= (i == 0 ? 1 : JOINING_MAX)) turn(100);
    }
    while (readyCount < clientCount) turn(100);
    // What the last joins have caused is not part of the measurement.
    for (uint64_t end = now() + 300000000u; now() < end;) turn(20);
}

static void begin(void) {
    isRunning = true;
    if (isBroadcast) {
        nextRound();
        return;
    }
    for (int i = 0; i < clientCount; i += 2) {
        clients[i].awaited = clients[i + 1].awaited = (unsigned)options.burst;
        sendSignals(&clients[i], options.burst);
    }
}

static void runFor(double seconds) {
    uint64_t end = now() + (uint64_t)(seconds * 1e9);
    while (now() < end) turn(50);
}

static int ascending(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void readOptions(int count, char **words) {
    for (int i = 1; i + 1 < count; i += 2) {
        const char *name = words[i], *value = words[i + 1];
        if (!strcmp(name, "--scenario")) options.scenario = value;
        else if (!strcmp(name, "--server")) options.server = value;
        else if (!strcmp(name, "--counts")) options.counts = value;
        else if (!strcmp(name, "--port")) options.port = atoi(value);
        else if (!strcmp(name, "--pid")) options.pid = atoi(value);
        else if (!strcmp(name, "--pairs")) options.pairs = atoi(value);
        else if (!strcmp(name, "--people")) options.people = atoi(value);
        else if (!strcmp(name, "--burst")) options.burst = atoi(value);
        else if (!strcmp(name, "--leavers")) options.leavers = atoi(value);
        else if (!strcmp(name, "--bytes")) options.bytes = atoi(value);
        else if (!strcmp(name, "--seconds")) options.seconds = atof(value);
        else if (!strcmp(name, "--warmup")) options.warmup = atof(value);
        else fail("There is no option %s.", name);
    }
}

// MARK: - A large audience

static double residentMegabytes(void) {
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", options.pid);
    FILE *stream = fopen(path, "r");
    double kilobytes = 0;
    while (stream && fgets(line, sizeof line, stream)) sscanf(line, "VmRSS: %lf kB", &kilobytes);
    if (stream) fclose(stream);
    return kilobytes / 1024;
}

/// Prints when the first, the median and the last of some clients have heard what they wait for.
static void printDelays(const char *name, int first, int count) {
    uint32_t *delays = malloc((size_t)count * sizeof *delays);
    for (int i = 0; i < count; i++) {
        Client *client = &clients[first + i];
        delays[i] = (uint32_t)((client->heard - client->begun) / 1000);
    }
    qsort(delays, (size_t)count, sizeof *delays, ascending);
    printf("\"%s\":{\"firstMilliseconds\":%.2f,\"medianMilliseconds\":%.2f,\"lastMilliseconds\":%.2f},", name,
        delays[0] / 1e3, delays[count / 2] / 1e3, delays[count - 1] / 1e3);
    free(delays);
}

static void await(const char *word, int first, int count) {
    for (int i = 0; i < clientCount; i++) clients[i].heard = 0;
    uint64_t began = now();
    for (int i = 0; i < count; i++) clients[first + i].begun = began;
    awaitedWord = word;
    heardCount = 0;
}

static void measureAudience(void) {
    double memory = residentMegabytes();
    uint64_t cpu = serverCPU(), began = now();
    connectAll();
    double seconds = (double)(now() - began) / 1e9 - 0.3;
    printf("{\"people\":%d,\"joinSeconds\":%.2f,", clientCount, seconds);
    printf("\"joinCPUMicroseconds\":%.1f,", (double)(serverCPU() - cpu) / 1e3 / clientCount);
    printf("\"joinBytes\":%.0f,", (double)bytesReceived / clientCount);
    printf("\"memoryKilobytes\":%.1f,", (residentMegabytes() - memory) * 1024 / clientCount);
    printDelays("join", 0, clientCount);
    char words[200];
    await("all-muted", 0, clientCount);
    snprintf(words, sizeof words, "{\"type\":\"mute-all\",\"id\":2,\"room\":\"%s\",\"audio\":true,\"mayUnmute\":false}",
        clients[0].room);
    cpu = serverCPU();
    sendText(&clients[0], words);
    while (heardCount < clientCount) turn(100);
    printf("\"muteAllCPUMilliseconds\":%.1f,", (double)(serverCPU() - cpu) / 1e6);
    printDelays("muteAll", 0, clientCount);
    int leavers = options.leavers < clientCount / 2 ? options.leavers : clientCount / 2, first = clientCount - leavers;
    await("\"left\"", first, leavers);
    cpu = serverCPU();
    for (int i = first; i < clientCount; i++) {
        snprintf(words, sizeof words, "{\"type\":\"leave\",\"id\":2,\"room\":\"%s\"}", clients[i].room);
        sendText(&clients[i], words);
    }
    while (heardCount < leavers) turn(100);
    printf("\"leaveCPUMicroseconds\":%.1f,", (double)(serverCPU() - cpu) / 1e3 / leavers);
    printDelays("leave", first, leavers);
    printf("\"leavers\":%d}\n", leavers);
}

int main(int count, char **words) {
    readOptions(count, words);
    isBroadcast = strcmp(options.scenario, "relay") != 0;
    clientCount = isBroadcast ? options.people : options.pairs * 2;
    clients = calloc((size_t)clientCount, sizeof *clients);
    input = malloc(READ_BYTES);
    roundNanoseconds = malloc(ROUNDS_MAX * sizeof *roundNanoseconds);
    volatile uint64_t *counts = allocationCounts();
    if (options.scenario[0] == 'a') {
        measureAudience();
        return 0;
    }
    connectAll();
    begin();
    runFor(options.warmup);
    uint64_t deliveriesBefore = deliveries, roundsBefore = rounds;
    uint64_t allocations = counts[0], bytes = counts[1], cpu = serverCPU(), began = now();
    runFor(options.seconds);
    double seconds = (double)(now() - began) / 1e9;
    cpu = serverCPU() - cpu;
    allocations = counts[0] - allocations;
    bytes = counts[1] - bytes;
    double messages = (double)(deliveries - deliveriesBefore);
    // The round that is under way is not one of them.
    uint64_t last = rounds == 0 ? 0 : rounds - 1 < ROUNDS_MAX ? rounds - 1 : ROUNDS_MAX;
    uint64_t measured = last > roundsBefore ? last - roundsBefore : 0;
    if (measured > 0) qsort(roundNanoseconds + roundsBefore, measured, sizeof *roundNanoseconds, ascending);
    uint32_t *measuredRounds = roundNanoseconds + roundsBefore;
    printf("{\"messages\":%.0f,\"perSecond\":%.0f,", messages, messages / seconds);
    printf("\"cpuNanoseconds\":%.1f,\"busy\":%.3f,", (double)cpu / messages, (double)cpu / 1e9 / seconds);
    printf("\"allocations\":%.4f,\"allocatedBytes\":%.1f,", (double)allocations / messages, (double)bytes / messages);
    printf("\"roundMicrosecondsMedian\":%.1f,", measured ? measuredRounds[measured / 2] / 1e3 : 0);
    printf("\"roundMicroseconds99\":%.1f}\n", measured ? measuredRounds[measured * 99 / 100] / 1e3 : 0);
    return 0;
}
