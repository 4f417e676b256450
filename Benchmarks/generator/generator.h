#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

typedef struct {
    const char *scenario, *server, *counts;
    int port, pid, pairs, people, speakers, burst, bytes, leavers;
    double seconds, warmup;
} Options;

extern Options options;
extern Client *clients;
extern int clientCount, readyCount, heardCount;
extern uint64_t deliveries, rounds, bytesReceived;
extern bool isRunning, isBroadcast;
/// What everybody of a crowd waits for; `heardCount` have it.
extern const char *awaitedWord;
/// Of a broadcast: how many have not got this round's.
extern uint64_t roundsAwaited;

_Noreturn void fail(const char *format, ...);
uint64_t now(void);
int ascending(const void *a, const void *b);

// usage.c
uint64_t serverCPU(void);
double residentMegabytes(void);
volatile uint64_t *allocationCounts(void);

// messages.c
void sendText(Client *client, const char *words);
void sendSignals(Client *client, int count);
void nextRound(void);
void printRounds(uint64_t before);
void writeAll(Client *client, const uint8_t *bytes, size_t count);
uint8_t *seal(uint8_t *frame, size_t count, uint8_t opcode, size_t *total);

// clients.c
void connectAll(void);
void turn(int milliseconds);
void runFor(double seconds);

// crowd.c
void measureAudience(void);
void measureJoins(void);
void measureIdle(void);
