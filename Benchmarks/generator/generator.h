#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { ID_BYTES = 24, ACKNOWLEDGE_AFTER = 32, READ_BYTES = 1 << 20, ROUNDS_MAX = 1 << 20 };

typedef enum { SHAKING, UPGRADING, JOINING, READY } Stage;

typedef struct Client {
    int socket;
    void *tls;
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
    int port, pid, pairs, people, speakers, burst, bytes, leavers, mutes, each, rate, roomSize, joining;
    bool tls, apart;
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
/// Of this process: what it has used, to tell whether it was the one that set the pace.
uint64_t ownCPU(void);
double residentMegabytes(void);
volatile uint64_t *allocationCounts(void);

// messages.c
void sendText(Client *client, const char *words);
void sendSignals(Client *client, int count);
void nextRound(void);
void printRounds(uint64_t before);
void writeAll(Client *client, const uint8_t *bytes, size_t count);
uint8_t *seal(uint8_t *frame, size_t count, uint8_t opcode, size_t *total);

// wire.c
void openWire(Client *client);
/// Whether the connection can be written to; to be called again when something has come.
bool shakeHands(Client *client);
/// As send and recv do; recv's `EAGAIN` after all that has come.
ssize_t sendBytes(Client *client, const uint8_t *bytes, size_t count);
ssize_t receiveBytes(Client *client, uint8_t *bytes, size_t count);

// clients.c
void connectAll(void);
void turn(int milliseconds);
/// The same for at most so many nanoseconds.
void turnFor(uint64_t nanoseconds);
void runFor(double seconds);

// signalling.c
extern bool isCounted;
void signalHasCome(Client *client);
void measureSignalling(void);

// crowd.c
void measureAudience(void);
void measureJoins(void);
void measureIdle(void);
