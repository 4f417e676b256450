// What messages are made of, and how they are taken apart.

#include "load.h"
#include <stdlib.h>

uint8_t *text(uint8_t *to, const char *words) {
    size_t count = strlen(words);
    memcpy(to, words, count);
    return to + count;
}

uint8_t *numbered(Client *client, uint8_t *to) {
    uint64_t value = ++client->sent;
    for (int i = NUMBER_DIGITS - 1; i >= 0; i--) {
        to[i] = (uint8_t)('0' + value % 10);
        value /= 10;
    }
    return to + NUMBER_DIGITS;
}

uint8_t *padded(const uint8_t *begin, uint8_t *end, size_t behind) {
    ptrdiff_t missing = options.bytes - (end - begin) - (ptrdiff_t)behind;
    if (missing < 0) fail("A message of %d bytes is too short for this protocol.", options.bytes);
    memset(end, 'x', (size_t)missing);
    return end + missing;
}

const uint8_t *find(const uint8_t *bytes, size_t count, const char *words) {
    return memmem(bytes, count, words, strlen(words));
}

char *between(const uint8_t *bytes, size_t count, const char *words, char end) {
    const uint8_t *at = find(bytes, count, words);
    if (!at) return NULL;
    at += strlen(words);
    const uint8_t *behind = memchr(at, end, (size_t)(bytes + count - at));
    return behind ? strndup((const char *)at, (size_t)(behind - at)) : NULL;
}

int room(const Client *client) {
    return client->peer ? client->number / 2 : 0;
}
