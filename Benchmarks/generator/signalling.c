// Everybody sends so many signals: as fast as they are answered, or each burst when it is due.
//
// Of the bursts of all together one is due after the other, at even distances; whose turn it is jumps about. When a
// signal was due follows from its sender and its number, so how long it took since then is known without a word in
// it, and lateness of this program counts as well (no coordinated omission).

#include "generator.h"
#include <stdio.h>
#include <stdlib.h>

enum { MICROSECONDS_MAX = 1 << 23 };

bool isCounted;

static uint64_t began, lastCame, nanosecondsPerBurst, burstsEach;
/// By client: which of the bursts of a round is its own.
static uint32_t *places;
/// How many took so many microseconds; how many bursts left so much too late.
static uint32_t *delays, *lateness;

static uint64_t due(const Client *client, uint64_t burst) {
    uint64_t round = burst * (uint64_t)clientCount;
    return began + (round + places[client->number]) * nanosecondsPerBurst;
}

static void note(uint32_t *counts, uint64_t nanoseconds) {
    uint64_t microseconds = nanoseconds / 1000;
    counts[microseconds < MICROSECONDS_MAX ? microseconds : MICROSECONDS_MAX - 1]++;
}

static double milliseconds(const uint32_t *counts, double share) {
    uint64_t all = 0, seen = 0;
    for (int i = 0; i < MICROSECONDS_MAX; i++) all += counts[i];
    for (int i = 0; i < MICROSECONDS_MAX; i++) {
        seen += counts[i];
        if (seen > 0 && (double)seen >= share * (double)all) return (i + 1) / 1e3;
    }
    return 0;
}

void signalHasCome(Client *client) {
    uint64_t time = now(), burst = (client->received - 1) / (uint64_t)options.burst;
    lastCame = time;
    if (options.rate > 0) {
        note(delays, time - due(client->peer, burst));
    } else if (client->awaited == 0 && client->sent < (uint64_t)options.each) {
        // The answer to the other's burst.
        client->awaited = (unsigned)options.burst;
        sendSignals(client, options.burst);
    }
}

static void sendBurst(Client *client) {
    if (!options.apart) {
        sendSignals(client, options.burst);
        return;
    }
    for (int i = 0; i < options.burst; i++) sendSignals(client, 1);
}

static void runBySchedule(uint64_t all) {
    uint64_t bursts = burstsEach * (uint64_t)clientCount, next = 0;
    int step = 7919;
    while (clientCount % step == 0) step += 2;
    Client **order = malloc((size_t)clientCount * sizeof *order);
    for (int i = 0; i < clientCount; i++) {
        int who = (int)((int64_t)i * step % clientCount);
        order[i] = &clients[who];
        places[who] = (uint32_t)i;
    }
    while (deliveries < all) {
        // Not all that is due at once: whoever only sends does not see what comes.
        for (int i = 0; i < 16 && next < bursts; i++, next++) {
            uint64_t time = now(), isDue = began + next * nanosecondsPerBurst;
            if (isDue > time) break;
            note(lateness, time - isDue);
            sendBurst(order[next % (uint64_t)clientCount]);
        }
        uint64_t time = now(), isDue = began + next * nanosecondsPerBurst;
        turnFor(next == bursts ? 100000000u : isDue > time ? isDue - time : 0);
    }
    free(order);
}

static void runAnswering(uint64_t all) {
    // `all` is even: of each pair the first one begins, and the second has the last word.
    for (int i = 0; i < clientCount; i += 2) {
        clients[i].awaited = clients[i + 1].awaited = (unsigned)options.burst;
        sendBurst(&clients[i]);
        if (i % 64 == 0) turn(0);
    }
    while (deliveries < all) turn(100);
}

void measureSignalling(void) {
    uint64_t all = (uint64_t)clientCount * (uint64_t)options.each;
    if (options.each % options.burst != 0) fail("%d signals are not whole bursts of %d.", options.each, options.burst);
    burstsEach = (uint64_t)(options.each / options.burst);
    places = calloc((size_t)clientCount, sizeof *places);
    delays = calloc(MICROSECONDS_MAX, sizeof *delays);
    lateness = calloc(MICROSECONDS_MAX, sizeof *lateness);
    connectAll();
    runFor(options.warmup);
    isCounted = true;
    uint64_t cpu = serverCPU(), own = ownCPU();
    began = now();
    if (options.rate > 0) {
        nanosecondsPerBurst = (uint64_t)(1e9 * options.burst / options.rate);
        runBySchedule(all);
    } else {
        runAnswering(all);
    }
    double seconds = (double)(lastCame - began) / 1e9, busy = (double)(ownCPU() - own) / 1e9 / seconds;
    cpu = serverCPU() - cpu;
    for (int i = 0; i < clientCount; i++) {
        if (clients[i].received != (uint64_t)options.each) fail("Client %d has not got all.", i);
    }
    printf("{\"messages\":%llu,\"seconds\":%.3f,", (unsigned long long)all, seconds);
    printf("\"perSecond\":%.0f,\"cpuNanoseconds\":%.1f,", (double)all / seconds, (double)cpu / (double)all);
    printf("\"busy\":%.3f,\"loadBusy\":%.3f,", (double)cpu / 1e9 / seconds, busy);
    printf("\"lateMilliseconds99\":%.3f,\"medianMilliseconds\":%.3f,", milliseconds(lateness, 0.99),
        milliseconds(delays, 0.5));
    printf("\"milliseconds99\":%.3f,\"milliseconds999\":%.3f,", milliseconds(delays, 0.99),
        milliseconds(delays, 0.999));
    printf("\"lastMilliseconds\":%.3f}\n", milliseconds(delays, 1));
}
