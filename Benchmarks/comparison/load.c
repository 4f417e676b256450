// The same work for servers that speak other protocols than Parley's: what `generator` does for Parley and `ws`.
//
// relay     pairs; one side sends `--burst` messages to the other, who answers with as many once all have arrived.
// room      one room (or topic) of `--people`; in turn each says something to all, and the next one does so when the
//           last receiver has it.
// arrive    `--pairs` rooms of two: what an upgrade, the way in and the join cost together, and what memory.
//
// Every message is numbered, and checked where it arrives. The result is one JSON object. CPU is the server's, of all
// its threads; `load` is how much of a processor this program took.

#include "load.h"
#include "../process.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

const Protocol *protocol;
Options options = {
    .scenario = "relay", .protocol = "mqtt", .pairs = 64, .people = 100, .burst = 1, .bytes = 300,
    .seconds = 2, .warmup = 1,
};
Client *clients;
int clientCount, readyCount;
bool isBroadcast, isRunning;

static uint64_t deliveries, rounds, roundsAwaited;
static int speaker = -1;

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static uint64_t timeOf(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t now(void) { return timeOf(CLOCK_MONOTONIC); }

static uint64_t serverCPU(void) {
    uint64_t nanoseconds;
    if (!processCPU(options.pid, &nanoseconds)) fail("There is no process %d.", options.pid);
    return nanoseconds;
}

static double residentBytes(void) { return processResidentBytes(options.pid); }

void becomeReady(Client *client) {
    if (client->isReady) return;
    client->isReady = true;
    readyCount++;
}

static void send(Client *client, uint8_t *(*write)(Client *, uint8_t *)) {
    static uint8_t message[65536];
    put(client, message, (size_t)(write(client, message) - message));
}

static void nextRound(void) {
    rounds++;
    speaker = (speaker + 1) % clientCount;
    Client *client = &clients[speaker];
    roundsAwaited = (uint64_t)clientCount - (protocol->echoes ? 0 : 1);
    client->sent = rounds - 1;
    // What the receiver of the last round has to say comes first: the output is one for all.
    send(client, protocol->toRoom);
}

void hear(Client *client, const uint8_t *content, size_t count) {
    uint64_t number = 0;
    if (count < NUMBER_DIGITS) fail("A message without a number: %.*s", (int)count, (const char *)content);
    for (int i = 0; i < NUMBER_DIGITS; i++) number = number * 10 + (uint64_t)(content[i] - '0');
    uint64_t expected = isBroadcast ? rounds : client->received + 1;
    if (number != expected) {
        fail("Message %llu came in place of %llu.", (unsigned long long)number, (unsigned long long)expected);
    }
    client->received = number;
    deliveries++;
    if (!isBroadcast) client->awaited--;
    else roundsAwaited--;
}

/// Behind each read, before what the client has to say is written.
void answer(Client *client) {
    if (!isRunning) return;
    if (!isBroadcast && client->awaited == 0) {
        client->awaited = (unsigned)options.burst;
        for (int i = 0; i < options.burst; i++) send(client, protocol->toPeer);
    } else if (isBroadcast && roundsAwaited == 0) {
        flush(client);
        nextRound();
        flush(&clients[speaker]);
    }
}

static void begin(void) {
    isRunning = true;
    if (isBroadcast) {
        nextRound();
        flush(&clients[speaker]);
        return;
    }
    for (int i = 0; i < clientCount; i += 2) {
        clients[i].awaited = clients[i + 1].awaited = (unsigned)options.burst;
        for (int n = 0; n < options.burst; n++) send(&clients[i], protocol->toPeer);
        flush(&clients[i]);
    }
}

static void measureMessages(void) {
    connectAll();
    settle();
    begin();
    runFor(options.warmup);
    uint64_t before = deliveries, own = timeOf(CLOCK_PROCESS_CPUTIME_ID), cpu = serverCPU(), began = now();
    runFor(options.seconds);
    double nanoseconds = (double)(now() - began), messages = (double)(deliveries - before);
    cpu = serverCPU() - cpu;
    own = timeOf(CLOCK_PROCESS_CPUTIME_ID) - own;
    if (messages == 0) fail("Nothing has arrived.");
    printf("{\"messages\":%.0f,\"perSecond\":%.0f,", messages, messages / nanoseconds * 1e9);
    printf("\"cpuNanoseconds\":%.1f,\"busy\":%.3f,", (double)cpu / messages, (double)cpu / nanoseconds);
    printf("\"load\":%.3f}\n", (double)own / nanoseconds);
}

static void measureArrivals(void) {
    double memory = residentBytes();
    uint64_t cpu = serverCPU(), own = timeOf(CLOCK_PROCESS_CPUTIME_ID), began = now();
    connectAll();
    double nanoseconds = (double)(now() - began);
    own = timeOf(CLOCK_PROCESS_CPUTIME_ID) - own;
    cpu = serverCPU() - cpu;
    settle();
    runFor(options.warmup);
    printf("{\"messages\":%d,\"perSecond\":%.0f,", clientCount, clientCount / nanoseconds * 1e9);
    printf("\"cpuNanoseconds\":%.1f,\"busy\":%.3f,", (double)cpu / clientCount, (double)cpu / nanoseconds);
    printf("\"load\":%.3f,", (double)own / nanoseconds);
    printf("\"bytesPerConnection\":%.0f}\n", (residentBytes() - memory) / clientCount);
}

static void readOptions(int count, char **words) {
    for (int i = 1; i + 1 < count; i += 2) {
        const char *name = words[i], *value = words[i + 1];
        if (!strcmp(name, "--scenario")) options.scenario = value;
        else if (!strcmp(name, "--protocol")) options.protocol = value;
        else if (!strcmp(name, "--backend")) options.backend = value;
        else if (!strcmp(name, "--port")) options.port = atoi(value);
        else if (!strcmp(name, "--pid")) options.pid = atoi(value);
        else if (!strcmp(name, "--pairs")) options.pairs = atoi(value);
        else if (!strcmp(name, "--people")) options.people = atoi(value);
        else if (!strcmp(name, "--burst")) options.burst = atoi(value);
        else if (!strcmp(name, "--bytes")) options.bytes = atoi(value);
        else if (!strcmp(name, "--quality")) options.quality = atoi(value);
        else if (!strcmp(name, "--seconds")) options.seconds = atof(value);
        else if (!strcmp(name, "--warmup")) options.warmup = atof(value);
        else fail("There is no option %s.", name);
    }
}

int main(int count, char **words) {
    static const Protocol *const all[] = {&mqtt, &nats, &xmpp, &spreed};
    readOptions(count, words);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!strcmp(options.protocol, all[i]->name)) protocol = all[i];
    }
    if (!protocol) fail("There is no protocol %s.", options.protocol);
    isBroadcast = !strcmp(options.scenario, "room");
    clientCount = isBroadcast ? options.people : options.pairs * 2;
    clients = calloc((size_t)clientCount, sizeof *clients);
    if (!strcmp(options.scenario, "arrive")) measureArrivals();
    else measureMessages();
    return 0;
}
