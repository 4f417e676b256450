// Load for a signaling server: many clients on one epoll, speaking the Parley protocol (docs/PROTOCOL.md).
//
// relay     pairs, each in a room of its own; one side sends `--burst` signals, the other answers with as many once
//           all have arrived. Every signal is numbered, checked on arrival and acknowledged after 32.
// pulses, media
//           one room of `--people`; in turn everybody (or the first `--speakers`) sends a pulse or switches the
//           microphone, and the next one does so when the last receiver has it.
// audience  one room of `--people`, most of them beyond its stage; how long a join takes, and what everybody costs;
//           then the host mutes all, and then `--leavers` leave at once: when the first, the median and the last
//           have heard of it.
// signalling
//           pairs of whom everybody sends `--each` signals in bursts of `--burst`: `--rate` a second of all together,
//           or as fast as they are answered (0). How long each took since it was due. Each is checked, and counted.
// joins     `--pairs` rooms of two: what an upgrade, a hello and a join cost together.
// idle      twice `--pairs` people in rooms of `--room-size` in which nothing happens: what they cost.
// sessions  the same without rooms.
//
// `--tls 1`: over TLS (any certificate will do). The result is one JSON object.
// CPU is the server's: time on a CPU of all its threads.

#include "generator.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

Options options = {
    .scenario = "relay", .server = "parley", .pairs = 64, .people = 100, .burst = 1, .bytes = 300, .leavers = 1000,
    .mutes = 1, .each = 50, .roomSize = 2, .joining = 32, .seconds = 2, .warmup = 1,
};

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

int ascending(const void *a, const void *b) {
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
        else if (!strcmp(name, "--speakers")) options.speakers = atoi(value);
        else if (!strcmp(name, "--burst")) options.burst = atoi(value);
        else if (!strcmp(name, "--leavers")) options.leavers = atoi(value);
        else if (!strcmp(name, "--mutes")) options.mutes = atoi(value);
        else if (!strcmp(name, "--each")) options.each = atoi(value);
        else if (!strcmp(name, "--rate")) options.rate = atoi(value);
        else if (!strcmp(name, "--room-size")) options.roomSize = atoi(value);
        else if (!strcmp(name, "--joining")) options.joining = atoi(value);
        else if (!strcmp(name, "--tls")) options.tls = atoi(value) != 0;
        else if (!strcmp(name, "--apart")) options.apart = atoi(value) != 0;
        else if (!strcmp(name, "--bytes")) options.bytes = atoi(value);
        else if (!strcmp(name, "--seconds")) options.seconds = atof(value);
        else if (!strcmp(name, "--warmup")) options.warmup = atof(value);
        else fail("There is no option %s.", name);
    }
}

static bool is(const char *scenario) {
    return !strcmp(options.scenario, scenario);
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

static void measureMessages(void) {
    volatile uint64_t *counts = allocationCounts();
    connectAll();
    begin();
    runFor(options.warmup);
    uint64_t deliveriesBefore = deliveries, roundsBefore = rounds;
    uint64_t allocations = counts[0], bytes = counts[1], cpu = serverCPU(), own = ownCPU(), began = now();
    runFor(options.seconds);
    double seconds = (double)(now() - began) / 1e9;
    cpu = serverCPU() - cpu;
    allocations = counts[0] - allocations;
    bytes = counts[1] - bytes;
    double messages = (double)(deliveries - deliveriesBefore);
    if (messages == 0) fail("Nothing has arrived.");
    printf("{\"messages\":%.0f,\"perSecond\":%.0f,", messages, messages / seconds);
    printf("\"cpuNanoseconds\":%.1f,\"busy\":%.3f,", (double)cpu / messages, (double)cpu / 1e9 / seconds);
    printf("\"loadBusy\":%.3f,", (double)(ownCPU() - own) / 1e9 / seconds);
    printf("\"megabytes\":%.1f,", residentMegabytes());
    printf("\"allocations\":%.4f,\"allocatedBytes\":%.1f,", (double)allocations / messages, (double)bytes / messages);
    printRounds(roundsBefore);
    puts("}");
}

int main(int count, char **words) {
    readOptions(count, words);
    isBroadcast = is("pulses") || is("media") || is("audience");
    clientCount = isBroadcast ? options.people : options.pairs * 2;
    clients = calloc((size_t)clientCount, sizeof *clients);
    if (is("audience")) measureAudience();
    else if (is("joins")) measureJoins();
    else if (is("signalling")) measureSignalling();
    else if (is("idle") || is("sessions")) measureIdle();
    else measureMessages();
    return 0;
}
