#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    uint8_t *start;
    size_t count, capacity;
} Bytes;

typedef struct Client {
    int socket, number, step;
    bool isUpgraded, isReady;
    struct Client *peer;
    /// Under which the others write to it, and where it is, as far as its protocol wants to know.
    char *address;
    /// Of a frame that is not whole yet; of what the frames carry, where that need not keep to frames.
    Bytes frames, stream;
    uint64_t sent, received;
    unsigned awaited, packet;
} Client;

/// How a server is spoken to. All of it goes through WebSocket frames.
typedef struct {
    const char *name, *path, *subprotocol;
    /// Its messages may begin and end anywhere in the frames.
    bool isStream;
    /// Who says something to a room hears it as well.
    bool echoes;
    uint8_t opcode;
    /// After the upgrade: the way in, at whose end is `becomeReady`.
    void (*begin)(Client *client);
    /// Takes whole messages from the bytes; returns how many bytes it has taken.
    size_t (*receive)(Client *client, const uint8_t *bytes, size_t count);
    /// Writes a message with the content to the peer, or to everybody in the room; returns its end.
    uint8_t *(*toPeer)(Client *client, uint8_t *to);
    uint8_t *(*toRoom)(Client *client, uint8_t *to);
} Protocol;

typedef struct {
    const char *scenario, *protocol, *backend;
    int port, pid, pairs, people, burst, bytes, quality;
    double seconds, warmup;
} Options;

enum { NUMBER_DIGITS = 10 };

extern const Protocol mqtt, nats, xmpp, spreed;
extern const Protocol *protocol;
extern Options options;
extern Client *clients;
extern int clientCount, readyCount;
extern bool isBroadcast, isRunning;

// load.c
_Noreturn void fail(const char *format, ...);
uint64_t now(void);
void becomeReady(Client *client);
/// `content` begins where `numbered` has begun.
void hear(Client *client, const uint8_t *content, size_t count);
void answer(Client *client);

// sockets.c
/// Puts a frame into the client's output, which `flush` writes.
void put(Client *client, const void *payload, size_t count);
void putText(Client *client, const char *format, ...);
void flush(Client *client);
void connectAll(void);
void turn(int milliseconds);
void runFor(double seconds);
void settle(void);

// words.c
uint8_t *text(uint8_t *to, const char *words);
/// The number of the message, which is checked where it arrives.
uint8_t *numbered(Client *client, uint8_t *to);
/// Fills up with `x` until the message that began at `begin` lacks `behind` bytes of the wanted length.
uint8_t *padded(const uint8_t *begin, uint8_t *end, size_t behind);
const uint8_t *find(const uint8_t *bytes, size_t count, const char *words);
/// What stands between the words and the next `end`; to be freed. NULL: the words are not there.
char *between(const uint8_t *bytes, size_t count, const char *words, char end);
/// The room of which the client is one.
int room(const Client *client);
