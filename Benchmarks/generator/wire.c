// The bytes of a connection, as they are or over TLS (built with WITH_TLS and OpenSSL).

#include "generator.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void openSocket(Client *client) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (client->socket < 0) fail("Client %d has no socket: %s", client->number, strerror(errno));
    if (connect(client->socket, (struct sockaddr *)&address, sizeof address) != 0) {
        fail("Nobody listens on port %d.", options.port);
    }
    int one = 1;
    setsockopt(client->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(client->socket, F_SETFL, O_NONBLOCK);
}

#ifdef WITH_TLS
#include <openssl/err.h>
#include <openssl/ssl.h>

static SSL_CTX *context(void) {
    static SSL_CTX *made;
    if (made) return made;
    made = SSL_CTX_new(TLS_client_method());
    if (!made) fail("OpenSSL does not begin.");
    SSL_CTX_set_mode(made, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // One read takes head and body of a record.
    SSL_CTX_set_read_ahead(made, 1);
    // Who the server is does not matter here; everybody shakes hands in full.
    SSL_CTX_set_verify(made, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_OFF);
    return made;
}

static ssize_t outcome(Client *client, int result) {
    if (result > 0) return result;
    switch (SSL_get_error(client->tls, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        errno = EAGAIN;
        return -1;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    default:
        fail("TLS of client %d: %s", client->number, ERR_error_string(ERR_peek_error(), NULL));
    }
}

void openWire(Client *client) {
    openSocket(client);
    client->tls = NULL;
    if (!options.tls) return;
    client->tls = SSL_new(context());
    SSL_set_fd(client->tls, client->socket);
    SSL_set_connect_state(client->tls);
}

bool shakeHands(Client *client) {
    return !client->tls || outcome(client, SSL_do_handshake(client->tls)) > 0;
}

ssize_t sendBytes(Client *client, const uint8_t *bytes, size_t count) {
    if (!client->tls) return send(client->socket, bytes, count, MSG_NOSIGNAL);
    return outcome(client, SSL_write(client->tls, bytes, (int)count));
}

/// All that has come: what OpenSSL has read ahead would not be told of again.
ssize_t receiveBytes(Client *client, uint8_t *bytes, size_t count) {
    if (!client->tls) return recv(client->socket, bytes, count, 0);
    size_t got = 0;
    while (got < count) {
        ssize_t more = outcome(client, SSL_read(client->tls, bytes + got, (int)(count - got)));
        if (more <= 0) return got > 0 ? (ssize_t)got : more;
        got += (size_t)more;
    }
    return (ssize_t)got;
}
#else
void openWire(Client *client) {
    if (options.tls) fail("This program was built without TLS.");
    openSocket(client);
}

bool shakeHands(Client *client) {
    return client->socket >= 0;
}

ssize_t sendBytes(Client *client, const uint8_t *bytes, size_t count) {
    return send(client->socket, bytes, count, MSG_NOSIGNAL);
}

ssize_t receiveBytes(Client *client, uint8_t *bytes, size_t count) {
    return recv(client->socket, bytes, count, 0);
}
#endif
