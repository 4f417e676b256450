// Many clients, and what they cost by being there.

#include "generator.h"
#include <stdio.h>
#include <stdlib.h>

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

void measureAudience(void) {
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

void measureJoins(void) {
    uint64_t cpu = serverCPU(), began = now();
    connectAll();
    double seconds = (double)(now() - began) / 1e9 - 0.3;
    printf("{\"messages\":%d,\"perSecond\":%.0f,", clientCount, clientCount / seconds);
    printf("\"cpuNanoseconds\":%.1f}\n", (double)(serverCPU() - cpu) / clientCount);
}

void measureIdle(void) {
    double memory = residentMegabytes();
    connectAll();
    runFor(options.warmup);
    printf("{\"connections\":%d,", clientCount);
    printf("\"bytesPerConnection\":%.0f,", (residentMegabytes() - memory) * (1 << 20) / clientCount);
    uint64_t cpu = serverCPU(), began = now();
    runFor(options.seconds);
    printf("\"busy\":%.4f}\n", (double)(serverCPU() - cpu) / (double)(now() - began));
}
