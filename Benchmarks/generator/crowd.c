// Many clients, and what they cost by being there.

#include "generator.h"
#include <stdio.h>
#include <stdlib.h>

/// How long clients have waited for what they were to hear, of one occasion or several.
static uint32_t *delays;
static size_t delayCount;

static void noteDelays(int first, int count) {
    delays = realloc(delays, (delayCount + (size_t)count) * sizeof *delays);
    for (int i = 0; i < count; i++) {
        Client *client = &clients[first + i];
        delays[delayCount++] = (uint32_t)((client->heard - client->begun) / 1000);
    }
}

/// Prints when the first, the median and the last have heard, and 99 of 100; and forgets them.
static void printDelays(const char *name) {
    qsort(delays, delayCount, sizeof *delays, ascending);
    printf("\"%s\":{\"firstMilliseconds\":%.2f,\"medianMilliseconds\":%.2f,", name, delays[0] / 1e3,
        delays[delayCount / 2] / 1e3);
    printf("\"milliseconds99\":%.2f,\"lastMilliseconds\":%.2f},", delays[delayCount * 99 / 100] / 1e3,
        delays[delayCount - 1] / 1e3);
    delayCount = 0;
}

static void await(const char *word, int first, int count) {
    for (int i = 0; i < clientCount; i++) clients[i].heard = 0;
    uint64_t began = now();
    for (int i = 0; i < count; i++) clients[first + i].begun = began;
    awaitedWord = word;
    heardCount = 0;
}

/// The host mutes all, again and again; every other time it is only the rule that changes.
static void measureMutes(void) {
    char words[200];
    uint64_t cpu = serverCPU();
    for (int i = 0; i < options.mutes; i++) {
        await("all-muted", 0, clientCount);
        snprintf(words, sizeof words,
            "{\"type\":\"mute-all\",\"id\":%llu,\"room\":\"%s\",\"audio\":true,\"mayUnmute\":%s}",
            (unsigned long long)++clients[0].commands, clients[0].room, i % 2 ? "true" : "false");
        sendText(&clients[0], words);
        while (heardCount < clientCount) turn(100);
        noteDelays(0, clientCount);
        runFor(0.2);
    }
    printf("\"muteAllCPUMilliseconds\":%.1f,", (double)(serverCPU() - cpu) / 1e6 / options.mutes);
    printDelays("muteAll");
}

void measureAudience(void) {
    double memory = residentMegabytes();
    uint64_t cpu = serverCPU(), began = now();
    connectAll();
    double seconds = (double)(now() - began) / 1e9 - 0.3;
    printf("{\"people\":%d,\"joinSeconds\":%.2f,", clientCount, seconds);
    printf("\"joinCPUMicroseconds\":%.1f,", (double)(serverCPU() - cpu) / 1e3 / clientCount);
    printf("\"joinBytes\":%.0f,", (double)bytesReceived / clientCount);
    printf("\"memoryKilobytes\":%.1f,", (residentMegabytes() - memory) * 1024 / clientCount);
    noteDelays(0, clientCount);
    printDelays("join");
    measureMutes();
    char words[200];
    int leavers = options.leavers < clientCount / 2 ? options.leavers : clientCount / 2, first = clientCount - leavers;
    await("\"left\"", first, leavers);
    cpu = serverCPU();
    for (int i = first; i < clientCount; i++) {
        snprintf(words, sizeof words, "{\"type\":\"leave\",\"id\":2,\"room\":\"%s\"}", clients[i].room);
        sendText(&clients[i], words);
    }
    while (heardCount < leavers) turn(100);
    printf("\"leaveCPUMicroseconds\":%.1f,", (double)(serverCPU() - cpu) / 1e3 / leavers);
    noteDelays(first, leavers);
    printDelays("leave");
    printf("\"leavers\":%d}\n", leavers);
}

void measureJoins(void) {
    uint64_t cpu = serverCPU(), began = now();
    connectAll();
    double seconds = (double)(now() - began) / 1e9 - 0.3;
    printf("{\"messages\":%d,\"perSecond\":%.0f,", clientCount, clientCount / seconds);
    printf("\"cpuNanoseconds\":%.1f}\n", (double)(serverCPU() - cpu) / clientCount);
}

void measureIdle(void) {
    double memory = residentMegabytes();
    uint64_t joining = serverCPU();
    connectAll();
    joining = serverCPU() - joining;
    runFor(options.warmup);
    printf("{\"connections\":%d,", clientCount);
    printf("\"bytesPerConnection\":%.0f,", (residentMegabytes() - memory) * (1 << 20) / clientCount);
    printf("\"megabytes\":%.1f,", residentMegabytes());
    printf("\"joinMicroseconds\":%.1f,", (double)joining / 1e3 / clientCount);
    uint64_t cpu = serverCPU(), began = now();
    runFor(options.seconds);
    printf("\"busy\":%.4f}\n", (double)(serverCPU() - cpu) / (double)(now() - began));
}
